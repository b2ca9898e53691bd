//! The serde deserializer that returns arrays.

pub(in crate::plugin) mod arrays;
pub(in crate::plugin) mod at;
pub(in crate::plugin) mod convert;
pub(in crate::plugin) mod deserializer;
pub(in crate::plugin) mod key_parts;
pub(in crate::plugin) mod key_seeds;
pub(in crate::plugin) mod keys;
pub(in crate::plugin) mod maps;
pub(in crate::plugin) mod numbers;
pub(in crate::plugin) mod seeds;
pub(in crate::plugin) mod shape;
pub(in crate::plugin) mod visitor;
