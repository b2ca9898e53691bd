//! An in-memory file system that counts what is read and fails on demand.

use arraystow::{FileHandle, FileProtocol, OpenMode};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

type Contents = Arc<Mutex<Vec<u8>>>;

/// Files in memory. A clone is another handle on the same files.
#[derive(Clone)]
pub struct MemoryFiles {
    pub files: Arc<Mutex<BTreeMap<String, Contents>>>,
    pub opened: Arc<AtomicUsize>,
    pub bytes_read: Arc<AtomicUsize>,
    /// Reads that still succeed.
    pub reads_left: Arc<AtomicI64>,
    /// Writes that still succeed.
    pub writes_left: Arc<AtomicI64>,
    /// Whether a failing write panics instead.
    pub panics: Arc<AtomicBool>,
    /// Whether nothing can be removed.
    pub keeps_all: Arc<AtomicBool>,
}

impl Default for MemoryFiles {
    fn default() -> Self {
        Self {
            files: Arc::default(),
            opened: Arc::default(),
            bytes_read: Arc::default(),
            reads_left: Arc::new(AtomicI64::new(i64::MAX)),
            writes_left: Arc::new(AtomicI64::new(i64::MAX)),
            panics: Arc::default(),
            keeps_all: Arc::default(),
        }
    }
}

impl MemoryFiles {
    pub fn names(&self) -> Vec<String> {
        self.files.lock().unwrap().keys().cloned().collect()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        self.files.lock().unwrap()[name].lock().unwrap().clone()
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        self.files.lock().unwrap().insert(name.to_owned(), Arc::new(Mutex::new(bytes.to_vec())));
    }

    pub fn forget_counts(&self) {
        self.opened.store(0, Ordering::SeqCst);
        self.bytes_read.store(0, Ordering::SeqCst);
    }
}

impl FileProtocol for MemoryFiles {
    fn open(&self, name: &str, mode: OpenMode) -> io::Result<Box<dyn FileHandle>> {
        let mut files = self.files.lock().unwrap();
        let contents = match (files.get(name), mode) {
            (Some(_), OpenMode::Create) => return Err(io::ErrorKind::AlreadyExists.into()),
            (None, OpenMode::Create) => files.entry(name.to_owned()).or_default().clone(),
            (Some(contents), _) => contents.clone(),
            (None, _) => return Err(io::ErrorKind::NotFound.into()),
        };
        self.opened.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(MemoryFile { contents, position: 0, writable: mode != OpenMode::Read, files: self.clone() }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        if self.keeps_all.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "nothing can be removed"));
        }
        self.files.lock().unwrap().remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn describe(&self, name: &str) -> String {
        format!("memory:{name}")
    }
}

struct MemoryFile {
    contents: Contents,
    position: u64,
    writable: bool,
    files: MemoryFiles,
}

impl Read for MemoryFile {
    /// Short reads, as a network gives them.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.files.reads_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(io::Error::new(io::ErrorKind::HostUnreachable, "the cable is out"));
        }
        let contents = self.contents.lock().unwrap();
        let start = usize::try_from(self.position).unwrap().min(contents.len());
        let count = out.len().min(contents.len() - start).min(5000);
        out[..count].copy_from_slice(&contents[start..start + count]);
        self.position += count as u64;
        self.files.bytes_read.fetch_add(count, Ordering::SeqCst);
        Ok(count)
    }
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(self.writable, "a file opened to be read was written");
        if self.files.writes_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            assert!(!self.files.panics.load(Ordering::SeqCst), "the file system panics");
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no room left"));
        }
        let count = bytes.len().min(70_000);
        let mut contents = self.contents.lock().unwrap();
        let (start, end) = (self.position as usize, self.position as usize + count);
        if contents.len() < end {
            contents.resize(end, 0);
        }
        contents[start..end].copy_from_slice(&bytes[..count]);
        self.position = end as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for MemoryFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let len = self.contents.lock().unwrap().len() as i64;
        let position = match to {
            SeekFrom::Start(position) => position as i64,
            SeekFrom::End(offset) => len + offset,
            SeekFrom::Current(offset) => self.position as i64 + offset,
        };
        self.position = u64::try_from(position).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl FileHandle for MemoryFile {}
