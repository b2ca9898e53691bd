//! The serde formats that arraystow chooses itself, CBOR and JSON: how each is read, and what each can read back.

pub(in crate::plugin) mod cbor;
pub(in crate::plugin) mod rules;
