//! The stored arrays that an object is made of: those that it holds, and those that its expressions read.

use super::name::Name;
use super::place::{Announced, Claim, Place};
use crate::array::ErasedArray;
use crate::backend::Backend;
use crate::engine::{ArrayHandle, Edition, Origin, StoredArray};
use crate::engine::{in_background, on_executor};
use crate::plugin::{Manifest, SavePlan};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The array's place, if the array is just read from there.
pub(super) fn as_stored(array: &dyn ErasedArray) -> Option<Arc<StoredArray>> {
    array.stored()?.into_any().downcast().ok()
}

/// Whether an array is one of these stored arrays, which are given by their identities, or reads from one. What is
/// known of each part of an expression serves the expressions that share it.
pub(super) fn reads_from(array: &dyn ErasedArray, these: &HashSet<String>, known: &mut HashMap<usize, bool>) -> bool {
    if let Some(known) = known.get(&array.address()) {
        return *known;
    }
    let own = as_stored(array).and_then(|stored| stored.backend().identity(stored.name()));
    let mut found = own.is_some_and(|own| these.contains(&own));
    array.inputs(&mut |input, _| found = found || reads_from(input, these, known));
    known.insert(array.address(), found);
    found
}

/// What a value is made of, seen from the document under whose name it is saved.
#[derive(Default)]
pub(super) struct Sources {
    /// What the holder of the value's arrays knows of the document: the editions that they were loaded from.
    editions: Vec<Arc<Edition>>,
    /// Whether there are arrays of other documents.
    has_others: bool,
    /// The identities of the stored arrays that are taken whole.
    whole: HashSet<String>,
    is_any: bool,
}

impl Sources {
    /// Those of a plan for the document of this identity.
    pub(super) fn of(plan: &SavePlan, document: &str) -> Self {
        let (mut sources, mut seen) = (Self::default(), HashSet::new());
        for any in plan.objects.iter().filter_map(|planned| planned.array()) {
            sources.visit(&*any.array, true, document, &mut seen);
        }
        sources
    }

    fn visit(&mut self, array: &dyn ErasedArray, whole: bool, document: &str, seen: &mut HashSet<(usize, bool)>) {
        if seen.contains(&(array.address(), true)) || !seen.insert((array.address(), whole)) {
            return;
        }
        if let Some(stored) = as_stored(array) {
            self.is_any = true;
            match stored.origin().edition.as_ref().filter(|edition| edition.is_of(document)) {
                Some(edition) if self.editions.iter().any(|known| Arc::ptr_eq(known, edition)) => {}
                Some(edition) => self.editions.push(edition.clone()),
                None => self.has_others = true,
            }
            self.whole.extend(stored.handle().filter(|_| whole).map(|handle| handle.identity().to_owned()));
        }
        let whole = whole && !array.is_part();
        array.inputs(&mut |input, _| self.visit(input, whole, document, seen));
    }

    /// Whether an array that the save replaces is left to its handles, until they are dropped. So values can be
    /// exchanged, moved and divided in several saves. What is replaced by new values, or by what was computed of all of
    /// it, is not.
    pub(super) fn leave(&self, replaced: &str) -> bool {
        self.is_any && (self.has_others || !self.whole.contains(replaced))
    }

    /// Whether no array was loaded from the document.
    pub(super) fn are_elsewhere(&self) -> bool {
        self.editions.is_empty()
    }

    /// Whether all arrays of the document were loaded from this version.
    pub(super) fn are(&self, write_id: &str) -> bool {
        self.editions.iter().all(|edition| edition.is(write_id))
    }

    /// A save has made this version of the arrays.
    pub(super) fn become_version(&self, write_id: &str) {
        self.editions.iter().for_each(|edition| edition.becomes(write_id));
    }

    /// A save may have made this version of the arrays.
    pub(super) fn may_become(&self, write_id: &str) {
        self.editions.iter().for_each(|edition| edition.may_become(write_id));
    }

    /// The origin of an array that is now read from where it was saved.
    pub(super) fn origin(&self, name: &str, document: &str, write_id: &str, path: Option<&String>) -> Origin {
        let edition = self.editions.first().cloned().unwrap_or_else(|| Edition::new(document.to_owned(), write_id));
        Origin { document: Some(name.to_owned()), path: path.cloned(), edition: Some(edition) }
    }
}

/// Does what may wait for a network on another thread, if this one is an executor's.
fn unblocking(backend: &dyn Backend, work: impl FnOnce() + Send + 'static) {
    if backend.is_local() || !on_executor() {
        return work();
    }
    // If there can be no thread, it is left to a sweep.
    let _ = in_background(Box::new(work));
}

/// Arrays that a commit may leave to their handles in this process. They are announced before it, so that no
/// sweep comes between.
pub(super) struct ToLeave {
    files: HashSet<String>,
    announced: Arc<dyn Announced>,
}

impl ToLeave {
    /// Those of what is to be replaced that are held. What cannot be announced is not left.
    pub(super) fn announce(
        place: &dyn Place,
        name: &Name,
        replaced: Option<&Manifest>,
        stays: impl Fn(&str) -> bool,
        sources: &Sources,
    ) -> Option<Self> {
        let backend = place.backend(name.workflow());
        let is_left = |file: &&str| {
            let is_held = |identity: &String| sources.leave(identity) && ArrayHandle::find(identity).is_some();
            !stays(file) && backend.identity(file).as_ref().is_some_and(is_held)
        };
        let arrays = replaced?.arrays.iter().filter(|_| sources.is_any).map(|entry| entry.id.file());
        let files: Vec<&str> = arrays.filter(is_left).collect();
        if files.is_empty() {
            return None;
        }
        let announced = place.announce(name, &files, &[], Claim::Left).ok()??.into();
        Some(Self { files: files.into_iter().map(str::to_owned).collect(), announced })
    }

    /// Leaves an array that no document names any more to the handles that are left.
    pub(super) fn leave(&self, file: &str, backend: &Arc<dyn Backend>) -> bool {
        let identity = self.files.get(file).and_then(|file| backend.identity(file));
        let Some(handle) = identity.and_then(|identity| ArrayHandle::find(&identity)) else { return false };
        let (backend, file, announced) = (backend.clone(), file.to_owned(), self.announced.clone());
        handle.leave(move || {
            unblocking(&*backend.clone(), move || {
                // What cannot be removed is left to a sweep.
                let _ = backend.remove(&file);
                drop(announced);
            });
        });
        true
    }
}
