//! Writes what is stored in separate files: external objects, shared values, and copies, many at once.

use crate::engine::{Job, run};
use crate::error::Result;
use crate::lock::Mutex;
use crate::plugin::document::manifest::{ManifestEntry, ObjectEntry};
use crate::plugin::external::destination::Destination;
use crate::plugin::external::external_files::ExternalFiles;
use crate::plugin::external::planned::{InFiles, Planned};
use crate::plugin::external::{copied, shared_file};
use crate::protocol::files::Ledger;

/// Writes objects and makes their files durable.
pub(in crate::plugin) fn write(
    objects: &[(&Planned, &InFiles)],
    to: &mut Destination<'_>,
) -> Result<Vec<ManifestEntry>> {
    let Some((first, _)) = objects.first() else { return Ok(Vec::new()) };
    let files = to.protocols.files().map_err(|error| error.at_path(first.path()))?;
    let limits = to.protocols.limits();
    let of = |(planned, _): &(&Planned, &InFiles)| {
        ExternalFiles::new(planned.id.clone(), files.clone(), limits, Ledger::of_new())
    };
    let all: Vec<ExternalFiles> = objects.iter().map(of).collect();
    let entries: Mutex<Vec<Option<ManifestEntry>>> = Mutex::new(vec![None; objects.len()]);
    let jobs = objects.iter().zip(&all).enumerate().map(|work| Job { work, bytes: 0 });
    let written = run(files.concurrency(), jobs, |(index, ((planned, object), own))| {
        let written = match object {
            InFiles::Object(object) => object.write(own),
            InFiles::Shared(body) => shared_file::write(body, own),
            InFiles::Copy(copied) => copied::write(copied, own),
        };
        let finished = written.and_then(|()| own.ledger().finished()).map_err(|error| planned.locate(error))?;
        let entry = ObjectEntry::new(planned.id.clone(), planned.paths.clone(), finished);
        entries.lock()[index] = Some(ManifestEntry::Object(entry));
        Ok(())
    });
    let begun: Vec<String> = all.iter().flat_map(|own| own.ledger().begun()).collect();
    let synced = written.and_then(|()| begun.first().map_or(Ok(()), |name| files.sync_names(name)));
    to.stored.add_files(begun);
    synced.map(|()| entries.into_inner().into_iter().flatten().collect())
}
