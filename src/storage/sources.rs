//! The stored arrays that an object is made of: those that it holds, and those that its expressions read.

use crate::array::ErasedArray;
use crate::engine::{Edition, Origin, StoredArray};
use crate::plugin::SavePlan;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The array's place, if the array is just read from there.
pub(super) fn as_stored(array: &dyn ErasedArray) -> Option<Arc<StoredArray>> {
    array.stored()?.into_any().downcast().ok()
}

/// Every stored array that the plan's arrays are, or read from.
fn sources(plan: &SavePlan) -> Vec<Arc<StoredArray>> {
    fn visit(array: &dyn ErasedArray, seen: &mut HashSet<usize>, found: &mut Vec<Arc<StoredArray>>) {
        if seen.insert(array.address()) {
            found.extend(as_stored(array));
            array.inputs(&mut |input, _| visit(input, seen, found));
        }
    }
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    for any in plan.objects.iter().filter_map(|planned| planned.array()) {
        visit(&*any.array, &mut seen, &mut found);
    }
    found
}

/// Whether an array is one of these stored arrays, which are given by their identities, or reads from one. What is known of
/// each part of an expression serves the expressions that share it.
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

/// What the holder of an object's arrays knows of one document: the editions that they were loaded from.
pub(super) struct Editions(Vec<Arc<Edition>>);

impl Editions {
    /// Those of the document of this identity.
    pub(super) fn of(plan: &SavePlan, document: &str) -> Self {
        let mut editions: Vec<Arc<Edition>> = Vec::new();
        for source in sources(plan) {
            if let Some(edition) = source.origin().edition.as_ref().filter(|edition| edition.is_of(document))
                && !editions.iter().any(|known| Arc::ptr_eq(known, edition))
            {
                editions.push(edition.clone());
            }
        }
        Self(editions)
    }

    /// Whether no array was loaded from the document.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all arrays of the document were loaded from this version.
    pub(super) fn are(&self, write_id: &str) -> bool {
        self.0.iter().all(|edition| edition.is(write_id))
    }

    /// A save has made this version of the arrays.
    pub(super) fn become_version(&self, write_id: &str) {
        self.0.iter().for_each(|edition| edition.becomes(write_id));
    }

    /// A save may have made this version of the arrays.
    pub(super) fn may_become(&self, write_id: &str) {
        self.0.iter().for_each(|edition| edition.may_become(write_id));
    }

    /// The origin of an array that is now read from where it was saved.
    pub(super) fn origin(&self, name: &str, document: &str, write_id: &str, path: Option<&String>) -> Origin {
        let edition = self.0.first().cloned().unwrap_or_else(|| Edition::new(document.to_owned(), write_id));
        Origin { document: Some(name.to_owned()), path: path.cloned(), edition: Some(edition) }
    }
}
