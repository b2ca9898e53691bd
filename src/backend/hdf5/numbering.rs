//! Which chunk libhdf5 means when it shows the entries of a chunk index one after another.
//!
//! `H5Dchunk_iter` (and `H5Dget_chunk_info_by_coord`, which looks through the same entries) is right about a single
//! chunk, the implicit index, the fixed array and both B-trees. Of an extensible array it is wrong wherever the
//! unlimited axis is not the first, from HDF5 1.10 to 2.2: the array is numbered with that axis as the slowest, but the
//! coordinates are counted up as if the axes stood in their own order, in which the unlimited axis never ends and those
//! before it never move. Nothing is lost by that: the number of an entry follows from its wrong coordinates, and the
//! right ones follow from its number.

use super::inspect::IndexKind;
use crate::error::{Error, Result};

/// How the entries of an index are numbered.
pub(super) enum Numbering {
    /// The coordinates are right as they are shown.
    AsShown,
    /// The coordinates are those of an extensible array whose unlimited axis is this one, not the first. Of the other
    /// axes it is said how many chunks they may have.
    Swizzled { endless: usize, most: Vec<u64> },
}

impl Numbering {
    /// Of an index of that kind, whose axes may have so many chunks, or any number.
    pub(super) fn new(kind: IndexKind, most: Vec<Option<u64>>) -> Self {
        match most.iter().position(Option::is_none) {
            Some(endless) if kind == IndexKind::ExtensibleArray && endless > 0 => {
                Self::Swizzled { endless, most: most.into_iter().map(|most| most.unwrap_or(u64::MAX)).collect() }
            }
            _ => Self::AsShown,
        }
    }

    /// Puts the coordinates, in chunks, of the chunk that is shown as beginning at this element into `coordinates`.
    pub(super) fn find(&self, start: &[u64], chunk_shape: &[usize], coordinates: &mut Vec<u64>) -> Result<()> {
        coordinates.clear();
        for (start, chunk) in start.iter().zip(chunk_shape) {
            let chunk = *chunk as u64;
            if start % chunk != 0 {
                return Err(Error::corrupt(format!("the chunk index has a chunk at {start}, where the grid has none")));
            }
            coordinates.push(start / chunk);
        }
        match self {
            Self::AsShown => Ok(()),
            Self::Swizzled { endless, most } => put_right(coordinates, *endless, most)
                .ok_or_else(|| Error::corrupt("the chunk index has a chunk whose number cannot be counted")),
        }
    }
}

/// Puts the coordinates of an entry in the place of those that are shown; none if its number is too large.
fn put_right(coordinates: &mut [u64], endless: usize, most: &[u64]) -> Option<()> {
    // As they are shown, in C order, no axis before the one without end ever moves.
    let mut number: u64 = 0;
    for (axis, at) in coordinates.iter().enumerate().skip(endless) {
        let len = if axis == endless { 1 } else { *most.get(axis)? };
        number = number.checked_mul(len)?.checked_add(*at)?;
    }
    // With that axis as the slowest, the others are what remains of the number, in C order.
    for (axis, at) in coordinates.iter_mut().enumerate().rev().filter(|(axis, _)| *axis != endless) {
        let len = *most.get(axis)?;
        *at = number.checked_rem(len)?;
        number /= len;
    }
    *coordinates.get_mut(endless)? = number;
    Some(())
}
