//! The serde serializer that diverts arrays.

pub(in crate::plugin) mod arrays;
pub(in crate::plugin) mod elements;
pub(in crate::plugin) mod maps;
pub(in crate::plugin) mod serializer;
