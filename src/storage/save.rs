//! Saving: plan, write, commit.

use super::Storage;
use super::commit::Outcome;
use super::durable::{located, make_folder, write_new};
use super::name::Name;
use super::record::SavingRecord;
use crate::array::ErasedArray;
use crate::backend::Backend;
use crate::engine::{Origin, StoredArray};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{Head, Keep, Manifest, PlanSettings, SavePlan, encode, write_document, write_plan};
use serde::Serialize;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// How often folders are made again that somebody removed because they were empty.
const MOST_ATTEMPTS: usize = 16;

impl Storage {
    /// Saves an object under a name; one that is there already is replaced.
    ///
    /// Ordinary fields go into the document, every array into a file of its own; arrays are computed chunk by chunk, in
    /// bounded memory. The document comes last, in one step: until then the old object stays as it is, and a save that
    /// fails or is killed leaves it untouched. When this returns, everything is on the disk.
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
        let name = Name::parse(name)?;
        self.save_checked(&name, value).map_err(|error| error.in_document(name.as_str()))
    }

    fn save_checked<T: ?Sized + Serialize>(&self, name: &Name, value: &T) -> Result<()> {
        let before = self.replaceable(name)?;
        let backend = self.backend(name.workflow());
        let settings =
            PlanSettings { keep: Some(self.keep(name, before.clone(), backend.clone())), ..PlanSettings::default() };
        let (body, plan) = write_document(value, self.format, settings)?;
        self.make_arrays_folder(name)?;

        let new = plan.arrays.iter().map(|planned| planned.id.file()).filter(|file| !is_kept(before.as_ref(), file));
        let new: Vec<&str> = new.collect();
        let keeps = new.len() < plan.arrays.len();
        let record = if new.is_empty() {
            None
        } else {
            let begin = || SavingRecord::begin(&self.workflow(name.workflow()), name.as_str(), new.clone());
            Some(self.with_folders(name, begin)?)
        };
        let kept = |file: &str| before.as_ref().and_then(|head| head.manifest.entry(file)).cloned();
        let mut written = write_plan(&plan, Some(&backend), self.codec, &kept)?;

        let manifest = Manifest::new(written.entries.clone());
        let document = encode(self.format, &manifest, &body)?;
        let temporary = self.arrays(name.workflow()).join(format!(".document-{}", uuid::Uuid::new_v4()));
        self.with_folders(name, || {
            write_new(&temporary, &document).map_err(located("cannot write the document", &temporary))
        })?;
        let expected = before.as_ref().filter(|_| keeps).map(|head| head.manifest.write_id.as_str());
        let replaced = match self.commit(name, &temporary, expected) {
            Outcome::Done(replaced) => replaced,
            Outcome::Refused(error) => {
                let _ = std::fs::remove_file(&temporary);
                return Err(error);
            }
            Outcome::Unknown(error) => {
                written.leave();
                return Err(error);
            }
        };
        written.keep();
        if let Some(old) = replaced {
            let superseded = |file: &str| manifest.entry(file).is_none();
            self.reread(&plan, &manifest, &old, &backend, name);
            self.remove_arrays(name.workflow(), &old, superseded);
        }
        drop(record);
        Ok(())
    }

    /// Which arrays stay where they are: those that were loaded from the very document that is replaced.
    fn keep(&self, name: &Name, before: Option<Head>, backend: Arc<dyn Backend>) -> Keep {
        let name = name.as_str().to_owned();
        Rc::new(move |array| {
            let stored = as_stored(array)?;
            let here = stored.backend().local_path(stored.name()) == backend.local_path(stored.name());
            let mine = stored.origin().document.as_deref() == Some(name.as_str());
            let entry = before.as_ref()?.manifest.entry(stored.name())?;
            (here && mine).then(|| entry.id.clone())
        })
    }

    /// The head of the document that is to be replaced, if there is one whose head can be read. What is no document of
    /// ours is not replaced.
    fn replaceable(&self, name: &Name) -> Result<Option<Head>> {
        match self.head(name) {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.is_not_found() => match std::fs::metadata(self.document(name)) {
                Ok(metadata) if metadata.is_dir() => Err(Error::new(
                    ErrorKind::InvalidName,
                    format!("{:?} is a workflow, so it cannot be a document too", name.as_str()),
                )),
                _ => Ok(None),
            },
            Err(error) if error.is_corrupt() && !self.is_ours(name) => Err(Error::new(
                ErrorKind::AlreadyExists,
                "there is a file of that name that arraystow did not write, and it is not replaced: remove it, or choose \
                 another name",
            )
            .with_source(error)),
            // A damaged document of ours may be replaced; what it named is left to a sweep.
            Err(error) if error.is_corrupt() => Ok(None),
            Err(error) => Err(not_a_folder(error, name)),
        }
    }

    fn make_arrays_folder(&self, name: &Name) -> Result<()> {
        let folder = self.arrays(name.workflow());
        let made = make_folder(&folder).map_err(located("cannot make the folder", &folder));
        made.map_err(|error| not_a_folder(error, name))
    }

    /// Runs something that needs the workflow's folders, which a removal may just have taken away.
    fn with_folders<R>(&self, name: &Name, run: impl Fn() -> Result<R>) -> Result<R> {
        let mut attempt = 1;
        loop {
            match run() {
                Err(error) if error.is_not_found() && attempt < MOST_ATTEMPTS => {
                    attempt += 1;
                    self.make_arrays_folder(name)?;
                }
                result => return result,
            }
        }
    }

    /// Expressions over arrays that this commit removes read from now on what was saved of them.
    fn reread(&self, plan: &SavePlan, manifest: &Manifest, old: &Manifest, backend: &Arc<dyn Backend>, name: &Name) {
        let going = old.arrays.iter().filter(|entry| manifest.entry(entry.id.file()).is_none());
        let going: HashSet<PathBuf> = going.filter_map(|entry| backend.local_path(entry.id.file())).collect();
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
}

fn is_kept(before: Option<&Head>, file: &str) -> bool {
    before.is_some_and(|head| head.manifest.entry(file).is_some())
}

fn as_stored(array: &dyn ErasedArray) -> Option<Arc<StoredArray>> {
    array.stored()?.into_any().downcast().ok()
}

fn reads_from(array: &dyn ErasedArray, files: &HashSet<PathBuf>, seen: &mut HashSet<usize>) -> bool {
    if !seen.insert(array.address()) {
        return false;
    }
    let own = as_stored(array).and_then(|stored| stored.backend().local_path(stored.name()));
    let mut found = own.is_some_and(|path| files.contains(&path));
    array.inputs(&mut |input, _| found = found || reads_from(input, files, seen));
    found
}

/// A document cannot be a workflow too: say so, instead of the system's 'not a directory'.
fn not_a_folder(error: Error, name: &Name) -> Error {
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
    let kind = source.map(io::Error::kind);
    if matches!(kind, Some(io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists)) {
        return Error::new(
            ErrorKind::InvalidName,
            format!("a part of the workflow {:?} is a document, so it cannot be a workflow too", name.workflow()),
        )
        .with_source(error);
    }
    error
}

/// Whether the file at least begins as a document of ours.
pub(super) fn begins_as_ours(path: &Path) -> bool {
    use std::io::Read;
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(8).read_to_end(&mut start));
    read.is_ok() && crate::plugin::is_magic(&start)
}
