//! The macros of arraystow. The crate `arraystow` re-exports them; use them from there.
//!
//! Their documentation is in files because the crate `arraystow` runs the examples in it. A macro crate with `arraystow`
//! as a dependency of its tests would have cargo build `arraystow` and what it needs a second time.

mod diagnostics;
mod element;
mod expand;
mod item;
mod labels;
mod options;
mod persistent;
mod serde_attributes;

use proc_macro::TokenStream;

#[doc = include_str!("stow.md")]
#[proc_macro_attribute]
pub fn stow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::stow(arguments.into(), item.into()).into()
}

#[doc = include_str!("persistent.md")]
#[proc_macro_derive(Persistent)]
pub fn derive_persistent(item: TokenStream) -> TokenStream {
    persistent::derive(item.into()).into()
}

#[doc = include_str!("element.md")]
#[proc_macro_derive(Element)]
pub fn derive_element(item: TokenStream) -> TokenStream {
    element::derive(item.into()).into()
}
