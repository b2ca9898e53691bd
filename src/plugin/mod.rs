//! SERDE: the plug-in around any serde format.
//!
//! A walk with a [`Serializer`](ser::wrapped::Serializer) produces the document's body and the plan of arrays to write.
//! A walk with a [`Deserializer`](de::seeds::Deserializer) finds the arrays again. Both run within a thread-local
//! context, without I/O. Around them are the document's frame and manifest, and the functions that users call.
//!
//! Each module is a room. A room imports only from those before it in this order: `document`, `format`, `external`,
//! `shared`, `walk`, `ser`, `de`, `drive`, `fields`, `resolver`, `write`, `api`.

mod api;
mod de;
mod document;
mod drive;
mod external;
mod fields;
mod format;
mod resolver;
mod ser;
mod shared;
mod walk;
mod write;

pub use api::{deserialize, from_reader, from_slice, serialize, to_vec, to_writer};
pub use document::body_format::Format;
pub use document::id::PersistentId;
pub use external::protocols::Protocols;
pub use fields::value::{InlineArray, Value};
pub use fields::{astype, ndarray, persistent, vec};
pub use shared::{Shared, WeakShared};

#[doc(hidden)]
pub use {
    fields::holds::{HoldsArrays, HoldsAxes, HoldsPlain},
    fields::kinds,
    fields::serialize_field,
    walk::options::{FieldAttr, Options},
};

pub(crate) use self::{
    document::frame::{Head, START_BYTES, begins_as_document, encode, is_damaged, read_body},
    document::manifest::{ArrayEntry, FileEntry, Manifest, Named, ObjectEntry},
    document::new_ids::replace_ids,
    document::pickled::{END_BYTES, ends_as_document, is_bare as begins_as_pickle},
    drive::body::write as write_document,
    drive::head::read_head,
    drive::load::read_document,
    external::arrays::typed,
    external::destination::remove_files,
    external::early::{EarlyArrays, EarlyStored},
    external::forecast::ArrayForecast,
    external::planned::{CopiedObject, External, InFiles, Planned, PlannedArray, SavePlan, SharedPlan},
    external::registry::Registry,
    external::saved::note_saved,
    fields::value::find::{below_index, below_key, key_text},
    resolver::Resolver,
    resolver::reading::ReadBatch,
    walk::saving::{Incomplete, Keep, PlanSettings},
    write::{Tally, write_plan},
};
#[cfg(feature = "zarr")]
pub(crate) use external::pending::PendingArray;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
pub(crate) use write::write_durably;
