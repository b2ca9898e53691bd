//! The files that the serializer of one external object may use. Their names begin with the object's id, so that every
//! file that the serializer writes is found again and removed with the object.

use super::FileSummary;
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use std::collections::BTreeMap;

/// The most files of one external object.
const MOST_FILES: usize = 1000;

/// The files of one external object, while it is written or read.
pub(crate) struct Ledger {
    stored: bool,
    /// The files in the manifest. None for an object that is being written, and for a document without a manifest.
    expected: Option<BTreeMap<String, FileSummary>>,
    /// The files that were begun, and their state.
    written: Mutex<BTreeMap<String, Option<FileSummary>>>,
}

impl Ledger {
    /// Returns the ledger of an object that will be written.
    pub(crate) fn of_new() -> Self {
        Self { stored: false, expected: None, written: Mutex::default() }
    }

    /// Returns the ledger of an object that is stored.
    pub(crate) fn of_stored(expected: Option<BTreeMap<String, FileSummary>>) -> Self {
        Self { stored: true, expected, written: Mutex::default() }
    }

    /// Notes that a file will be made.
    pub(super) fn begin(&self, name: &str) -> Result<()> {
        let mut written = self.written.lock();
        if written.len() >= MOST_FILES {
            return Err(Error::limit(format!(
                "an external object has at most {MOST_FILES} files: put more into each of them"
            )));
        }
        if self.stored {
            return Err(Error::invalid("an object that is stored never changes: save the changed one"));
        }
        if written.contains_key(name) {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("the file {name} was already created: give each file its own extension"),
            ));
        }
        written.insert(name.to_owned(), None);
        Ok(())
    }

    /// Notes that a file could not be made.
    pub(super) fn forget(&self, name: &str) {
        self.written.lock().remove(name);
    }

    pub(super) fn finish(&self, name: &str, summary: FileSummary) {
        self.written.lock().insert(name.to_owned(), Some(summary));
    }

    /// Returns what a file must contain, if that is known.
    pub(crate) fn expected(&self, name: &str) -> Result<Option<&FileSummary>> {
        match &self.expected {
            None => Ok(None),
            Some(files) => files.get(name).map(Some).ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("the external object was written without a file {name}"))
            }),
        }
    }

    /// Returns the names of all files that were begun.
    pub(crate) fn begun(&self) -> Vec<String> {
        self.written.lock().keys().cloned().collect()
    }

    /// Returns all files that were written.
    ///
    /// # Errors
    /// `UserCode` if a file was begun and not finished.
    pub(crate) fn finished(&self) -> Result<BTreeMap<String, FileSummary>> {
        let written = self.written.lock();
        let finished = written.iter().map(|(name, summary)| match summary {
            Some(summary) => Ok((name.clone(), summary.clone())),
            None => Err(Error::new(
                ErrorKind::UserCode,
                format!("the serializer has begun the file {name} and not finished it: call FileWriter::finish"),
            )),
        });
        finished.collect()
    }
}

/// Returns whether a file of this name belongs to the external object of this id.
pub(crate) fn is_file_of(id: &str, name: &str) -> bool {
    const LONGEST: usize = 64;
    let Some(rest) = name.strip_prefix(id) else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match rest.strip_prefix('.') {
        Some(extension) => {
            let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            extension.len() <= LONGEST
                && extension.chars().all(plain)
                && ends(extension.chars().next())
                && ends(extension.chars().last())
        }
        None => rest.is_empty(),
    }
}
