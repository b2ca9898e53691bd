//! The write phase of the objects that are no arrays: each by its serializer, many at once.

use crate::engine::{Job, Wanted, run};
use crate::error::{Error, Result};
use crate::plugin::manifest::{Manifest, ObjectEntry};
use crate::plugin::plan::PlannedObject;
use crate::protocol::Protocols;
use crate::protocol::files::{Files, Ledger};
use std::sync::{Arc, Mutex, PoisonError};

/// What became of the objects of a save.
#[derive(Default)]
pub(in crate::plugin) struct WrittenObjects {
    pub(in crate::plugin) entries: Vec<ObjectEntry>,
    /// The files that were written, those of kept objects left aside.
    pub(in crate::plugin) files: Vec<String>,
}

/// Writes all objects but those that the manifest has already, and makes them durable. On an error everything that was written is removed again; the error names
/// what could not be.
pub(in crate::plugin) fn write_objects(
    objects: &[PlannedObject],
    protocols: &Protocols,
    kept: Option<&Manifest>,
    wanted: &Wanted,
) -> Result<WrittenObjects> {
    let Some(first) = objects.first() else { return Ok(WrittenObjects::default()) };
    let files = protocols.files().map_err(|error| error.at_path(first.path()))?;
    let ledgers: Vec<Arc<Ledger>> = objects.iter().map(|object| Arc::new(Ledger::of_new(object.id.file()))).collect();
    let kept = |object: &PlannedObject| kept.and_then(|manifest| manifest.object(object.id.file())).cloned();
    let entries: Mutex<Vec<Option<ObjectEntry>>> = Mutex::new(objects.iter().map(kept).collect());
    let is_kept: Vec<bool> = objects.iter().map(|object| kept(object).is_some()).collect();
    let new = objects.iter().zip(&ledgers).enumerate().filter(|(index, _)| !is_kept[*index]);
    let jobs = new.map(|work| Job { work, bytes: 0 });
    let written = run(files.concurrency(), jobs, |(index, (object, ledger))| {
        wanted.check()?;
        let entry = write_object(object, ledger, protocols);
        let entry = entry.map_err(|error| error.at_path(object.path()).in_array(object.id.file()))?;
        entries.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(entry);
        Ok(())
    });
    let synced = written.and_then(|()| match ledgers.iter().find_map(|ledger| ledger.begun().into_iter().next()) {
        Some(name) => files.sync_names(&name),
        None => Ok(()),
    });
    match synced {
        Ok(()) => {
            let entries = entries.into_inner().unwrap_or_else(PoisonError::into_inner);
            let files = ledgers.iter().flat_map(|ledger| ledger.begun()).collect();
            Ok(WrittenObjects { entries: entries.into_iter().flatten().collect(), files })
        }
        Err(error) => {
            let begun = ledgers.iter().flat_map(|ledger| ledger.begun());
            Err(error.leaving(remove_files(&files, begun)))
        }
    }
}

fn write_object(object: &PlannedObject, ledger: &Arc<Ledger>, protocols: &Protocols) -> Result<ObjectEntry> {
    object.serializer.write(&object.object, &object.id, &protocols.for_object(ledger.clone()))?;
    Ok(ObjectEntry::new(object.id.clone(), object.paths.clone(), ledger.finished()?))
}

/// Removes files; tells the locations of those that stay behind. What is not there any more counts as removed.
pub(crate) fn remove_files(files: &Files, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let stays = |name: &String| files.remove(name).is_err_and(|error: Error| !error.is_not_found());
    names.into_iter().filter(stays).map(|name| files.describe(&name)).collect()
}
