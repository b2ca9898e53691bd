//! Records of saves in progress: which arrays are being written for a document that does not name them yet.
//!
//! A sweep leaves the arrays of a record alone as long as somebody holds its lock.

use super::durable::{SAVING, located};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::name::ARRAYS;
use crate::storage::place::Announced;
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Contents<'a> {
    version: u32,
    document: &'a str,
    arrays: &'a [&'a str],
}

/// A record; removed when dropped, after the document names the arrays or the arrays are gone.
pub(super) struct SavingRecord {
    path: PathBuf,
    /// The lock is held as long as the file is open.
    _file: File,
}

impl SavingRecord {
    /// Writes the record under a temporary name, locks it and only then gives it its name: whoever sees a record that
    /// nobody holds knows that its save is dead.
    pub(super) fn begin(workflow: &Path, document: &str, arrays: &[&str]) -> Result<Self> {
        let folder = workflow.join(ARRAYS).join(SAVING);
        let id = uuid::Uuid::new_v4().to_string();
        let (temporary, path) = (folder.join(format!(".{id}")), folder.join(&id));
        let contents = serde_json::to_vec(&Contents { version: 1, document, arrays })
            .map_err(|error| Error::new(ErrorKind::Serde, "cannot write a record").with_source(error))?;
        super::durable::make_folder(&folder).map_err(located("cannot make the folder", &folder))?;
        let begun = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
            file.lock()?;
            file.write_all(&contents)?;
            std::fs::rename(&temporary, &path)?;
            Ok(file)
        })();
        match begun {
            Ok(file) => Ok(Self { path, _file: file }),
            Err(error) => {
                let _ = std::fs::remove_file(&temporary);
                Err(located("cannot write the record of a save", &path)(error))
            }
        }
    }
}

impl Announced for SavingRecord {
    fn end(self: Box<Self>) -> Option<String> {
        std::fs::remove_file(&self.path).err().map(|_| self.path.display().to_string())
    }
}

impl Drop for SavingRecord {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
