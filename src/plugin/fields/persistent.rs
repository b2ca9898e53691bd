//! External objects: parts of a value that your own serializer writes to files of their own.
//!
//! A [`PersistentSerializer`] does for one type what this crate does for arrays. It writes the external object to
//! [files](ExternalFiles) beside the document. The document has the object's [`PersistentId`]. An instance of it is
//! registered with a storage ([`StorageBuilder::serializer`](crate::StorageBuilder::serializer)) or with
//! [`Protocols`](crate::Protocols::with_serializer). A type of your own derives `Persistent` instead of serde's traits.
//! A field of any other type gets `#[serde(with = "arraystow::persistent")]`.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! use arraystow::Storage;
//! use arraystow::persistent::{BoxError, ExternalFiles, PersistentSerializer};
//! use serde::{Deserialize, Serialize};
//! use std::io::{Read, Write};
//!
//! /// A type without serde.
//! #[derive(Clone, Debug, PartialEq)]
//! struct Picture(Vec<u8>);
//!
//! struct Pictures {
//!     most_bytes: u64,
//! }
//!
//! impl PersistentSerializer for Pictures {
//!     type Object = Picture;
//!     const NAME: &'static str = "example.org/pictures";
//!
//!     fn write(&self, picture: &Picture, files: &ExternalFiles) -> Result<(), BoxError> {
//!         let mut file = files.create("raw")?;
//!         file.write_all(&picture.0)?;
//!         Ok(file.finish()?)
//!     }
//!
//!     fn read(&self, files: &ExternalFiles) -> Result<Picture, BoxError> {
//!         let mut file = files.open("raw")?;
//!         if file.len() > self.most_bytes {
//!             return Err("the picture is too large".into());
//!         }
//!         let mut bytes = Vec::new();
//!         file.read_to_end(&mut bytes)?;
//!         Ok(Picture(bytes))
//!     }
//!
//!     fn remove(&self, files: &ExternalFiles) -> Result<(), BoxError> {
//!         Ok(files.remove("raw")?)
//!     }
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Page {
//!     title: String,
//!     #[serde(with = "arraystow::persistent")]
//!     picture: Picture,
//! }
//!
//! let storage = Storage::builder(folder.path()).serializer(Pictures { most_bytes: 1 << 20 }).open()?;
//! storage.save("page", &Page { title: "one".into(), picture: Picture(vec![1, 2, 3]) })?;
//! assert_eq!(storage.load::<Page>("page")?.picture, Picture(vec![1, 2, 3]));
//! storage.remove("page")?; // the picture's file too; this needs no registration
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use crate::plugin::external::external_files::ExternalFiles;
pub use crate::plugin::external::user_serializer::{BoxError, PersistentSerializer};

use crate::error::{Error, ErrorKind};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::CHUNKED;
use crate::plugin::fields::diverted::divert;
use crate::plugin::walk::context::{lift, saving};
use crate::plugin::walk::errors::de_error;
use crate::plugin::walk::lookup::object;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serializer};
use std::any::{Any, type_name};
use std::fmt;

/// Serializes the object's persistent id. The save writes the object itself. For `#[serde(with =
/// "arraystow::persistent")]`; see the [module](self) for an example.
///
/// # Errors
/// `NoContext` outside a save; `Unsupported` if no serializer is registered for the type.
pub fn serialize<T, S>(object: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Clone + Send + Sync + 'static,
    S: Serializer,
{
    divert(serializer, || add(object))
}

/// The id of an object in the plan. The user's code runs with the context lifted: it may save something itself.
fn add<T: Any + Send + Sync>(object: &T) -> crate::error::Result<PersistentId> {
    let (serializer, path) = saving(|state| state.serializer_of::<T>(type_name::<T>()))??;
    let lifted = lift();
    let identity = serializer.identity(object);
    drop(lifted);
    if let Some(id) = saving(|state| state.met_object::<T>(identity, &path))? {
        return Ok(id);
    }
    let lifted = lift();
    let handle = serializer.handle(object);
    drop(lifted);
    let handle = handle.ok_or_else(|| Error::invalid("a serializer does not know its own type").at_path(&path))?;
    saving(|state| state.add_object::<T>(&*serializer, handle, identity, path))
}

/// Returns the object of a persistent id. For `#[serde(with = "arraystow::persistent")]`; see the [module](self) for
/// an example.
///
/// # Errors
/// `NoContext` outside a load; `Unsupported` if its serializer is not registered; `TypeMismatch` if it has another
/// type; any error of reading it.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Clone + Send + Sync + 'static,
    D: Deserializer<'de>,
{
    // Asks our Deserializer, if it is the next, to note where the walk is.
    let id = deserializer.deserialize_newtype_struct(CHUNKED, IdVisitor)?;
    find(&id).map_err(de_error)
}

struct IdVisitor;

impl<'de> Visitor<'de> for IdVisitor {
    type Value = PersistentId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the persistent id of an object that arraystow saved")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<PersistentId, D::Error> {
        PersistentId::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<PersistentId, A::Error> {
        PersistentId::deserialize(SeqAccessDeserializer::new(sequence))
    }
}

fn find<T: Clone + Send + Sync + 'static>(id: &PersistentId) -> crate::error::Result<T> {
    let object = object(id)?;
    object.downcast_ref::<T>().cloned().ok_or_else(|| {
        Error::new(
            ErrorKind::TypeMismatch,
            format!("the serializer {:?} has read an object that is not a {}", id.name(), type_name::<T>()),
        )
        .in_array(id.file())
    })
}
