//! Errors of an item, and expressions as the user wrote them.

use proc_macro2::{Span, TokenStream};
use syn::{Error, Expr};

/// All errors of an item, reported together.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.add(Error::new(span, message));
    }

    /// The errors as code, if there are any.
    pub(crate) fn tokens(&self) -> Option<TokenStream> {
        self.0.as_ref().map(Error::to_compile_error)
    }
}

/// The expression in the invisible groups that a variable of `macro_rules!` expands to.
pub(crate) fn within_groups(value: &Expr) -> &Expr {
    match value {
        Expr::Group(group) => within_groups(&group.expr),
        value => value,
    }
}
