//! Which chunks an array is stored in: those that the user sees where HDF5 can have them without waste.
//!
//! HDF5 has equal chunks only, fills those at the far edges up to full size, and none may reach 4 GiB. Pure arithmetic;
//! knows nothing of libhdf5.

use crate::array::{ChunkGrid, StoredLayout};
use crate::error::{Error, Result};

/// HDF5's limit on the number of axes.
const MOST_AXES: usize = 32;

/// Bytes that no stored chunk reaches.
pub(super) const CHUNK_LIMIT: usize = u32::MAX as usize;

/// How long the stretches are in which a dataset without chunks is read.
const STRETCH: usize = 1 << 20;

/// The chunks in which an array with this logical grid is stored.
pub(super) fn stored(grid: &ChunkGrid, element_size: usize) -> Result<StoredLayout> {
    let shape = grid.shape();
    if shape.len() > MOST_AXES {
        return Err(Error::unsupported(format!(
            "the array has {} axes and HDF5 allows {MOST_AXES}; merge some of them",
            shape.len()
        )));
    }
    let wanted = grid.chunk_shape();
    let mut chunk = match &wanted {
        Some(chunk) => chunk.clone(),
        None => grid.largest_chunk().iter().zip(shape).map(|(chunk, len)| balanced(*len, (*chunk).max(1))).collect(),
    };
    if byte_size(&chunk, element_size).is_none_or(|bytes| bytes >= CHUNK_LIMIT) {
        balance(&mut chunk, shape);
        while byte_size(&chunk, element_size).is_none_or(|bytes| bytes >= CHUNK_LIMIT) {
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
    Ok(StoredLayout { grid: ChunkGrid::regular(shape, &chunk)?, chunk_shape: chunk })
}

/// How a dataset without chunks is presented: in stretches that lie in one piece each.
pub(super) fn stretches(shape: &[usize], element_size: usize) -> Result<StoredLayout> {
    let mut chunk = vec![1; shape.len()];
    let mut bytes = element_size.max(1);
    for axis in (0..shape.len()).rev() {
        chunk[axis] = shape[axis].min((STRETCH / bytes).max(1)).max(1);
        if chunk[axis] < shape[axis] {
            break;
        }
        bytes = bytes.saturating_mul(chunk[axis]);
    }
    Ok(StoredLayout { grid: ChunkGrid::regular(shape, &chunk)?, chunk_shape: chunk })
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
    // The product of the axes' ratios, since the products themselves may not fit into any number.
    let ratio: f64 =
        chunk.iter().zip(shape).map(|(chunk, len)| filled(*len, *chunk) as f64 / (*len).max(1) as f64).product();
    !shape.contains(&0) && ratio > 1.25
}

fn byte_size(chunk: &[usize], element_size: usize) -> Option<usize> {
    chunk.iter().try_fold(element_size, |bytes, len| bytes.checked_mul(*len))
}
