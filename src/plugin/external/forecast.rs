//! What carrying out a plan would write, array by array. Nothing is written.

use crate::array::{ArrayMeta, ChunkGrid, Codec, DataType};
use crate::backend::{ArraySpec, Backend, FirstPlace};
use crate::error::Result;
use crate::plugin::document::manifest::Manifest;
use crate::plugin::external::destination::defaults;
use crate::plugin::external::planned::{External, Planned, PlannedArray, SavePlan};
use crate::plugin::external::protocols::{Protocols, no_protocol};

/// What would become of an array.
pub(crate) struct ArrayForecast {
    pub(crate) paths: Vec<String>,
    pub(crate) data_type: DataType,
    pub(crate) grid: ChunkGrid,
    pub(crate) codec: Codec,
    /// Bytes of all elements.
    pub(crate) bytes: u64,
    /// Whether the replaced document has it.
    pub(crate) is_kept: bool,
    /// Whether its bytes lie somewhere already.
    pub(crate) is_stored: bool,
    /// Its chunks as they would be stored, and the files that it would take; or why it cannot be stored.
    pub(crate) form: Result<(usize, u64)>,
}

impl SavePlan {
    /// What would become of each array, if this document were replaced.
    pub(crate) fn forecast(&self, protocols: &Protocols, replaced: Option<&Manifest>) -> Result<Vec<ArrayForecast>> {
        let mut arrays = Vec::new();
        for planned in &self.objects {
            let Some(any) = planned.array() else { continue };
            let backend = protocols.backend().ok_or_else(|| no_protocol().at_path(planned.path()))?;
            let defaults = defaults(protocols, &*backend);
            let to_write = any.to_write(&*backend, planned.id.file());
            let meta = to_write.as_ref().map_or_else(|_| any.meta(), |(meta, _)| meta.clone()).or(&defaults);
            let form = to_write.and_then(|(_, kept_chunk)| self.form(planned, any, &meta, kept_chunk, &*backend));
            let form = form.map_err(|error| error.at_path(planned.path()));
            arrays.push(ArrayForecast {
                paths: planned.paths.clone(),
                data_type: any.array.data_type(),
                grid: any.array.grid().clone(),
                codec: meta.codec.unwrap_or(Codec::NONE),
                bytes: any.array.byte_len() as u64,
                is_kept: planned.kept && replaced.is_some_and(|manifest| manifest.has(planned.id.file())),
                is_stored: any.array.as_stored(&any.meta).is_some(),
                form,
            });
        }
        Ok(arrays)
    }

    /// The number of external objects.
    pub(crate) fn external_objects(&self) -> usize {
        let is_object = |planned: &&Planned| matches!(planned.external, External::Files(_) | External::WrittenFiles(_));
        self.objects.iter().filter(is_object).count()
    }

    fn form(
        &self,
        planned: &Planned,
        any: &PlannedArray,
        meta: &ArrayMeta,
        kept_chunk: Option<Vec<usize>>,
        backend: &dyn Backend,
    ) -> Result<(usize, u64)> {
        let (data_type, grid) = (any.array.data_type(), any.array.grid().clone());
        any.array.failure().map_or(Ok(()), Err)?;
        any.check(backend)?;
        let first = FirstPlace { document: self.document.clone(), path: Some(planned.path().to_owned()) };
        backend.form(&ArraySpec { data_type, grid, meta: meta.clone(), first, kept_chunk })
    }
}
