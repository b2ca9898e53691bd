//! Arrays: the chunks of all of them go through one pool.

use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, DataType, EncodedArray, ErasedArray, StoredBytes, with_typed};
use crate::backend::{Backend, Linked, StoredSummary};
use crate::engine::{Origin, StoredArray, WriteJob, WrittenArrays, kept, write_arrays};
use crate::error::{Error, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::{ArrayEntry, ManifestEntry};
use crate::plugin::external::destination::{Destination, Stored, defaults};
use crate::plugin::external::planned::{Planned, PlannedArray};
use crate::plugin::external::protocols::no_protocol;
use crate::task::{check_cancelled, counted, expecting};
use std::sync::Arc;

/// Writes arrays. Those that are in such a backend already, because they were loaded or saved before, are linked; all
/// others are computed.
pub(in crate::plugin) fn write(
    arrays: &[(&Planned, &PlannedArray)],
    to: &mut Destination<'_>,
) -> Result<Vec<ManifestEntry>> {
    let Some((first, _)) = arrays.first() else { return Ok(Vec::new()) };
    let backend = to.stored.backend().ok_or_else(|| no_protocol().at_path(first.path()))?;
    let defaults = defaults(to.protocols, &*backend);
    defaults.codec.map_or(Ok(()), |codec| backend.check_codec(codec))?;
    for (planned, array) in arrays {
        array.check(&*backend).map_err(|error| planned.locate(error))?;
    }
    let bytes = arrays.iter().map(|(_, any)| any.array.byte_len() as u64).fold(0, u64::saturating_add);
    expecting(bytes, || link_or_compute(arrays, &defaults, &backend, to.stored, to.document))
}

/// The array of an id, for a document that has no manifest.
pub(in crate::plugin) fn open(backend: Arc<dyn Backend>, id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
    let stored = StoredArray::open(backend, id.file().to_owned(), Origin::default())?;
    let reader = stored.reader()?;
    let (data_type, grid) = (reader.data_type(), reader.grid().clone());
    typed(data_type, grid, Arc::new(stored))
}

fn link_or_compute(
    arrays: &[(&Planned, &PlannedArray)],
    defaults: &ArrayMeta,
    backend: &Arc<dyn Backend>,
    stored: &mut Stored,
    document: Option<&str>,
) -> Result<Vec<ManifestEntry>> {
    let mut summaries: Vec<Option<StoredSummary>> = Vec::with_capacity(arrays.len());
    let mut jobs = Vec::new();
    for (planned, any) in arrays {
        check_cancelled()?;
        let file = planned.id.file();
        let linked = counted(0, |done| {
            let linked = link(any, defaults, backend, file)?;
            if linked.is_some() {
                done.add(any.array.byte_len());
            }
            Ok(linked)
        });
        let linked = linked.map_err(|error: Error| planned.locate(error))?;
        match &linked {
            Some(linked) => stored.add_linked(file.to_owned(), linked),
            None => {
                let (meta, kept_chunk) = any.to_write(&**backend, file).map_err(|error| planned.locate(error))?;
                jobs.push(WriteJob {
                    name: file.to_owned(),
                    path: planned.path().to_owned(),
                    array: any.array.clone(),
                    meta: meta.or(defaults),
                    kept_chunk,
                    document: document.map(str::to_owned),
                });
            }
        }
        summaries.push(linked.map(|linked| linked.summary));
    }
    let WrittenArrays { summaries: computed, carried_chunks, linked_bytes } = write_arrays(&**backend, &jobs)?;
    let mut computed = computed.into_iter();
    stored.add_carried(carried_chunks, linked_bytes);
    stored.add_arrays(jobs.into_iter().map(|job| job.name));
    let entries = arrays.iter().zip(summaries).filter_map(|((planned, any), linked)| {
        let summary = linked.or_else(|| computed.next())?;
        Some(ManifestEntry::Array(entry(planned, any, summary, &**backend)))
    });
    Ok(entries.collect())
}

fn entry(planned: &Planned, any: &PlannedArray, summary: StoredSummary, backend: &dyn Backend) -> ArrayEntry {
    ArrayEntry {
        id: planned.id.clone(),
        paths: planned.paths.clone(),
        data_type: any.array.data_type().name().into_owned(),
        chunks: any.array.grid().runs(),
        labels: any.meta().labels,
        bytes: summary.bytes,
        codec: summary.codec.map(|codec| codec.to_string()),
        digest: summary.digest,
        rest: summary.rest,
        opening: summary.opening.map(Box::new),
        format: backend.noted_format(backend.format()).map(|format| format.to_string()),
        plain: any.plain,
        named: None,
    }
}

/// Makes a stored array, or one that was saved before, an array of its own under another name without decoding it,
/// where that is possible.
fn link(any: &PlannedArray, defaults: &ArrayMeta, backend: &Arc<dyn Backend>, to: &str) -> Result<Option<Linked>> {
    let loaded = match any.array.as_stored(&any.meta) {
        Some(stored) => stored.into_any().downcast::<StoredArray>().ok(),
        None => None,
    };
    match loaded.map_or(Ok(None), |stored| stored.link(backend, to)) {
        Ok(Some(linked)) => Ok(Some(linked)),
        // Loaded from a document that is gone, it may be in another.
        not_linked => any.link_saved(defaults, backend, to).map_or(not_linked, |linked| Ok(Some(linked))),
    }
}

impl PlannedArray {
    /// Refuses what the backend cannot store.
    pub(in crate::plugin) fn check(&self, backend: &dyn Backend) -> Result<()> {
        let (meta, data_type) = (self.meta(), self.array.data_type());
        meta.codec.map_or(Ok(()), |codec| backend.check_codec(codec))?;
        backend.check_data_type(&data_type)?;
        meta.labels.check(self.array.grid().ndim(), &data_type)
    }

    /// What was chosen for this array, which is to be written to `backend` under this name; and the shape of the stored
    /// chunks of which it is a later version. A stored array, and a later version of one, keeps its codec.
    pub(in crate::plugin) fn to_write(
        &self,
        backend: &dyn Backend,
        name: &str,
    ) -> Result<(ArrayMeta, Option<Vec<usize>>)> {
        let kept = kept(&self.array, backend, name)?;
        let meta = self.array.meta().or(&ArrayMeta::of_codec(kept.codec)).or(&self.meta);
        Ok((meta, kept.chunk))
    }
}

/// The typed array of stored bytes, with its type forgotten again.
pub(crate) fn typed(
    data_type: DataType,
    grid: ChunkGrid,
    stored: Arc<dyn StoredBytes>,
) -> Result<Arc<dyn ErasedArray>> {
    Ok(with_typed!(data_type, T => Arc::new(ChunkedArray::<T>::from_stored(grid, stored)), else => {
        Arc::new(EncodedArray::from_stored(data_type, grid, stored)?)
    }))
}
