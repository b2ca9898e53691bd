//! The plan of a save: what will be stored outside the document, and how the document's body is divided.

use crate::array::{ArrayMeta, ErasedArray};
use crate::error::Error;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::{ArrayEntry, ObjectEntry};
use crate::plugin::document::pieces::SharedParts;
use crate::plugin::external::user_serializer::UserObject;
use crate::protocol::files::Files;
use std::sync::Arc;

/// An array or object to be stored, under the id that the document has for it.
pub(crate) struct Planned {
    pub(crate) id: PersistentId,
    /// Every place in the value where it was met.
    pub(crate) paths: Vec<String>,
    pub(crate) external: External,
    /// It stays where it is.
    pub(crate) kept: bool,
}

/// What is outside a document.
pub(crate) enum External {
    Array(PlannedArray),
    /// An array that the walk has written.
    Written(ArrayEntry),
    Files(InFiles),
    /// What was written in files of its own before.
    #[cfg_attr(not(feature = "zarr"), allow(dead_code, reason = "sessions need Zarr"))]
    WrittenFiles(ObjectEntry),
}

/// An array of any element type.
pub(crate) struct PlannedArray {
    pub(crate) array: Arc<dyn ErasedArray>,
    /// What its field says of it.
    pub(crate) meta: ArrayMeta,
    /// A plain `ndarray` field.
    pub(crate) plain: bool,
}

/// What is stored in files of its own.
pub(crate) enum InFiles {
    /// An object of a type for which the user has registered a serializer.
    Object(Box<dyn UserObject>),
    /// The shared values of a value that the user's own serializer writes.
    Shared(SharedBody),
    /// An object of another storage.
    Copy(CopiedObject),
}

/// Table and pieces of shared values.
pub(crate) struct SharedBody {
    pub(in crate::plugin) parts: SharedParts,
    pub(in crate::plugin) bytes: Vec<u8>,
}

/// An object of another storage, and where it is.
pub(crate) struct CopiedObject {
    pub(crate) from: Files,
    pub(crate) entry: ObjectEntry,
}

impl PlannedArray {
    /// What was chosen for this array.
    pub(in crate::plugin) fn meta(&self) -> ArrayMeta {
        self.array.meta().or(&self.meta)
    }
}

impl Planned {
    /// The first path, for messages.
    pub(in crate::plugin) fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    /// The array, if it is one.
    pub(crate) fn array(&self) -> Option<&PlannedArray> {
        match &self.external {
            External::Array(array) => Some(array),
            External::Written(_) | External::Files(_) | External::WrittenFiles(_) => None,
        }
    }

    /// The files that it will have, as far as they are known before it is written.
    pub(crate) fn files(&self) -> impl Iterator<Item = String> {
        let copied = match &self.external {
            External::Files(InFiles::Copy(copied)) => &copied.entry.files[..],
            _ => &[],
        };
        copied.iter().map(|file| file.name.clone())
    }

    /// Adds to an error which array or object it is about.
    pub(in crate::plugin) fn locate(&self, error: Error) -> Error {
        error.at_path(self.path()).in_array(self.id.file())
    }
}

/// What is to be written before the document.
pub(crate) struct SavePlan {
    pub(crate) objects: Vec<Planned>,
    pub(crate) shared: SharedPlan,
    /// The name of the document, if it has one.
    pub(crate) document: Option<String>,
}

impl SavePlan {
    /// The ids of everything.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().map(|planned| planned.id.file())
    }

    /// The ids of all that a save writes.
    pub(crate) fn to_write(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().filter(|planned| !planned.kept).map(|planned| planned.id.file())
    }

    /// Adds to an error about a file which array it belongs to, and where that is in the value.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let Some(location) = error.location().filter(|_| error.array().is_none()) else { return error };
        match self.objects.iter().find(|planned| location.contains(planned.id.file())) {
            Some(planned) => planned.locate(error),
            None => error,
        }
    }
}

/// What a body has beside the root.
#[derive(Default)]
pub(crate) struct SharedPlan {
    parts: Option<SharedParts>,
    /// Table and pieces, until they are part of the body.
    bytes: Vec<u8>,
}

impl SharedPlan {
    /// Table and pieces, which are to follow the root.
    pub(in crate::plugin) fn of_pieces(parts: SharedParts, bytes: Vec<u8>) -> Self {
        Self { parts: Some(parts), bytes }
    }

    /// Of a body that is written already.
    pub(crate) fn of(parts: Option<SharedParts>) -> Self {
        Self { parts, bytes: Vec::new() }
    }

    /// Appends table and pieces to the root.
    pub(in crate::plugin) fn append_to(&mut self, body: &mut Vec<u8>) {
        if let Some(parts) = &mut self.parts {
            parts.root = body.len() as u64;
            body.append(&mut self.bytes);
        }
    }

    /// What the manifest says of it.
    pub(crate) fn parts(&self) -> Option<SharedParts> {
        self.parts
    }
}
