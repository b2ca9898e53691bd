//! The attribute macro, which removes the options from the fields and adds serde attributes that apply them.

use crate::diagnostics::Errors;
use crate::expand::Expansion;
use crate::options::{Options, is_stow};
use crate::serde_attributes::{SerdeAttributes, has_derive};
use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, Generics, Ident, Item};

/// The attributes around a field.
struct Around<'a> {
    container: &'a SerdeAttributes,
    variant: Option<&'a SerdeAttributes>,
    /// The variant's attributes, which can include conditions.
    conditions: &'a [Attribute],
}

impl Around<'_> {
    /// The first of these attributes that the field or its variant has.
    fn of_field(&self, field: &SerdeAttributes, names: &[&'static str]) -> Option<&'static str> {
        field.first_of(names).or_else(|| self.variant?.first_of(names))
    }
}

pub(crate) fn stow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    if !arguments.is_empty() {
        errors.at(
            arguments.span(),
            "options belong to fields: write `#[arraystow::stow]` above the type, and `#[stow(..)]` above its field",
        );
    }
    let mut item = match syn::parse2::<Item>(item.clone()) {
        Ok(item @ (Item::Struct(_) | Item::Enum(_))) => item,
        _ => {
            errors.at(proc_macro2::Span::call_site(), "`stow` is for structs and enums, whose fields can have options");
            let errors = errors.tokens();
            return quote!(#errors #item);
        }
    };
    let mut walk = Walk { errors, has_derive: true, derives_deserialize: false, expansions: Vec::new() };
    walk.item(&mut item);
    let functions = walk.expansions.iter().map(Expansion::functions);
    let errors = walk.errors.tokens();
    quote!(#errors #item #(#functions)*)
}

struct Walk {
    errors: Errors,
    has_derive: bool,
    derives_deserialize: bool,
    expansions: Vec<Expansion>,
}

impl Walk {
    fn item(&mut self, item: &mut Item) {
        match item {
            Item::Struct(item) => {
                self.check_derive(&item.attrs);
                let container = SerdeAttributes::of(&item.attrs);
                let around = Around { container: &container, variant: None, conditions: &[] };
                self.fields(&mut item.fields, &item.ident, &item.generics, &around);
            }
            Item::Enum(item) => {
                self.check_derive(&item.attrs);
                let container = SerdeAttributes::of(&item.attrs);
                for variant in &mut item.variants {
                    if let Some(attribute) = variant.attrs.iter().find(|attribute| is_stow(attribute)) {
                        self.errors.at(attribute.path().span(), "options belong to fields: put them into the variant");
                    }
                    variant.attrs.retain(|attribute| !is_stow(attribute));
                    let attributes = SerdeAttributes::of(&variant.attrs);
                    let conditions = &variant.attrs;
                    let around = Around { container: &container, variant: Some(&attributes), conditions };
                    self.fields(&mut variant.fields, &item.ident, &item.generics, &around);
                }
            }
            _ => {}
        }
    }

    fn check_derive(&mut self, below: &[Attribute]) {
        self.has_derive = has_derive(below, &["Serialize", "Deserialize"]);
        self.derives_deserialize = has_derive(below, &["Deserialize"]);
        if !self.has_derive {
            self.errors.at(
                proc_macro2::Span::call_site(),
                "there is no serde derive below: write `#[derive(Serialize, Deserialize)]` between \
                 `#[arraystow::stow]` and the type; a derive above it does not see the attributes that it adds",
            );
        }
    }

    fn fields(&mut self, fields: &mut Fields, item: &Ident, generics: &Generics, around: &Around<'_>) {
        let named = matches!(fields, Fields::Named(_));
        for field in fields {
            let Some(options) = Options::take(&mut field.attrs, &mut self.errors) else { continue };
            let attributes = SerdeAttributes::of(&field.attrs);
            let saved = self.check_saving(&options, &attributes, around);
            let loaded = self.check_loading(&options, &attributes, around);
            // Without the errors reported so far, the expansion would cause follow-up errors.
            if !(saved && loaded && self.has_derive) {
                continue;
            }
            let missing_is_none = named
                && is_option(&field.ty)
                && !attributes.has("default")
                && !attributes.has("flatten")
                && !around.container.has("default");
            let loads_plain = self.derives_deserialize && self.is_loaded(&attributes, around);
            let number = self.expansions.len();
            let expansion = Expansion::new(options, field, around.conditions, item, generics, number, loads_plain);
            field.attrs.extend(expansion.attributes(attributes.has("bound"), missing_is_none));
            self.expansions.push(expansion);
        }
    }

    /// Whether the options for saving can have an effect.
    fn check_saving(&mut self, options: &Options, field: &SerdeAttributes, around: &Around<'_>) -> bool {
        let instead = "it serializes in its own way";
        let reasons = [
            (around.of_field(field, &["with", "serialize_with"]), instead),
            (around.of_field(field, &["skip", "skip_serializing"]), "nothing is serialized"),
            (around.container.first_of(&["into"]), "another type is serialized, whose fields can have options"),
        ];
        !options.is_for_saving() || self.check(options, reasons)
    }

    /// Whether the derive loads the field by its type.
    fn is_loaded(&self, field: &SerdeAttributes, around: &Around<'_>) -> bool {
        let otherwise = ["with", "deserialize_with", "skip", "skip_deserializing"];
        around.of_field(field, &otherwise).is_none() && around.container.first_of(&["from", "try_from"]).is_none()
    }

    /// Whether the options for loading can have an effect.
    fn check_loading(&mut self, options: &Options, field: &SerdeAttributes, around: &Around<'_>) -> bool {
        let instead = "it deserializes in its own way (that of `arraystow::ndarray` with conversion is \
                       `#[serde(serialize_with = \"arraystow::ndarray::serialize\", deserialize_with = \
                       \"arraystow::ndarray::astype\")]`)";
        let reasons = [
            (around.of_field(field, &["with", "deserialize_with"]), instead),
            (around.of_field(field, &["skip", "skip_deserializing"]), "nothing is deserialized"),
            (
                around.container.first_of(&["from", "try_from"]),
                "another type is deserialized, whose fields can have options",
            ),
        ];
        !options.astype || self.check(options, reasons)
    }

    fn check<const N: usize>(&mut self, options: &Options, reasons: [(Option<&str>, &str); N]) -> bool {
        let mut fine = true;
        for (found, why) in reasons {
            let Some(found) = found else { continue };
            let message = format!("this has no effect beside `#[serde({found})]`: {why}; leave one of them out");
            self.errors.at(options.span, message);
            fine = false;
        }
        fine
    }
}

fn is_option(of: &syn::Type) -> bool {
    match of {
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Option"),
        syn::Type::Group(group) => is_option(&group.elem),
        _ => false,
    }
}
