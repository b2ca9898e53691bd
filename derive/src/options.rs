//! `#[stow(..)]` at a field: parsing, and the checks that need no type.

use crate::diagnostics::{Errors, within_groups};
use crate::labels::{self, Labels};
use proc_macro2::{Span, TokenStream};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Token};

/// The options of one field.
pub(crate) struct Options {
    pub(crate) span: Span,
    pub(crate) chunks: Option<Vec<usize>>,
    pub(crate) codec: Option<LitStr>,
    pub(crate) labels: Labels,
    pub(crate) inline: bool,
    pub(crate) astype: bool,
    given: Vec<&'static str>,
}

impl Options {
    /// Removes the options from the attributes and returns them; `None` if there is no valid one.
    pub(crate) fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Self> {
        let mut options: Option<Self> = None;
        attributes.retain(|attribute| {
            if is_stow(attribute) {
                let none = || Self::new(attribute.path().span());
                options.get_or_insert_with(none).parse(attribute, errors);
            }
            !is_stow(attribute)
        });
        let options = options?;
        if options.inline && options.cuts() {
            errors.at(
                options.span,
                "`inline` keeps the array in the document, with its elements alone: remove `inline`, or the other options",
            );
        }
        if let (Some(chunks), Some(dims)) = (&options.chunks, &options.labels.dims)
            && chunks.len() != dims.len()
        {
            errors.at(options.span, "`chunks` and `dims` are for different numbers of axes: give both for each axis");
        }
        Some(options).filter(|options| options.is_for_saving() || options.astype)
    }

    fn new(span: Span) -> Self {
        Self {
            span,
            chunks: None,
            codec: None,
            labels: Labels::default(),
            inline: false,
            astype: false,
            given: Vec::new(),
        }
    }

    fn cuts(&self) -> bool {
        self.chunks.is_some() || self.codec.is_some() || !self.labels.is_empty()
    }

    pub(crate) fn is_for_saving(&self) -> bool {
        self.inline || self.cuts()
    }

    /// The options for saving as text, which distinguishes them from other options.
    pub(crate) fn text(&self) -> String {
        let chunks = self.chunks.as_ref().map(|chunks| format!("chunks = {chunks:?}"));
        let codec = self.codec.as_ref().map(|codec| format!("codec = {:?}", codec.value()));
        let inline = self.inline.then(|| "inline".to_owned());
        let all: Vec<String> = [chunks, codec, inline].into_iter().flatten().chain(self.labels.text()).collect();
        all.join(", ")
    }

    fn parse(&mut self, attribute: &Attribute, errors: &mut Errors) {
        let mut empty = true;
        let parsed = match &attribute.meta {
            syn::Meta::List(_) => attribute.parse_nested_meta(|option| {
                empty = false;
                self.parse_option(&option, errors)
            }),
            _ => Ok(()),
        };
        match parsed {
            Err(error) => errors.add(error),
            Ok(()) if empty => errors.at(
                attribute.path().span(),
                "this attribute has no options: add one, as in `#[stow(chunks = [64, 64])]`, or remove the attribute",
            ),
            Ok(()) => {}
        }
    }

    fn parse_option(&mut self, option: &ParseNestedMeta<'_>, errors: &mut Errors) -> syn::Result<()> {
        let names = ["chunks", "codec", "dims", "units", "attrs", "inline", "astype"];
        let name = names.into_iter().find(|name| option.path.is_ident(name));
        if name == Some("attrs") && option.input.peek(syn::token::Paren) {
            if self.given.contains(&"attrs") {
                errors.add(option.error("`attrs` is given twice: remove one"));
            }
            self.given.push("attrs");
            return self.labels.set_attrs(option, errors);
        }
        let value = if option.input.peek(Token![=]) {
            Some(option.value()?.parse::<Expr>()?)
        } else {
            if option.input.peek(syn::token::Paren) {
                let list;
                syn::parenthesized!(list in option.input);
                list.parse::<TokenStream>()?;
                if let Some(name) = name {
                    errors.add(option.error(form(name)));
                }
            }
            None
        };
        let Some(name) = name else {
            errors.add(option.error(
                "unknown option: the options are `chunks`, `codec`, `dims`, `units`, `attrs`, `inline` and `astype`",
            ));
            return Ok(());
        };
        if self.given.contains(&name) {
            errors.add(option.error(format_args!("`{name}` is given twice: remove one")));
            return Ok(());
        }
        self.given.push(name);
        match (name, value) {
            ("chunks", Some(value)) => self.chunks = chunks(&value, errors),
            ("codec", Some(value)) => self.codec = codec(&value, errors),
            ("dims", Some(value)) => self.labels.set_dims(&value, errors),
            ("units", Some(value)) => self.labels.set_units(&value, errors),
            ("inline", None) => self.inline = true,
            ("astype", None) => self.astype = true,
            _ => errors.add(option.error(form(name))),
        }
        Ok(())
    }
}

/// The error for an option that is not written correctly.
fn form(name: &str) -> String {
    match name {
        "chunks" => "expected a chunk shape, one number for each axis, as in `chunks = [64, 64]`".to_owned(),
        "dims" | "units" | "attrs" => labels::form(name).to_owned(),
        "codec" => "expected a codec in quotes, as in `codec = \"zstd:3\"`".to_owned(),
        _ => format!("`{name}` takes no value: write `{name}` alone"),
    }
}

pub(crate) fn is_stow(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let ours = path.segments.len() == 2 && path.segments.first().is_some_and(|first| first.ident == "arraystow");
    path.is_ident("stow") || (ours && path.segments.last().is_some_and(|last| last.ident == "stow"))
}

fn chunks(value: &Expr, errors: &mut Errors) -> Option<Vec<usize>> {
    let Expr::Array(array) = within_groups(value) else {
        errors.at(value.span(), form("chunks"));
        return None;
    };
    if array.elems.is_empty() {
        errors.at(value.span(), form("chunks"));
        return None;
    }
    let mut shape = Vec::with_capacity(array.elems.len());
    for element in &array.elems {
        match length(element) {
            Some(0) => errors.at(
                element.span(),
                "a chunk has at least one element along every axis: give a number of 1 or \
                    more",
            ),
            Some(length) => shape.push(length),
            None => errors.at(element.span(), "expected a whole number: the length of the chunks along this axis"),
        }
    }
    (shape.len() == array.elems.len()).then_some(shape)
}

fn length(element: &Expr) -> Option<usize> {
    match within_groups(element) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    }
}

/// Checks that a codec is a string. Only the library has the grammar, and parses it when the expansion is compiled.
fn codec(value: &Expr, errors: &mut Errors) -> Option<LitStr> {
    match within_groups(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        _ => {
            errors.at(value.span(), form("codec"));
            None
        }
    }
}
