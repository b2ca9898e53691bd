//! The write phase of objects that are kept in files: many at once.

use crate::engine::{Job, run};
use crate::error::Result;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::{Entry, ObjectEntry};
use crate::plugin::external::destination::Destination;
use crate::plugin::external::planned::Planned;
use crate::plugin::external::registry::Object;
use crate::protocol::Protocols;
use crate::protocol::files::{Files, Ledger};
use std::sync::{Arc, Mutex, PoisonError};

/// Writes objects, each by the function, and makes their files durable.
pub(in crate::plugin) fn write_files(
    objects: &[&Planned],
    to: &mut Destination<'_>,
    write: impl Fn(&Object, &PersistentId, &Protocols) -> Result<()> + Sync,
) -> Result<Vec<Entry>> {
    let Some(first) = objects.first() else { return Ok(Vec::new()) };
    let files = to.protocols.files().map_err(|error| error.at_path(first.path()))?;
    let ledgers: Vec<Arc<Ledger>> = objects.iter().map(|object| Arc::new(Ledger::of_new(object.id.file()))).collect();
    let entries: Mutex<Vec<Option<Entry>>> = Mutex::new(vec![None; objects.len()]);
    let jobs = objects.iter().zip(&ledgers).enumerate().map(|work| Job { work, bytes: 0 });
    let protocols = to.protocols;
    let written = run(files.concurrency(), jobs, |(index, (object, ledger))| {
        let written = write(&object.object, &object.id, &protocols.for_object(ledger.clone()));
        let finished = written.and_then(|()| ledger.finished());
        let finished = finished.map_err(|error| error.at_path(object.path()).in_array(object.id.file()))?;
        let entry = ObjectEntry::new(object.id.clone(), object.paths.clone(), finished);
        entries.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(Entry::Object(entry));
        Ok(())
    });
    let begun: Vec<String> = ledgers.iter().flat_map(|ledger| ledger.begun()).collect();
    let synced = written.and_then(|()| begun.first().map_or(Ok(()), |name| files.sync_names(name)));
    to.stored.add_files(begun);
    synced.map(|()| entries.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect())
}

/// Removes files; returns the locations of those that stay behind. What is not there any more counts as removed.
pub(crate) fn remove_files(files: &Files, names: impl IntoIterator<Item = String>) -> Vec<String> {
    files.remove_all(names.into_iter().collect()).iter().map(|name| files.describe(name)).collect()
}
