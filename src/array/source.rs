//! The source of a chunked array, which produces the elements of a region.

use super::{ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region, StoredBytes, zeroed};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use ndarray::{ArcArray, ArrayD, ArrayViewD, ArrayViewMutD, IxDyn};
use std::sync::Arc;

/// Elements of a region. Shared, so that existing memory is not copied.
pub(crate) type Elements<T> = ArcArray<T, IxDyn>;

/// How an array reads one of its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Each chunk of the input is read once.
    OncePerChunk,
    /// Chunks do not line up: one chunk of the input may be read for several chunks of the array.
    Across,
}

/// Produces the elements of an array. Implementations are immutable: the same region always gives the same elements.
pub(crate) trait Source<T: Element>: Send + Sync {
    /// The elements of `region`, in an array of exactly its shape.
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>>;

    /// Writes the elements of `region` to the caller's memory.
    fn read_into(&self, evaluation: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        copy_into(self.produce(evaluation, region)?.view(), out)
    }

    /// Calls `visit` with every array that this one is computed from.
    fn inputs(&self, _visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {}

    /// Whether producing costs no more than copying, so that it is not worth keeping.
    fn is_cheap(&self) -> bool {
        false
    }

    /// Whether it only shows elements of its inputs, cut otherwise. Then chunks of the inputs are kept instead of its
    /// own, which may be of any size and would hold on to the memory that they are cut from.
    fn is_view(&self) -> bool {
        false
    }

    /// Whether elements of the one input may be missing.
    fn is_part(&self) -> bool {
        false
    }

    /// The input, if this is a rechunking of it.
    fn recut(&self) -> Option<ChunkedArray<T>> {
        None
    }

    /// The input that has the elements of `region` unchanged and in the same order, and the region in which it has
    /// them. A chunk that is stored like this is not computed again.
    fn passed_on(&self, _region: &Region) -> Option<(ChunkedArray<T>, Region)> {
        None
    }

    /// The array of which this is a later version, so that it is stored with the same codec.
    fn version_of(&self) -> Option<&ChunkedArray<T>> {
        None
    }

    /// Whether others will bring the elements.
    fn is_pending(&self) -> bool {
        false
    }

    /// Why this can never be computed, if so.
    fn failure(&self) -> Option<Error> {
        None
    }

    /// Where the elements are stored, if they are read and not computed.
    fn stored(&self) -> Option<Arc<dyn StoredBytes>> {
        None
    }
}

/// Equal for clones of one source, as long as one of them is alive.
pub(crate) fn address_of<T: Element>(source: &Arc<dyn Source<T>>) -> usize {
    Arc::as_ptr(source).addr()
}

/// Elements that can be changed where they are, since nothing else uses their memory; an error with the elements
/// otherwise. A small part of a larger memory is copied, so that the rest is not held.
pub(crate) fn unshared<T: Element>(elements: Elements<T>) -> std::result::Result<ArrayD<T>, Elements<T>> {
    if !elements.is_standard_layout() {
        return Err(elements);
    }
    let own = elements.try_into_owned_nocopy()?;
    let (shape, len) = (own.raw_dim(), own.len());
    let (mut memory, offset) = own.into_raw_vec_and_offset();
    if memory.len() != len {
        let start = offset.unwrap_or(0);
        memory = memory.get(start..start + len).map(<[T]>::to_vec).unwrap_or_default();
    }
    ArrayD::from_shape_vec(shape.clone(), memory).map_err(|_| ArcArray::default(shape))
}

/// Copies elements; the shapes must agree.
pub(crate) fn copy_into<T: Element>(from: ArrayViewD<'_, T>, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
    if from.shape() != out.shape() {
        return Err(Error::invalid(format!("elements of shape {:?} instead of {:?}", from.shape(), out.shape())));
    }
    if let (Some(from), Some(out)) = (from.as_slice(), out.as_slice_mut()) {
        out.clone_from_slice(from);
        return Ok(());
    }
    if from.ndim() > 1 {
        for (from, mut out) in from.rows().into_iter().zip(out.rows_mut()) {
            match (from.as_slice(), out.as_slice_mut()) {
                (Some(from), Some(out)) => out.clone_from_slice(from),
                _ => out.assign(&from),
            }
        }
    } else {
        out.assign(&from);
    }
    Ok(())
}

/// Builds `region` from the chunks of `grid` that overlap it. `chunk` returns the elements of one whole chunk.
pub(crate) fn assemble<T: Element>(
    grid: &ChunkGrid,
    region: &Region,
    mut chunk: impl FnMut(usize, &Region) -> Result<Elements<T>>,
) -> Result<Elements<T>> {
    if let Some(number) = grid.exact_chunk(region) {
        return chunk(number, region);
    }
    let mut numbers = grid.overlapping(region);
    if numbers.len() == 1
        && let Some(only) = numbers.next()
    {
        let whole = grid.chunk_region(only)?;
        let part = region.relative_to(&whole);
        return Ok(chunk(only, &whole)?.slice_move(part.to_slice_info().as_slice()));
    }
    let mut out = zeroed::<T>(region.shape())?;
    for number in numbers {
        check_cancelled()?;
        let whole = grid.chunk_region(number)?;
        // There may be chunks of length 0 between the others.
        if whole.is_empty() {
            continue;
        }
        let part = whole.intersection(region);
        let elements = chunk(number, &whole)?;
        copy_into(
            elements.slice(part.relative_to(&whole).to_slice_info().as_slice()).into_dyn(),
            &mut out.slice_mut(part.relative_to(region).to_slice_info().as_slice()).into_dyn(),
        )?;
    }
    Ok(out.into_shared())
}
