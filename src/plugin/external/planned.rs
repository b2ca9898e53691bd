//! The plan of a save: what is to be stored outside the document, and how the document's body is divided.

use crate::error::Error;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::pieces::SharedParts;
use crate::plugin::external::registry::{Object, ObjectSerializer};
use std::sync::Arc;

/// An object to be written by its serializer, under the id that the document has for it.
pub(crate) struct Planned {
    pub(crate) id: PersistentId,
    /// Every place in the object graph where it was met.
    pub(crate) paths: Vec<String>,
    pub(crate) object: Object,
    pub(crate) serializer: Arc<dyn ObjectSerializer>,
    /// It stays where it is.
    pub(crate) kept: bool,
}

impl Planned {
    /// The first path, for messages.
    pub(in crate::plugin) fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    /// Adds to an error which object it is about.
    pub(in crate::plugin) fn locate(&self, error: Error) -> Error {
        error.at_path(self.path()).in_array(self.id.file())
    }
}

/// What is to be written before the document.
pub(crate) struct SavePlan {
    pub(crate) objects: Vec<Planned>,
    pub(crate) shared: SharedPlan,
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
