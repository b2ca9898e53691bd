//! Reads a dataset without chunks in stretches, as if these were its chunks.

use crate::array::{ChunkGrid, StoredLayout};
use crate::error::Result;

/// How long the stretches are in which a dataset without chunks is read.
const STRETCH: usize = 1 << 20;

/// How a dataset without chunks is presented: in stretches that are in one piece each.
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
    Ok(StoredLayout { grid: ChunkGrid::regular(shape, &chunk)?, chunk_shape: chunk, parts: None })
}
