//! An object as a file, for a look at parts of it.

use super::Objects;
use crate::error::Result;
use bytes::Bytes;
use object_store::GetRange;
use std::io::{self, Read, Seek, SeekFrom};

/// What is read with one request.
const PIECE: u64 = 1 << 18;

/// Reads an object piece by piece.
pub(crate) struct ObjectReader {
    objects: Objects,
    key: String,
    at: u64,
    len: u64,
    /// The piece that was read last, and where it begins.
    piece: (u64, Bytes),
}

impl Objects {
    /// Opens an object.
    pub(crate) fn reader(&self, key: &str) -> Result<ObjectReader> {
        let (piece, len) = match self.get_range(key, GetRange::Bounded(0..PIECE)) {
            // An empty object has no range.
            Err(error) if self.len(key)? > 0 => return Err(error),
            Err(_) => (Bytes::new(), 0),
            Ok(begun) => begun,
        };
        Ok(ObjectReader { objects: self.clone(), key: key.to_owned(), at: 0, len, piece: (0, piece) })
    }
}

impl ObjectReader {
    /// What there is of the piece from here on.
    fn rest(&self) -> Option<&[u8]> {
        let (begin, piece) = &self.piece;
        let within = usize::try_from(self.at.checked_sub(*begin)?).ok()?;
        piece.get(within..).filter(|rest| !rest.is_empty())
    }
}

impl Read for ObjectReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.len {
            return Ok(0);
        }
        if self.rest().is_none() {
            let range = GetRange::Bounded(self.at..self.at.saturating_add(PIECE).min(self.len));
            self.piece = (self.at, self.objects.get_range(&self.key, range).map_err(io::Error::other)?.0);
        }
        let read = self.rest().unwrap_or_default().read(into)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for ObjectReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
