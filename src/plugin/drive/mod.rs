//! What starts a walk and turns its result into bytes, or into a value.

pub(in crate::plugin) mod body;
pub(in crate::plugin) mod largest;
