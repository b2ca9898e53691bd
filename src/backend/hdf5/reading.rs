//! The reads of libhdf5 from an open file, which are bounded, watched, and served from the file's head where possible.

use super::fault::io_error;
use super::watch::{BlockKind, Collection, Source, TextFill, Watch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::lock::Mutex;
use crate::protocol::FileBytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What may be read to understand a file; each read counts as a page at least. The index of a million chunks takes some
/// 40 MB; a damaged file that leads in cycles ends here.
const MOST_METADATA: u64 = 1 << 30;
const PAGE: u64 = 4096;

/// So much is read at once when the file is opened. The headers of a file of arraystow are there, of which libhdf5 and
/// the watch read a dozen pieces.
const HEAD: usize = 4096;

pub(super) struct WatchedFile {
    bytes: Arc<FileBytes>,
    head: Vec<u8>,
    watch: Mutex<Watch>,
    /// Bytes that are read instead of those in the file, by position.
    replaced: Mutex<BTreeMap<u64, u8>>,
    allowance: AtomicU64,
}

impl WatchedFile {
    pub(super) fn new(bytes: Arc<FileBytes>, limits: &Limits) -> Result<Self> {
        let mut head = vec![0; HEAD];
        let filled = bytes.read_at(&mut head, 0).map_err(cannot_be_read)?;
        head.truncate(filled);
        let watch = Mutex::new(Watch::new(limits.most_chunks()));
        let replaced = Mutex::new(BTreeMap::new());
        Ok(Self { bytes, head, watch, replaced, allowance: AtomicU64::new(MOST_METADATA) })
    }

    /// Whether there is so much in the file, and so much allowance left.
    pub(super) fn may_read(&self, address: u64, size: usize, end_of_file: u64) -> bool {
        let size = size as u64;
        // Beyond the end there is nothing that a sound file would refer to.
        let inside = address.checked_add(size).is_some_and(|last| last <= end_of_file);
        let cost = size.max(PAGE);
        inside
            && self.allowance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost)).is_ok()
    }

    /// Reads a block for libhdf5, unless it is better not followed.
    pub(super) fn read(&self, block: &mut [u8], address: u64, kind: BlockKind, end_of_file: u64) -> Result<()> {
        self.fill(block, address)?;
        let mut watch = self.watch.lock();
        watch.see(&Watched { reading: self, end_of_file }, address, kind, block)?;
        // What is seen may be another from now on.
        self.replace(block, address);
        Ok(())
    }

    /// Bounds what may still be read, if it is not bounded more tightly.
    pub(super) fn allow(&self, bytes: u64) {
        self.allowance.fetch_min(bytes, Ordering::Relaxed);
    }

    /// Reads a collection of a global heap, which libhdf5 is not to read.
    pub(super) fn collection(&self, address: u64) -> Result<Option<Collection>> {
        let end_of_file = self.bytes.len().map_err(cannot_be_read)?;
        self.watch.lock().collection(&Watched { reading: self, end_of_file }, address)
    }

    /// Where addresses in global heaps count from; none if the file has addresses of another length than is read.
    pub(super) fn heap_base(&self) -> Option<u64> {
        self.watch.lock().heap_base()
    }

    /// The fill value of the dataset of strings whose header is there, if it has one.
    pub(super) fn text_fill(&self, header: u64) -> Option<TextFill> {
        self.watch.lock().text_fill(header)
    }

    fn replace(&self, buf: &mut [u8], address: u64) {
        let end = address.saturating_add(buf.len() as u64);
        for (position, byte) in self.replaced.lock().range(address..end) {
            buf[(position - address) as usize] = *byte;
        }
    }

    fn fill(&self, buf: &mut [u8], address: u64) -> Result<()> {
        let start = usize::try_from(address).ok();
        let in_head = start.and_then(|start| self.head.get(start..start.checked_add(buf.len())?));
        match in_head {
            Some(bytes) => buf.copy_from_slice(bytes),
            None => self.bytes.read_exact_at(buf, address).map_err(cannot_be_read)?,
        }
        self.replace(buf, address);
        Ok(())
    }
}

/// A file as the watch reads it: within the same bounds.
struct Watched<'a> {
    reading: &'a WatchedFile,
    end_of_file: u64,
}

impl Source for Watched<'_> {
    fn end(&self) -> u64 {
        self.end_of_file
    }

    fn read(&self, position: u64, len: usize) -> Result<Vec<u8>> {
        if !self.reading.may_read(position, len, self.end_of_file) {
            return Err(Error::corrupt(format!(
                "the file has more than {MOST_METADATA} bytes besides its elements; restore it from a copy"
            )));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| Error::limit("there is no memory for a part of the file"))?;
        bytes.resize(len, 0);
        self.reading.fill(&mut bytes, position)?;
        Ok(bytes)
    }

    fn replace(&self, position: u64, bytes: &[u8]) {
        self.reading.replaced.lock().extend((position..).zip(bytes.iter().copied()));
    }
}

fn cannot_be_read(error: std::io::Error) -> Error {
    io_error("the file cannot be read", error)
}
