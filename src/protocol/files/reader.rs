//! Reading a file at any position.

use super::place::{Files, OpenedFile};
use super::{BLOCK, FileSummary};
use crate::error::{Error, ErrorKind, Result};
use crate::task::check_cancelled;
use std::io::{self, Read, Seek, SeekFrom};

/// The most consecutive blocks that are fetched together.
const MOST_BLOCKS: u64 = 8;

/// An open file of an external object, from [`ExternalFiles::open`](crate::persistent::ExternalFiles::open).
///
/// It reads and seeks. If the document has checksums, all bytes are verified before they are returned.
pub struct FileReader {
    files: Files,
    name: String,
    opened: OpenedFile,
    expected: Option<FileSummary>,
    len: u64,
    position: u64,
    /// Whole blocks, from this one on.
    buffer: Vec<u8>,
    first: u64,
    /// Blocks to fetch next, if they follow.
    ahead: u64,
}

impl FileReader {
    /// Opens a file, which has the expected content if that is known.
    pub(crate) fn open(files: Files, name: &str, expected: Option<FileSummary>) -> Result<Self> {
        let (opened, len) = files.open(name).map_err(|error| match (error.is_not_found(), &expected) {
            (true, Some(_)) => error.with_kind(ErrorKind::Gone).reworded(
                "a file of the external object no longer exists: its value was removed or replaced; load the value again",
            ),
            _ => error,
        })?;
        if let Some(expected) = &expected
            && expected.bytes != len
        {
            let text = format!("the file has {len} bytes, but {} were written: restore it from a copy", expected.bytes);
            return Err(Error::corrupt(text).at_location(files.describe(name)));
        }
        let name = name.to_owned();
        Ok(Self { files, name, opened, expected, len, position: 0, buffer: Vec::new(), first: 0, ahead: 1 })
    }

    /// Returns the length of the file in bytes. See [`persistent`](crate::persistent) for an example.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a file is not a collection")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Makes the block at the position the first one in the buffer, unless the buffer has it.
    fn fetch(&mut self) -> Result<()> {
        let block = self.position / BLOCK as u64;
        let buffered = (self.buffer.len() as u64).div_ceil(BLOCK as u64);
        if (self.first..self.first + buffered).contains(&block) {
            return Ok(());
        }
        check_cancelled()?;
        self.ahead = if buffered > 0 && block == self.first + buffered { (self.ahead * 2).min(MOST_BLOCKS) } else { 1 };
        let start = block * BLOCK as u64;
        let end = (start + self.ahead * BLOCK as u64).min(self.len);
        self.buffer.clear();
        if let Err(error) = self.read(start, (end - start) as usize) {
            // What was read so far is not checked.
            self.buffer.clear();
            return Err(error);
        }
        self.first = block;
        let checksums = self.expected.iter().flat_map(|expected| expected.checksums.iter().skip(block as usize));
        let wrong = self.buffer.chunks(BLOCK).zip(checksums).position(|(block, sum)| crc32c::crc32c(block) != *sum);
        if let Some(wrong) = wrong {
            self.buffer.clear();
            let at = start + (wrong * BLOCK) as u64;
            let text = format!(
                "the file is not what was written (the checksum of its bytes from {at} on differs): restore it from a copy"
            );
            return Err(Error::corrupt(text).at_location(self.files.describe(&self.name)));
        }
        Ok(())
    }

    /// Fills the buffer with `count` bytes, which the file is known to have.
    fn read(&mut self, start: u64, count: usize) -> Result<()> {
        match &self.opened {
            OpenedFile::File(file) => {
                self.buffer.resize(count, 0);
                file.read_exact_at(&mut self.buffer, start)
                    .map_err(|error| self.files.failed("read", &self.name, error))
            }
            #[cfg(feature = "object-store")]
            OpenedFile::Object { objects, key } => {
                let range = object_store::GetRange::Bounded(start..start + count as u64);
                let (bytes, _) = objects.get_range(key, range)?;
                self.buffer.extend_from_slice(&bytes);
                if self.buffer.len() == count {
                    return Ok(());
                }
                self.buffer.clear();
                let error = Error::corrupt("the object was truncated after it was opened: restore it from a copy");
                Err(error.at_location(self.files.describe(&self.name)))
            }
        }
    }
}

impl Read for FileReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.position >= self.len {
            return Ok(0);
        }
        self.fetch().map_err(io::Error::other)?;
        let from = (self.position - self.first * BLOCK as u64) as usize;
        let there = self.buffer.get(from..).unwrap_or_default();
        let count = out.len().min(there.len());
        out[..count].copy_from_slice(&there[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl std::fmt::Debug for FileReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileReader")
            .field("file", &self.files.describe(&self.name))
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
