//! Folders with new names that a power cut may still lose.

use super::{Durability, disk};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folders with new names that are not durable yet.
#[derive(Default)]
pub(crate) struct Unsynced(Mutex<BTreeSet<PathBuf>>);

impl Unsynced {
    /// Adds a folder, and the folders above it up to `root`.
    pub(crate) fn add(&self, folder: &Path, root: &Path) {
        let mut folders = self.0.lock();
        // A folder is added with all folders above it.
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
            if folders.contains(folder) {
                break;
            }
            folders.insert(folder.to_owned());
        }
    }

    /// Notes that a folder was removed.
    #[cfg(feature = "zarr")]
    pub(crate) fn forget(&self, folder: &Path) {
        self.0.lock().remove(folder);
    }

    /// Syncs all folders.
    pub(crate) fn sync(&self, durability: Durability) -> Result<()> {
        let folders = std::mem::take(&mut *self.0.lock());
        for folder in folders {
            disk::sync_folder(&folder, durability).map_err(|error| {
                Error::io("the folder of the arrays cannot be synced", error).at_location(folder.display().to_string())
            })?;
        }
        Ok(())
    }
}
