//! How the elements of a dataset lie in the file, and how they become those of memory.
//!
//! An element of memory is one number, or the two of a complex one, little-endian and without gaps. In a file they may be
//! big-endian, in another order, with gaps between them, or shorter.

use crate::array::DataType;
use crate::error::{Error, Result};

/// The order of the bytes of a number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// A stored element is at most so many times as long as one of memory, whatever gaps it has: so are the chunks on their way.
const LONGEST: usize = 8;

/// How the elements of a dataset are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredElements {
    pub(super) data_type: DataType,
    /// Bytes of a stored element.
    pub(super) size: usize,
    /// Where in an element its numbers begin: one, or the real and the imaginary part.
    offsets: Vec<usize>,
    /// Bytes of a stored number.
    width: usize,
    order: ByteOrder,
}

impl StoredElements {
    /// Elements of one number; the number may have fewer bytes than the data type, whose lowest are then zero, or more.
    pub(super) fn real(data_type: DataType, size: usize, order: ByteOrder) -> Self {
        Self { data_type, size, offsets: vec![0], width: size, order }
    }

    /// Complex elements of `size` bytes whose parts are such numbers and begin at these offsets; none if there is no such
    /// data type, the parts are not in the element, or it is mostly gaps.
    pub(super) fn complex(part: &Self, size: usize, offsets: [usize; 2]) -> Option<Self> {
        let data_type = match part.data_type {
            DataType::Float32 => DataType::Complex64,
            DataType::Float64 => DataType::Complex128,
            _ => return None,
        };
        let short = size <= LONGEST * data_type.size();
        let fit = short && offsets.iter().all(|offset| offset.checked_add(part.width).is_some_and(|end| end <= size));
        fit.then(|| Self { data_type, size, offsets: offsets.into(), width: part.width, order: part.order })
    }

    /// Bytes of a number in memory.
    fn memory_width(&self) -> usize {
        self.data_type.size() / self.offsets.len()
    }

    /// Whether memory has the same bytes.
    pub(super) fn are_plain(&self) -> bool {
        self.lie_as_in_memory() && (self.order == ByteOrder::Little || self.width == 1)
    }

    /// Whether memory has the same numbers in the same places, whatever the order of their bytes.
    pub(super) fn lie_as_in_memory(&self) -> bool {
        self.size == self.data_type.size()
            && self.width == self.memory_width()
            && self.offsets.iter().enumerate().all(|(index, offset)| *offset == index * self.width)
    }

    /// Turns the bytes of every number around, if they are big-endian and [lie as in memory](Self::lie_as_in_memory).
    pub(super) fn decode_in_place(&self, elements: &mut [u8]) {
        if !self.are_plain() {
            elements.chunks_exact_mut(self.width.max(1)).for_each(<[u8]>::reverse);
        }
    }

    /// Makes elements of memory of stored ones.
    pub(super) fn decode(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let memory_width = self.memory_width();
        let elements = stored.chunks_exact(self.size.max(1)).zip(out.chunks_exact_mut(self.data_type.size()));
        for (from, to) in elements {
            for (offset, to) in self.offsets.iter().zip(to.chunks_exact_mut(memory_width)) {
                let from = from.get(*offset..offset + self.width).ok_or_else(|| Error::corrupt("it is cut off"))?;
                self.decode_number(from, to)?;
            }
        }
        Ok(())
    }

    fn decode_number(&self, from: &[u8], to: &mut [u8]) -> Result<()> {
        // Only a `bool` may be wider in the file, and has its value in the lowest byte.
        let surplus = from.len().saturating_sub(to.len());
        // Only binary32 numbers may be cut (bfloat16), and lack their lowest bytes.
        let (missing, to) = to.split_at_mut(to.len().saturating_sub(from.len()));
        missing.fill(0);
        let cut = match self.order {
            ByteOrder::Little => {
                let (value, cut) = from.split_at(from.len() - surplus);
                to.copy_from_slice(value);
                cut
            }
            ByteOrder::Big => {
                let (cut, value) = from.split_at(surplus);
                to.copy_from_slice(value);
                to.reverse();
                cut
            }
        };
        if cut.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Error::corrupt("a bool is neither 0 nor 1")) }
    }
}
