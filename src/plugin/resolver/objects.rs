//! The objects that are no arrays, for one load.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::ObjectEntry;
use crate::plugin::document::pieces::Pieces;
use crate::plugin::external::registry::Registry;
use crate::plugin::external::shared_file::read as read_shared;
use crate::plugin::external::user_serializer::Object;
use crate::plugin::resolver::reading::{Listed, Read, Reading};
use crate::protocol::Protocols;
use crate::protocol::files::Ledger;
use std::sync::Arc;

/// The objects of one document.
pub(in crate::plugin) struct ObjectReader {
    with: Arc<With>,
    /// Without a manifest (a bare document) nothing is known of them.
    listed: Option<Listed<ObjectEntry>>,
}

/// What objects are read with.
struct With {
    protocols: Protocols,
    registry: Registry,
}

impl ObjectReader {
    /// For a document without a manifest.
    pub(in crate::plugin) fn bare(protocols: Protocols) -> Self {
        let registry = Registry::of(&protocols);
        Self { with: Arc::new(With { protocols, registry }), listed: None }
    }

    /// For a document whose manifest has these.
    pub(in crate::plugin) fn list(&mut self, entries: &[ObjectEntry]) {
        self.listed = Some(Listed::new(entries, |entry| entry.id.file()));
    }

    pub(in crate::plugin) fn listed(&self) -> Option<&Listed<ObjectEntry>> {
        self.listed.as_ref()
    }

    /// How many are best read at the same time.
    pub(in crate::plugin) fn concurrency(&self) -> usize {
        self.with.protocols.files().map_or(1, |files| files.concurrency())
    }

    /// The shared values in a file.
    pub(in crate::plugin) fn shared(&self, file: &str) -> Result<Pieces> {
        read_shared(file, &self.with.protocols)
    }

    /// What the manifest, if there is one, has of an id, which is no array's.
    pub(in crate::plugin) fn entry(&self, id: &PersistentId) -> Result<Option<&ObjectEntry>> {
        if id.is_array() {
            let text = "an array is stored where the type asks for an object of a registered serializer";
            return Err(Error::new(ErrorKind::TypeMismatch, text));
        }
        let Some(listed) = &self.listed else { return Ok(None) };
        let entry = listed.get(id.file()).filter(|entry| entry.id == *id);
        entry.map(Some).ok_or_else(|| Error::corrupt("the document names an object that its manifest does not have"))
    }

    /// Adds an object to what is read.
    pub(in crate::plugin) fn add(&self, id: &PersistentId, entry: Option<&ObjectEntry>, reading: &mut Reading) {
        let (with, of, entry) = (self.with.clone(), id.clone(), entry.cloned());
        reading.add(id.file(), 0, move || Read::Object(read_object(&with, &of, entry.as_ref())));
    }
}

fn read_object(with: &With, id: &PersistentId, entry: Option<&ObjectEntry>) -> Result<Object> {
    let With { protocols, registry } = with;
    let read = || {
        let serializer = registry.of_id(id)?;
        let expected = entry.map(ObjectEntry::expected).transpose()?;
        let ledger = Arc::new(Ledger::of_stored(id.file(), expected));
        serializer.read(id, &protocols.for_object(ledger))
    };
    read().map_err(|error| match entry {
        Some(entry) => error.at_path(entry.path()),
        None => error,
    })
}
