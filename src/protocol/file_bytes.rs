//! Bytes at positions: what both libhdf5's driver and the data plane read and write.
//!
//! A local file is read and written by several threads at once; any other handle by one at a time. Panics of a user's
//! handle become I/O errors here, so nothing above has to expect them.

#[cfg(unix)]
use super::DiskFile;
use super::{Durability, FileHandle};
use crate::array::panic_text;
use std::any::Any;
use std::io::{self, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// An open file.
pub(crate) enum FileBytes {
    /// An ordinary local file.
    #[cfg(unix)]
    Local(DiskFile),
    /// Whatever else can be read, written and sought.
    Handle(Mutex<Cursor>),
}

/// A handle and where it stands; unknown after an error.
pub(crate) struct Cursor {
    handle: Box<dyn FileHandle>,
    position: Option<u64>,
}

impl FileBytes {
    pub(crate) fn new(handle: Box<dyn FileHandle>) -> Self {
        Self::Handle(Mutex::new(Cursor { handle, position: None }))
    }

    /// Fills `buf` from `offset` on, as far as the file reaches; tells how far.
    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read_some(&mut buf[filled..], offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                // A handle that claims more than there was room for must not lead out of the buffer.
                Ok(read) => filled = filled.saturating_add(read).min(buf.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Fills `buf` from `offset` on; `UnexpectedEof` if the file ends before.
    pub(crate) fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let filled = self.read_at(buf, offset)?;
        if filled == buf.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn read_some(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            #[cfg(unix)]
            Self::Local(file) => file.read_at(buf, offset),
            Self::Handle(cursor) => at(cursor, offset, |handle| {
                let read = handle.read(buf)?;
                Ok((read, read as u64))
            }),
        }
    }

    /// Writes all of `buf` at `offset`, beyond the end as well.
    pub(crate) fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Local(file) => file.write_all_at(buf, offset),
            Self::Handle(cursor) => at(cursor, offset, |handle| {
                handle.write_all(buf)?;
                Ok(((), buf.len() as u64))
            }),
        }
    }

    /// The length of the file.
    pub(crate) fn len(&self) -> io::Result<u64> {
        match self {
            #[cfg(unix)]
            Self::Local(file) => file.len(),
            Self::Handle(cursor) => with(cursor, |cursor| {
                let len = cursor.handle.seek(SeekFrom::End(0))?;
                cursor.position = Some(len);
                Ok(len)
            }),
        }
    }

    /// Makes the file `len` bytes long, which is longer than it is.
    #[cfg(feature = "hdf5")]
    pub(crate) fn lengthen(&self, len: u64) -> io::Result<()> {
        let lengthened = match self {
            #[cfg(unix)]
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

    /// Makes room for `len` bytes, so that a full disk is noticed before the first is written.
    #[cfg(feature = "hdf5")]
    pub(crate) fn reserve(&self, len: u64) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Local(file) => file.reserve(len),
            Self::Handle(_) => Ok(()),
        }
    }

    /// Lets the disk begin with what was just written, instead of leaving all of it to the sync at the end. A wish.
    #[cfg(feature = "hdf5")]
    pub(crate) fn write_back(&self, offset: u64, len: usize) {
        match self {
            #[cfg(unix)]
            Self::Local(file) => file.write_back(offset, len),
            Self::Handle(_) => {}
        }
    }

    /// Makes what was written durable, if it is to be.
    pub(crate) fn sync(&self, durability: Durability) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Local(file) => file.sync(durability),
            Self::Handle(_) if durability == Durability::NotSynced => Ok(()),
            Self::Handle(cursor) => with(cursor, |cursor| cursor.handle.sync()),
        }
    }
}

/// Uses the handle at a position; `use_it` tells how far it got on.
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
        // Where an error or a panic leaves the handle is not known.
        cursor.position = None;
        let (result, moved) = use_it(&mut *cursor.handle)?;
        cursor.position = offset.checked_add(moved);
        Ok(result)
    })
}

fn with<R>(cursor: &Mutex<Cursor>, use_it: impl FnOnce(&mut Cursor) -> io::Result<R>) -> io::Result<R> {
    let mut cursor = cursor.lock().unwrap_or_else(PoisonError::into_inner);
    catch_unwind(AssertUnwindSafe(|| use_it(&mut cursor))).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Calls the user's protocol; a panic becomes an error.
pub(crate) fn calling<R>(protocol: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    catch_unwind(AssertUnwindSafe(protocol)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> io::Error {
    io::Error::other(format!("the file protocol panicked: {}", panic_text(panic)))
}
