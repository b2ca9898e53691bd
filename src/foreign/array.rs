//! An array that is not part of a document.

use crate::array::{AnyArray, ChunkedArray, EncodedArray, Labels, StoredBytes, StoredLayout, with_typed};
use crate::backend::ArrayReader;
use crate::error::{Error, Result, one_line};
use std::any::Any;
use std::sync::Arc;

/// Characters of a path in the description of an array.
const MOST_CHARACTERS: usize = 200;

/// An open array of another program.
struct Foreign {
    reader: Arc<dyn ArrayReader>,
    path: String,
    /// The file, or the URL or folder of the store.
    location: String,
    concurrency: usize,
}

/// The array of a reader, which is at that path of its file or store.
pub(super) fn array(reader: Arc<dyn ArrayReader>, path: &str, location: &str, concurrency: usize) -> Result<AnyArray> {
    let (data_type, grid) = (reader.data_type(), reader.grid().clone());
    let foreign = Arc::new(Foreign { reader, path: path.to_owned(), location: location.to_owned(), concurrency });
    Ok(with_typed!(data_type, T => ChunkedArray::<T>::from_stored(grid, foreign).into(), else => {
        AnyArray::of(Arc::new(EncodedArray::from_stored(data_type, grid, foreign)?))
    }))
}

impl StoredBytes for Foreign {
    fn layout(&self) -> Result<&StoredLayout> {
        Ok(self.reader.layout())
    }

    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()> {
        self.reader.read_chunk(number, out).map_err(|error| self.locate(error))
    }

    fn whole_chunk(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>> {
        self.reader.whole_chunk(number).map_err(|error| self.locate(error))
    }

    fn read_part(&self, number: usize, part: usize, out: &mut [u8]) -> Result<()> {
        self.reader.read_part(number, part, out).map_err(|error| self.locate(error))
    }

    fn labels(&self) -> &Labels {
        self.reader.labels()
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn locate(&self, error: Error) -> Error {
        error.in_array(&self.path)
    }

    fn source(&self) -> String {
        let shown = |text: &str| one_line(text, MOST_CHARACTERS);
        format!("\"{}\" at \"{}\"", shown(&self.location), shown(&self.path))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
