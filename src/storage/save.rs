//! Saving: plan, write, commit.

use super::Storage;
use super::early::{EarlyNames, EarlySave};
use super::intent::Intent;
use super::leftover::Remains;
use super::name::Name;
use super::place::{
    Announced, Before, Claim, Expected, NewDocument, Outcome, Place, Present, REPLACED, Seen, replaced,
};
use super::read::is_ours;
use super::report::SaveReport;
use super::sources::{Sources, ToLeave, as_stored};
use super::sweep::named;
use super::version::Version;
use crate::backend::Backend;
use crate::engine::ArrayHandle;
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::plugin::{
    EarlyArrays, Format, Keep, PersistentId, PlanSettings, SavePlan, encode, note_saved, remove_files, write_document,
    write_plan,
};
use crate::task::{check_cancelled, unstoppable};
use crate::trace::in_span;
use serde::Serialize;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

impl Storage {
    /// Saves a value under a name. An existing value with this name is replaced.
    ///
    /// Ordinary fields go into the document, and every array goes into a file of its own. Arrays are computed chunk by
    /// chunk, in bounded memory. The document is written last, in one step: until then the old value stays, and a save
    /// that fails or is killed leaves it unchanged. When the function returns, everything is durable. The
    /// [report](SaveReport) describes what was written, and may be ignored.
    ///
    /// Values whose type is not known can be passed as `&dyn erased_serde::Serialize`:
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// let results: Vec<(&str, Box<dyn erased_serde::Serialize>)> =
    ///     vec![("answer", Box::new(42)), ("image", Box::new(ndarray::Array2::<f64>::zeros((100, 100))))];
    /// for (name, result) in &results {
    ///     storage.save(name, &**result)?;
    /// }
    /// assert_eq!(storage.info("image")?.arrays.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Arrays that were loaded from the same document stay where they are. Arrays of other documents of the storage are
    /// linked, not copied. So are arrays in memory, and computed arrays, that were saved in this storage before, under
    /// any name and with the same options: a [`ChunkedArray`](crate::ChunkedArray) and its clones remember where they
    /// were saved, and the save checks that the stored array still exists.
    ///
    /// Arrays that only the replaced document used are removed. If the new value is made of stored arrays, the replaced
    /// arrays are kept as long as handles on them exist in this process, unless the value is computed from these arrays
    /// alone. So two loaded values can be saved under each other's names.
    ///
    /// A value with arrays that were loaded from this document, or are computed from such arrays, replaces only the
    /// version that they were loaded from, or the version that their last save has made. So it can be saved again and
    /// again. If another program has replaced the document in the meantime, the save fails with `Conflict`, and the
    /// other program's value stays. [`update`](Self::update) loads and saves as one step. A value without such arrays
    /// carries no version and replaces any existing value; [`save_if`](Self::save_if) requires a version.
    ///
    /// # Errors
    /// `InvalidName`; `Serde` if the value or the format fails; any error of computing or writing an array;
    /// `AlreadyExists` if the name belongs to something that is not a document; `Conflict` if the value has arrays of a
    /// version that was replaced or removed since then: load it again; `Conflict` also if another save replaced the
    /// document at the same moment in a store that ignores the conditions of a put. After each of these errors, the
    /// save has changed nothing. `UnknownOutcome` if it is unknown whether the document was replaced. Files that were
    /// written in vain and could not be removed are in [`Error::left_behind`].
    pub fn save<T: ?Sized + Serialize>(&self, name: &str, value: &T) -> Result<SaveReport> {
        self.save_now(name, value, Intent::Replace)
    }

    /// Saves a value like [`save`](Self::save), but does not replace an existing value. If two values are created under
    /// one name at the same time, exactly one succeeds.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.create("answer", &42)?;
    /// let error = storage.create("answer", &43).unwrap_err();
    /// assert_eq!(error.kind(), arraystow::ErrorKind::AlreadyExists);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`save`](Self::save), and `AlreadyExists` if there is a value with this name.
    pub fn create<T: ?Sized + Serialize>(&self, name: &str, value: &T) -> Result<SaveReport> {
        self.save_now(name, value, Intent::Create)
    }

    /// Saves a value in a walk that may wait.
    pub(super) fn save_now<T: ?Sized + Serialize>(&self, name: &str, value: &T, intent: Intent) -> Result<SaveReport> {
        in_span!("save", document = name; self.save_here(name, value, intent))
    }

    fn save_here<T: ?Sized + Serialize>(&self, name: &str, value: &T, intent: Intent) -> Result<SaveReport> {
        let early = EarlyNames::new(self, &Name::parse(name)?, &intent);
        let planned = self.plan_save_with(name, value, intent, Some(early.arrays().clone()));
        let mut early = early.finish();
        match planned {
            Ok(planned) => PlannedSave { early: Mutex::new(early), ..planned }.carry_out(),
            Err(error) => Err(early.stored.discard(error)),
        }
    }

    /// The walk: no I/O.
    pub(super) fn plan_save<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
        intent: Intent,
    ) -> Result<PlannedSave> {
        self.plan_save_with(name, value, intent, None)
    }

    /// The walk: no I/O but that of large arrays, if they may be written early.
    pub(super) fn plan_save_with<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
        intent: Intent,
        early: Option<Rc<EarlyArrays>>,
    ) -> Result<PlannedSave> {
        self.plan_walk(name, value, intent, PlanSettings { early, ..PlanSettings::default() })
    }

    /// The walk, with these settings.
    pub(super) fn plan_walk<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
        intent: Intent,
        settings: PlanSettings,
    ) -> Result<PlannedSave> {
        let name = Name::parse(name)?;
        let keep = Some(keep(self.place.identity(&name)));
        let settings = PlanSettings { keep, registry: self.registry.clone(), ..settings };
        let written = write_document(value, self.format, settings, self.place.limits());
        let (body, plan) = written.map_err(|error| error.in_document(name.as_str()))?;
        let plan = SavePlan { document: Some(name.as_str().to_owned()), ..plan };
        let (storage, format, early) = (self.clone(), self.format, Mutex::default());
        Ok(PlannedSave { storage, name, format, body, plan, intent, early })
    }

    /// What is under the name, if it may be replaced: what is not a document of arraystow may not.
    pub(super) fn replaceable(&self, name: &Name) -> Result<Before> {
        let read = self.place.open(name).and_then(|mut document| {
            let head = document.head(&*self.place, name)?;
            Ok(Before { manifest: Some(head.manifest), seen: document.seen })
        });
        match read {
            Err(error) if error.is_not_found() => {
                name.check_new().and_then(|()| self.place.check_free(name))?;
                Ok(Before { manifest: None, seen: Seen::Nothing })
            }
            Err(error) if error.is_corrupt() && !is_ours(&*self.place, name) => Err(Error::new(
                ErrorKind::AlreadyExists,
                "that name belongs to something that arraystow did not write, which is not replaced: remove it, or \
                 choose another name",
            )
            .with_source(error)),
            // A damaged document of arraystow may be replaced; what it named is left to a sweep.
            Err(error) if error.is_corrupt() => Ok(Before { manifest: None, seen: Seen::Unknown }),
            read => read,
        }
    }
}

/// A save that has not touched anything yet.
pub(super) struct PlannedSave {
    pub(super) storage: Storage,
    pub(super) name: Name,
    pub(super) format: Format,
    pub(super) body: Vec<u8>,
    pub(super) plan: SavePlan,
    pub(super) intent: Intent,
    /// What its walk has written.
    pub(super) early: Mutex<EarlySave>,
}

impl PlannedSave {
    /// Whether the arrays' ids are those that they have elsewhere.
    fn is_copy(&self) -> bool {
        matches!(self.intent, Intent::Copy | Intent::CreateCopy)
    }

    /// The rest of a save whose walk another thread has made.
    pub(super) fn carry_out_in_span(self) -> Result<SaveReport> {
        in_span!("save", document = self.name.as_str(); self.carry_out())
    }

    pub(super) fn carry_out(self) -> Result<SaveReport> {
        let saved = self.write_and_commit().map_err(|error| self.early.lock().stored.discard(error));
        saved.map_err(|error| error.in_document(self.name.as_str()))
    }

    fn write_and_commit(&self) -> Result<SaveReport> {
        check_cancelled()?;
        let Self { storage, name, plan, .. } = self;
        let place = &*storage.place;
        let backend = place.backend(name.workflow());
        let mut before = storage.replaceable(name)?;
        let sources = Sources::of(plan, &place.identity(name));
        self.expected(&before, &sources)?;
        let to_write: Vec<&str> = plan.to_write().collect();
        let claim = if self.is_copy() { Claim::Copied } else { Claim::Fresh };
        let kept: Vec<&str> =
            plan.objects.iter().filter(|planned| planned.kept).map(|planned| planned.id.file()).collect();
        let announced = place.announce(name, &to_write, &kept, claim)?;
        let looked = match self.is_copy() {
            // Once more: what was removed before the announcement is gone, and what is there now stays.
            true => storage.replaceable(name).map(|found| before = found),
            false => self.early.lock().is_announced_again(),
        };
        let saved = looked.and_then(|()| {
            self.write_arrays_and_document(&backend, &to_write, &before, &sources, announced.as_deref())
        });
        let is_unknown = saved.as_ref().is_err_and(Error::is_unknown_outcome);
        let end = |announced: Box<dyn Announced>| if is_unknown { announced.leave() } else { announced.end() };
        let left = unstoppable(|| announced.and_then(end));
        if saved.is_err() && !is_unknown && self.is_copy() {
            // What another program would have removed, had the copy not been about to bring it.
            let files = plan.objects.iter().flat_map(|planned| planned.files());
            let arrays = to_write.iter().map(|file| Remains::Array((*file).to_owned()));
            let these = arrays.chain(files.map(Remains::File)).collect();
            let _ = unstoppable(|| place.remove_leftovers(name.workflow(), &these));
        }
        match (saved, left) {
            (Err(error), Some(left)) => Err(error.leaving([left])),
            (saved, _) => saved,
        }
    }

    /// What must be under the name, as far as is known before anything is written; an error if it is not.
    pub(super) fn expected<'a>(&self, before: &'a Before, sources: &Sources) -> Result<Expected<'a>> {
        let found = before.manifest.as_ref();
        match (&self.intent, found) {
            (Intent::Create | Intent::CreateCopy, found) => {
                let present = found.map_or(Present::Nothing, |found| Present::document(Some(found)));
                Expected::Nothing.check(present).map(|()| Expected::Nothing)
            }
            (Intent::ReplaceVersion(version), Some(found)) if Version::of(found.write_id()) == *version => {
                Ok(Expected::Written(found.write_id()))
            }
            (Intent::ReplaceVersion(_), _) => Err(replaced()),
            (Intent::Replace | Intent::Copy, Some(found)) if sources.are(found.write_id()) => {
                let is_based_on = !sources.are_elsewhere() || self.plan.ids().any(|file| found.has(file));
                Ok(if is_based_on { Expected::Written(found.write_id()) } else { Expected::Anything })
            }
            (Intent::Replace | Intent::Copy, None) if sources.are_elsewhere() => Ok(Expected::Anything),
            // The document that the arrays were loaded from is not there any more.
            (Intent::Replace | Intent::Copy, _) => Err(replaced()),
        }
    }

    /// An array that is gone because the document was replaced while the save went on: that is a conflict.
    fn gone_with_its_version(&self, error: Error, before: &Before) -> Error {
        let Some(found) = before.manifest.as_ref().filter(|_| error.is_gone()) else { return error };
        match self.storage.was_replaced(&self.name, found.write_id()) {
            Ok(true) => error.with_kind(ErrorKind::Conflict).reworded(REPLACED),
            _ => error,
        }
    }

    fn write_arrays_and_document(
        &self,
        backend: &Arc<dyn Backend>,
        to_write: &[&str],
        before: &Before,
        sources: &Sources,
        announced: Option<&dyn Announced>,
    ) -> Result<SaveReport> {
        let Self { storage, name, plan, .. } = self;
        let place = &*storage.place;
        let kept = |file: &str| before.manifest.as_ref().is_some_and(|manifest| manifest.has(file));
        if plan.objects.iter().any(|planned| planned.kept && !kept(planned.id.file())) {
            // The document that the arrays were loaded from is not there any more.
            return Err(replaced());
        }
        if self.is_copy() {
            let new = to_write.iter().copied().filter(|file| !kept(file));
            make_room(place, name, plan, &new.collect::<Vec<_>>())?;
        }
        let expected = self.expected(before, sources)?;
        let (protocols, kept) = (storage.protocols(name.workflow()), before.manifest.as_ref());
        let written = write_plan(plan, &protocols, kept, &mut self.early.lock().stored);
        let written = written.map_err(|error| self.gone_with_its_version(error, before))?;
        let (still, write_id) = {
            let early = self.early.lock();
            (early.then.clone(), early.write_id.clone())
        };
        let manifest = written.manifest().with_shared(plan.shared.parts()).with_write_id(write_id);
        let ready = || {
            let bytes = encode(self.format, &manifest, &self.body, place.limits())?;
            check_cancelled()?;
            announced.map_or(Ok(()), Announced::check)?;
            Ok(bytes)
        };
        let bytes = match ready() {
            Ok(bytes) => bytes,
            Err(error) => return Err(written.discard(error)),
        };
        let to_leave = ToLeave::announce(place, name, before.manifest.as_ref(), |file| manifest.has(file), sources);
        let report = SaveReport::new(Version::of(manifest.write_id()), &bytes, written.tally());
        // From here on a panic must not take the arrays away: a document may name them.
        let written = written.hold();
        let (write_id, arrays) = (manifest.write_id(), written.backend());
        let (bytes, written_ids, still) = (bytes.as_slice(), to_write, still.as_deref());
        let document = NewDocument { bytes, write_id, written: written_ids, before, announced, still, arrays };
        unstoppable(|| match place.commit(name, &document, expected) {
            Outcome::Done(superseded) => {
                if let Some(superseded) = superseded {
                    superseded.reread(plan, &manifest, backend, |path| {
                        sources.origin(name.as_str(), &place.identity(name), manifest.write_id(), path)
                    });
                    let is_left = |file: &str| to_leave.as_ref().is_some_and(|to_leave| to_leave.leave(file, backend));
                    superseded.remove(place, name.workflow(), |file| !manifest.has(file) && !is_left(file));
                }
                sources.become_version(manifest.write_id());
                if !self.is_copy() {
                    note_saved(plan, &manifest, backend, &storage.protocols(name.workflow()));
                }
                #[cfg(feature = "tracing")]
                tracing::info!(
                    target: "arraystow",
                    version = %report.version,
                    bytes_written = report.bytes_written,
                    arrays_written = report.arrays_written,
                    arrays_linked = report.arrays_linked,
                    arrays_kept = report.arrays_kept,
                    "saved"
                );
                Ok(report)
            }
            Outcome::Refused(error) => Err(written.discard(plan.locate(error))),
            Outcome::Unknown(error) => {
                sources.may_become(manifest.write_id());
                Err(written.leave(error))
            }
        })
    }
}

/// Removes what an earlier copy, which was killed, has left under the ids of these arrays and external objects. No
/// other save is writing them; but a document that was tampered with may have the ids of another's.
fn make_room(place: &dyn Place, name: &Name, plan: &SavePlan, new: &[&str]) -> Result<()> {
    let backend = place.backend(name.workflow());
    let files = place.protocols(name.workflow()).files()?;
    let is_new: HashSet<&str> = new.iter().copied().collect();
    let objects = plan.objects.iter().filter(|object| is_new.contains(object.id.file()));
    let objects: Vec<String> = objects.flat_map(|planned| planned.files()).collect();
    let missing = |length: Result<u64>| length.is_err_and(|error| error.is_not_found());
    let arrays_there = new.iter().any(|array| !missing(backend.stored_bytes(array)));
    let is_any = arrays_there || objects.iter().any(|file| !missing(files.len(file)));
    // A document that is being renamed has neither of its names while they are listed.
    let _lock = if is_any { place.with_folder(name)? } else { None };
    if is_any {
        let named = named(place, name.workflow(), &is_new)?;
        if let Some(array) = new.iter().find(|array| named.contains(**array)) {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                "another value there has an array of the same id, which is not replaced: load the value and save it, instead \
                 of copying it",
            )
            .in_array(array));
        }
    }
    for array in new {
        let _ = backend.remove(array);
    }
    let _ = remove_files(&files, objects);
    Ok(())
}

/// Which arrays stay where they are: those that were loaded from this very document. Whether it still has them is seen
/// when the save is carried out.
fn keep(document: String) -> Keep {
    Rc::new(move |array, field| {
        let stored = as_stored(array).filter(|_| array.as_stored(field).is_some())?;
        // One that a document of FunctionFuse names has no checksums: it is written again.
        stored.expected().filter(|expected| expected.digest.is_some())?;
        let is_mine = stored.origin().edition.as_ref().is_some_and(|edition| edition.is_of(&document));
        let is_left = || stored.handle().is_some_and(ArrayHandle::is_left);
        (is_mine && !is_left()).then(|| PersistentId::of(stored.name()))
    })
}
