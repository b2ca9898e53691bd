//! A file that is watched: the places of its parts, and how they are read.

use crate::error::{Error, Result};

/// The file that is watched.
pub(in super::super) trait Source {
    /// The end of the file.
    fn end(&self) -> u64;

    /// Reads bytes that are in the file.
    fn read(&self, position: u64, len: usize) -> Result<Vec<u8>>;

    /// From now on these bytes are read there instead of those in the file.
    fn replace(&self, position: u64, bytes: &[u8]);
}

/// How numbers are stored in the file.
#[derive(Clone, Copy)]
pub(super) struct Format {
    /// Where the file's address 0 is.
    pub(super) base: u64,
    /// Bytes of an address.
    pub(super) address: usize,
    /// Bytes of a length.
    pub(super) length: usize,
}

/// A file and the way to read it.
pub(super) struct View<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) format: Format,
}

impl View<'_> {
    pub(super) fn len(&self) -> u64 {
        self.source.end().saturating_sub(self.format.base)
    }

    /// The bytes there; none if the file ends before.
    pub(super) fn read(&self, address: u64, len: u64) -> Result<Option<Vec<u8>>> {
        match (address.checked_add(len), usize::try_from(len)) {
            (Some(end), Ok(len)) if end <= self.len() => self.source.read(self.format.base + address, len).map(Some),
            _ => Ok(None),
        }
    }

    /// The bytes there, as many as there are.
    pub(super) fn read_some(&self, address: u64, most: u64) -> Result<Vec<u8>> {
        let len = self.len().saturating_sub(address).min(most);
        self.read(address, len).map(Option::unwrap_or_default)
    }

    /// An address of which all bits are set leads nowhere.
    pub(super) fn is_nowhere(&self, address: u64) -> bool {
        address == u64::MAX >> (64 - 8 * self.format.address)
    }
}

pub(super) fn damaged(what: impl AsRef<str>) -> Error {
    Error::corrupt(format!("the file is damaged: {}; restore it from a copy", what.as_ref()))
}
