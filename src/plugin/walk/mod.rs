//! What a walk over a value remembers while it saves or loads.

pub(in crate::plugin) mod ahead;
pub(in crate::plugin) mod circle;
pub(in crate::plugin) mod context;
pub(in crate::plugin) mod conversion;
pub(in crate::plugin) mod loading;
pub(in crate::plugin) mod options;
pub(in crate::plugin) mod saving;
pub(in crate::plugin) mod shared_load;
pub(in crate::plugin) mod shared_save;
