//! `Serialize` and `Deserialize` of the types that are stored outside the document, and what the macros call.

mod any;
mod as_found;
mod astype;
mod chunked;
mod diverted;
mod found;
mod found_list;
pub(in crate::plugin) mod holds;
mod id;
pub mod kinds;
pub mod ndarray;
mod options;
pub mod persistent;
mod plain;
mod shared;
mod stowed;
pub(in crate::plugin) mod value;
pub mod vec;

pub use astype::astype;
pub use options::serialize_field;
