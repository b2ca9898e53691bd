//! bitshuffle: within each block of elements first the lowest bits of their first bytes, then the next bits, and so on.

use super::blocks::Input;

/// How the blocks are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Lz4,
    Zstd,
}

/// The parameters of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bitshuffle {
    /// Bytes of an element.
    size: usize,
    /// Elements of a block, if it was chosen.
    block: usize,
    pub(super) packing: Packing,
}

/// Elements in a block are a multiple of it; what is left of a chunk is stored as it is.
const MULTIPLE: usize = 8;
/// Bytes of a block, and the least elements, that bitshuffle chooses.
const USUAL_BYTES: usize = 8192;
const LEAST_ELEMENTS: usize = 128;
/// Bytes of the largest block that is read. There is room for one beside the chunk.
const LARGEST_BLOCK: usize = 16 << 20;

impl Bitshuffle {
    /// The parameters as a file has them: two of the version, the size of an element, that of a block, the compression.
    /// None if they are not known.
    pub(super) fn new(values: &[u32]) -> Option<Self> {
        let value = |index: usize| values.get(index).and_then(|value| usize::try_from(*value).ok());
        let packing = match value(4).unwrap_or(0) {
            0 => Packing::None,
            2 => Packing::Lz4,
            3 => Packing::Zstd,
            _ => return None,
        };
        let block = value(3).unwrap_or(0);
        let size = value(2).filter(|size| *size > 0 && block.is_multiple_of(MULTIPLE))?;
        Some(Self { size, block, packing })
    }

    /// Decodes it, and returns the number of decoded bytes. None if the input is damaged or there is no room.
    pub(super) fn undo(
        self,
        input: &[u8],
        out: &mut [u8],
        unpack: impl Fn(&[u8], &mut [u8]) -> Option<usize>,
    ) -> Option<usize> {
        let mut input = Input(input);
        let multiple = self.size.checked_mul(MULTIPLE)?;
        if self.packing == Packing::None {
            let usual = (USUAL_BYTES / self.size / MULTIPLE * MULTIPLE).max(LEAST_ELEMENTS);
            let block = (if self.block > 0 { self.block } else { usual }).checked_mul(self.size)?;
            let out = out.get_mut(..input.0.len())?;
            let (whole, rest) = out.split_at_mut(out.len() / multiple * multiple);
            for room in whole.chunks_mut(block) {
                unshuffle(self.size, input.take(room.len())?, room);
            }
            rest.copy_from_slice(input.0);
            return Some(out.len());
        }
        let (len, block) = input.lengths()?;
        let out = out.get_mut(..len)?;
        let (whole, rest) = out.split_at_mut(out.len() / multiple * multiple);
        if (!block.is_multiple_of(multiple) || block == 0 || block > LARGEST_BLOCK) && !whole.is_empty() {
            return None;
        }
        let mut bits = bytemuck::allocation::try_zeroed_vec(block.min(whole.len())).ok()?;
        for room in whole.chunks_mut(block.max(1)) {
            let bits = bits.get_mut(..room.len())?;
            if unpack(input.block()?, bits)? != bits.len() {
                return None;
            }
            unshuffle(self.size, bits, room);
        }
        rest.copy_from_slice(input.take(rest.len())?);
        Some(len)
    }
}

/// Puts the bits of as many elements back as there are, a multiple of 8.
fn unshuffle(size: usize, bits: &[u8], out: &mut [u8]) {
    // A row has one bit of all elements.
    let row = out.len() / size / MULTIPLE;
    for byte in 0..size {
        let rows = &bits[byte * MULTIPLE * row..(byte + 1) * MULTIPLE * row];
        for group in 0..row {
            let mut square = [0; 8];
            for (bit, to) in square.iter_mut().enumerate() {
                *to = rows[bit * row + group];
            }
            let square = transposed(u64::from_le_bytes(square)).to_le_bytes();
            for (element, value) in square.iter().enumerate() {
                out[(group * MULTIPLE + element) * size + byte] = *value;
            }
        }
    }
}

/// A square of 8 by 8 bits with rows and columns exchanged: in halves, quarters and eighths.
fn transposed(mut square: u64) -> u64 {
    for (distance, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
        let exchanged = (square ^ (square >> distance)) & mask;
        square ^= exchanged ^ (exchanged << distance);
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_of_bits_is_transposed() {
        for bit in 0..64 {
            let (row, column) = (bit / 8, bit % 8);
            assert_eq!(transposed(1 << bit), 1 << (column * 8 + row), "{bit}");
        }
    }

    #[test]
    fn parameters_that_are_not_known_are_refused() {
        assert!(Bitshuffle::new(&[0, 5, 4, 0, 2]).is_some());
        assert!(Bitshuffle::new(&[0, 5, 4]).is_some());
        for values in [&[0, 5][..], &[0, 5, 0, 0, 2], &[0, 5, 4, 7, 2], &[0, 5, 4, 0, 9]] {
            assert_eq!(Bitshuffle::new(values), None, "{values:?}");
        }
    }
}
