//! New files of a folder. Several programs may bring a file: the first one stays. How old files are, by the file
//! system's clock.

use super::folder::{FolderStore, UNFINISHED};
use super::tree::entries;
use crate::error::Result;
use crate::protocol::{DiskFile, FileBytes, disk};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

impl FolderStore {
    /// Makes a new file, and its folders.
    fn create(&self, path: &Path) -> io::Result<DiskFile> {
        match DiskFile::create(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_folders(path.parent().ok_or(error)?)?;
                DiskFile::create(path)
            }
            created => created,
        }
    }

    /// Writes a new file, which has its final name. It is synced with others.
    pub(super) fn write_new(&self, key: &str, contents: &[u8]) -> Result<()> {
        let path = self.path(key)?;
        let written = self.create(&path).and_then(|mut file| file.write_all(contents).map(|()| file));
        let file = written.map_err(self.failed("written", key))?;
        if let Some(folder) = path.parent() {
            self.unsynced.add(folder, &self.root);
        }
        self.unsynced.add_written(Arc::new(FileBytes::Local(file)), contents.len() as u64, &path, self.durability);
        Ok(())
    }

    /// Writes a new file durably, but not its name.
    pub(super) fn write(&self, path: &Path, contents: &[u8]) -> io::Result<()> {
        self.write_noted(path, contents, "")
    }

    /// The same, with a note of the writer's id.
    fn write_noted(&self, path: &Path, contents: &[u8], by: &str) -> io::Result<()> {
        let mut file = self.create(path)?;
        file.write_all(contents)?;
        file.note(by);
        file.sync(self.durability)?;
        if let Some(folder) = path.parent() {
            self.unsynced.add(folder, &self.root);
        }
        Ok(())
    }

    /// Writes a file unless there is one, with a note of the writer's id. Returns whether it was written.
    pub(super) fn write_once(&self, scratch: &str, key: &str, contents: &[u8], by: &str) -> Result<bool> {
        let path = self.path(key)?;
        let temporary = self.folder(scratch)?.join(temporary_name());
        let linked = self.write_noted(&temporary, contents, by).and_then(|()| self.link_or_rename(&temporary, &path));
        let _ = disk::remove_file(&temporary);
        match linked {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(self.failed("written", key)(error)),
        }
    }

    /// Gives a file the name `to`, which must be free.
    fn link_or_rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.make_folder_of(to)?;
        match self.try_link(from, to) {
            Err(error) if has_no_links(&error) => {}
            linked => return linked,
        }
        // Of two writers at the same moment, the second may replace the file of the first.
        match std::fs::symlink_metadata(to) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                disk::rename(from, to)?;
                self.unsynced.add(to.parent().unwrap_or(&self.root), &self.root);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether files of this folder can have two names, so that a file that is there is never replaced by `write_once`.
    pub(crate) fn can_link(&self, folder: &str) -> Result<bool> {
        let path = self.folder(folder)?;
        let (file, link) = (path.join(temporary_name()), path.join(temporary_name()));
        let linked = DiskFile::create(&file).and_then(|_| disk::link(&file, &link));
        let _ = disk::remove_file(&file);
        let _ = disk::remove_file(&link);
        match linked {
            Ok(()) => Ok(true),
            Err(error) if has_no_links(&error) => Ok(false),
            Err(error) => Err(self.failed("linked", folder)(error)),
        }
    }

    /// The files of a folder, and for how long each was not written to. The clock is that of the file system, which may
    /// be on another machine.
    pub(super) fn ages_in(&self, folder: &str) -> Result<Vec<(String, Duration)>> {
        let path = self.folder(folder)?;
        let clock = path.join(temporary_name());
        let now = DiskFile::create(&clock).and_then(|_| std::fs::symlink_metadata(&clock)?.modified());
        let _ = disk::remove_file(&clock);
        let now = now.map_err(self.failed("written", folder))?;
        let mut ages = Vec::new();
        for entry in entries(&path, 0).map_err(self.failed("listed", folder))? {
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_file() && !name.ends_with(UNFINISHED) {
                let modified = metadata.modified().map_err(self.failed("looked up", &name))?;
                ages.push((name, now.duration_since(modified).unwrap_or_default()));
            }
        }
        Ok(ages)
    }
}

/// Whether this is the error of a file system that has no links, or permits none.
fn has_no_links(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, TooManyLinks, Unsupported};
    matches!(error.kind(), CrossesDevices | PermissionDenied | TooManyLinks | Unsupported)
}

fn temporary_name() -> String {
    format!(".{}{UNFINISHED}", uuid::Uuid::new_v4())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Durability;
    use crate::protocol::store::ByteStore;

    #[test]
    fn the_first_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path(), Durability::NotSynced);
        assert!(store.put_new("scratch", "a/b", b"one".to_vec(), "first").unwrap());
        assert!(!store.put_new("scratch", "a/b", b"two".to_vec(), "second").unwrap());
        assert!(store.put_by("a/b").is_none_or(|by| by == "first"));
        assert_eq!(store.get("a/b", 100).unwrap().as_ref(), b"one");
        assert!(entries(&folder.path().join("scratch"), 0).unwrap().is_empty());
    }

    #[test]
    fn ages_are_those_of_the_file_system() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path(), Durability::NotSynced);
        store.put("a/b", b"one".to_vec()).unwrap();
        std::thread::sleep(Duration::from_millis(60));
        let ages = store.ages("a").unwrap();
        assert!(ages.len() == 1 && ages[0].0 == "b" && ages[0].1 >= Duration::from_millis(50), "{ages:?}");
        assert!(ages[0].1 < Duration::from_secs(60));
    }
}
