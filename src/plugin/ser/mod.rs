//! The serde serializer that diverts arrays.

pub(in crate::plugin) mod arrays;
pub(in crate::plugin) mod compounds;
pub(in crate::plugin) mod elements;
pub(in crate::plugin) mod keys;
pub(in crate::plugin) mod maps;
pub(in crate::plugin) mod records;
pub(in crate::plugin) mod refused;
pub(in crate::plugin) mod serializer;
pub(in crate::plugin) mod wrapped;
