//! Bytes under keys, such as `dask_arrays/<name>/c/0/1`: what Zarr arrays are made of, in a folder or in an object store.

mod folder;
#[cfg(feature = "object-store")]
mod objects;

pub(crate) use folder::FolderStore;

use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;
use std::any::Any;
use std::borrow::Cow;
use std::ops::Range;
use std::path::PathBuf;

/// A place for bytes under keys, whose segments are separated by `/`. What comes before a separator is a folder.
pub(crate) trait ByteStore: Send + Sync {
    /// The bytes of a key. More than `most` are not read: an error of the kind `Limit`.
    fn get(&self, key: &str, most: u64) -> Result<Bytes>;
    /// The same of several keys at a time. None for a key that is not there.
    fn get_each(&self, keys: &[(String, u64)]) -> Result<Vec<Option<Bytes>>>;
    /// A part of a key's bytes, as far as they reach, and how many bytes there are in all.
    fn get_part(&self, key: &str, part: Part) -> Result<(Bytes, u64)>;
    /// Writes a key in one step. What is there already is replaced.
    fn put(&self, key: &str, contents: Vec<u8>) -> Result<()> {
        self.put_through(key.rsplit_once('/').map_or("", |(folder, _)| folder), key, contents)
    }
    /// The same, for a key in no folder of its own: what a crash may leave of it lies in `folder`, and is removed with it.
    fn put_through(&self, folder: &str, key: &str, contents: Vec<u8>) -> Result<()>;
    /// Writes many new keys.
    fn puts(&self) -> Box<dyn Puts>;
    /// Whether there is such a key.
    fn exists(&self, key: &str) -> Result<bool>;
    /// Every key below a folder, without the folder's own name, and how many bytes it has.
    fn keys_below(&self, folder: &str) -> Result<Vec<(String, u64)>>;
    /// How many keys there are below a folder, and how many bytes they have together.
    fn below_is(&self, folder: &str) -> Result<Below>;
    /// The names of the folders right in a folder.
    fn folders(&self, folder: &str) -> Result<Vec<String>>;
    /// Removes keys. One that is not there is no error.
    fn remove_all(&self, keys: &[String]) -> Result<()>;
    /// Removes every key below a folder. A folder that is not there is no error.
    fn remove_below(&self, folder: &str) -> Result<()>;
    /// Copies every key below a folder of another store of the same kind, by its own means. None if it has none for that.
    fn copy_from(&self, from: &dyn ByteStore, from_folder: &str, to_folder: &str) -> Result<Option<Copied>>;
    /// Makes the names of all keys written so far durable.
    fn sync(&self) -> Result<()>;
    /// Whether what `other` writes is written as this store would write it, and is as durable.
    fn writes_as(&self, other: &dyn ByteStore) -> bool;
    /// How many keys are best read at the same time, however few the processors.
    fn concurrency(&self) -> usize;
    /// The path of a key or folder, in a local folder.
    fn local_path(&self, key: &str) -> Option<PathBuf>;
    /// What to call a key in messages.
    fn describe(&self, key: &str) -> String;
    /// Tells a key from every other that this process can reach.
    fn identity(&self, key: &str) -> String;
    /// For the way back to the concrete type.
    fn as_any(&self) -> &dyn Any;
}

/// New keys on their way into a store. Several threads may put at the same time, each key once.
pub(crate) trait Puts: Send + Sync {
    /// Begins to write a key. `held` is dropped when the bytes are written. The error may be that of an earlier key.
    fn put(&self, key: String, contents: Cow<'_, [u8]>, held: Box<dyn Send>) -> Result<()>;
    /// Waits for everything that was begun. After an error nothing else begins.
    fn settle(&self) -> Result<()>;
    /// From now on nothing begins.
    fn give_up(&self);
}

/// Which bytes of a key are read.
pub(crate) enum Part {
    Range(Range<u64>),
    /// So many at the end.
    Last(u64),
}

/// All that lies below a folder.
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

/// What was copied.
pub(crate) struct Copied {
    pub(crate) below: Below,
    /// Whether the bytes came through this process, which is then to compare them with their checksums.
    pub(crate) was_read: bool,
}

/// What is in memory at a time while keys are copied.
const MOST_KEYS: usize = 64;
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
    let copied = batches(&keys).try_for_each(|batch| {
        let wanted: Vec<_> = batch.iter().map(|(key, bytes)| (format!("{from_folder}/{key}"), *bytes)).collect();
        for ((key, _), contents) in batch.iter().zip(from.get_each(&wanted)?) {
            let contents = contents.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "the array is being removed").at_location(from.describe(from_folder))
            })?;
            puts.put(format!("{to_folder}/{key}"), Cow::Borrowed(&contents), Box::new(()))?;
        }
        Ok(())
    });
    if copied.is_err() {
        puts.give_up();
    }
    let settled = puts.settle();
    copied.and(settled)?;
    Ok(Copied { below, was_read: true })
}

/// Cuts a list of keys into pieces that are in memory together.
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
