//! The parts of a document: its frame, its manifest, persistent ids, and the elements of plain arrays. Nothing here
//! walks a value.

pub(in crate::plugin) mod body_format;
pub(in crate::plugin) mod elements;
pub(in crate::plugin) mod encoded;
pub(in crate::plugin) mod encoded_element;
pub(in crate::plugin) mod frame;
pub(in crate::plugin) mod id;
pub(in crate::plugin) mod magic;
pub(in crate::plugin) mod manifest;
pub(in crate::plugin) mod names;
pub(in crate::plugin) mod new_ids;
pub(in crate::plugin) mod number;
pub(in crate::plugin) mod path;
pub(in crate::plugin) mod pickled;
pub(in crate::plugin) mod pieces;
