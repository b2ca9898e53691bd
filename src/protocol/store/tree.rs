//! Folders on disk with what is in them.

use crate::protocol::disk;
use std::fs::DirEntry;
use std::io;
use std::path::Path;

/// The deepest nesting of folders. An array has at most one folder for each axis, and a few more.
const DEEPEST: usize = 64;

/// How often a folder is emptied that another program writes into. A writer of a session adds one chunk before it sees
/// that the session is over.
const MOST_ROUNDS: usize = 100;

/// The entries of a folder. A missing folder has none.
pub(super) fn entries(folder: &Path, depth: usize) -> io::Result<Vec<DirEntry>> {
    if depth > DEEPEST {
        return Err(io::Error::other(format!("folders are nested more than {DEEPEST} deep, which no array has")));
    }
    match std::fs::read_dir(folder) {
        // A file in the place of a folder does not belong to an array.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        entries => entries?.collect(),
    }
}

/// Removes everything in a folder, and the folder, also what another program adds meanwhile.
pub(super) fn remove_folder(folder: &Path, depth: usize) -> io::Result<()> {
    let mut rounds = 1;
    loop {
        for entry in entries(folder, depth)? {
            if entry.file_type()?.is_dir() {
                remove_folder(&entry.path(), depth + 1)?;
            } else {
                there_or_not(disk::remove_file(&entry.path()))?;
            }
        }
        match there_or_not(disk::remove_folder(folder)) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && rounds < MOST_ROUNDS => rounds += 1,
            removed => return removed,
        }
    }
}

/// The result of a removal, where a missing file is not an error.
pub(super) fn there_or_not(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
