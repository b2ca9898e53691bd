//! Arrays in a backend, which are opened on first use and checked against the document.

use super::confirm::Confirmation;
use super::handles::ArrayHandle;
use super::origin::Origin;
use crate::array::{ChunkGrid, DataType, Labels, StoredBytes, StoredLayout};
use crate::backend::{ArrayReader, Backend, Misread, Opening};
use crate::error::{Error, ErrorKind, Result, one_line};
use crate::protocol::ArrayFormat;
use once_cell::sync::OnceCell;
use std::any::Any;
use std::sync::Arc;

/// Characters of a name or path in the description of an array.
const MOST_CHARACTERS: usize = 200;

fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text, MOST_CHARACTERS))
}

/// What the manifest says of an array.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// `None` if the document does not say it. Any format is then accepted.
    pub(crate) format: Option<ArrayFormat>,
    pub(crate) data_type: DataType,
    pub(crate) grid: ChunkGrid,
    pub(crate) labels: Labels,
    /// None where the document does not have it. The array cannot then be distinguished from another of the same type
    /// and shape.
    pub(crate) digest: Option<String>,
    /// See `StoredSummary::rest`.
    pub(crate) rest: Option<String>,
    /// See `StoredSummary::opening`.
    pub(crate) opening: Option<Arc<Opening>>,
}

/// An array in a backend.
pub(crate) struct StoredArray {
    backend: Arc<dyn Backend>,
    name: String,
    expected: Option<Expected>,
    origin: Origin,
    reader: OnceCell<Arc<dyn ArrayReader>>,
    /// Of an array that its document opens.
    confirmation: OnceCell<Confirmation>,
    handle: Option<Arc<ArrayHandle>>,
}

impl StoredArray {
    /// An array that is opened when it is first read.
    pub(crate) fn lazy(backend: Arc<dyn Backend>, name: String, expected: Expected, origin: Origin) -> Self {
        Self {
            backend,
            name,
            expected: Some(expected),
            origin,
            reader: OnceCell::new(),
            confirmation: OnceCell::new(),
            handle: None,
        }
    }

    /// Registers a handle on the array: a save that replaces the array can leave it to its holder.
    pub(crate) fn held(self) -> Self {
        Self { handle: self.backend.identity(&self.name).map(ArrayHandle::on), ..self }
    }

    /// An array that is opened now, because no manifest gives its shape.
    pub(crate) fn open(backend: Arc<dyn Backend>, name: String, origin: Origin) -> Result<Self> {
        let stored = Self {
            backend,
            name,
            expected: None,
            origin,
            reader: OnceCell::new(),
            confirmation: OnceCell::new(),
            handle: None,
        };
        let reader = stored.backend.open(&stored.name).map_err(|error| stored.locate(error))?;
        stored.reader.get_or_init(|| reader);
        Ok(stored)
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn expected(&self) -> Option<&Expected> {
        self.expected.as_ref()
    }

    pub(crate) fn handle(&self) -> Option<&ArrayHandle> {
        self.handle.as_deref()
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The bytes of everything that is stored for the array.
    pub(crate) fn stored_bytes(&self) -> Result<u64> {
        self.backend.stored_bytes(&self.name).map_err(|error| self.in_file(error))
    }

    /// Returns what other programs misread in the array. Such an array is also checked.
    pub(crate) fn misread(&self) -> Result<Misread> {
        let misread = self.backend.misread(&self.name).map_err(|error| self.in_file(error))?;
        if misread != Misread::default() {
            self.reader()?;
        }
        Ok(misread)
    }

    /// Rewrites the metadata so that other programs read the array correctly.
    pub(crate) fn repair(&self) -> Result<()> {
        self.backend.repair(&self.name).map_err(|error| self.in_file(error))
    }

    /// Adds the array, its place in the value and its location to an error.
    pub(crate) fn in_file(&self, error: Error) -> Error {
        self.locate(self.gone(error)).at_location(self.backend.describe(&self.name))
    }

    /// Turns the error for an array that no longer exists into `Gone`. An array that is being removed may have lost
    /// only some parts, which looks like damage.
    fn gone(&self, error: Error) -> Error {
        let is_gone =
            error.is_not_found() || (error.is_corrupt() && matches!(self.backend.contains(&self.name), Ok(false)));
        if is_gone {
            error
                .with_kind(ErrorKind::Gone)
                .reworded("the array no longer exists: its value was removed or replaced; load the value again")
        } else {
            error
        }
    }

    /// The open array.
    pub(crate) fn reader(&self) -> Result<&Arc<dyn ArrayReader>> {
        let reader = self.unconfirmed()?;
        self.confirm()?;
        Ok(reader)
    }

    /// The array as its document says it is. What is read with it is handed out after `confirm` only.
    fn unconfirmed(&self) -> Result<&Arc<dyn ArrayReader>> {
        self.reader.get_or_try_init(|| {
            let opened = match self.expected.as_ref().and_then(|expected| expected.opening.as_deref()) {
                Some(opening) => {
                    self.confirmation.get_or_init(|| Confirmation::begin(&self.backend, &self.name));
                    self.backend.open_with(&self.name, opening)
                }
                None => match &self.expected {
                    Some(expected) => self.backend.open_noted(&self.name, expected.format),
                    None => self.backend.open(&self.name),
                },
            };
            let reader = opened.map_err(|error| self.in_file(error))?;
            self.check(&*reader)?;
            Ok(reader)
        })
    }

    /// Fails unless what is beside the array is what the document says.
    fn confirm(&self) -> Result<()> {
        let check = |opened: Result<Arc<dyn ArrayReader>>| {
            opened.map_err(|error| self.in_file(error)).and_then(|reader| self.check(&*reader))
        };
        self.confirmation.get().map_or(Ok(()), |confirmation| confirmation.wait(check))
    }

    /// Reads with the array as its document says it is, while that is being confirmed.
    fn read<R>(&self, read: impl FnOnce(&dyn ArrayReader) -> Result<R>) -> Result<R> {
        let found = read(&**self.unconfirmed()?);
        self.confirm()?;
        found.map_err(|error| self.in_file(error))
    }

    /// Fails if the array is not the one that the document names.
    pub(super) fn check(&self, reader: &dyn ArrayReader) -> Result<()> {
        match &self.expected {
            Some(expected) => expected.check(reader).map_err(|error| self.in_file(error)),
            None => Ok(()),
        }
    }
}

impl Expected {
    /// The same without what the document has of the metadata and checksums: those that are beside the array are read.
    pub(crate) fn without_opening(self) -> Self {
        Self { opening: None, ..self }
    }

    fn check(&self, reader: &dyn ArrayReader) -> Result<()> {
        let another = |what: &str, found: &dyn std::fmt::Debug, expected: &dyn std::fmt::Debug| {
            Error::corrupt(format!(
                "the stored array is not the one that the document names: its {what} is {found:?}, not {expected:?}; \
                 restore the file from a copy"
            ))
        };
        if let Some(format) = self.format.filter(|format| *format != reader.format()) {
            return Err(another("format", &reader.format(), &format));
        }
        if reader.data_type() != self.data_type {
            return Err(another("data type", &reader.data_type(), &self.data_type));
        }
        if reader.grid().shape() != self.grid.shape() {
            return Err(another("shape", &reader.grid().shape(), &self.grid.shape()));
        }
        let Some(expected) = &self.digest else { return Ok(()) };
        match reader.digest() {
            Some(digest) if digest == expected => Ok(()),
            Some(digest) => Err(another("digest", &digest, expected)),
            None => Err(Error::corrupt(
                "the array has lost its checksums, or was written by another program; restore the file from a copy",
            )),
        }
    }
}

impl StoredBytes for StoredArray {
    fn layout(&self) -> Result<&StoredLayout> {
        Ok(self.unconfirmed()?.layout())
    }

    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()> {
        self.read(|reader| reader.read_chunk(number, out))
    }

    fn whole_chunk(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>> {
        self.read(|reader| reader.whole_chunk(number))
    }

    fn read_part(&self, number: usize, part: usize, out: &mut [u8]) -> Result<()> {
        self.read(|reader| reader.read_part(number, part, out))
    }

    fn labels(&self) -> &Labels {
        match (&self.expected, self.reader.get()) {
            (Some(expected), _) => &expected.labels,
            (None, Some(reader)) => reader.labels(),
            (None, None) => &Labels::NONE,
        }
    }

    fn concurrency(&self) -> usize {
        self.backend.concurrency()
    }

    fn locate(&self, error: Error) -> Error {
        let mut error = error.in_array(&self.name);
        if let Some(document) = &self.origin.document {
            error = error.in_document(document);
        }
        if let Some(path) = &self.origin.path {
            error = error.at_path(path);
        }
        error
    }

    fn source(&self) -> String {
        let path = self.origin.path.as_deref().filter(|path| !path.is_empty());
        let mut source = match &self.origin.document {
            Some(document) => quoted(document),
            None => format!("array {}", one_line(&self.name, MOST_CHARACTERS)),
        };
        if let Some(path) = path {
            source += &format!(" at {}", quoted(path));
        }
        source
    }

    fn file(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
