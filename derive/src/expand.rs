//! The code for one field: a serde attribute that names a function, and the function.
//!
//! Code that may fail to compile because of the user's field has the span of the field's attribute. All other code has
//! the macro's span, so that the user's lints do not check it.

use crate::options::Options;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Field, GenericParam, Generics, Ident, LitStr, Type, parse_quote};

pub(crate) struct Expansion {
    options: Options,
    /// The field's type.
    field: Type,
    /// Whether the type depends on the item's parameters. If so, the bounds are where-clauses of serde's impls. If not,
    /// they are checked next to the item, with errors at the attribute.
    generic: bool,
    /// The conditions (`cfg`) under which the field exists.
    conditions: Vec<Attribute>,
    /// Whether serde's `Deserialize` is derived and nothing else loads the field.
    loads_plain: bool,
    save: Ident,
    load: Ident,
}

impl Expansion {
    /// The code for one field; `number` counts the item's fields that have options.
    pub(crate) fn new(
        options: Options,
        field: &Field,
        conditions: &[Attribute],
        item: &Ident,
        generics: &Generics,
        number: usize,
        loads_plain: bool,
    ) -> Self {
        let conditions = conditions.iter().chain(&field.attrs).filter(|a| a.path().is_ident("cfg")).cloned().collect();
        let field = field.ty.clone();
        let item = item.to_string();
        let item = item.trim_start_matches("r#");
        let name = |what: &str| Ident::new(&format!("__arraystow_{what}_{number}_{item}"), Span::call_site());
        let generic = mentions_parameter(&field, generics);
        Self { save: name("save"), load: name("load"), options, field, generic, conditions, loads_plain }
    }

    /// The serde attributes for the field.
    pub(crate) fn attributes(&self, has_bound: bool, missing_is_none: bool) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> = Vec::new();
        let bounded = self.generic && !has_bound;
        let (options, field) = (&self.options, &self.field);
        let bound = |traits: TokenStream| quote!(#field: #traits).to_string();
        if options.is_for_saving() {
            let path = LitStr::new(&self.save.to_string(), options.span);
            attributes.push(parse_quote!(#[serde(serialize_with = #path)]));
            if bounded {
                let holds = self.bounds();
                let bound = bound(quote!(::arraystow::__private::serde::Serialize + #holds));
                attributes.push(parse_quote!(#[serde(bound(serialize = #bound))]));
            }
        }
        if self.is_for_loading() {
            let path = LitStr::new(&self.load.to_string(), options.span);
            attributes.push(parse_quote!(#[serde(deserialize_with = #path)]));
            if bounded {
                let deserialize = quote!(::arraystow::__private::serde::Deserialize<'de>);
                let bound = bound(quote!(#deserialize + ::arraystow::__private::HoldsArrays));
                attributes.push(parse_quote!(#[serde(bound(deserialize = #bound))]));
            }
            if missing_is_none {
                attributes.push(parse_quote!(#[serde(default)]));
            }
        }
        attributes
    }

    /// The bound on the field's type.
    fn bounds(&self) -> TokenStream {
        let axes = self.options.chunks.as_ref().map(Vec::len);
        match (axes.or(self.options.labels.dims.as_ref().map(Vec::len)), self.options.inline) {
            (Some(axes), _) => {
                quote!(::arraystow::__private::HoldsAxes<#axes>)
            }
            (None, true) => quote!(::arraystow::__private::HoldsPlain),
            (None, false) => quote!(::arraystow::__private::HoldsArrays),
        }
    }

    /// The functions next to the item.
    pub(crate) fn functions(&self) -> TokenStream {
        let Self { save, load, field, conditions, .. } = self;
        let serde = quote!(::arraystow::__private::serde);
        let arrays = quote!(::arraystow::__private::HoldsArrays);
        let mut functions = TokenStream::new();
        if self.options.is_for_saving() {
            let (name, options, bounds) = (self.name(), self.value(), self.bounds());
            let (parameters, value, bound, save_it) = if self.generic {
                let bound = quote!(__T: ?::core::marker::Sized + #serde::Serialize + #bounds,);
                let save_it = quote!(::arraystow::__private::serialize_field(value, #name, OPTIONS, serializer));
                (quote!(__T,), quote!(__T), bound, save_it)
            } else {
                let check = self.check(&self.allowed());
                let save_it = quote! {
                    #check
                    ::arraystow::__private::kinds::save_field(value, kind, #name, OPTIONS, serializer)
                };
                (TokenStream::new(), quote!(#field), TokenStream::new(), save_it)
            };
            functions.extend(quote! {
                #(#conditions)*
                #[doc(hidden)]
                #[allow(dead_code, non_snake_case)]
                fn #save<#parameters __S>(value: &#value, serializer: __S) -> ::core::result::Result<__S::Ok, __S::Error>
                where
                    #bound
                    __S: #serde::Serializer,
                {
                    const OPTIONS: ::arraystow::__private::Options = #options;
                    #save_it
                }
            });
        }
        if self.is_for_loading() {
            let astype = self.options.astype;
            let (parameters, value, bound, load_it) = if self.generic {
                let bound = quote!(__T: #serde::Deserialize<'de> + #arrays,);
                (quote!(__T,), quote!(__T), bound, quote!(::arraystow::astype(deserializer)))
            } else {
                // A field with options for saving is checked there.
                let allowed = quote!(::arraystow::__private::kinds::Allowed);
                let check = if self.options.is_for_saving() { self.kind() } else { self.check(&allowed) };
                let load_it = quote! {
                    #check
                    ::arraystow::__private::kinds::load_field(kind, #astype, deserializer)
                };
                (TokenStream::new(), quote!(#field), TokenStream::new(), load_it)
            };
            functions.extend(quote! {
                #(#conditions)*
                #[doc(hidden)]
                #[allow(dead_code, non_snake_case)]
                fn #load<'de, #parameters __D>(deserializer: __D) -> ::core::result::Result<#value, __D::Error>
                where
                    #bound
                    __D: #serde::Deserializer<'de>,
                {
                    #load_it
                }
            });
        }
        functions
    }

    /// The bound on the kind of the field's type.
    fn allowed(&self) -> TokenStream {
        let axes = self.options.chunks.as_ref().map(Vec::len);
        match (axes.or(self.options.labels.dims.as_ref().map(Vec::len)), self.options.inline) {
            (Some(axes), _) => quote!(::arraystow::__private::kinds::AllowedAxes<#axes>),
            (None, true) => quote!(::arraystow::__private::kinds::AllowedInline),
            (None, false) => quote!(::arraystow::__private::kinds::Allowed),
        }
    }

    /// Whether the field has a function that loads it: the conversion, or a plain array that is not passed through
    /// serde.
    fn is_for_loading(&self) -> bool {
        self.options.astype || (self.loads_plain && !self.generic)
    }

    /// Finds the kind of the field's type and checks it, with an error at the attribute.
    fn check(&self, bounds: &TokenStream) -> TokenStream {
        let kind = self.kind();
        let call = quote_spanned!(self.options.span=> __arraystow_check(kind));
        quote! {
            #kind
            fn __arraystow_check<__K: #bounds>(_: ::core::marker::PhantomData<__K>) {}
            #call;
        }
    }

    /// Finds the kind of the field's type.
    fn kind(&self) -> TokenStream {
        let field = &self.field;
        quote! {
            #[allow(unused_imports)]
            use ::arraystow::__private::kinds::{
                ListOptionTag as _, ListTag as _, NdarrayOptionTag as _, NdarrayTag as _, OtherTag as _, PlainOptionTag as _,
                PlainTag as _,
            };
            #[allow(clippy::needless_borrow)]
            let kind = (&&&::arraystow::__private::kinds::Tag::<#field>::NEW).kind();
        }
    }

    /// The name of the newtype that carries the options through serde's buffers.
    fn name(&self) -> String {
        format!("$arraystow::stow({})", self.options.text())
    }

    fn value(&self) -> TokenStream {
        let Options { chunks, codec, labels, inline, .. } = &self.options;
        let labels = labels.tokens();
        let some = quote!(::core::option::Option::Some);
        let none = quote!(::core::option::Option::None);
        let chunks = chunks.as_ref().map_or_else(|| none.clone(), |chunks| quote!(#some(&[#(#chunks),*])));
        let codec = codec.as_ref().map_or_else(
            || none.clone(),
            |codec| {
                // The compiler evaluates this; a panic is a compile error at the codec.
                let parsed = quote_spanned! {codec.span()=>
                    match ::arraystow::Codec::parse(#codec) {
                        ::core::result::Result::Ok(codec) => codec,
                        ::core::result::Result::Err(rule) => ::core::panic!("{}", rule),
                    }
                };
                quote!({
                    #[allow(clippy::panic)]
                    const CODEC: ::arraystow::Codec = #parsed;
                    #some(CODEC)
                })
            },
        );
        quote!(::arraystow::__private::Options { chunks: #chunks, codec: #codec, #labels, inline: #inline })
    }
}

/// Whether a type mentions one of the item's parameters, or `Self`.
fn mentions_parameter(of: &Type, generics: &Generics) -> bool {
    fn mentions(tokens: TokenStream, names: &[&Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "Self" || names.iter().any(|name| **name == ident),
            TokenTree::Group(group) => mentions(group.stream(), names),
            _ => false,
        })
    }
    let names: Vec<&Ident> = generics.params.iter().map(name).collect();
    mentions(of.to_token_stream(), &names)
}

/// The name of a parameter. The name of a lifetime has no apostrophe, as in tokens.
fn name(parameter: &GenericParam) -> &Ident {
    match parameter {
        GenericParam::Lifetime(lifetime) => &lifetime.lifetime.ident,
        GenericParam::Type(parameter) => &parameter.ident,
        GenericParam::Const(parameter) => &parameter.ident,
    }
}
