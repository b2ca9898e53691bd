//! Writes one array whose elements are borrowed: its chunks are made from the caller's memory.

use super::remove::remove_arrays;
use super::workers::{Job, run};
use crate::array::BorrowedElements;
use crate::backend::{ArraySpec, ArrayWriter, Backend, StoredSummary};
use crate::error::Result;
use crate::task::{Counter, counted};

/// Writes the array, which is not durable before the backend's next sync. On an error what was written is removed
/// again, and the error names the array if it could not be removed.
pub(crate) fn write_borrowed(
    backend: &dyn Backend,
    name: &str,
    spec: &ArraySpec,
    elements: &dyn BorrowedElements,
) -> Result<StoredSummary> {
    let size = spec.data_type.size();
    let writer = backend.create(name, spec)?;
    let written = counted(spec.grid.len().saturating_mul(size), |done| write_chunks(&*writer, size, elements, done));
    let finished = match written {
        Ok(()) => writer.finish(),
        Err(error) => {
            drop(writer);
            Err(error)
        }
    };
    finished.map_err(|error| error.leaving(remove_arrays(backend, vec![name.to_owned()])))
}

fn write_chunks(writer: &dyn ArrayWriter, size: usize, elements: &dyn BorrowedElements, done: &Counter) -> Result<()> {
    let layout = writer.layout();
    // A chunk is in memory as it is laid out and as it is encoded.
    let bytes = layout.chunk_bytes(size).unwrap_or(usize::MAX).saturating_mul(2);
    let jobs = (0..layout.grid.chunk_count()).map(|work| Job { work, bytes });
    run(1, jobs, |number| {
        let region = layout.grid.chunk_region(number)?;
        elements.region_bytes(&region, &mut |bytes| writer.write_chunk(number, bytes))?;
        done.add(region.len().saturating_mul(size));
        Ok(())
    })
}
