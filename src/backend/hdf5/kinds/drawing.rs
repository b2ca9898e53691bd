//! A file in memory that libhdf5 has made, and the block of it that has the description.

use super::super::lookup3::lookup3;
use crate::backend::hdf5::create::{Created, Plan, create};
use crate::backend::hdf5::fault::io_error;
use crate::error::{Error, Result};
use crate::protocol::{FileBytes, FileHandle};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// The file of an array, whose elements and checksums are zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::backend::hdf5) struct Drawing {
    pub(in crate::backend::hdf5) file: Vec<u8>,
    pub(in crate::backend::hdf5) first_chunk: Option<u64>,
    pub(in crate::backend::hdf5) checksums: Option<u64>,
}

/// Has libhdf5 make the file of an array in memory.
pub(super) fn draw(plan: &Plan<'_>) -> Result<Drawing> {
    let bytes = Arc::new(FileBytes::new(Box::new(InMemory(Cursor::new(Vec::new())))));
    let Created { array, first_chunk, checksums } = create(bytes.clone(), plan)?;
    array.close()?;
    let failed = |error| io_error("the file cannot be made in memory", error);
    let len = usize::try_from(bytes.len().map_err(failed)?);
    let mut file = vec![0; len.map_err(|_| Error::limit("the file of a small array is too large"))?];
    bytes.read_exact_at(&mut file, 0).map_err(failed)?;
    Ok(Drawing { file, first_chunk, checksums })
}

/// A block of metadata: its bytes, and behind them their checksum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    start: usize,
    description: usize,
    checksum: usize,
}

/// The bytes with which blocks begin that can have an attribute: the header of an object, and its continuation.
const BEGINNINGS: [&[u8]; 2] = [b"OHDR", b"OCHK"];
/// How far the checksum is behind the description, at most.
const FARTHEST: usize = 4096;
const CHECKSUM: usize = size_of::<u32>();

impl Block {
    /// The block that has the description. It ends where there is a checksum of all that is before.
    pub(super) fn find(drawing: &Drawing, description: &str) -> Option<Self> {
        let file = &drawing.file;
        let description_at = only(file, description.as_bytes())?;
        let before = &file[..description_at];
        let start =
            (0..before.len()).rev().find(|at| BEGINNINGS.iter().any(|begin| before[*at..].starts_with(begin)))?;
        let end = description_at + description.len();
        let last = file.len().checked_sub(CHECKSUM)?.min(end + FARTHEST);
        let checksum = (end..=last).find(|at| file[*at..*at + CHECKSUM] == lookup3(&file[start..*at]).to_le_bytes())?;
        Some(Self { start, description: description_at, checksum })
    }

    /// The same file with another description of the same length.
    pub(super) fn exchange(&self, drawing: &Drawing, description: &str) -> Option<Drawing> {
        let mut copy = drawing.clone();
        let file = &mut copy.file;
        file.get_mut(self.description..self.description + description.len())?.copy_from_slice(description.as_bytes());
        let checksum = lookup3(file.get(self.start..self.checksum)?);
        file.get_mut(self.checksum..self.checksum + CHECKSUM)?.copy_from_slice(&checksum.to_le_bytes());
        Some(copy)
    }
}

/// Where these bytes are, if they are there once.
fn only(file: &[u8], bytes: &[u8]) -> Option<usize> {
    let mut found = file.windows(bytes.len().max(1)).enumerate().filter(|(_, window)| *window == bytes);
    let (at, _) = found.next()?;
    found.next().is_none().then_some(at)
}

struct InMemory(Cursor<Vec<u8>>);

impl Read for InMemory {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for InMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for InMemory {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl FileHandle for InMemory {
    fn set_len(&mut self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.0.get_mut().resize(len, 0);
        Ok(())
    }
}
