//! The external objects of a document, for one load.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::ObjectEntry;
use crate::plugin::document::pieces::Pieces;
use crate::plugin::external::external_files::ExternalFiles;
use crate::plugin::external::protocols::Protocols;
use crate::plugin::external::shared_file::read as read_shared;
use crate::plugin::external::user_serializer::Object;
use crate::plugin::resolver::reading::{Listed, Read, ReadBatch};
use crate::protocol::files::Ledger;
use std::collections::HashSet;
use std::sync::Arc;

/// The external objects of one document.
pub(in crate::plugin) struct ObjectReader {
    protocols: Arc<Protocols>,
    /// Without a manifest (a bare document) nothing is known of them.
    listed: Option<Listed<ObjectEntry>>,
    /// The names of the objects of a pickle, of which nothing else is known.
    named: HashSet<String>,
}

impl ObjectReader {
    /// Returns the objects of a document without a manifest.
    pub(in crate::plugin) fn bare(protocols: Protocols) -> Self {
        Self { protocols: Arc::new(protocols), listed: None, named: HashSet::new() }
    }

    /// For a document whose manifest has these.
    pub(in crate::plugin) fn list(&mut self, entries: &[ObjectEntry]) {
        self.listed = Some(Listed::new(entries, |entry| entry.id.file()));
    }

    /// For a document that only names these.
    pub(in crate::plugin) fn name(&mut self, entries: &[ObjectEntry]) {
        self.named = entries.iter().map(|entry| entry.id.file().to_owned()).collect();
    }

    /// Whether the document has an object of this name.
    pub(in crate::plugin) fn names(&self, file: &str) -> bool {
        self.named.contains(file) || self.listed.as_ref().is_some_and(|listed| listed.get(file).is_some())
    }

    pub(in crate::plugin) fn listed(&self) -> Option<&Listed<ObjectEntry>> {
        self.listed.as_ref()
    }

    /// How many are best read at the same time.
    pub(in crate::plugin) fn concurrency(&self) -> usize {
        self.protocols.files().map_or(1, |files| files.concurrency())
    }

    /// The shared values in a file.
    pub(in crate::plugin) fn shared(&self, file: &str) -> Result<Pieces> {
        read_shared(file, self.protocols.files()?, &self.protocols.limits())
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
    pub(in crate::plugin) fn add(&self, id: &PersistentId, entry: Option<&ObjectEntry>, reading: &mut ReadBatch) {
        let (protocols, of, entry) = (self.protocols.clone(), id.clone(), entry.cloned());
        reading.add(id.file(), 0, move || Read::Object(read_object(&protocols, &of, entry.as_ref())));
    }
}

fn read_object(protocols: &Protocols, id: &PersistentId, entry: Option<&ObjectEntry>) -> Result<Object> {
    let read = || {
        let serializer = protocols.registry().of_id(id)?;
        let ledger = Ledger::of_stored(entry.map(ObjectEntry::expected).transpose()?);
        serializer.read(&ExternalFiles::new(id.clone(), protocols.files()?, protocols.limits(), ledger))
    };
    read().map_err(|error| match entry {
        Some(entry) => error.at_path(entry.path()),
        None => error,
    })
}
