//! Which chunks of two stored arrays differ, by their checksums.

use super::offload::unblock;
use crate::array::{AnyArray, StoredBytes};
use crate::error::Result;
use std::collections::BTreeSet;

impl AnyArray {
    /// Returns the chunks whose elements may differ from those of another stored array, without reading chunks: the
    /// lengths and the checksums (CRC-32C) of their bytes are compared, which a save records. Opens both arrays. The
    /// numbers are those of the chunks of [`grid`](Self::grid), in ascending order. All other chunks have the same
    /// elements. Names, attributes and fill values are not compared.
    ///
    /// Returns `None` if the arrays cannot be compared in this way:
    ///
    /// - One of them is not stored, or another program has written it.
    /// - They have different shapes, data types, formats, codecs or stored chunks.
    /// - They are strings of any length in HDF5 files.
    ///
    /// Chunks with different bytes may have equal elements: `-0.0` is equal to `0.0`. Two chunks with different elements
    /// have the same checksum with a probability of 2<sup>-32</sup>.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::ChunkedArray;
    ///
    /// let mut field = ndarray::Array1::<f64>::zeros(100_000);
    /// storage.save("before", &ChunkedArray::from_ndarray(field.clone(), &[10_000])?)?;
    /// field[25_000] = 1.0;
    /// storage.save("after", &ChunkedArray::from_ndarray(field, &[10_000])?)?;
    ///
    /// let (before, after) = (storage.array("before", "")?, storage.array("after", "")?);
    /// assert_eq!(before.changed_chunks(&after)?, Some(vec![2]));
    /// assert_eq!(before.grid().chunk_region(2)?.start(), [20_000]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Any error of opening the arrays.
    pub fn changed_chunks(&self, other: &Self) -> Result<Option<Vec<usize>>> {
        let (Some(one), Some(another)) = (self.stored_array(), other.stored_array()) else { return Ok(None) };
        let (reader, others) = (one.reader()?, another.reader()?);
        let apart = reader.regions_apart(&**others).map_err(|error| one.locate(error))?;
        let Some(apart) = apart else { return Ok(None) };
        let mut numbers = BTreeSet::new();
        for region in apart {
            numbers.extend(self.grid().overlapping(&region));
        }
        Ok(Some(numbers.into_iter().collect()))
    }

    /// The async form of [`changed_chunks`](Self::changed_chunks).
    ///
    /// # Errors
    /// As for [`changed_chunks`](Self::changed_chunks).
    pub fn changed_chunks_async(
        &self,
        other: &Self,
    ) -> impl Future<Output = Result<Option<Vec<usize>>>> + Send + use<> {
        let (array, other) = (self.clone(), other.clone());
        unblock(move || array.changed_chunks(&other))
    }
}
