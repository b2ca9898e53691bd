//! The calls of Unix that this crate needs. Another operating system needs another module like this one.

use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
#[cfg(feature = "zarr")]
use std::path::Path;
use std::time::{Duration, SystemTime};

pub(super) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buf, offset)
}

#[cfg(feature = "zarr")]
pub(super) fn read_exact_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(buf, offset)
}

pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// Identifies a file or folder among all that exist at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    number: u64,
}

impl FileIdentity {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), number: metadata.ino() }
    }
}

/// What the file system says of a version of a file: its number, its length and the times of its last changes, as
/// bytes. And the later of these times.
pub(crate) fn stamp(metadata: &Metadata) -> (Vec<u8>, SystemTime) {
    let times = [(metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec())];
    let numbers = [metadata.ino().cast_signed(), metadata.len().cast_signed()];
    let numbers = numbers.into_iter().chain(times.into_iter().flat_map(|(seconds, rest)| [seconds, rest]));
    let at = |(seconds, rest): (i64, i64)| {
        let since = Duration::new(seconds.try_into().unwrap_or(0), rest.try_into().unwrap_or(0));
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let changed = times.into_iter().map(at).max().unwrap_or(SystemTime::UNIX_EPOCH);
    (numbers.flat_map(i64::to_le_bytes).collect(), changed)
}

/// Options that do not follow a link, which could lead anywhere, and do not wait for a pipe.
pub(super) fn without_links() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    options
}

/// Returns whether opening with these options failed because of a link.
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(super) fn write_back(file: &File, offset: u64, len: usize) {
    if let Some(len) = std::num::NonZeroU64::new(len as u64) {
        let _ = rustix::fs::fadvise(file, offset, Some(len), rustix::fs::Advice::DontNeed);
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(super) fn write_back(_: &File, _: u64, _: usize) {}

/// The attribute of a file with the id of its writer.
#[cfg(all(feature = "zarr", any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
const WRITER: &str = "user.arraystow.attempt";

#[cfg(all(feature = "zarr", any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn note(file: &File, writer: &str) {
    let _ = rustix::fs::fsetxattr(file, WRITER, writer.as_bytes(), rustix::fs::XattrFlags::empty());
}

#[cfg(all(feature = "zarr", any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn noted(path: &Path) -> Option<String> {
    // An id has 36 bytes.
    let mut bytes = [0; 64];
    let len = rustix::fs::lgetxattr(path, WRITER, &mut bytes).ok()?;
    String::from_utf8(bytes.get(..len)?.to_vec()).ok()
}

#[cfg(all(feature = "zarr", not(any(target_os = "linux", target_os = "android", target_vendor = "apple"))))]
pub(super) fn note(_: &File, _: &str) {}

#[cfg(all(feature = "zarr", not(any(target_os = "linux", target_os = "android", target_vendor = "apple"))))]
pub(super) fn noted(_: &Path) -> Option<String> {
    None
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(super) fn reserve(file: &File, len: u64) -> io::Result<()> {
    use rustix::io::Errno;
    if in_memory(file) {
        return Ok(());
    }
    let reserved = || rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, len);
    match rustix::io::retry_on_intr(reserved) {
        // Not every file system supports this; a write to a full disk then fails instead.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(super) fn reserve(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

/// Returns whether the file is in memory, where reserving room takes as long as writing and runs on one processor.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn in_memory(file: &File) -> bool {
    /// TMPFS_MAGIC of linux/magic.h.
    const TMPFS: u64 = 0x0102_1994;
    rustix::fs::fstatfs(file).is_ok_and(|file_system| file_system.f_type as u64 == TMPFS)
}

#[cfg(target_os = "freebsd")]
fn in_memory(_: &File) -> bool {
    false
}
