//! Records of saves in progress: which arrays are being written for a document that does not name them yet.
//!
//! A record is made, and looked at, under the workflow's lock only. As long as a program holds the record's own lock
//! its save is alive, and a sweep leaves its arrays alone.

use super::durable::{SAVING, located, make_folder};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::{DiskFile, Durability, disk};
use crate::storage::name::ARRAYS;
use crate::storage::place::{Announced, Claim};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// Records of copies, whose arrays have the ids that they have elsewhere: others may have them too.
const COPY: &str = "copy-";

const VERSION: u32 = 1;

/// A few hundred thousand arrays in one save.
const LONGEST: u64 = 64 << 20;

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    document: String,
    arrays: Vec<String>,
}

/// A record; removed when dropped, after the document names the arrays or the arrays are gone.
pub(super) struct SavingRecord {
    path: PathBuf,
    key: String,
    ended: bool,
    /// The process of the save. A forked child does not end it.
    process: u32,
    /// The lock is held as long as the file is open.
    file: DiskFile,
}

impl SavingRecord {
    /// Creates a record. The caller holds the workflow's lock.
    pub(super) fn begin(workflow: &Path, document: &str, arrays: &[&str], claim: Claim) -> Result<Self> {
        let folder = workflow.join(ARRAYS).join(SAVING);
        if claim == Claim::Copied {
            refuse_taken(workflow, arrays)?;
        }
        let kind = if claim == Claim::Copied { COPY } else { "" };
        let path = folder.join(format!("{kind}{}", uuid::Uuid::new_v4()));
        let arrays = arrays.iter().map(|array| (*array).to_owned()).collect();
        let contents = serde_json::to_vec(&Contents { version: VERSION, document: document.to_owned(), arrays })
            .map_err(|error| Error::new(ErrorKind::Serde, "cannot write a record").with_source(error))?;
        // Not synced: after a power cut no save is in progress.
        make_folder(&folder, Durability::NotSynced).map_err(located("cannot create the folder", &folder))?;
        let failed = |error| located("cannot write the record of a save", &path)(error);
        let mut file = DiskFile::create(&path).map_err(failed)?;
        let written = file.lock().and_then(|()| file.write_all(&contents));
        if let Err(error) = written {
            let _ = disk::remove_file(&path);
            return Err(failed(error));
        }
        Ok(Self { key: path.display().to_string(), path, ended: false, process: std::process::id(), file })
    }
}

impl Announced for SavingRecord {
    fn check(&self) -> Result<()> {
        // The lock is held. But the whole folder may have been removed, and the arrays with it.
        if self.file.is_at(&self.path) {
            return Ok(());
        }
        let text =
            "the folder of the workflow was removed or exchanged while the save was writing its arrays: save again";
        Err(Error::new(ErrorKind::Conflict, text).at_location(self.key.clone()))
    }

    fn key(&self) -> Option<&str> {
        Some(&self.key)
    }

    fn end(mut self: Box<Self>) -> Option<String> {
        self.ended = true;
        match disk::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Some(self.path.display().to_string()),
            // A commit that was successful has ended it.
            _ => None,
        }
    }
}

impl Drop for SavingRecord {
    fn drop(&mut self) {
        if !self.ended && self.process == std::process::id() {
            let _ = disk::remove_file(&self.path);
        }
    }
}

/// What the records of a workflow say.
#[derive(Default)]
pub(super) struct Records {
    /// The arrays of saves that are alive.
    pub(super) alive: HashSet<String>,
    /// Records of saves that are dead.
    pub(super) dead: Vec<PathBuf>,
}

impl Records {
    /// Reads all records of a workflow. The caller holds the workflow's lock.
    pub(super) fn read(workflow: &Path) -> Result<Self> {
        Self::read_kind(workflow, "")
    }

    /// The arrays that copies in progress bring here. The caller holds the workflow's lock.
    pub(super) fn of_copies(workflow: &Path) -> Result<HashSet<String>> {
        Ok(Self::read_kind(workflow, COPY)?.alive)
    }

    fn read_kind(workflow: &Path, kind: &str) -> Result<Self> {
        let folder = workflow.join(ARRAYS).join(SAVING);
        let mut records = Self::default();
        let failed = |error| located("cannot read the records of saves", &folder)(error);
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(records),
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if !is_file || !entry.file_name().to_str().is_some_and(|name| name.starts_with(kind)) {
                continue;
            }
            match alive(&entry.path()) {
                Ok(Some(contents)) => records.alive.extend(contents.arrays),
                Ok(None) => records.dead.push(entry.path()),
                // Its save has just come to its end.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(located("cannot read the record of a save", &entry.path())(error)),
            }
        }
        Ok(records)
    }
}

/// What a record says whose save is alive; none if it is dead.
fn alive(path: &Path) -> io::Result<Option<Contents>> {
    let file = DiskFile::open(path)?;
    if file.try_lock()? {
        return Ok(None);
    }
    let contents: Contents = serde_json::from_slice(&file.contents(LONGEST)?)?;
    if contents.version != VERSION {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a newer version of arraystow has written it: update this program",
        ));
    }
    Ok(Some(contents))
}

/// Fails for arrays that another save in progress has under the same ids.
fn refuse_taken(workflow: &Path, arrays: &[&str]) -> Result<()> {
    let alive = Records::read(workflow)?.alive;
    match arrays.iter().find(|array| alive.contains(**array)) {
        None => Ok(()),
        Some(array) => Err(Error::new(
            ErrorKind::Conflict,
            "another writer is copying the same value to the same place right now; wait for it to end and copy again",
        )
        .in_array(array)),
    }
}
