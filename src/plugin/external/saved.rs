//! Where an array that is in memory, or computed, was saved: there it is linked from when it is saved again.

use crate::array::{Codec, ErasedArray};
use crate::backend::{Backend, StoredSummary};
use crate::engine::{Expected, Origin, StoredArray};
use crate::error::Result;
use crate::plugin::document::manifest::Manifest;
use crate::plugin::external::arrays::AnyArray;
use crate::plugin::walk::saving::SavePlan;
use crate::protocol::Protocols;
use std::sync::Arc;

/// A place where an array was saved. It may be gone, and is checked before it is used.
struct Saved {
    backend: Arc<dyn Backend>,
    name: String,
    expected: Expected,
    /// How it was compressed; not known of an array that was loaded.
    codec: Option<Codec>,
}

impl Saved {
    /// Whether the array, saved here and now, would become the same.
    fn is_like(&self, array: &dyn ErasedArray, codec: Option<Codec>, backend: &dyn Backend) -> bool {
        self.codec == codec
            && self.expected.data_type == array.data_type()
            && self.expected.grid == *array.grid()
            && backend.writes_as(&*self.backend)
    }

    fn link(&self, to: &Arc<dyn Backend>, name: &str) -> Result<Option<StoredSummary>> {
        let (backend, from) = (self.backend.clone(), self.name.clone());
        StoredArray::lazy(backend, from, self.expected.clone(), Origin::default()).link(to, name)
    }
}

impl AnyArray {
    /// How it is to be compressed, if that matters: what is loaded is linked as it is.
    fn wanted_codec(&self, default: Codec) -> Option<Codec> {
        let is_loaded = self.array.codec().is_none() && self.array.stored().is_some();
        (!is_loaded).then(|| self.codec().unwrap_or(default))
    }

    /// Makes it an array of its own, from where it was saved before. What is not there any more, or not the same, is
    /// forgotten.
    pub(in crate::plugin) fn link_saved(
        &self,
        default: Codec,
        to: &Arc<dyn Backend>,
        name: &str,
    ) -> Option<StoredSummary> {
        let notes = self.array.notes();
        let codec = self.wanted_codec(default);
        for note in notes.all() {
            let Some(saved) = note.downcast_ref::<Saved>() else { continue };
            if !saved.is_like(&*self.array, codec, &**to) {
                continue;
            }
            match saved.link(to, name) {
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
    let default = protocols.codec().unwrap_or(backend.default_codec());
    for planned in plan.objects.iter().filter(|planned| !planned.kept) {
        let Some(any) = planned.array().filter(|any| !any.plain) else { continue };
        let Some(Ok(expected)) = manifest.entry(planned.id.file()).map(|entry| entry.expected()) else { continue };
        let (backend, name) = (backend.clone(), planned.id.file().to_owned());
        any.array.notes().add(Arc::new(Saved { backend, name, expected, codec: any.wanted_codec(default) }));
    }
}
