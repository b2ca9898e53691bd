//! Chooses the chunks in which an array is stored: those that the user sees, if a file format can have them without
//! waste.
//!
//! HDF5 and Zarr have only equal chunks, and store those at the far edges at full size. No chunk exceeds the limits.
//! This module is pure arithmetic and uses no library.

use super::ArraySpec;
use crate::array::{ChunkGrid, Region, StoredLayout, packed};
use crate::error::{Error, Result};
use crate::limits::Limits;
use ndarray::{ArrayViewD, ArrayViewMutD};

/// HDF5's limit on the number of axes; numpy's is not far above.
pub(super) const MOST_AXES: usize = 32;

/// How much larger a later version of an array may be with the edge chunks filled up, for the sake of the chunks that it
/// shares with the version before.
const MOST_FILLED: f64 = 3.0;

/// The chunks in which an array is stored.
pub(crate) fn of(spec: &ArraySpec, limits: &Limits) -> Result<StoredLayout> {
    let element_size = spec.data_type.size();
    let layout = stored(&spec.grid, element_size, limits)?;
    match &spec.kept_chunk {
        Some(kept) if is_kept(kept, &layout.chunk_shape, &spec.grid, element_size, limits) => Ok(StoredLayout {
            grid: ChunkGrid::regular(spec.grid.shape(), kept)?,
            chunk_shape: kept.clone(),
            parts: None,
        }),
        _ => Ok(layout),
    }
}

/// Whether a later version of an array is stored in the chunks of the version before, and not in those that a new array
/// would have. Otherwise each version of a series that grows could have chunks of its own, and be encoded as a whole.
fn is_kept(kept: &[usize], new: &[usize], grid: &ChunkGrid, element_size: usize, limits: &Limits) -> bool {
    let shape = grid.shape();
    let size = |chunk: &[usize]| byte_size(chunk, element_size).unwrap_or(usize::MAX);
    kept.len() == shape.len()
        // HDF5 has no chunks that are longer than the array.
        && kept.iter().zip(shape).all(|(chunk, len)| (1..=(*len).max(1)).contains(chunk))
        && size(kept) <= limits.most_chunk_bytes()
        && filling(kept, shape) <= MOST_FILLED
        // The chunks that the user sees fit without waste now.
        && grid.chunk_shape().as_deref() != Some(new)
        // Small chunks of a first short version do not stay small. As they double, this is rare.
        && size(new) < size(kept).saturating_mul(2)
}

/// The chunks in which a new array with this logical grid is stored.
fn stored(grid: &ChunkGrid, element_size: usize, limits: &Limits) -> Result<StoredLayout> {
    let shape = grid.shape();
    if shape.len() > MOST_AXES {
        return Err(Error::unsupported(format!(
            "the array has {} axes, and at most {MOST_AXES} can be stored; merge some of them",
            shape.len()
        )));
    }
    let wanted = grid.chunk_shape();
    let mut chunk = match &wanted {
        Some(chunk) => chunk.clone(),
        None => grid.largest_chunk().iter().zip(shape).map(|(chunk, len)| balanced(*len, (*chunk).max(1))).collect(),
    };
    let too_large =
        |chunk: &[usize]| byte_size(chunk, element_size).is_none_or(|bytes| bytes > limits.most_chunk_bytes());
    if too_large(&chunk) {
        balance(&mut chunk, shape);
        while too_large(&chunk) {
            let Some(longest) = (0..chunk.len()).max_by_key(|axis| chunk[*axis]).filter(|axis| chunk[*axis] > 1) else {
                break;
            };
            chunk[longest] = balanced(shape[longest], chunk[longest].div_ceil(2));
        }
    }
    if wastes(&chunk, shape) {
        balance(&mut chunk, shape);
        while wastes(&chunk, shape) {
            // The axis that wastes the largest part of itself; with chunks of 1 an axis wastes nothing.
            let excess = |axis: usize| filled(shape[axis], chunk[axis]) as f64 / shape[axis] as f64;
            let Some(worst) =
                (0..chunk.len()).filter(|axis| chunk[*axis] > 1).max_by(|a, b| excess(*a).total_cmp(&excess(*b)))
            else {
                break;
            };
            chunk[worst] = balanced(shape[worst], chunk[worst] - 1);
        }
    }
    Ok(StoredLayout { grid: ChunkGrid::regular(shape, &chunk)?, chunk_shape: chunk, parts: None })
}

/// As many chunks as of that length, but of about equal lengths.
fn balanced(len: usize, chunk: usize) -> usize {
    if len == 0 { 1 } else { len.div_ceil(len.div_ceil(chunk)) }
}

fn balance(chunk: &mut [usize], shape: &[usize]) {
    for (chunk, len) in chunk.iter_mut().zip(shape) {
        *chunk = balanced(*len, *chunk);
    }
}

/// The length of an axis with full-size chunks throughout.
fn filled(len: usize, chunk: usize) -> usize {
    len.div_ceil(chunk).saturating_mul(chunk)
}

/// Whether filling the edge chunks up takes more than a quarter of the array's own size.
fn wastes(chunk: &[usize], shape: &[usize]) -> bool {
    filling(chunk, shape) > 1.25
}

/// By how much the array grows if its edge chunks are filled up.
fn filling(chunk: &[usize], shape: &[usize]) -> f64 {
    if shape.contains(&0) {
        return 1.0;
    }
    // The product of the axes' ratios, since the products themselves may not fit into any number.
    chunk.iter().zip(shape).map(|(chunk, len)| filled(*len, *chunk) as f64 / (*len).max(1) as f64).product()
}

fn byte_size(chunk: &[usize], element_size: usize) -> Option<usize> {
    chunk.iter().try_fold(element_size, |bytes, len| bytes.checked_mul(*len))
}

/// The error for a chunk of strings with more bytes than the limits allow.
pub(crate) fn too_long(bytes: usize, most: usize) -> Error {
    Error::limit(format!(
        "the strings of a chunk have {bytes} bytes, and the limit is {most}: give the array smaller chunks, or raise \
            it with \
         Limits::chunk_bytes"
    ))
}

/// The packed strings of a chunk at the edge, in one of full size.
pub(crate) fn fill_up_texts(packed: &[u8], shape: &[usize], full_shape: &[usize]) -> Result<Vec<u8>> {
    let first = vec![0; shape.len()];
    merged(full_shape, [(packed, Region::of(first, shape.to_vec()))])
}

/// That many times the same packed string, which may have this many bytes together.
pub(crate) fn same_texts(text: &[u8], count: usize, most: usize) -> Result<Vec<u8>> {
    let bytes = text.len().saturating_mul(count);
    if bytes > most.max(count.saturating_mul(4)) {
        return Err(too_long(bytes, most));
    }
    let mut texts = Vec::new();
    texts.try_reserve_exact(bytes).map_err(|_| Error::limit("there is no memory for a chunk of strings"))?;
    (0..count).for_each(|_| texts.extend_from_slice(text));
    Ok(texts)
}

/// The packed strings of a chunk of this shape, which are those of its parts. All others are empty.
pub(crate) fn merged<'a>(shape: &[usize], parts: impl IntoIterator<Item = (&'a [u8], Region)>) -> Result<Vec<u8>> {
    let no_memory = || Error::limit("there is no memory for a chunk of strings");
    let no_shape = |error: ndarray::ShapeError| Error::invalid(error.to_string());
    let mut places: Vec<&[u8]> = Vec::new();
    let count = shape.iter().product();
    places.try_reserve_exact(count).map_err(|_| no_memory())?;
    places.resize(count, &[0; 4]);
    for (packed, region) in parts {
        let texts = packed::with_lengths(packed, region.len())?;
        let texts = ArrayViewD::from_shape(region.shape(), &texts).map_err(no_shape)?;
        let mut places = ArrayViewMutD::from_shape(shape, &mut places).map_err(no_shape)?;
        places.slice_mut(region.to_slice_info().as_slice()).assign(&texts);
    }
    let mut merged = Vec::new();
    merged.try_reserve_exact(places.iter().map(|text| text.len()).sum()).map_err(|_| no_memory())?;
    places.iter().for_each(|text| merged.extend_from_slice(text));
    Ok(merged)
}

/// Puts the elements of a chunk at the edge where they belong in one of full size.
pub(crate) fn fill_up(
    elements: &[u8],
    shape: &[usize],
    full_shape: &[usize],
    element_size: usize,
    full: &mut [u8],
) -> Result<()> {
    let wrong = || Error::invalid(format!("{} bytes for a chunk of shape {shape:?}", elements.len()));
    let row = shape.last().ok_or_else(wrong)? * element_size;
    if row == 0 || elements.len() != shape.iter().product::<usize>() * element_size {
        return Err(wrong());
    }
    let outer = &shape[..shape.len() - 1];
    let mut at = vec![0; outer.len()];
    for elements in elements.chunks_exact(row) {
        let index = at.iter().zip(full_shape).fold(0, |index, (at, len)| index * len + at);
        let start = index * full_shape[outer.len()] * element_size;
        full.get_mut(start..start + row).ok_or_else(wrong)?.copy_from_slice(elements);
        // The next row: as an odometer, from the last axis on.
        for axis in (0..outer.len()).rev() {
            at[axis] += 1;
            if at[axis] < outer[axis] {
                break;
            }
            at[axis] = 0;
        }
    }
    Ok(())
}
