//! The state of a walk over a value during a save or a load.

pub(in crate::plugin) mod ahead;
pub(in crate::plugin) mod context;
pub(in crate::plugin) mod conversion;
pub(in crate::plugin) mod early;
pub(in crate::plugin) mod errors;
pub(in crate::plugin) mod loading;
pub(in crate::plugin) mod lookup;
pub(in crate::plugin) mod notes;
pub(in crate::plugin) mod options;
pub(in crate::plugin) mod saving;
pub(in crate::plugin) mod scopes;
pub(in crate::plugin) mod shared_load;
pub(in crate::plugin) mod shared_save;
pub(in crate::plugin) mod stack;
