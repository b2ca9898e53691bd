//! The one step in which a document comes: a put on the condition that nothing has changed since the last look.

use super::announce::{LONGEST, Lease, Leases, MOST_WAITS, WAIT, probe};
use super::{Before, Expected, Name, NewDocument, ObjectFolder, Outcome, Seen};
use crate::engine::{Job, run};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{Manifest, read_head};
use crate::protocol::{CONCURRENCY, ObjectVersion, Replace};
use crate::storage::name::Workflow;
use crate::storage::place::{Announced, Claim, Place, Present};
use crate::storage::place::{Hold, Superseded};
use crate::storage::read::was_document;
use crate::storage::session::Sessions;
use bytes::Bytes;
use std::io::Cursor;

/// How often the put is tried again because another writer was faster.
const MOST_ATTEMPTS: usize = 20;

/// How often a conditional put is tried whose error may be one of the connection.
const MOST_PROBES: usize = 3;

/// What is under a name.
struct Current {
    version: ObjectVersion,
    /// Of a document that can be read.
    manifest: Option<Manifest>,
}

impl ObjectFolder {
    pub(super) fn commit_document<'a>(
        &'a self,
        name: &'a Name,
        document: &NewDocument<'a>,
        expected: Expected<'_>,
    ) -> Outcome<'a> {
        let conditions = match self.heeds_conditions(name) {
            Ok(conditions) => conditions,
            Err(error) => return Outcome::Refused(error),
        };
        if let Err(error) = document.sync_arrays() {
            return Outcome::Refused(error);
        }
        let contents = Bytes::copy_from_slice(document.bytes);
        // The look that the save began with will do for the first try, unless a late look is all there is.
        let mut seen = if conditions { seen_before(document.before) } else { None };
        for _ in 0..MOST_ATTEMPTS {
            let current = match seen.take().map_or_else(|| self.current(name), Ok) {
                Ok(current) => current,
                Err(error) => return Outcome::Refused(error),
            };
            let present = current.as_ref().map(|current| Present::document(current.manifest.as_ref()));
            let checked = expected.check(present.unwrap_or(Present::Nothing));
            let manifest = current.as_ref().and_then(|current| current.manifest.as_ref());
            if let Err(error) = document.check_still(manifest).and(checked) {
                return Outcome::Refused(error);
            }
            let replace = match &current {
                _ if !conditions => Replace::Any,
                None => Replace::Nothing,
                Some(current) => Replace::Version(current.version.clone()),
            };
            let replaced = current.and_then(|current| current.manifest);
            let put = self.objects.put(name.as_str(), contents.clone(), replace);
            if put.is_ok() && conditions {
                return Outcome::Done(self.supersede(name, own(document), replaced));
            }
            // A put whose answer was lost is tried again by the client, and then refused: by our own document, or by
            // one that another program has made from it.
            let kind = put.as_ref().err().map(Error::kind);
            match (self.current(name), kind) {
                (Ok(Some(current)), _) if current.shows(document) => {
                    if !conditions && let Err(error) = self.check_whole(name, current.manifest.as_ref()) {
                        return Outcome::Unknown(error);
                    }
                    return Outcome::Done(self.supersede(name, own(document), replaced));
                }
                (Ok(_), None) => return Outcome::Refused(overwritten()),
                (Ok(current), Some(ErrorKind::Conflict | ErrorKind::AlreadyExists | ErrorKind::NotFound)) => {
                    seen = Some(current);
                }
                (_, Some(ErrorKind::PermissionDenied)) => {
                    return Outcome::Refused(put.err().unwrap_or_else(overwritten));
                }
                (current, _) => {
                    let error = put.err().or(current.err());
                    return Outcome::Unknown(unknown(error));
                }
            }
        }
        Outcome::Refused(Error::new(
            ErrorKind::Conflict,
            format!(
                "another writer replaced the document each of the {MOST_ATTEMPTS} times that this save tried to; save again"
            ),
        ))
    }

    /// What becomes of the arrays of a document that has been removed. None if it has none, or if it is not known
    /// what stays: the arrays are then left to a sweep.
    ///
    /// The arrays of a save that is still alive stay. The answer to its put may have been lost, so the save may not
    /// know that its document was there before another replaced it, and may put it once more. So this function waits
    /// for the save to end, for a while.
    ///
    /// A lease says meanwhile that arrays are being removed here, so that no copy begins to bring them again; see
    /// `Lease::refuse_others`. A lease that was put before the document was replaced or removed has kept copies away
    /// since then. One that is put only now has not, so it is looked whether the document that is there names the
    /// arrays; likewise where puts ignore their conditions, and a save that keeps the arrays may have come just before.
    pub(super) fn supersede<'a>(
        &'a self,
        name: &Name,
        own: Option<Own<'a>>,
        old: Option<Manifest>,
    ) -> Option<Superseded<'a>> {
        let old = old.filter(|old| !old.is_empty())?;
        let arrays = self.arrays(name.workflow()).ok()?;
        // Before it is looked for announcements: a program that announces the arrays looks for its session after that.
        self.end_committed(name.workflow(), std::slice::from_ref(&old)).ok()?;
        let is_clear = own.is_some() && self.objects.is_known_to_heed();
        let begin = || Lease::begin(arrays.clone(), name.as_str(), &[], Claim::Fresh, self.lease).ok().map(Own::Lease);
        let own = own.or_else(begin)?;
        for attempt in 0..MOST_WAITS {
            let alive = Leases::of_document(&arrays, name.as_str(), own.announced().key()).ok()?.arrays();
            let is_waited_for = old.files().any(|file| alive.contains(file));
            if !is_waited_for || attempt + 1 == MOST_WAITS {
                // The save that was waited for may have been successful in the end.
                let current = if attempt == 0 && is_clear { None } else { self.current(name).ok()? };
                let named = current.and_then(|current| current.manifest);
                let mut staying = alive;
                staying.extend(named.iter().flat_map(Manifest::files).map(str::to_owned));
                return Some(Superseded { manifests: vec![old], staying, hold: Box::new(own) });
            }
            std::thread::sleep(WAIT);
        }
        None
    }

    /// Ends sessions that were committed as one of these documents: they must not be committed once more.
    pub(super) fn end_committed(&self, workflow: &Workflow, manifests: &[Manifest]) -> Result<()> {
        let is_named = |array: &str| manifests.iter().any(|manifest| manifest.has(array));
        Sessions::end_committed(&self.bytes(workflow)?, is_named)
    }

    /// Looks whether everything is there that a document names which was just put in its place, in a store that ignores
    /// conditions: arrays that it keeps may have been removed with the document that it has replaced.
    fn check_whole(&self, name: &Name, manifest: Option<&Manifest>) -> Result<()> {
        let Some(manifest) = manifest else { return Ok(()) };
        let backend = self.backend(name.workflow());
        let files = self.protocols(name.workflow()).files()?;
        let lost = |file: &str| {
            let text = "the document was put in its place, but an array that it keeps was removed at the same moment by \
                        another writer, and the store ignores the conditions (If-Match, If-None-Match) that would have \
                        prevented it; nothing was removed by this save: make the object anew and save it";
            Error::new(ErrorKind::Conflict, text).in_array(file)
        };
        let arrays = manifest.arrays.iter().map(|entry| (entry.id.file(), None));
        let names = manifest
            .objects
            .iter()
            .flat_map(|entry| entry.files.iter().map(|file| (entry.id.file(), Some(file.name.as_str()))));
        let jobs = arrays.chain(names).map(|work| Job { work, bytes: 0 });
        let jobs: Vec<_> = jobs.collect();
        run(CONCURRENCY, jobs.into_iter(), |(id, file)| {
            let is_there = match file {
                None => backend.contains(id),
                Some(file) => match files.len(file) {
                    Ok(_) => Ok(true),
                    Err(error) if error.is_not_found() => Ok(false),
                    Err(error) => Err(error),
                },
            };
            match is_there {
                Ok(true) => Ok(()),
                Ok(false) => Err(lost(id)),
                Err(error) => Err(unknown(Some(error))),
            }
        })
    }

    fn current(&self, name: &Name) -> Result<Option<Current>> {
        let (contents, version) = match self.get_document(name) {
            Ok(got) => got,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        match read_head(&mut contents.as_ref(), &self.limits) {
            Ok(head) => Ok(Some(Current { version, manifest: Some(head.manifest) })),
            // A damaged document of arraystow may be replaced.
            Err(error)
                if error.is_corrupt() && was_document(&mut Cursor::new(&contents), &self.limits).unwrap_or(false) =>
            {
                Ok(Some(Current { version, manifest: None }))
            }
            Err(error) => Err(error.at_location(self.objects.describe(name.as_str()))),
        }
    }

    /// Whether the store heeds `If-None-Match` and `If-Match`. Some take them and overwrite all the same; there a save
    /// looks after its put whether the document is still its own. Of two saves at the same moment both may find that it
    /// is; the last one then stays, and arrays of the other are left behind.
    pub(super) fn heeds_conditions(&self, name: &Name) -> Result<bool> {
        let probe = || {
            let objects = self.arrays(name.workflow())?;
            let (key, contents) = probe(self.lease)?;
            let put = |spaces: usize, replace| {
                let contents = [contents.as_ref(), &b"   "[..spaces]].concat();
                objects.put(&key, Bytes::from(contents), replace)
            };
            let refused = |spaces: usize, replace: Replace| {
                for _ in 0..MOST_PROBES {
                    match put(spaces, replace.clone()).map_err(|error| (error.kind(), error)) {
                        Ok(()) | Err((ErrorKind::Unsupported, _)) => return Ok(false),
                        Err((ErrorKind::AlreadyExists | ErrorKind::Conflict, _)) => return Ok(true),
                        Err((ErrorKind::PermissionDenied, error)) => return Err(error),
                        // The store does not understand it, or a connection was lost. The next attempt shows which,
                        // unless the store does not answer at all.
                        Err(_) => put(1, Replace::Any)?,
                    }
                }
                Ok(false)
            };
            put(0, Replace::Any)?;
            let (_, version) = objects.get(&key, LONGEST)?;
            // To most stores the same contents are the same version.
            put(1, Replace::Any)?;
            let heeds =
                refused(2, Replace::Nothing).and_then(|heeds| Ok(heeds && refused(3, Replace::Version(version))?));
            let _ = objects.remove(&key);
            heeds
        };
        self.objects.heeds_conditions(probe)
    }
}

/// The lease that keeps others from the arrays of a document.
pub(super) enum Own<'a> {
    /// Of the save that replaced the document.
    Save(&'a dyn Announced),
    /// Of a removal.
    Lease(Lease),
}

impl Own<'_> {
    fn announced(&self) -> &dyn Announced {
        match self {
            Self::Save(announced) => *announced,
            Self::Lease(lease) => lease,
        }
    }
}

impl Hold for Own<'_> {
    fn is_over(&self) -> bool {
        self.announced().check().is_err()
    }
}

fn own<'a>(document: &NewDocument<'a>) -> Option<Own<'a>> {
    document.announced.map(Own::Save)
}

impl Current {
    /// Whether it shows that a document has been in its place: it is that document, or it names something that was
    /// written for it. Nothing else can name that. Ids of a copy that were there before show nothing.
    fn shows(&self, document: &NewDocument<'_>) -> bool {
        let Some(manifest) = &self.manifest else { return false };
        let was_there = |id: &str| document.before.manifest.as_ref().is_some_and(|before| before.has(id));
        manifest.write_id() == document.write_id || document.written.iter().any(|id| manifest.has(id) && !was_there(id))
    }
}

/// What the save has seen already, if a put can go by it.
fn seen_before(before: &Before) -> Option<Option<Current>> {
    match &before.seen {
        Seen::Nothing => Some(None),
        Seen::Version(version) => Some(Some(Current { version: version.clone(), manifest: before.manifest.clone() })),
        Seen::Unknown => None,
    }
}

fn overwritten() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "another writer replaced or removed the document at the very moment of this save, and the store ignores the \
         conditions (If-Match, If-None-Match) that would have prevented it; nothing of this save was kept: save again",
    )
}

fn unknown(error: Option<Error>) -> Error {
    let unknown = Error::new(
        ErrorKind::UnknownOutcome,
        "the store did not answer, so it is not known whether the document was replaced; nothing was removed. Load it to see",
    );
    match error {
        Some(error) => unknown.with_source(error),
        None => unknown,
    }
}
