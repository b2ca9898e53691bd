//! Starts a walk and turns its result into bytes, or into a value.

pub(in crate::plugin) mod body;
pub(in crate::plugin) mod circle;
pub(in crate::plugin) mod head;
pub(in crate::plugin) mod largest;
pub(in crate::plugin) mod load;
pub(in crate::plugin) mod save;
pub(in crate::plugin) mod shared_load;
