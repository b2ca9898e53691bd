//! `Serialize` and `Deserialize` of the types that are stored outside the document, and what the macros call.

mod any;
mod as_found;
pub(in crate::plugin) mod chunked;
pub(in crate::plugin) mod found;
pub(in crate::plugin) mod holds;
pub mod ndarray;
pub mod persistent;
pub(in crate::plugin) mod shared;
pub(in crate::plugin) mod value;
