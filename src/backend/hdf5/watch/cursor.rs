//! Reads numbers of a block, one after another.

pub(super) struct Cursor<'a> {
    block: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(block: &'a [u8], at: usize) -> Self {
        Self { block, at }
    }

    /// How far it has come.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How much there is behind.
    pub(super) fn left(&self) -> usize {
        self.block.len().saturating_sub(self.at)
    }

    pub(super) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let bytes = self.block.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    pub(super) fn skip(&mut self, len: usize) -> Option<()> {
        self.bytes(len).map(drop)
    }

    /// A little-endian number of that many bytes, at most 8.
    pub(super) fn number(&mut self, width: usize) -> Option<u64> {
        self.bytes(width).map(|bytes| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(super) fn size(&mut self, width: usize) -> Option<usize> {
        self.number(width).and_then(|number| usize::try_from(number).ok())
    }

    /// Text up to a zero, which is passed over; gives its length.
    pub(super) fn text(&mut self) -> Option<usize> {
        let len = self.block.get(self.at..)?.iter().position(|byte| *byte == 0)?;
        self.at += len + 1;
        Some(len)
    }
}
