//! HDF5 files of other programs.

use super::array::array;
use crate::array::AnyArray;
use crate::backend::{ForeignHdf5, FoundArrays};
use crate::engine::unblock;
use crate::error::{Error, Result};
use crate::limits::Limits;
use std::fmt;
use std::path::Path;

/// An HDF5 file that any program has written: its datasets are [opened](Self::array) as chunked arrays by their paths, and
/// [listed](Self::arrays). Nothing is written, and no link is followed out of the file.
///
/// [`docs/foreign.md`][foreign] has the data types, layouts and filters that are read. What is not is refused by name.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// # storage.save("grid", &ndarray::Array2::<f32>::ones((50, 60)))?;
/// # let path = folder.path().join("bigdata").join(&storage.info("grid")?.arrays[0].file);
/// use arraystow::Hdf5File;
/// use ndarray::s;
///
/// let file = Hdf5File::open(path)?;
/// for found in file.arrays("/")?.arrays {
///     match found.form {
///         Ok(form) => println!("{}: {} {:?}", found.path, form.data_type, form.shape()),
///         Err(error) => println!("{}: {error}", found.path),
///     }
/// }
/// let array = file.array("/dask_arrays")?.downcast::<f32>()?;
/// assert_eq!(array.slice(s![..10, 3])?.sum()?, 10.0); // only the chunks touched are read
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The file must not change while its arrays are read: there is nothing by which that could be seen.
///
/// [foreign]: https://github.com/arraystow/arraystow/blob/main/docs/foreign.md
#[derive(Clone)]
#[must_use]
pub struct Hdf5File {
    file: ForeignHdf5,
    location: String,
    limits: Limits,
}

impl Hdf5File {
    /// The local file at this path. It is opened when it is read, and not kept open.
    ///
    /// # Errors
    /// `NotFound` if there is no such file; `InvalidInput` if it is no ordinary one.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let cannot = |error| Error::io("the file cannot be opened", error).at_location(path.display().to_string());
        // The user's own links are followed, once; after that there are none.
        let path = std::fs::canonicalize(path).map_err(cannot)?;
        let location = path.display().to_string();
        if !path.is_file() {
            return Err(Error::invalid("this is no ordinary file").at_location(location));
        }
        Ok(Self { file: ForeignHdf5::new(path), location, limits: Limits::default() })
    }

    /// What is refused instead of being read; the [defaults](Limits) let pass what a measurement or a simulation leaves.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The file's absolute path.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The dataset at a path: `/temperature`, `/run 3/field`; the first slash may be left out. Soft links within the file are
    /// followed. The array is lazy: its headers and the index of its chunks are read now, its chunks when they are asked for.
    ///
    /// # Errors
    /// `NotFound` if there is nothing at that path, with the names that are near; `InvalidInput` if it is no dataset;
    /// `Unsupported` for a data type, layout or filter that is not read, and for a link to another file; `Limit` for what
    /// the limits refuse; `Corrupt` if the file is damaged, or no HDF5 file.
    pub fn array(&self, path: &str) -> Result<AnyArray> {
        let reader = self.file.array(path, &self.limits).map_err(|error| error.in_array(path))?;
        array(reader, path, 1)
    }

    /// The datasets at and below a path, `/` for the whole file, each with its data type, shape and chunks. A dataset that
    /// cannot be read is listed with the reason, and so is a link to another file. No chunk is read. The listing is
    /// [bounded](FoundArrays::is_complete).
    ///
    /// # Errors
    /// `NotFound` if there is nothing at that path; `Corrupt` if the file is damaged, or no HDF5 file.
    pub fn arrays(&self, path: &str) -> Result<FoundArrays> {
        self.file.list(path, &self.limits).map_err(|error| error.in_array(path))
    }

    /// The async form of [`array`](Self::array).
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn array_async(&self, path: &str) -> impl Future<Output = Result<AnyArray>> + Send + use<> {
        let (file, path) = (self.clone(), path.to_owned());
        unblock(move || file.array(&path))
    }

    /// The async form of [`arrays`](Self::arrays).
    ///
    /// # Errors
    /// As [`arrays`](Self::arrays).
    pub fn arrays_async(&self, path: &str) -> impl Future<Output = Result<FoundArrays>> + Send + use<> {
        let (file, path) = (self.clone(), path.to_owned());
        unblock(move || file.arrays(&path))
    }
}

impl fmt::Debug for Hdf5File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hdf5File").field("location", &self.location).field("limits", &self.limits).finish()
    }
}
