//! What a save would do, without doing it.

use super::Storage;
use super::intent::Intent;
use super::save::PlannedSave;
use super::sources::Sources;
use crate::array::{ChunkGrid, Codec, DataType};
use crate::engine::unblock;
use crate::error::{Error, Result};
use crate::plugin::{ArrayForecast, Incomplete, PlanSettings};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a [save](Storage::save) would write. [`Storage::plan`] returns it.
///
/// With serde it is a map of its fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavePreview {
    /// Bytes of the document's body: everything that is not in an array. Head and checksums of the document take some
    /// hundred bytes more for each array.
    pub document_bytes: u64,
    /// The arrays, in the order in which the value has them.
    pub arrays: Vec<ArrayPreview>,
    /// The number of [external objects](crate::persistent).
    pub external_objects: usize,
}

/// The result of a save for one array of a value. See [`Storage::plan`] for an example.
///
/// With serde it is a map of its fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArrayPreview {
    /// Its places in the value, such as `runs[3].field`.
    pub paths: Vec<String>,
    /// The data type.
    pub data_type: DataType,
    /// Shape and chunks, as they are in the value.
    pub grid: ChunkGrid,
    /// The codec with which its chunks would be compressed.
    pub codec: Codec,
    /// Bytes of all elements, before compression. Strings count 24 bytes each.
    pub bytes: u64,
    /// The number of chunks in storage. It differs from that of `grid` if the format does not support these chunks, or
    /// if one is larger than the [limits](crate::Limits) allow. It is 0 if the array cannot be stored.
    pub chunks: usize,
    /// The number of files, or of objects in a store, that the array would become. In a store each is one request. It
    /// is 0 if the array cannot be stored.
    pub files: u64,
    /// The action of the save for this array.
    pub action: ArrayAction,
    /// The reason why the array cannot be stored, if it cannot. Saving the value then fails.
    pub refusal: Option<Error>,
}

/// What a save would do with an array. See [`Storage::plan`] for an example.
///
/// `Display` and serde use the names `write`, `take` and `keep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ArrayAction {
    /// Its chunks are computed and written. Chunks, and whole arrays, that were saved before may be taken over instead.
    Write,
    /// It is stored elsewhere. It is linked, or copied without being decoded, if the two places allow it, and otherwise
    /// written.
    Take,
    /// It is in the document that is replaced, and stays where it is.
    Keep,
}

impl fmt::Display for ArrayAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Write => "write",
            Self::Take => "take",
            Self::Keep => "keep",
        })
    }
}

impl Storage {
    /// Returns what [`save`](Self::save) would do with this value under this name. Nothing is written and no chunk is
    /// computed.
    ///
    /// Plain arrays (`ndarray`, lists with `#[stow]`) are copied to memory, as for [`save_async`](Self::save_async).
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{ArrayAction, ChunkedArray};
    ///
    /// let zeros = |region: &arraystow::Region| ndarray::ArrayD::<f32>::zeros(region.shape());
    /// let height = ChunkedArray::from_fn(&[100_000, 100_000], &[1000, 1000], zeros)?;
    ///
    /// let plan = storage.plan("survey", &("first", &height))?;
    /// assert_eq!((plan.bytes(), plan.chunks()), (40_000_000_000, 10_000));
    /// assert_eq!(plan.arrays[0].action, ArrayAction::Write);
    /// assert_eq!(plan.refusals().count(), 0);
    /// assert!(plan.to_string().ends_with("arrays: 1 to write (40000000000 bytes, 10000 chunks, 1 file)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// An array that cannot be stored does not fail the call. It is listed with the reason:
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # use arraystow::ChunkedArray;
    /// let pending = ChunkedArray::<f32>::pending(&[4], &[4])?;
    /// let plan = storage.plan("survey", &(1, pending))?;
    /// let refusal = plan.refusals().next().unwrap();
    /// assert_eq!(refusal.path(), Some("[1]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName`; `Serde` if the value or the format fails; `AlreadyExists` and `Conflict` as for
    /// [`save`](Self::save); `Io` if the existing document with this name cannot be read.
    pub fn plan<T: ?Sized + Serialize>(&self, name: &str, value: &T) -> Result<SavePreview> {
        self.plan_listing(name, value)?.preview()
    }

    /// The async form of [`plan`](Self::plan). The value is serialized when the function is called.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn plan_async<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> impl Future<Output = Result<SavePreview>> + Send + use<T> {
        let planned = self.plan_listing(name, value);
        unblock(move || planned?.preview())
    }

    /// The walk, in which arrays that cannot be computed are no error.
    fn plan_listing<T: ?Sized + Serialize>(&self, name: &str, value: &T) -> Result<PlannedSave> {
        let settings = PlanSettings { incomplete: Incomplete::Listed, ..PlanSettings::default() };
        self.plan_walk(name, value, Intent::Replace, settings)
    }
}

impl PlannedSave {
    fn preview(&self) -> Result<SavePreview> {
        let preview = || {
            let before = self.storage.replaceable(&self.name)?;
            self.expected(&before, &Sources::of(&self.plan, &self.storage.place.identity(&self.name)))?;
            let protocols = self.storage.protocols(self.name.workflow());
            let arrays = self.plan.forecast(&protocols, before.manifest.as_ref())?;
            Ok(SavePreview {
                document_bytes: self.body.len() as u64,
                arrays: arrays.into_iter().map(ArrayPreview::of).collect(),
                external_objects: self.plan.external_objects(),
            })
        };
        preview().map_err(|error: Error| error.in_document(self.name.as_str()))
    }
}

impl ArrayPreview {
    fn of(forecast: ArrayForecast) -> Self {
        let ArrayForecast { paths, data_type, grid, codec, bytes, is_kept, is_stored, form } = forecast;
        let action = match (is_kept, is_stored) {
            (true, _) => ArrayAction::Keep,
            (false, true) => ArrayAction::Take,
            (false, false) => ArrayAction::Write,
        };
        let ((chunks, files), refusal) = match form {
            Ok(form) => (form, None),
            Err(error) => ((0, 0), Some(error)),
        };
        Self { paths, data_type, grid, codec, bytes, chunks, files, action, refusal }
    }
}

impl SavePreview {
    /// Returns the bytes of the elements of all arrays to be written, before compression.
    ///
    /// See [`Storage::plan`] for an example.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.to_write().map(|array| array.bytes).fold(0, u64::saturating_add)
    }

    /// Returns the number of chunks to be written.
    ///
    /// See [`Storage::plan`] for an example.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.to_write().map(|array| array.chunks).fold(0, usize::saturating_add)
    }

    /// Returns the number of files, or of objects in a store, that the arrays to be written become.
    ///
    /// See [`Storage::plan`] for an example.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.to_write().map(|array| array.files).fold(0, u64::saturating_add)
    }

    /// Returns the reasons why arrays of the value cannot be stored. Saving the value fails with the first of these.
    ///
    /// See [`Storage::plan`] for an example.
    pub fn refusals(&self) -> impl Iterator<Item = &Error> {
        self.arrays.iter().filter_map(|array| array.refusal.as_ref())
    }

    fn to_write(&self) -> impl Iterator<Item = &ArrayPreview> {
        self.arrays.iter().filter(|array| array.action == ArrayAction::Write)
    }
}

impl fmt::Display for SavePreview {
    /// One line, such as `document: 160 bytes; arrays: 2 to write (4096 bytes, 4 chunks, 2 files), 1 to keep`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |action| self.arrays.iter().filter(|array| array.action == action).count();
        let s = |count: u64| if count == 1 { "" } else { "s" };
        let (bytes, chunks, files) = (self.bytes(), self.chunks(), self.files());
        write!(f, "document: {} bytes; arrays: {} to write", self.document_bytes, count(ArrayAction::Write))?;
        if bytes > 0 {
            write!(f, " ({bytes} bytes, {chunks} chunk{}, {files} file{})", s(chunks as u64), s(files))?;
        }
        for (action, what) in [(ArrayAction::Take, "to take over"), (ArrayAction::Keep, "to keep")] {
            match count(action) {
                0 => {}
                count => write!(f, ", {count} {what}")?,
            }
        }
        match self.external_objects {
            0 => {}
            count => write!(f, "; external objects: {count}")?,
        }
        match self.refusals().count() {
            0 => Ok(()),
            count => write!(f, "; {count} refused"),
        }
    }
}
