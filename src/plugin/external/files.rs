//! What is stored in files of its own: objects of user serializers, shared values, and copies, many at once.

use crate::engine::{Job, run};
use crate::error::Result;
use crate::plugin::document::manifest::{ManifestEntry, ObjectEntry};
use crate::plugin::external::destination::Destination;
use crate::plugin::external::planned::{InFiles, Planned};
use crate::plugin::external::{copied, shared_file};
use crate::protocol::files::Ledger;
use std::sync::{Arc, Mutex, PoisonError};

/// Writes objects and makes their files durable.
pub(in crate::plugin) fn write(
    objects: &[(&Planned, &InFiles)],
    to: &mut Destination<'_>,
) -> Result<Vec<ManifestEntry>> {
    let Some((first, _)) = objects.first() else { return Ok(Vec::new()) };
    let files = to.protocols.files().map_err(|error| error.at_path(first.path()))?;
    let ledger = |(planned, _): &(&Planned, &InFiles)| Arc::new(Ledger::of_new(planned.id.file()));
    let ledgers: Vec<Arc<Ledger>> = objects.iter().map(ledger).collect();
    let entries: Mutex<Vec<Option<ManifestEntry>>> = Mutex::new(vec![None; objects.len()]);
    let jobs = objects.iter().zip(&ledgers).enumerate().map(|work| Job { work, bytes: 0 });
    let protocols = to.protocols;
    let written = run(files.concurrency(), jobs, |(index, ((planned, object), ledger))| {
        let protocols = protocols.for_object(ledger.clone());
        let written = match object {
            InFiles::Object(object) => object.write(&planned.id, &protocols),
            InFiles::Shared(body) => shared_file::write(body, &planned.id, &protocols),
            InFiles::Copy(copied) => copied::write(copied, &protocols),
        };
        let finished = written.and_then(|()| ledger.finished()).map_err(|error| planned.locate(error))?;
        let entry = ObjectEntry::new(planned.id.clone(), planned.paths.clone(), finished);
        entries.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(ManifestEntry::Object(entry));
        Ok(())
    });
    let begun: Vec<String> = ledgers.iter().flat_map(|ledger| ledger.begun()).collect();
    let synced = written.and_then(|()| begun.first().map_or(Ok(()), |name| files.sync_names(name)));
    to.stored.add_files(begun);
    synced.map(|()| entries.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect())
}
