//! The arrays in a place that other programs have written.

use crate::array::{ChunkGrid, DataType};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The arrays in an HDF5 file or a Zarr store, in the order of their paths. See [`ZarrStore`](crate::ZarrStore) for an
/// example. With serde it is a map of its fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundArrays {
    /// The arrays, including those that cannot be read.
    pub arrays: Vec<FoundArray>,
    /// Whether the list is complete. A listing ends after 10,000 objects, or 16 MiB of paths.
    pub is_complete: bool,
}

/// One array of an HDF5 file or a Zarr store. See [`ZarrStore`](crate::ZarrStore) for an example.
///
/// With serde it is a map of its fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundArray {
    /// The path of the array.
    pub path: String,
    /// Its data type, shape and chunks, or why it cannot be read.
    pub form: Result<ArrayForm>,
    /// Whether it is only the length of an axis: netCDF writes an HDF5 dataset without values for each dimension that
    /// has no coordinates.
    pub is_only_length: bool,
}

/// The data type, shape and chunks of an array. With serde it is a map of its fields. See
/// [`ZarrStore`](crate::ZarrStore) for an example.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArrayForm {
    /// The data type.
    pub data_type: DataType,
    /// Shape and chunks.
    pub grid: ChunkGrid,
}

impl ArrayForm {
    /// Returns the number of elements along each axis. See [`ZarrStore`](crate::ZarrStore) for an example.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.grid.shape()
    }
}

/// A listing in the making, of bounded size.
pub(super) struct Listing {
    arrays: Vec<FoundArray>,
    objects_left: usize,
    bytes_left: usize,
    is_complete: bool,
}

impl Listing {
    pub(super) fn new() -> Self {
        Self { arrays: Vec::new(), objects_left: 10_000, bytes_left: 16 << 20, is_complete: true }
    }

    /// Whether there is room for an object with a path of this many bytes.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        match (self.objects_left.checked_sub(1), self.bytes_left.checked_sub(bytes)) {
            (Some(objects), Some(bytes)) => (self.objects_left, self.bytes_left) = (objects, bytes),
            _ => self.is_complete = false,
        }
        self.is_complete
    }

    pub(super) fn is_full(&self) -> bool {
        !self.is_complete
    }

    pub(super) fn add(&mut self, path: String, form: Result<ArrayForm>) {
        self.arrays.push(FoundArray { path, form, is_only_length: false });
    }

    /// The length of an axis.
    #[cfg(any(feature = "hdf5", test))]
    pub(super) fn add_length(&mut self, path: String, form: Result<ArrayForm>) {
        self.arrays.push(FoundArray { path, form, is_only_length: true });
    }

    pub(super) fn refuse(&mut self, path: String, error: Error) {
        self.add(path, Err(error));
    }

    pub(super) fn finish(mut self) -> FoundArrays {
        self.arrays.sort_by(|a, b| a.path.cmp(&b.path));
        FoundArrays { arrays: self.arrays, is_complete: self.is_complete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_arrays_survive_serde() {
        let mut listing = Listing::new();
        let grid = ChunkGrid::regular(&[10, 10], &[5, 5]).unwrap();
        listing.add("/a".into(), Ok(ArrayForm { data_type: DataType::Float32, grid }));
        listing.refuse("/b".into(), Error::unsupported("the filter 32015 is not read"));
        listing.add_length("/c".into(), Err(Error::unsupported("it is a compound")));
        let found = listing.finish();
        let back: FoundArrays = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        assert!(back.is_complete && back.arrays[2].is_only_length && !back.arrays[0].is_only_length);
        assert_eq!(
            (&back.arrays[0].path, back.arrays[0].form.as_ref().ok()),
            (&"/a".to_owned(), found.arrays[0].form.as_ref().ok())
        );
        let text = |found: &FoundArrays| found.arrays[1].form.as_ref().map_err(ToString::to_string).err();
        assert_eq!(text(&back), text(&found));
    }
}
