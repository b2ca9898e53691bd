//! The data that is stored outside the document: arrays, external objects, shared values, and copies of all these; and
//! the [`Protocols`](protocols::Protocols) to store them with.

pub(in crate::plugin) mod arrays;
pub(in crate::plugin) mod copied;
pub(in crate::plugin) mod destination;
pub(in crate::plugin) mod early;
pub(in crate::plugin) mod external_files;
pub(in crate::plugin) mod files;
pub(in crate::plugin) mod forecast;
#[cfg(feature = "zarr")]
pub(in crate::plugin) mod pending;
pub(in crate::plugin) mod planned;
pub(in crate::plugin) mod protocols;
pub(in crate::plugin) mod registry;
pub(in crate::plugin) mod saved;
pub(in crate::plugin) mod shared_file;
pub(in crate::plugin) mod user_serializer;
