//! The files of one external object, as its serializer uses them.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::document::id::PersistentId;
use crate::protocol::files::{FileReader, FileWriter, Files, Ledger, is_file_of};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The files of one external object, for its [`PersistentSerializer`](crate::PersistentSerializer).
///
/// The files are stored beside the arrays. Their names are the object's id and an extension of up to 64 letters and
/// digits, with `.`, `-` and `_` between them. With an empty extension, the name is the id alone. Other files cannot be
/// accessed.
///
/// A clone is another handle on the same files. The object may keep one, and open its files when they are needed.
///
/// See [the module](crate::persistent) for an example.
#[derive(Clone)]
pub struct ExternalFiles {
    id: PersistentId,
    files: Files,
    ledger: Arc<Ledger>,
    limits: Limits,
}

impl ExternalFiles {
    pub(in crate::plugin) fn new(id: PersistentId, files: Files, limits: Limits, ledger: Ledger) -> Self {
        Self { id, files, ledger: Arc::new(ledger), limits }
    }

    /// Returns the object's id, which includes the version in which the object was written. See
    /// [`local_path`](Self::local_path) for an example.
    #[must_use]
    pub fn id(&self) -> &PersistentId {
        &self.id
    }

    /// Creates a file, which the manifest lists. Call [`FileWriter::finish`] at its end.
    ///
    /// # Errors
    /// `InvalidName` for an extension with other characters; `AlreadyExists` if the file was created already;
    /// `InvalidInput` if the object is not being written; `Limit` for more than 1000 files; `Io` or a related kind if
    /// the disk or the network fails.
    pub fn create(&self, extension: &str) -> Result<FileWriter> {
        self.create_named(&self.name(extension)?)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// `InvalidName` for an extension with other characters; `NotFound` if the object was written without this file;
    /// `Gone` if the file was removed since then; `Corrupt` if its length has changed; `Io` or a related kind if the
    /// disk or the network fails.
    pub fn open(&self, extension: &str) -> Result<FileReader> {
        let name = self.name(extension)?;
        let expected = self.ledger.expected(&name)?.cloned();
        FileReader::open(self.files.clone(), &name, expected)
    }

    /// Returns the path of a file, if it is an ordinary local one, for libraries that read files by their path. What is
    /// read by the path is not compared with the checksums.
    ///
    /// ```
    /// use arraystow::persistent::{BoxError, ExternalFiles};
    ///
    /// /// What a `PersistentSerializer` may do in its `read`.
    /// fn read(files: &ExternalFiles) -> Result<Vec<u8>, BoxError> {
    ///     if files.id().version() != "1.0.0" {
    ///         return Err("the file was written by another version".into());
    ///     }
    ///     match files.local_path("raw")? {
    ///         Some(path) => Ok(std::fs::read(path)?),
    ///         None => Err("only files in folders can be read".into()),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// `InvalidName` for an extension with other characters; `NotFound` if the object was written without this file.
    pub fn local_path(&self, extension: &str) -> Result<Option<PathBuf>> {
        let name = self.name(extension)?;
        self.ledger.expected(&name)?;
        Ok(self.files.local_path(&name))
    }

    /// Removes a file; for [`PersistentSerializer::remove`](crate::PersistentSerializer::remove).
    ///
    /// # Errors
    /// `InvalidName` for an extension with other characters; `NotFound` if the file does not exist (never in object
    /// stores); `Io` or a related kind if the disk or the network fails.
    pub fn remove(&self, extension: &str) -> Result<()> {
        self.files.remove(&self.name(extension)?)
    }

    /// Creates a file of a name that is known to be one of this object's.
    pub(in crate::plugin) fn create_named(&self, name: &str) -> Result<FileWriter> {
        FileWriter::create(self.files.clone(), name, self.ledger.clone())
    }

    pub(in crate::plugin) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(in crate::plugin) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn name(&self, extension: &str) -> Result<String> {
        let id = self.id.file();
        let name = if extension.is_empty() { id.to_owned() } else { format!("{id}.{extension}") };
        if is_file_of(id, &name) {
            return Ok(name);
        }
        let text = format!(
            "{extension:?} cannot be the extension of a file: it has up to 64 ASCII letters and digits, and '.', '-' and '_' \
             between them"
        );
        Err(Error::new(ErrorKind::InvalidName, text))
    }
}

impl fmt::Debug for ExternalFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files.describe(self.id.file());
        f.debug_struct("ExternalFiles").field("id", &self.id).field("files", &files).finish_non_exhaustive()
    }
}
