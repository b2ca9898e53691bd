//! The derive of `Persistent`: a type that a registered serializer keeps outside the document.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;
use syn::spanned::Spanned;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let item = match syn::parse2::<DeriveInput>(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let name = &item.ident;
    if let Some(parameter) = item.generics.params.first() {
        let message = format!(
            "a persistent type has no parameters, since its serializer is registered for one type: derive `Persistent` for a \
             type without them, as in `struct This({name}<..>);`"
        );
        return syn::Error::new(parameter.span(), message).to_compile_error();
    }
    quote! {
        #[automatically_derived]
        impl ::arraystow::__private::serde::Serialize for #name {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: ::arraystow::__private::serde::Serializer,
            {
                ::arraystow::persistent::serialize(self, serializer)
            }
        }

        #[automatically_derived]
        impl<'de> ::arraystow::__private::serde::Deserialize<'de> for #name {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: ::arraystow::__private::serde::Deserializer<'de>,
            {
                ::arraystow::persistent::deserialize(deserializer)
            }
        }
    }
}
