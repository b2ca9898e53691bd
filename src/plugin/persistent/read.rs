//! The objects that are no arrays, for one load.

use super::registry::{Object, Registry};
use crate::engine::{Job, run};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::PersistentId;
use crate::plugin::manifest::ObjectEntry;
use crate::plugin::shared::{Pieces, read_shared};
use crate::protocol::Protocols;
use crate::protocol::files::Ledger;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads the objects of one document: each id one object, however often it is met.
pub(in crate::plugin) struct ObjectReader {
    protocols: Protocols,
    registry: Registry,
    /// Without a manifest (a bare document) objects are read when the walk meets an id.
    manifest: Option<HashMap<String, ObjectEntry>>,
    objects: RefCell<HashMap<String, Result<Object>>>,
}

impl ObjectReader {
    /// For a document without a manifest.
    pub(in crate::plugin) fn bare(protocols: Protocols) -> Self {
        let registry = Registry::of(&protocols);
        Self { protocols, registry, manifest: None, objects: RefCell::default() }
    }

    /// Reads all objects of a manifest, many at once. What fails, for want of its serializer too, fails where it is used.
    pub(in crate::plugin) fn read_all(&mut self, entries: &[ObjectEntry]) -> Result<()> {
        self.manifest = Some(entries.iter().map(|entry| (entry.id.file().to_owned(), entry.clone())).collect());
        let Some(concurrency) = self.protocols.files().ok().map(|files| files.concurrency()) else { return Ok(()) };
        let read = Mutex::new(Vec::with_capacity(entries.len()));
        let (protocols, registry) = (&self.protocols, &self.registry);
        run(concurrency, entries.iter().map(|work| Job { work, bytes: 0 }), |entry| {
            let object = read_object(registry, protocols, &entry.id, Some(entry));
            read.lock().unwrap_or_else(PoisonError::into_inner).push((entry.id.file().to_owned(), object));
            Ok(())
        })?;
        self.objects.borrow_mut().extend(read.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// Reads whatever there is under an id, an array too, without a manifest.
    pub(in crate::plugin) fn read(&self, id: &PersistentId) -> Result<Object> {
        read_object(&self.registry, &self.protocols, id, None)
    }

    /// The shared values in a file.
    pub(in crate::plugin) fn shared(&self, file: &str) -> Result<Pieces> {
        read_shared(file, &self.protocols)
    }

    /// The object of an id, which is no array.
    pub(in crate::plugin) fn object(&self, id: &PersistentId) -> Result<Object> {
        if id.is_array() {
            let text = "an array is stored where the type asks for an object of a registered serializer";
            return Err(Error::new(ErrorKind::TypeMismatch, text));
        }
        let entry = match &self.manifest {
            None => None,
            Some(entries) => match entries.get(id.file()) {
                Some(entry) if entry.id == *id => Some(entry),
                _ => {
                    let text = "the document names an object that its manifest does not have";
                    return Err(Error::corrupt(text));
                }
            },
        };
        if let Some(object) = self.objects.borrow().get(id.file()) {
            return object.clone();
        }
        let object = read_object(&self.registry, &self.protocols, id, entry);
        self.objects.borrow_mut().insert(id.file().to_owned(), object.clone());
        object
    }
}

fn read_object(
    registry: &Registry,
    protocols: &Protocols,
    id: &PersistentId,
    entry: Option<&ObjectEntry>,
) -> Result<Object> {
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
