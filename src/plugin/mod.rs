//! SERDE: the plug-in around any serde format.
//!
//! A walk with a [`Serializer`] gives the document's body and the plan of arrays to write (`plan`); a walk with a
//! [`Deserializer`] finds the arrays again (`load`). Both run within a thread-local context, without I/O. Around them the
//! document's frame and manifest, and the functions that users call.

mod ahead;
mod astype;
mod body;
mod cbor;
mod chunked;
mod context;
mod de;
mod de_array;
mod de_key_parts;
mod de_keys;
mod dim;
mod document;
mod entry;
mod found;
mod holds;
mod id;
mod largest;
mod load;
mod manifest;
pub mod ndarray;
mod options;
mod path;
pub mod persistent;
mod plain;
mod plan;
mod probe;
mod reading;
mod resolver;
mod rules;
mod ser;
mod ser_array;
mod ser_map;
mod shared;
mod write;

pub use astype::astype;
pub use de::Deserializer;
pub use document::Format;
pub use entry::{deserialize, from_reader, from_slice, serialize, to_vec, to_writer};
pub use id::PersistentId;
pub use ser::Serializer;
pub use shared::{Shared, WeakShared};

#[doc(hidden)]
pub use {
    holds::{HoldsArrays, HoldsAxes, HoldsPlain},
    options::{Options, serialize as serialize_field},
};

#[cfg(any(feature = "hdf5", feature = "object-store"))]
pub(crate) use self::{
    body::write as write_document,
    document::{Head, MAGIC_BYTES, begins_as_document, encode, is_damaged, read_body, read_head},
    manifest::{FileEntry, Manifest, ManifestEntry, ObjectEntry},
    persistent::{
        AnyArray, CopiedObject, Copies, ObjectSerializer, Registry, array_serializer, note_saved, remove_files,
    },
    plan::{Keep, PlanSettings, Planned, SavePlan},
    reading::Reading,
    resolver::{Resolver, typed},
    shared::{SharedPlan, read_document},
    write::write_plan,
};
pub(crate) use plain::PlainElements;

/// The keys of the two forms in which an ndarray stands in a document. No key, field or variant of a user's may be one.
const STORED: &str = "$arraystow::stored";
const INLINE: &str = "$arraystow::inline";
/// How an ndarray presents itself to serde.
const ARRAY: &str = "Array";
const ARRAY_FIELDS: &[&str] = &["v", "dim", "data"];
/// The serializer of arrays, as it is called in the Python system that this one carries on.
const ARRAYS: &str = "HDFSerializer";
/// The newtype by which a chunked array, another object that is kept outside the document, or a shared value asks our
/// Serializer for its place in the object. It never reaches a format.
const CHUNKED: &str = "$arraystow::chunked";
/// The beginning of the newtypes by which options of fields go through serde's buffers. They never reach a format.
const PERSIST: &str = "$arraystow::persist";
