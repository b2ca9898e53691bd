//! Bytes under keys such as `dask_arrays/<name>/c/0/1`: the parts of Zarr arrays, in a folder or an object store.

mod folder;
mod folder_new;
#[cfg(feature = "object-store")]
mod objects;
mod tree;

pub(crate) use folder::FolderStore;

use crate::error::{Error, ErrorKind, Result};
use crate::task::check_cancelled;
use bytes::Bytes;
use std::any::Any;
use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

/// A place for bytes under keys. `/` separates the segments of a key. What comes before a separator is a folder.
pub(crate) trait ByteStore: Send + Sync {
    /// Returns the bytes of a key. More than `most` bytes are an error of the kind `Limit`.
    fn get(&self, key: &str, most: u64) -> Result<Bytes>;
    /// Returns the bytes of several keys, with `None` for a missing key.
    fn get_each(&self, keys: &[(String, u64)]) -> Result<Vec<Option<Bytes>>>;
    /// Returns a part of a key's bytes, cut at their end, and the number of all its bytes.
    fn get_part(&self, key: &str, part: Part) -> Result<(Bytes, u64)>;
    /// Writes a key in one step, and replaces its bytes.
    fn put(&self, key: &str, contents: Vec<u8>) -> Result<()> {
        self.put_through(key.rsplit_once('/').map_or("", |(folder, _)| folder), key, contents)
    }
    /// Like `put`, for a key without a folder of its own. A crash leaves a temporary file in `folder`, which is removed
    /// with that folder.
    fn put_through(&self, folder: &str, key: &str, contents: Vec<u8>) -> Result<()>;
    /// Writes a key in one step, durably but for its name, unless it exists. Returns whether it was written. A store
    /// that ignores conditions replaces the bytes. A crash leaves a temporary file in `scratch`, which is a folder that
    /// is removed at some time. The id `by` is noted beside the bytes where that is possible.
    fn put_new(&self, scratch: &str, key: &str, contents: Vec<u8>, by: &str) -> Result<bool>;
    /// Returns the id that `put_new` has noted, if there is one.
    fn put_by(&self, key: &str) -> Option<String>;
    /// Returns the keys directly in a folder, and for how long each was not written to, by the store's own clock.
    fn ages(&self, folder: &str) -> Result<Vec<(String, Duration)>>;
    /// Writes many new keys.
    fn puts(&self) -> Box<dyn Puts>;
    /// Returns whether the key exists.
    fn exists(&self, key: &str) -> Result<bool>;
    /// Returns every key below a folder, relative to it, and its length.
    fn keys_below(&self, folder: &str) -> Result<Vec<(String, u64)>>;
    /// Returns the number of keys below a folder, and the sum of their lengths.
    fn below_is(&self, folder: &str) -> Result<Below>;
    /// Returns the names of the folders directly in a folder.
    fn folders(&self, folder: &str) -> Result<Vec<String>>;
    /// Removes keys. A missing key is not an error.
    fn remove_all(&self, keys: &[String]) -> Result<()>;
    /// Removes every key below a folder. A missing folder is not an error.
    fn remove_below(&self, folder: &str) -> Result<()>;
    /// Copies every key below a folder of another store of the same kind, without reading the bytes if possible.
    /// Returns `None` if the other store is of another kind.
    fn copy_from(&self, from: &dyn ByteStore, from_folder: &str, to_folder: &str) -> Result<Option<Copied>>;
    /// Makes a new key with the bytes of a key of another store, which do not pass through this process. Returns
    /// `false` if that is not possible. The key is as durable as one that was put only if the other store writes keys
    /// as this one does.
    fn take_over(&self, from: &dyn ByteStore, from_key: &str, to_key: &str) -> Result<bool>;
    /// Makes all keys that are written so far durable, and their names.
    fn sync(&self) -> Result<()>;
    /// Returns how many syncs of keys have failed: of those that other threads have written, too.
    fn failed_syncs(&self) -> usize {
        0
    }
    /// Notes that the next sync is also to make a key durable that another program has written.
    fn sync_too(&self, key: &str) -> Result<()> {
        let _ = key;
        Ok(())
    }
    /// Makes removals of keys directly in a folder durable.
    fn sync_removals(&self, folder: &str) -> Result<()> {
        let _ = folder;
        Ok(())
    }
    /// Returns whether `other` writes keys as this store does, and as durably.
    fn writes_as(&self, other: &dyn ByteStore) -> bool;
    /// Returns the best number of keys to read at the same time, for any number of processors.
    fn concurrency(&self) -> usize;
    /// Returns whether the keys are in a local folder.
    fn is_local(&self) -> bool;
    /// Returns what messages call a key.
    fn describe(&self, key: &str) -> String;
    /// Returns a string that identifies a key within this process.
    fn identity(&self, key: &str) -> String;
    /// Allows a downcast to the concrete type.
    fn as_any(&self) -> &dyn Any;
}

/// New keys that are being written. Several threads may put at the same time, each key once. After a drop no write
/// begins, and none is in progress.
pub(crate) trait Puts: Send + Sync {
    /// Begins to write a key. `held` is dropped when the bytes are written. The error may be that of an earlier key.
    fn put(&self, key: String, contents: Cow<'_, [u8]>, held: Box<dyn Send>) -> Result<()>;
    /// Waits for all writes that have begun. After an error no further write begins.
    fn settle(&self) -> Result<()>;
}

/// Which bytes of a key are read.
pub(crate) enum Part {
    Range(Range<u64>),
    /// This many bytes at the end.
    Last(u64),
}

/// The number and total length of the keys below a folder.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Below {
    pub(crate) count: usize,
    pub(crate) bytes: u64,
}

impl Below {
    pub(crate) fn and(self, bytes: u64) -> Self {
        Self { count: self.count + 1, bytes: self.bytes.saturating_add(bytes) }
    }
}

/// The result of a copy.
pub(crate) struct Copied {
    pub(crate) below: Below,
    /// Whether the bytes passed through this process, which then verifies their checksums.
    pub(crate) was_read: bool,
}

/// The most keys in memory while keys are copied.
const MOST_KEYS: usize = 64;
/// The most bytes in memory while keys are copied.
const MOST_BYTES: u64 = 64 << 20;

/// Copies every key below a folder into a folder of another store.
pub(crate) fn copy_below(
    from: &dyn ByteStore,
    from_folder: &str,
    to: &dyn ByteStore,
    to_folder: &str,
) -> Result<Copied> {
    if let Some(copied) = to.copy_from(from, from_folder, to_folder)? {
        return Ok(copied);
    }
    let keys = from.keys_below(from_folder)?;
    let below = keys.iter().fold(Below::default(), |below, (_, bytes)| below.and(*bytes));
    let puts = to.puts();
    batches(&keys).try_for_each(|batch| {
        check_cancelled()?;
        let wanted: Vec<_> = batch.iter().map(|(key, bytes)| (format!("{from_folder}/{key}"), *bytes)).collect();
        for ((key, _), contents) in batch.iter().zip(from.get_each(&wanted)?) {
            let contents = contents.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "the array is being removed").at_location(from.describe(from_folder))
            })?;
            puts.put(format!("{to_folder}/{key}"), Cow::Borrowed(&contents), Box::new(()))?;
        }
        Ok(())
    })?;
    puts.settle()?;
    Ok(Copied { below, was_read: true })
}

/// Cuts a list of keys into pieces, each of which is in memory as a whole.
fn batches(keys: &[(String, u64)]) -> impl Iterator<Item = &[(String, u64)]> {
    let mut left = keys;
    std::iter::from_fn(move || {
        let mut bytes = 0_u64;
        let fits = |(_, len): &&(String, u64)| {
            bytes = bytes.saturating_add(*len);
            bytes <= MOST_BYTES
        };
        let count = left.iter().take(MOST_KEYS).take_while(fits).count().max(1).min(left.len());
        let (batch, rest) = left.split_at(count);
        left = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, MOST_KEYS, batches};

    fn lengths(keys: &[u64]) -> Vec<usize> {
        let keys: Vec<_> = keys.iter().map(|bytes| (String::new(), *bytes)).collect();
        batches(&keys).map(<[_]>::len).collect()
    }

    #[test]
    fn batches_have_all_keys_and_fit_into_memory() {
        assert!(lengths(&[]).is_empty());
        assert_eq!(lengths(&[1, 2, 3]), [3]);
        assert_eq!(lengths(&[MOST_BYTES, 1, MOST_BYTES - 1, 1]), [1, 2, 1]);
        // A key that is too large is a batch of its own.
        assert_eq!(lengths(&[1, u64::MAX, 1]), [1, 1, 1]);
        assert_eq!(lengths(&vec![0; 2 * MOST_KEYS + 1]), [MOST_KEYS, MOST_KEYS, 1]);
    }
}
