//! Bytes under keys as files of a local folder: the file of the key `a/b/c` is `a/b/c` below the folder.
//!
//! A file of a chunk of up to 1 MiB and a folder with new names are synced with the store. Other files are synced when
//! they are written. Symbolic links are not
//! followed, because a folder of unknown origin may have links that lead anywhere.

use super::tree::{entries, remove_folder, there_or_not};
use super::{Below, ByteStore, Copied, Part, Puts};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::unsynced::Unsynced;
use crate::protocol::{DiskFile, Durability, FileBytes, disk};
use crate::task::check_cancelled;
use bytes::Bytes;
use std::any::Any;
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The end of the name of a file that is not yet in its place.
pub(super) const UNFINISHED: &str = ".unfinished";

/// A local folder.
#[derive(Clone)]
pub(crate) struct FolderStore {
    pub(super) root: Arc<Path>,
    pub(super) durability: Durability,
    pub(super) unsynced: Arc<Unsynced>,
}

impl FolderStore {
    /// Returns the store of a folder, which is made when something is written.
    pub(crate) fn new(root: &Path, durability: Durability) -> Self {
        Self { root: root.into(), durability, unsynced: Arc::default() }
    }

    /// The path of a key.
    pub(super) fn path(&self, key: &str) -> Result<PathBuf> {
        let is_name = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(['\0', '\\']);
        if !key.split('/').all(is_name) {
            return Err(Error::new(ErrorKind::InvalidName, format!("{key:?} cannot be the name of a file")));
        }
        let path = self.root.join(key);
        self.refuse_links(path.parent().unwrap_or(&self.root))?;
        Ok(path)
    }

    /// The path of a folder that is read.
    pub(super) fn folder(&self, folder: &str) -> Result<PathBuf> {
        if folder.is_empty() {
            return Ok(self.root.to_path_buf());
        }
        let path = self.path(folder)?;
        self.refuse_links(&path)?;
        Ok(path)
    }

    /// Fails if a folder is a link, or is reached through one.
    fn refuse_links(&self, folder: &Path) -> Result<()> {
        for folder in folder.ancestors().take_while(|folder| *folder != &*self.root) {
            if std::fs::symlink_metadata(folder).is_ok_and(|metadata| metadata.is_symlink()) {
                let text = "this is a symbolic link, which arraystow does not follow, since it may lead out of the \
                    storage: replace the link with its target";
                return Err(Error::unsupported(text).at_location(folder.display().to_string()));
            }
        }
        Ok(())
    }

    pub(super) fn failed(&self, what: &str, key: &str) -> impl FnOnce(io::Error) -> Error {
        let (what, location) = (format!("the file cannot be {what}"), self.describe(key));
        move |error| {
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Error::io(format!("{what}: no space is left on the disk; free some and save again"), error)
                }
                _ => Error::io(what, error),
            }
            .at_location(location)
        }
    }

    fn open(&self, key: &str) -> Result<(DiskFile, u64)> {
        let path = self.path(key)?;
        let opened = DiskFile::open(&path).and_then(|file| file.len().map(|len| (file, len)));
        opened.map_err(self.failed("opened", key))
    }

    pub(super) fn make_folders(&self, folder: &Path) -> io::Result<()> {
        match disk::make_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != &*self.root => {
                self.make_folders(folder.parent().ok_or(error)?)?;
                match disk::make_folder(folder) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                    made => made,
                }
            }
            made => made,
        }
    }

    /// Visits every file below a folder with its length. Files that are not yet in their place are skipped.
    fn walk(&self, folder: &str, visit: &mut dyn FnMut(&str, &Path, u64)) -> Result<()> {
        let path = self.folder(folder)?;
        self.walk_folder(&path, "", 0, visit).map_err(self.failed("listed", folder))
    }

    fn walk_folder(
        &self,
        folder: &Path,
        within: &str,
        depth: usize,
        visit: &mut dyn FnMut(&str, &Path, u64),
    ) -> io::Result<()> {
        for entry in entries(folder, depth)? {
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let key = if within.is_empty() { name } else { format!("{within}/{name}") };
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.walk_folder(&entry.path(), &key, depth + 1, visit)?;
            } else if metadata.is_file() && !key.ends_with(UNFINISHED) {
                visit(&key, &entry.path(), metadata.len());
            }
        }
        Ok(())
    }
}

impl ByteStore for FolderStore {
    fn get(&self, key: &str, most: u64) -> Result<Bytes> {
        let (file, len) = self.open(key)?;
        if len > most {
            let text = format!("the file has {len} bytes, but can have at most {most}");
            return Err(Error::limit(text).at_location(self.describe(key)));
        }
        file.contents(most).map(Bytes::from).map_err(self.failed("read", key))
    }

    fn get_each(&self, keys: &[(String, u64)]) -> Result<Vec<Option<Bytes>>> {
        let get = |(key, most): &(String, u64)| match self.get(key, *most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        };
        keys.iter().map(get).collect()
    }

    fn get_part(&self, key: &str, part: Part) -> Result<(Bytes, u64)> {
        let (file, len) = self.open(key)?;
        let range = match part {
            Part::Range(range) => range.start.min(len)..range.end.min(len),
            Part::Last(bytes) => len.saturating_sub(bytes)..len,
        };
        let count = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(count)
            .map_err(|_| Error::limit(format!("a part of {count} bytes does not fit into memory")))?;
        bytes.resize(count, 0);
        file.read_exact_at(&mut bytes, range.start).map_err(self.failed("read", key))?;
        Ok((bytes.into(), len))
    }

    fn put_through(&self, folder: &str, key: &str, contents: Vec<u8>) -> Result<()> {
        let path = self.path(key)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let through = self.folder(folder)?;
        let temporary = through.join(format!(".{name}.{}{UNFINISHED}", uuid::Uuid::new_v4()));
        let written = self.write(&temporary, &contents).and_then(|()| disk::rename(&temporary, &path));
        if written.is_err() {
            let _ = disk::remove_file(&temporary);
        }
        let parent = path.parent().unwrap_or(&self.root);
        self.unsynced.add(parent, &self.root);
        if through != parent {
            // The folder was made for this, unless it has other entries.
            if disk::remove_folder(&through).is_ok() {
                self.unsynced.forget(&through);
            }
        }
        written.map_err(self.failed("written", key))
    }

    fn put_new(&self, scratch: &str, key: &str, contents: Vec<u8>, by: &str) -> Result<bool> {
        self.write_once(scratch, key, &contents, by)
    }

    fn put_by(&self, key: &str) -> Option<String> {
        disk::noted(&self.path(key).ok()?)
    }

    fn ages(&self, folder: &str) -> Result<Vec<(String, Duration)>> {
        self.ages_in(folder)
    }

    fn puts(&self) -> Box<dyn Puts> {
        Box::new(FolderPuts(self.clone()))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        match std::fs::symlink_metadata(self.path(key)?) {
            Ok(metadata) => Ok(metadata.is_file()),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
            Err(error) => Err(self.failed("looked up", key)(error)),
        }
    }

    fn keys_below(&self, folder: &str) -> Result<Vec<(String, u64)>> {
        let mut keys = Vec::new();
        self.walk(folder, &mut |key, _, bytes| keys.push((key.to_owned(), bytes)))?;
        Ok(keys)
    }

    fn below_is(&self, folder: &str) -> Result<Below> {
        let mut below = Below::default();
        self.walk(folder, &mut |_, _, bytes| below = below.and(bytes))?;
        Ok(below)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>> {
        let path = self.folder(folder)?;
        let entries = entries(&path, 0).map_err(self.failed("listed", folder))?;
        let folders = entries.into_iter().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        Ok(folders.filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    fn remove_all(&self, keys: &[String]) -> Result<()> {
        keys.iter().try_for_each(|key| {
            let removed = there_or_not(disk::remove_file(&self.path(key)?));
            removed.map_err(self.failed("removed", key))
        })
    }

    fn remove_below(&self, folder: &str) -> Result<()> {
        let path = self.path(folder)?;
        let removed = match std::fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => remove_folder(&path, 0),
            // A link is removed itself, and not its target.
            Ok(_) => there_or_not(disk::remove_file(&path)),
            Err(error) => there_or_not(Err(error)),
        };
        removed.map_err(self.failed("removed", folder))
    }

    /// Links the files, which never change, or copies them where the file system has no links.
    fn copy_from(&self, from: &dyn ByteStore, from_folder: &str, to_folder: &str) -> Result<Option<Copied>> {
        let Some(from) = from.as_any().downcast_ref::<Self>() else { return Ok(None) };
        let mut files = Vec::new();
        from.walk(from_folder, &mut |key, path, bytes| files.push((key.to_owned(), path.to_owned(), bytes)))?;
        let mut copied = Copied { below: Below::default(), was_read: false };
        for (key, path, bytes) in files {
            check_cancelled()?;
            let key = format!("{to_folder}/{key}");
            let to = self.path(&key)?;
            let was_read = self.duplicate(&path, &to).map_err(self.failed("linked or copied", &key))?;
            if !was_read && !self.writes_as(from) {
                let (file, _) = self.open(&key)?;
                self.unsynced.add_file(Arc::new(FileBytes::Local(file)), &to, self.durability);
            }
            copied.was_read |= was_read;
            copied.below = copied.below.and(bytes);
        }
        Ok(Some(copied))
    }

    fn take_over(&self, from: &dyn ByteStore, from_key: &str, to_key: &str) -> Result<bool> {
        let Some(from) = from.as_any().downcast_ref::<Self>() else { return Ok(false) };
        let (source, to) = (from.path(from_key)?, self.path(to_key)?);
        self.link(&source, &to).map_err(self.failed("linked", to_key))
    }

    fn sync(&self) -> Result<()> {
        self.unsynced.sync(self.durability)
    }

    fn failed_syncs(&self) -> usize {
        self.unsynced.failures()
    }

    fn sync_too(&self, key: &str) -> Result<()> {
        let path = self.path(key)?;
        let (file, _) = self.open(key)?;
        self.unsynced.add(path.parent().unwrap_or(&self.root), &self.root);
        self.unsynced.add_file(Arc::new(FileBytes::Local(file)), &path, self.durability);
        Ok(())
    }

    fn sync_removals(&self, folder: &str) -> Result<()> {
        let synced = disk::sync_folder(&self.folder(folder)?, self.durability);
        there_or_not(synced).map_err(self.failed("removed durably", folder))
    }

    fn writes_as(&self, other: &dyn ByteStore) -> bool {
        let is_durable = |other: &Self| other.durability == Durability::Synced || self.durability != Durability::Synced;
        other.as_any().downcast_ref::<Self>().is_some_and(is_durable)
    }

    fn concurrency(&self) -> usize {
        1
    }

    fn is_local(&self) -> bool {
        true
    }

    fn describe(&self, key: &str) -> String {
        self.root.join(key).display().to_string()
    }

    fn identity(&self, key: &str) -> String {
        self.describe(key)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl FolderStore {
    /// Makes the file `to` with the content of `from`. Returns whether the bytes were copied.
    fn duplicate(&self, from: &Path, to: &Path) -> io::Result<bool> {
        if self.link(from, to)? {
            return Ok(false);
        }
        let file = DiskFile::open(from)?;
        disk::copy(&file, from, to)?.sync(self.durability)?;
        Ok(true)
    }

    /// Makes the file `to` a link to `from`. Returns whether that was possible.
    pub(super) fn link(&self, from: &Path, to: &Path) -> io::Result<bool> {
        self.make_folder_of(to)?;
        match self.try_link(from, to) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => Err(error),
            Err(_) => Ok(false),
        }
    }

    pub(super) fn make_folder_of(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        if std::fs::symlink_metadata(folder).is_ok() { Ok(()) } else { self.make_folders(folder) }
    }

    /// Makes the file `to`, whose folder is there, a link to `from`.
    pub(super) fn try_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let folder = to.parent().unwrap_or(&self.root);
        let linked = disk::link(from, to);
        // Not before the link: another thread might sync the folder in between. A name that is there already may be of
        // a writer that has not synced it.
        self.unsynced.add(folder, &self.root);
        linked
    }
}

/// Each file is written by the calling thread.
struct FolderPuts(FolderStore);

impl Puts for FolderPuts {
    fn put(&self, key: String, contents: Cow<'_, [u8]>, _: Box<dyn Send>) -> Result<()> {
        self.0.write_new(&key, &contents)
    }

    fn settle(&self) -> Result<()> {
        Ok(())
    }
}
