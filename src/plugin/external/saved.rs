//! The places where an array that is in memory, or computed, was saved, and from which it is linked when it is saved
//! again.

use crate::array::{ArrayMeta, ErasedArray};
use crate::backend::{Backend, Linked};
use crate::engine::Saved;
use crate::plugin::document::manifest::Manifest;
use crate::plugin::external::destination::defaults;
use crate::plugin::external::planned::{PlannedArray, SavePlan};
use crate::plugin::external::protocols::Protocols;
use std::sync::Arc;

/// Whether the array, saved here and now, would become the same as the saved one.
fn is_like(saved: &Saved, array: &dyn ErasedArray, meta: &Option<ArrayMeta>, backend: &dyn Backend) -> bool {
    saved.meta == *meta
        && saved.expected.data_type == array.data_type()
        && saved.expected.grid == *array.grid()
        && backend.writes_as(&*saved.backend)
}

impl PlannedArray {
    /// What it is to be stored with, if that matters: what is loaded is linked as it is.
    fn wanted(&self, defaults: &ArrayMeta) -> Option<ArrayMeta> {
        (self.array.as_stored(&self.meta).is_none()).then(|| self.meta().or(defaults))
    }

    /// Makes it an array of its own, from where it was saved before. What is not there any more, or not the same, is
    /// forgotten.
    pub(in crate::plugin) fn link_saved(
        &self,
        defaults: &ArrayMeta,
        to: &Arc<dyn Backend>,
        name: &str,
    ) -> Option<Linked> {
        let notes = self.array.notes();
        let meta = self.wanted(defaults);
        for note in notes.all() {
            let Some(saved) = note.downcast_ref::<Saved>() else { continue };
            if !is_like(saved, &*self.array, &meta, &**to) {
                continue;
            }
            match saved.stored().link(to, name) {
                Ok(Some(linked)) => return Some(linked),
                Ok(None) => {}
                Err(error) if error.is_cancelled() => return None,
                Err(_) => notes.forget(&note),
            }
        }
        None
    }
}

/// Notes on the arrays of a plan that is carried out where each of them was saved.
pub(crate) fn note_saved(plan: &SavePlan, manifest: &Manifest, backend: &Arc<dyn Backend>, protocols: &Protocols) {
    let defaults = defaults(protocols, &**backend);
    for planned in plan.objects.iter().filter(|planned| !planned.kept) {
        let Some(any) = planned.array().filter(|any| !any.plain) else { continue };
        let Some(Ok(expected)) = manifest.entry(planned.id.file()).map(|entry| entry.expected()) else { continue };
        let (backend, name) = (backend.clone(), planned.id.file().to_owned());
        any.array.notes().add(Arc::new(Saved { backend, name, expected, meta: any.wanted(&defaults) }));
    }
}
