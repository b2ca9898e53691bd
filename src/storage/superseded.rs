//! What becomes of the arrays of documents that were replaced or removed.

use super::name::Workflow;
use super::place::{Place, Superseded};
use super::sources::reads_from;
use crate::backend::Backend;
use crate::engine::{Origin, StoredArray, remove_arrays};
use crate::plugin::{Manifest, SavePlan, remove_files};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Superseded<'_> {
    /// Removes the arrays and external objects that `goes` is true for. What fails is left to a sweep: the documents
    /// are removed or replaced, and that is what was asked for.
    pub(super) fn remove(&self, place: &dyn Place, workflow: &Workflow, goes: impl Fn(&str) -> bool) {
        if self.hold.is_over() {
            return;
        }
        let goes = |file: &str| !self.staying.contains(file) && goes(file);
        let arrays = self.manifests.iter().flat_map(|manifest| &manifest.arrays).map(|entry| entry.id.file());
        let arrays: Vec<String> = arrays.filter(|file| goes(file)).map(str::to_owned).collect();
        if !arrays.is_empty() {
            let _ = remove_arrays(&*place.backend(workflow), arrays);
        }
        let objects = self.manifests.iter().flat_map(|manifest| &manifest.objects);
        let objects = objects.filter(|entry| goes(entry.id.file()));
        let mut names = objects.flat_map(|entry| entry.files.iter().map(|file| file.name.clone())).peekable();
        if names.peek().is_some()
            && let Ok(files) = place.protocols(workflow).files()
        {
            let _ = remove_files(&files, names);
        }
    }

    /// Lets the expressions of a plan that read arrays which are about to be removed read from now on what was saved of
    /// them. `origin` is that of the array at a path.
    pub(super) fn reread(
        &self,
        plan: &SavePlan,
        saved: &Manifest,
        backend: &Arc<dyn Backend>,
        origin: impl Fn(Option<&String>) -> Origin,
    ) {
        let old = self.manifests.iter().flat_map(|manifest| &manifest.arrays);
        let going = old.filter(|entry| saved.entry(entry.id.file()).is_none());
        let going: HashSet<String> = going.filter_map(|entry| backend.identity(entry.id.file())).collect();
        if going.is_empty() {
            return;
        }
        let arrays = plan.objects.iter().filter_map(|planned| Some((planned, planned.array()?)));
        let mut known = HashMap::new();
        for (planned, any) in arrays {
            let Some(entry) = saved.entry(planned.id.file()) else { continue };
            let Ok(expected) = entry.expected() else { continue };
            if reads_from(&*any.array, &going, &mut known) {
                let (file, origin) = (entry.id.file().to_owned(), origin(entry.paths.first()));
                any.array.read_from(Arc::new(StoredArray::lazy(backend.clone(), file, expected, origin).held()));
            }
        }
    }
}
