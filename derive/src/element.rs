//! The derive of `Element`: records and enumerations as elements of arrays.

use crate::diagnostics::Errors;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Fields, FieldsNamed, Ident};

/// The integers that the values of an enumeration can be.
const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let item = match syn::parse2::<DeriveInput>(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    if let Some(parameter) = item.generics.params.first() {
        errors.at(parameter.span(), "an element type cannot have generic parameters, since it has one data type");
    }
    let expanded = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => record(&item.ident, fields),
            fields => {
                let span = if fields.is_empty() { item.ident.span() } else { fields.span() };
                errors.at(span, "a record needs named fields, which other programs see: name the fields of the struct");
                TokenStream::new()
            }
        },
        Data::Enum(data) => enumeration(&item, data, &mut errors),
        Data::Union(data) => {
            errors.at(
                data.union_token.span(),
                "a union cannot be an element: derive `Element` for a struct or an \
                enum",
            );
            TokenStream::new()
        }
    };
    errors.tokens().unwrap_or(expanded)
}

/// The name as other programs see it.
fn shown(ident: &Ident) -> String {
    ident.unraw().to_string()
}

fn record(name: &Ident, fields: &FieldsNamed) -> TokenStream {
    let idents: Vec<_> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let types: Vec<_> = fields.named.iter().map(|field| &field.ty).collect();
    let names: Vec<_> = idents.iter().map(|ident| shown(ident)).collect();
    let count = names.len();
    let indices = 0..count;
    quote! {
        const _: () = {
            // No other name, which could be one of the types here.
            use ::arraystow::__private as __arraystow;

            const FIELDS: &'static [__arraystow::Field] = &[
                #(__arraystow::Field::of_static(#names, <#types as ::arraystow::Element>::DATA_TYPE),)*
            ];

            #[automatically_derived]
            impl ::arraystow::Element for #name {
                const DATA_TYPE: __arraystow::DataType = __arraystow::DataType::Record(__arraystow::RecordType::of_static(FIELDS));
            }

            #[automatically_derived]
            impl __arraystow::Encoding for #name {
                fn reads(stored: &__arraystow::DataType) -> bool {
                    let __arraystow::DataType::Record(stored) = stored else { return false };
                    let stored = stored.fields();
                    stored.len() == #count
                        #(&& stored[#indices].name() == #names
                            && <#types as __arraystow::Encoding>::reads(stored[#indices].data_type()))*
                }

                fn put(
                    &self,
                    out: &mut ::std::vec::Vec<u8>,
                ) -> ::core::result::Result<(), ::std::string::String> {
                    #(__arraystow::in_field(#names, __arraystow::Encoding::put(&self.#idents, out))?;)*
                    ::core::result::Result::Ok(())
                }

                fn get(
                    stored: &__arraystow::DataType,
                    bytes: &[u8],
                ) -> ::core::result::Result<Self, ::std::string::String> {
                    let mut fields = __arraystow::RecordReader::new(stored, bytes)?;
                    ::core::result::Result::Ok(Self { #(#idents: fields.take::<#types>()?,)* })
                }

                fn memory(len: usize) -> ::core::option::Option<::std::vec::Vec<Self>> {
                    __arraystow::default_memory(len)
                }
            }
        };
    }
}

fn enumeration(item: &DeriveInput, data: &DataEnum, errors: &mut Errors) -> TokenStream {
    let name = &item.ident;
    for variant in &data.variants {
        if !variant.fields.is_empty() {
            errors.at(
                variant.fields.span(),
                "an enumeration consists of integers with names: its variants cannot \
                have fields",
            );
        }
    }
    if data.variants.is_empty() {
        errors.at(name.span(), "an enumeration needs at least one variant");
    }
    let Some(base) = base(item) else {
        let text = "the integer of an enumeration must be chosen, since other programs see it: add `#[repr(u8)]`, or \
                    another of i8, i16, i32, i64, u16, u32, u64";
        errors.at(name.span(), text);
        return TokenStream::new();
    };
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<_> = variants.iter().map(|variant| shown(variant)).collect();
    let none = format!("the integer {{}} has no name in {name}");
    quote! {
        const _: () = {
            // No other name, which could be one of the types here.
            use ::arraystow::__private as __arraystow;

            const NAMES: &'static [__arraystow::EnumName] = &[#(__arraystow::EnumName::of_static(#names, #name::#variants as #base as i64),)*];

            #[automatically_derived]
            impl ::arraystow::Element for #name {
                const DATA_TYPE: __arraystow::DataType =
                    __arraystow::DataType::Enum(__arraystow::EnumType::of_static(<#base as ::arraystow::Element>::DATA_TYPE_REF, NAMES));
            }

            #[automatically_derived]
            impl __arraystow::Encoding for #name {
                fn reads(stored: &__arraystow::DataType) -> bool {
                    match (stored, &<Self as ::arraystow::Element>::DATA_TYPE) {
                        (__arraystow::DataType::Enum(stored), __arraystow::DataType::Enum(own)) => stored.is_part_of(own),
                        _ => false,
                    }
                }

                fn put(
                    &self,
                    out: &mut ::std::vec::Vec<u8>,
                ) -> ::core::result::Result<(), ::std::string::String> {
                    let value = match self {
                        #(Self::#variants => #name::#variants as #base,)*
                    };
                    __arraystow::Encoding::put(&value, out)
                }

                fn get(_: &__arraystow::DataType, bytes: &[u8]) -> ::core::result::Result<Self, ::std::string::String> {
                    let value = <#base as __arraystow::Encoding>::get(<#base as ::arraystow::Element>::DATA_TYPE_REF, bytes)?;
                    #(if value == #name::#variants as #base {
                        return ::core::result::Result::Ok(#name::#variants);
                    })*
                    ::core::result::Result::Err(::std::format!(#none, value))
                }

                fn memory(len: usize) -> ::core::option::Option<::std::vec::Vec<Self>> {
                    __arraystow::default_memory(len)
                }
            }
        };
    }
}

/// The integer type of `#[repr(..)]`.
fn base(item: &DeriveInput) -> Option<Ident> {
    let mut base = None;
    for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        // What else may be there concerns the compiler only.
        let _ = attribute.parse_nested_meta(|meta| {
            if let Some(ident) = meta.path.get_ident()
                && INTEGERS.iter().any(|integer| ident == integer)
            {
                base = Some(Ident::new(&ident.to_string(), Span::call_site()));
            }
            Ok(())
        });
    }
    base
}
