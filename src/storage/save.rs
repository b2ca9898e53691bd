//! Saving: plan, write, commit.

use super::Storage;
use super::name::Name;
use super::place::{Expected, NewDocument, Outcome};
use super::read::{head, is_ours};
use super::remove::remove_arrays;
use crate::array::ErasedArray;
use crate::backend::Backend;
use crate::engine::{Origin, StoredArray, Wanted, offload};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{
    Format, Head, Keep, Manifest, PersistentId, PlanSettings, SavePlan, encode, write_document, write_plan,
};
use serde::Serialize;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

impl Storage {
    /// Saves an object under a name; one that is there already is replaced.
    ///
    /// Ordinary fields go into the document, every array into a file of its own; arrays are computed chunk by chunk, in
    /// bounded memory. The document comes last, in one step: until then the old object stays as it is, and a save that
    /// fails or is killed leaves it untouched. When this returns, everything is durable.
    ///
    /// Arrays that were loaded from this very document stay where they are; those of other documents of the storage are
    /// linked, not copied. Arrays that only the replaced document had are removed.
    ///
    /// # Errors
    /// `InvalidName`; `Serde` if the value or the format fails; whatever keeps an array from being computed or written;
    /// `AlreadyExists` if there is something of that name that is no document; `Conflict` if the object keeps arrays of a
    /// document that somebody else replaced meanwhile: load it again. After any of these the old object is as it was.
    /// `UnknownOutcome` if it cannot be known whether the document was replaced.
    pub fn save<T: ?Sized + Serialize>(&self, name: &str, value: &T) -> Result<()> {
        self.plan_save(name, value, true)?.carry_out(&Wanted::default())
    }

    /// As [`save`](Self::save), but an object that is there already stays: of two that are created under one name at the
    /// same time, one is.
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
    /// As [`save`](Self::save), and `AlreadyExists`.
    pub fn create<T: ?Sized + Serialize>(&self, name: &str, value: &T) -> Result<()> {
        self.plan_save(name, value, false)?.carry_out(&Wanted::default())
    }

    /// As [`save`](Self::save), without blocking the executor that waits for it. Runs on any.
    ///
    /// The value is walked at once; the future owns what is to be written and not the value. Dropped before the document is
    /// put in its place, it takes back what was written; a commit once begun completes.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # futures::executor::block_on(async {
    /// storage.save_async("answer", &42).await?;
    /// assert_eq!(storage.load_async::<i32>("answer").await?, 42);
    /// storage.remove_async("answer").await?;
    /// assert!(storage.list_async("**").await?.is_empty());
    /// # Ok::<(), arraystow::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_async<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> impl Future<Output = Result<()>> + Send + use<T> {
        let planned = self.plan_save(name, value, true);
        async move {
            let planned = planned?;
            offload(move |wanted| planned.carry_out(wanted)).await
        }
    }

    /// The walk: no I/O.
    fn plan_save<T: ?Sized + Serialize>(&self, name: &str, value: &T, replaces: bool) -> Result<PlannedSave> {
        let name = Name::parse(name)?;
        let backend = self.place.backend(name.workflow());
        let settings = PlanSettings { keep: Some(keep(&name, backend)), ..PlanSettings::default() };
        let written = write_document(value, self.format, settings);
        let (body, plan) = written.map_err(|error| error.in_document(name.as_str()))?;
        Ok(PlannedSave { storage: self.clone(), name, format: self.format, body, plan, replaces })
    }

    /// The head of the document that is to be replaced, if there is one whose head can be read. What is no document of
    /// ours is not replaced.
    pub(super) fn replaceable(&self, name: &Name) -> Result<Option<Head>> {
        match head(&*self.place, name) {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.is_not_found() => self.place.check_free(name).map(|()| None),
            Err(error) if error.is_corrupt() && !is_ours(&*self.place, name) => Err(Error::new(
                ErrorKind::AlreadyExists,
                "there is something of that name that arraystow did not write, and it is not replaced: remove it, or \
                 choose another name",
            )
            .with_source(error)),
            // A damaged document of ours may be replaced; what it named is left to a sweep.
            Err(error) if error.is_corrupt() => Ok(None),
            Err(error) => Err(error),
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
    /// Whether an object that is there already may go.
    pub(super) replaces: bool,
}

impl PlannedSave {
    pub(super) fn carry_out(self, wanted: &Wanted) -> Result<()> {
        self.write_and_commit(wanted).map_err(|error| error.in_document(self.name.as_str()))
    }

    fn write_and_commit(&self, wanted: &Wanted) -> Result<()> {
        let Self { storage, name, plan, .. } = self;
        let place = &*storage.place;
        let before = storage.replaceable(name)?;
        if !self.replaces {
            Expected::Nothing.check(before.as_ref().map(|head| head.manifest.write_id.as_str()))?;
        }
        let backend = place.backend(name.workflow());
        let kept = |file: &str| before.as_ref().and_then(|head| head.manifest.entry(file)).cloned();
        if plan.arrays.iter().any(|planned| planned.kept && kept(planned.id.file()).is_none()) {
            // The document that the arrays were loaded from is not there any more.
            Expected::Written("").check(None)?;
        }

        let new: Vec<&str> =
            plan.arrays.iter().map(|planned| planned.id.file()).filter(|file| kept(file).is_none()).collect();
        let keeps = new.len() < plan.arrays.len();
        let announced = if new.is_empty() { None } else { Some(place.announce(name, &new)?) };
        let mut written = write_plan(plan, Some(&backend), storage.codec, &kept, wanted)?;

        let manifest = Manifest::new(written.entries.clone());
        let document = encode(self.format, &manifest, &self.body, place.limits())?;
        let document = NewDocument { bytes: &document, write_id: &manifest.write_id };
        let expected = match &before {
            _ if !self.replaces => Expected::Nothing,
            Some(head) if keeps => Expected::Written(&head.manifest.write_id),
            _ => Expected::Anything,
        };
        wanted.check()?;
        let replaced = match place.commit(name, &document, expected) {
            Outcome::Done(replaced) => replaced,
            Outcome::Refused(error) => return Err(error),
            Outcome::Unknown(error) => {
                written.leave();
                return Err(error);
            }
        };
        written.keep();
        if let Some(old) = replaced {
            let superseded = |file: &str| manifest.entry(file).is_none();
            reread(plan, &manifest, &old, &backend, name);
            remove_arrays(&*backend, &old, superseded);
        }
        drop(announced);
        Ok(())
    }
}

/// Which arrays stay where they are: those that were loaded from the document of this very name. Whether it still has them
/// is seen when the save is carried out.
fn keep(name: &Name, backend: Arc<dyn Backend>) -> Keep {
    let name = name.as_str().to_owned();
    Rc::new(move |array| {
        let stored = as_stored(array).filter(|_| array.codec().is_none())?;
        let place = stored.backend().identity(stored.name())?;
        let here = backend.identity(stored.name()) == Some(place);
        let mine = stored.origin().document.as_deref() == Some(name.as_str());
        (here && mine).then(|| PersistentId::of(stored.name()))
    })
}

/// Expressions over arrays that this commit removes read from now on what was saved of them.
fn reread(plan: &SavePlan, manifest: &Manifest, old: &Manifest, backend: &Arc<dyn Backend>, name: &Name) {
    let going = old.arrays.iter().filter(|entry| manifest.entry(entry.id.file()).is_none());
    let going: HashSet<String> = going.filter_map(|entry| backend.identity(entry.id.file())).collect();
    for planned in plan.arrays.iter().filter(|planned| !going.is_empty() && !planned.plain) {
        let Some(entry) = manifest.entry(planned.id.file()) else { continue };
        let Ok(expected) = entry.expected() else { continue };
        if reads_from(&*planned.array, &going, &mut HashSet::new()) {
            let origin = Origin { document: Some(name.as_str().to_owned()), path: entry.paths.first().cloned() };
            let file = entry.id.file().to_owned();
            planned.array.read_from(Arc::new(StoredArray::lazy(backend.clone(), file, expected, origin)));
        }
    }
}

fn as_stored(array: &dyn ErasedArray) -> Option<Arc<StoredArray>> {
    array.stored()?.into_any().downcast().ok()
}

fn reads_from(array: &dyn ErasedArray, going: &HashSet<String>, seen: &mut HashSet<usize>) -> bool {
    if !seen.insert(array.address()) {
        return false;
    }
    let own = as_stored(array).and_then(|stored| stored.backend().identity(stored.name()));
    let mut found = own.is_some_and(|own| going.contains(&own));
    array.inputs(&mut |input, _| found = found || reads_from(input, going, seen));
    found
}
