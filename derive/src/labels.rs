//! `dims`, `units` and `attrs(..)` at a field: what its arrays say of their elements.

use crate::diagnostics::{Errors, within_groups};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

/// The labels of one field.
#[derive(Default)]
pub(crate) struct Labels {
    pub(crate) dims: Option<Vec<LitStr>>,
    attrs: Vec<(String, Literal)>,
}

/// The value of an attribute.
enum Literal {
    Text(LitStr),
    Int(i64),
    Float(f64),
}

impl Labels {
    pub(crate) fn is_empty(&self) -> bool {
        self.dims.is_none() && self.attrs.is_empty()
    }

    /// Reads `dims = ["time", "lat"]`.
    pub(crate) fn set_dims(&mut self, value: &Expr, errors: &mut Errors) {
        let Expr::Array(array) = within_groups(value) else {
            return errors.at(value.span(), form("dims"));
        };
        let mut dims: Vec<LitStr> = Vec::with_capacity(array.elems.len());
        for element in &array.elems {
            match text(element) {
                Some(dim) if dim.value().is_empty() || dim.value().contains('/') => {
                    errors.at(dim.span(), "the name of an axis cannot be empty or contain `/`: choose another name");
                }
                Some(dim) if dims.iter().any(|known| known.value() == dim.value()) => {
                    errors.at(dim.span(), "two axes have this name: give each a name of its own");
                }
                Some(dim) => dims.push(dim),
                None => errors.at(element.span(), form("dims")),
            }
        }
        if array.elems.is_empty() {
            return errors.at(value.span(), form("dims"));
        }
        self.dims = (dims.len() == array.elems.len()).then_some(dims);
    }

    /// Reads `units = "K"`.
    pub(crate) fn set_units(&mut self, value: &Expr, errors: &mut Errors) {
        match text(value) {
            Some(units) => self.attrs.push(("units".to_owned(), Literal::Text(units))),
            None => errors.at(value.span(), form("units")),
        }
    }

    /// Reads `attrs(long_name = "height", valid_min = 0)`.
    pub(crate) fn set_attrs(&mut self, option: &ParseNestedMeta<'_>, errors: &mut Errors) -> syn::Result<()> {
        let mut names = HashSet::new();
        option.parse_nested_meta(|attr| {
            let Some(name) = attr.path.get_ident().map(ToString::to_string) else {
                errors.add(attr.error(form("attrs")));
                return Ok(());
            };
            let name = name.trim_start_matches("r#").to_owned();
            let value = attr.value()?.parse::<Expr>()?;
            let taken = name == "units" && self.attrs.iter().any(|(known, _)| *known == name);
            if !names.insert(name.clone()) || taken {
                errors.add(attr.error(format_args!("the attribute `{name}` is given twice: remove one")));
            }
            match literal(&value) {
                Some(value) => self.attrs.push((name, value)),
                None => errors.at(value.span(), form("attrs")),
            }
            Ok(())
        })
    }

    /// The options as text, which distinguishes them from others.
    pub(crate) fn text(&self) -> impl Iterator<Item = String> {
        let dims = self.dims.as_ref().map(|dims| {
            let dims: Vec<String> = dims.iter().map(LitStr::value).collect();
            format!("dims = {dims:?}")
        });
        let attrs = self.attrs.iter().map(|(name, value)| match value {
            Literal::Text(text) => format!("{name} = {:?}", text.value()),
            Literal::Int(number) => format!("{name} = {number}"),
            Literal::Float(number) => format!("{name} = {number:?}"),
        });
        dims.into_iter().chain(attrs)
    }

    /// The fields of `Options`.
    pub(crate) fn tokens(&self) -> TokenStream {
        let dims = match &self.dims {
            Some(dims) => quote!(::core::option::Option::Some(&[#(#dims),*])),
            None => quote!(::core::option::Option::None),
        };
        let attrs = self.attrs.iter().map(|(name, value)| {
            let attr = quote!(::arraystow::__private::FieldAttr);
            let value = match value {
                Literal::Text(text) => quote!(#attr::Text(#text)),
                Literal::Int(number) => quote!(#attr::Int(#number)),
                Literal::Float(number) => {
                    let bits = number.to_bits();
                    quote!(#attr::Float(#bits))
                }
            };
            quote!((#name, #value))
        });
        quote!(dims: #dims, attrs: &[#(#attrs),*])
    }
}

/// The error about an option that is not written correctly.
pub(crate) fn form(name: &str) -> &'static str {
    match name {
        "dims" => "expected a name for each axis, as in `dims = [\"time\", \"lat\", \"lon\"]`",
        "units" => "expected units in quotes, as in `units = \"K\"`",
        _ => {
            "expected names and strings or numbers, as in `attrs(long_name = \"height above the geoid\", valid_min = \
                -500)`"
        }
    }
}

fn text(value: &Expr) -> Option<LitStr> {
    match within_groups(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<Literal> {
    match within_groups(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(Literal::Text(text.clone())),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok().map(Literal::Int),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok().map(Literal::Float),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match literal(expr)? {
            Literal::Int(number) => Some(Literal::Int(number.checked_neg()?)),
            Literal::Float(number) => Some(Literal::Float(-number)),
            Literal::Text(_) => None,
        },
        _ => None,
    }
}
