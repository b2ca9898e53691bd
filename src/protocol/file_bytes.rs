//! Bytes at positions. libhdf5's driver and the transfer of chunks read and write through this module.
//!
//! Several threads read and write a local file at once. Any other handle is used by one thread at a time. A panic of a
//! user's handle becomes an I/O error here, so callers need not handle panics.

use super::{DiskFile, Durability, FileHandle, FileProtocol};
use crate::error::panic_text;
use crate::lock::Mutex;
use std::any::Any;
use std::io::{self, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// An open file.
pub(crate) enum FileBytes {
    /// An ordinary local file.
    Local(DiskFile),
    /// Any other file.
    Handle(Mutex<Cursor>),
}

/// A handle and its position, which is unknown after an error.
pub(crate) struct Cursor {
    handle: Box<dyn FileHandle>,
    position: Option<u64>,
}

impl FileBytes {
    pub(crate) fn new(handle: Box<dyn FileHandle>) -> Self {
        Self::Handle(Mutex::new(Cursor { handle, position: None }))
    }

    /// Fills `buf` from `offset` on, as far as the file reaches, and returns the number of bytes.
    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read_some(&mut buf[filled..], offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                // A handle may claim to have read more than fits into the buffer.
                Ok(read) => filled = filled.saturating_add(read).min(buf.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Fills `buf` from `offset` on. Fails with `UnexpectedEof` if the file is too short.
    pub(crate) fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let filled = self.read_at(buf, offset)?;
        if filled == buf.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn read_some(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::Local(file) => file.read_at(buf, offset),
            Self::Handle(cursor) => at(cursor, offset, |handle| {
                let read = handle.read(buf)?;
                Ok((read, read as u64))
            }),
        }
    }

    /// Writes all of `buf` at `offset`, which may be past the end.
    pub(crate) fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        match self {
            Self::Local(file) => file.write_all_at(buf, offset),
            Self::Handle(cursor) => at(cursor, offset, |handle| {
                handle.write_all(buf)?;
                Ok(((), buf.len() as u64))
            }),
        }
    }

    /// Returns the length of the file.
    pub(crate) fn len(&self) -> io::Result<u64> {
        match self {
            Self::Local(file) => file.len(),
            Self::Handle(cursor) => with(cursor, |cursor| {
                let len = cursor.handle.seek(SeekFrom::End(0))?;
                cursor.position = Some(len);
                Ok(len)
            }),
        }
    }

    /// Lengthens the file to `len` bytes.
    #[cfg(feature = "hdf5")]
    pub(crate) fn lengthen(&self, len: u64) -> io::Result<()> {
        let lengthened = match self {
            Self::Local(file) => file.lengthen(len),
            Self::Handle(cursor) => with(cursor, |cursor| {
                cursor.position = None;
                cursor.handle.set_len(len)
            }),
        };
        match lengthened {
            Err(error) if error.kind() == io::ErrorKind::Unsupported && len > 0 => self.write_all_at(&[0], len - 1),
            lengthened => lengthened,
        }
    }

    /// Reserves room for `len` bytes, so that a full disk is noticed before the first byte is written.
    #[cfg(feature = "hdf5")]
    pub(crate) fn reserve(&self, len: u64) -> io::Result<()> {
        match self {
            Self::Local(file) => file.reserve(len),
            Self::Handle(_) => Ok(()),
        }
    }

    /// Asks the system to begin writing these bytes to the disk now, instead of all of them in the sync at the end.
    /// Failing is not an error.
    #[cfg(feature = "hdf5")]
    pub(crate) fn write_back(&self, offset: u64, len: usize) {
        match self {
            Self::Local(file) => file.write_back(offset, len),
            Self::Handle(_) => {}
        }
    }

    /// Makes what was written durable, unless `durability` is `NotSynced`.
    pub(crate) fn sync(&self, durability: Durability) -> io::Result<()> {
        match self {
            Self::Local(file) => file.sync(durability),
            // What a handle keeps back would be lost when it is dropped, without an error.
            Self::Handle(cursor) if durability == Durability::NotSynced => with(cursor, |cursor| cursor.handle.flush()),
            Self::Handle(cursor) => with(cursor, |cursor| cursor.handle.sync()),
        }
    }

    /// The same for a local file that was given this name after it was made.
    pub(crate) fn sync_as(&self, path: &Path, durability: Durability) -> io::Result<()> {
        match self {
            Self::Local(file) => file.sync_as(path, durability),
            Self::Handle(_) => self.sync(durability),
        }
    }
}

/// Uses the handle at a position. `use_it` also returns the number of bytes that it has moved on.
fn at<R>(
    cursor: &Mutex<Cursor>,
    offset: u64,
    use_it: impl FnOnce(&mut dyn FileHandle) -> io::Result<(R, u64)>,
) -> io::Result<R> {
    with(cursor, |cursor| {
        if cursor.position != Some(offset) {
            cursor.position = None;
            cursor.handle.seek(SeekFrom::Start(offset))?;
        }
        // The position after an error or a panic is unknown.
        cursor.position = None;
        let (result, moved) = use_it(&mut *cursor.handle)?;
        cursor.position = offset.checked_add(moved);
        Ok(result)
    })
}

fn with<R>(cursor: &Mutex<Cursor>, use_it: impl FnOnce(&mut Cursor) -> io::Result<R>) -> io::Result<R> {
    let mut cursor = cursor.lock();
    catch_unwind(AssertUnwindSafe(|| use_it(&mut cursor))).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Calls the user's protocol. A panic becomes an error.
pub(crate) fn calling<R>(protocol: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    catch_unwind(AssertUnwindSafe(protocol)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// The path of a file of the user's protocol, if it is a local one.
pub(crate) fn local_path(protocol: &dyn FileProtocol, name: &str) -> Option<PathBuf> {
    calling(|| Ok(protocol.local_path(name))).ok().flatten()
}

/// The local folder of all files of the user's protocol, if there is one.
pub(crate) fn local_folder(protocol: &dyn FileProtocol) -> Option<PathBuf> {
    // A protocol has paths for all names or for none.
    local_path(protocol, "array")?.parent().map(Path::to_owned)
}

fn panicked(panic: &(dyn Any + Send)) -> io::Error {
    io::Error::other(format!("the file protocol panicked: {}", panic_text(panic)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor as Bytes, Read, Seek, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A file whose buffer is full only when it is flushed.
    struct Buffered(Bytes<Vec<u8>>, Arc<AtomicUsize>);

    impl Read for Buffered {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.read(out)
        }
    }

    impl Write for Buffered {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    impl Seek for Buffered {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    impl FileHandle for Buffered {}

    #[test]
    fn a_handle_is_flushed_whatever_the_durability() {
        for durability in [Durability::Synced, Durability::NotSynced] {
            let flushes = Arc::new(AtomicUsize::new(0));
            let file = FileBytes::new(Box::new(Buffered(Bytes::new(Vec::new()), flushes.clone())));
            file.write_all_at(b"array", 0).unwrap();
            assert_eq!(file.sync(durability).unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert_eq!(flushes.load(Ordering::Relaxed), 1, "{durability}");
        }
    }
}
