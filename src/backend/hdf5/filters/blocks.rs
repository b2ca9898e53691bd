//! Filters that divide a chunk into blocks and store each with its length: LZ4, and bitshuffle with a compression.
//!
//! Before the blocks stand the length of the chunk and that of a block. All numbers are big-endian.

/// What is left of the stored bytes.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn number<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    /// The length of the chunk, and that of a block.
    pub(super) fn lengths(&mut self) -> Option<(usize, usize)> {
        let (whole, block) = (u64::from_be_bytes(self.number()?), u32::from_be_bytes(self.number()?));
        Some((usize::try_from(whole).ok()?, usize::try_from(block).ok()?))
    }

    /// The bytes of a block, behind their length.
    pub(super) fn block(&mut self) -> Option<&'a [u8]> {
        let len = u32::from_be_bytes(self.number()?);
        self.take(usize::try_from(len).ok()?)
    }
}

/// Decodes LZ4, and returns the number of decoded bytes. None if the input is damaged or there is no room.
pub(super) fn unlz4(input: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut input = Input(input);
    let (whole, block) = input.lengths()?;
    let out = out.get_mut(..whole)?;
    if block == 0 {
        return (whole == 0).then_some(0);
    }
    for room in out.chunks_mut(block) {
        let stored = input.block()?;
        // A block that did not shrink is stored as it is.
        if stored.len() == room.len() {
            room.copy_from_slice(stored);
        } else if lz4_flex::block::decompress_into(stored, room).ok()? != room.len() {
            return None;
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_did_not_shrink_and_a_short_last_one() {
        // 10 bytes in blocks of 4: raw, raw, and two bytes as an LZ4 block of literals.
        let stored =
            [&[0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 4][..], b"\0\0\0\x04abcd", b"\0\0\0\x04efgh", b"\0\0\0\x03\x20ij"];
        let stored = stored.concat();
        let mut out = [0; 12];
        assert_eq!(unlz4(&stored, &mut out), Some(10));
        assert_eq!(&out[..10], b"abcdefghij");
        assert_eq!(unlz4(&stored, &mut [0; 9]), None, "there is no room");
        for cut in 0..stored.len() {
            assert_eq!(unlz4(&stored[..cut], &mut out), None);
        }
    }
}
