//! The serde attributes that affect the options of fields.

use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// The names of the serde attributes of one item, variant or field.
pub(crate) struct SerdeAttributes(Vec<String>);

impl SerdeAttributes {
    /// Attributes that cannot be parsed are ignored: serde reports them.
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let serde = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
        let lists = serde.filter_map(|a| a.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok());
        Self(lists.flatten().filter_map(|meta| meta.path().get_ident().map(ToString::to_string)).collect())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|found| found == name)
    }

    /// The first of these names that is present.
    pub(crate) fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.has(name))
    }
}

/// Whether one of the attributes below the macro derives one of these traits.
pub(crate) fn has_derive(attributes: &[Attribute], names: &[&str]) -> bool {
    attributes.iter().any(|attribute| {
        let (derive, conditional) = (attribute.path().is_ident("derive"), attribute.path().is_ident("cfg_attr"));
        let Meta::List(list) = &attribute.meta else { return false };
        (derive || conditional) && has_name(list.tokens.clone(), names, conditional)
    })
}

/// Whether the tokens have one of the names; `nested` looks into groups, as in a `cfg_attr`.
fn has_name(tokens: proc_macro2::TokenStream, names: &[&str], nested: bool) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => names.iter().any(|name| ident == name),
        proc_macro2::TokenTree::Group(group) if nested => has_name(group.stream(), names, true),
        _ => false,
    })
}
