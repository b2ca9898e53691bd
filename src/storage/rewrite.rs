//! A document that is saved with other arrays, without its Rust type. Its body stays as it is, except for the ids.

use super::Storage;
use super::intent::Intent;
use super::load::Fetched;
use super::name::Name;
use super::save::PlannedSave;
use crate::array::{ArrayMeta, ErasedArray};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use crate::plugin::{ArrayEntry, External, ObjectEntry, Planned, PlannedArray, SavePlan, SharedPlan, replace_ids};
use std::sync::Arc;

/// What becomes of an array.
pub(super) enum Becomes {
    /// It stays where it is, under its id.
    Kept(Arc<dyn ErasedArray>),
    /// This array has its place, under another id.
    Replaced(Arc<dyn ErasedArray>),
}

impl Fetched {
    /// A save of the value under this name, with what becomes of each of its arrays. External objects stay where they
    /// are. The caller adds to an error which document was read.
    pub(super) fn with_arrays(
        self,
        storage: &Storage,
        name: &Name,
        intent: Intent,
        mut becomes: impl FnMut(&ArrayEntry, Arc<dyn ErasedArray>) -> Result<Becomes>,
    ) -> Result<PlannedSave> {
        let Self { head, mut body, resolver, .. } = self;
        if let Some(object) = head.manifest.objects.first().filter(|_| head.manifest.is_bare()) {
            let text = "the document does not list the files of this object: load the value with its type, and save it";
            return Err(located(Error::unsupported(text), object));
        }
        let (mut objects, mut ids) = (Vec::new(), Vec::new());
        for entry in &head.manifest.arrays {
            let (id, array, kept) = match becomes(entry, resolver.array(&entry.id)?)? {
                Becomes::Kept(array) => (entry.id.clone(), array, true),
                Becomes::Replaced(array) => (entry.id.fresh_like(), array, false),
            };
            ids.push((entry.id.clone(), id.clone()));
            let array = PlannedArray { array, meta: ArrayMeta::default(), plain: entry.plain };
            objects.push(Planned { id, paths: entry.paths.clone(), external: External::Array(array), kept });
        }
        let changed = ids.iter().filter(|(old, new)| old != new).map(|(old, new)| (old, new));
        replace_ids(&mut body, head.format, changed)?;
        objects.extend(head.manifest.objects.iter().map(|entry| Planned {
            id: entry.id.clone(),
            paths: entry.paths.clone(),
            external: External::WrittenFiles(entry.clone()),
            kept: true,
        }));
        let document = Some(name.as_str().to_owned());
        let plan = SavePlan { objects, shared: SharedPlan::of(head.manifest.shared), document };
        let (storage, name, early) = (storage.clone(), name.clone(), Mutex::default());
        Ok(PlannedSave { storage, name, format: head.format, body, plan, intent, early })
    }
}

/// Adds to an error which external object it is about.
pub(super) fn located(error: Error, object: &ObjectEntry) -> Error {
    error.at_path(object.path()).in_array(object.id.file())
}
