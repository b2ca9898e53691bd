//! Writes a plan: turns it into stored objects and their manifest entries.

use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::plugin::document::manifest::{ArrayEntry, Manifest, ManifestEntry, ObjectEntry};
use crate::plugin::external::destination::{Destination, Stored};
use crate::plugin::external::early::EarlyStored;
use crate::plugin::external::planned::{External, Planned, SavePlan};
use crate::plugin::external::protocols::Protocols;
use crate::plugin::external::{arrays, files};
use std::sync::Arc;

/// What was done for a plan.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) arrays_written: usize,
    pub(crate) arrays_linked: usize,
    pub(crate) arrays_kept: usize,
    pub(crate) chunks_carried: usize,
    pub(crate) objects_written: usize,
    pub(crate) objects_kept: usize,
    /// Of arrays and files, as they are stored.
    pub(crate) bytes_written: u64,
}

/// What was written for a plan: to be kept, left or discarded. Dropped, in a panic, it is removed again.
pub(crate) struct Written {
    stored: Stored,
    entries: Vec<ManifestEntry>,
    tally: Tally,
}

impl Written {
    fn write(&mut self, plan: &SavePlan, kept: Option<&Manifest>) -> Result<()> {
        let protocols = self.stored.protocols().clone();
        let known = |planned: &Planned| kept.and_then(|manifest| kept_entry(manifest, planned));
        let mut entries: Vec<Option<ManifestEntry>> = plan.objects.iter().map(known).collect();
        let is_kept: Vec<bool> = entries.iter().map(Option::is_some).collect();
        let (mut arrays, mut objects) = (Vec::new(), Vec::new());
        let (mut array_places, mut object_places) = (Vec::new(), Vec::new());
        for (place, planned) in plan.objects.iter().enumerate().filter(|(place, _)| !is_kept[*place]) {
            match &planned.external {
                External::Array(array) => {
                    arrays.push((planned, array));
                    array_places.push(place);
                }
                External::Written(entry) => {
                    let paths = planned.paths.clone();
                    entries[place] = Some(ManifestEntry::Array(ArrayEntry { paths, ..entry.clone() }));
                }
                External::WrittenFiles(entry) => entries[place] = Some(ManifestEntry::Object(entry.clone())),
                External::Files(object) => {
                    objects.push((planned, object));
                    object_places.push(place);
                }
            }
        }
        let mut to =
            Destination { protocols: &protocols, stored: &mut self.stored, document: plan.document.as_deref() };
        let written = arrays::write(&arrays, &mut to)?.into_iter().chain(files::write(&objects, &mut to)?);
        for (place, entry) in array_places.into_iter().chain(object_places).zip(written) {
            entries[place] = Some(entry);
        }
        self.entries = entries.into_iter().flatten().collect();
        self.tally = self.count(&is_kept);
        Ok(())
    }

    fn count(&self, is_kept: &[bool]) -> Tally {
        let mut tally = Tally::default();
        let mut bytes = 0_u64;
        for (entry, is_kept) in self.entries.iter().zip(is_kept) {
            let (written, kept, len) = match entry {
                ManifestEntry::Array(entry) => (&mut tally.arrays_written, &mut tally.arrays_kept, entry.bytes),
                ManifestEntry::Object(entry) => (&mut tally.objects_written, &mut tally.objects_kept, entry.bytes()),
            };
            if *is_kept {
                *kept += 1;
            } else {
                *written += 1;
                bytes = bytes.saturating_add(len);
            }
        }
        let Stored { linked, linked_bytes, carried_chunks, .. } = self.stored;
        Tally {
            chunks_carried: carried_chunks,
            arrays_linked: linked,
            arrays_written: tally.arrays_written.saturating_sub(linked),
            bytes_written: bytes.saturating_sub(linked_bytes),
            ..tally
        }
    }

    /// Makes everything durable.
    fn sync(&self) -> Result<()> {
        self.stored.sync()
    }

    /// What was done.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// The list of what was written.
    pub(crate) fn manifest(&self) -> Manifest {
        Manifest::new(self.entries.clone())
    }

    /// From now on everything belongs to a document.
    pub(crate) fn keep(mut self) {
        drop(self.stored.take());
    }

    /// Removes everything after an error, which then names what stays behind.
    pub(crate) fn discard(mut self, error: Error) -> Error {
        error.leaving(self.stored.remove())
    }

    /// The state while a document that names everything is put in its place: from now on only an explicit call removes
    /// it.
    pub(crate) fn hold(mut self) -> Held {
        Held(self.stored.take())
    }
}

/// Arrays and objects of which it is being decided whether a document names them. Dropped, they stay.
pub(crate) struct Held(Stored);

impl Held {
    /// Where the arrays are. Its sync makes them durable.
    pub(crate) fn backend(&self) -> Option<Arc<dyn Backend>> {
        self.0.backend()
    }

    /// Removes everything: no document names it. The error names what stays behind.
    pub(crate) fn discard(mut self, error: Error) -> Error {
        error.leaving(self.0.remove())
    }

    /// Nothing is removed, since a document may name it; the error names it.
    pub(crate) fn leave(self, error: Error) -> Error {
        error.leaving(self.0.locations())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        drop(self.stored.remove());
    }
}

/// Writes the arrays and objects of a plan as [`write_plan`] does, and makes them durable.
pub(crate) fn write_durably(
    plan: &SavePlan,
    protocols: &Protocols,
    kept: Option<&Manifest>,
    early: &mut EarlyStored,
) -> Result<Written> {
    let written = write_plan(plan, protocols, kept, early)?;
    match written.sync() {
        Ok(()) => Ok(written),
        Err(error) => Err(written.discard(plan.locate(error))),
    }
}

/// Writes the arrays and objects of a plan, beside what its walk has written. What `kept` has stays where it is. The
/// arrays are not durable yet.
pub(crate) fn write_plan(
    plan: &SavePlan,
    protocols: &Protocols,
    kept: Option<&Manifest>,
    early: &mut EarlyStored,
) -> Result<Written> {
    let stored = early.take().unwrap_or_else(|| Stored::new(protocols));
    let mut written = Written { stored, entries: Vec::new(), tally: Tally::default() };
    match written.write(plan, kept) {
        Ok(()) => Ok(written),
        Err(error) => Err(written.discard(error)),
    }
}

/// What a manifest has of an object that is saved again.
fn kept_entry(manifest: &Manifest, planned: &Planned) -> Option<ManifestEntry> {
    let (file, paths) = (planned.id.file(), planned.paths.clone());
    let array = planned.array().zip(manifest.entry(file));
    if let Some((any, entry)) = array {
        return Some(ManifestEntry::Array(ArrayEntry { paths, plain: any.plain, ..entry.clone() }));
    }
    Some(ManifestEntry::Object(ObjectEntry { paths, ..manifest.object(file)?.clone() }))
}
