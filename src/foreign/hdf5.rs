//! HDF5 files of other programs.

use super::array::array;
use crate::array::AnyArray;
use crate::backend::{ForeignHdf5, FoundArrays};
use crate::engine::unblock;
use crate::error::Result;
use crate::limits::Limits;
use crate::protocol::regular_file;
use std::fmt;
use std::path::Path;

/// An HDF5 file that was written by any program. Its datasets are [opened](Self::array) as chunked arrays by their
/// paths, and [listed](Self::arrays). Nothing is written, and no link out of the file is followed.
///
/// [`docs/foreign.md`][foreign] lists the data types, layouts and filters that are supported. For anything else, the
/// error names what is not supported.
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
/// println!("{}", file.location()); // its absolute path
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
/// The file must not change while its arrays are read: such a change cannot be detected.
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
    /// Returns a handle on the local file at this path. The file is opened each time it is read, and is not kept open.
    ///
    /// # Errors
    /// `NotFound` if there is no such file; `InvalidInput` if it is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = regular_file(path.as_ref(), "an HDF5 file")?;
        let location = path.display().to_string();
        Ok(Self { file: ForeignHdf5::new(path), location, limits: Limits::default() })
    }

    /// Sets the limits on what is read. The [defaults](Limits) suit the results of measurements and simulations.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the file's absolute path.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Returns the dataset at a path, such as `/temperature` or `/run 3/field`. The first slash is optional. Soft links
    /// within the file are followed. The array is lazy: its headers and its chunk index are read now, its chunks when
    /// they are needed. It has the names of axes, the attributes and the fill value of the dataset, as far as they are
    /// supported.
    ///
    /// # Errors
    /// `NotFound` if there is nothing at that path, with suggestions of similar names; `InvalidInput` if it is not a
    /// dataset; `Unsupported` for a data type, layout or filter that is not supported, and for a link to another file;
    /// `Limit` if the array exceeds the limits; `Corrupt` if the file is damaged or not an HDF5 file.
    pub fn array(&self, path: &str) -> Result<AnyArray> {
        let reader = self.file.array(path, &self.limits).map_err(|error| error.in_array(path))?;
        array(reader, path, &self.location, 1)
    }

    /// Lists the datasets at a path and in the groups below it, each with its data type, shape and chunks. The path `/`
    /// is the whole file. A dataset that cannot be read is listed with the reason, and so is a link to another file. The
    /// [lengths of axes](crate::FoundArray::is_only_length) of netCDF are listed too. No chunk is read. The listing is
    /// [bounded](FoundArrays::is_complete).
    ///
    /// # Errors
    /// `NotFound` if there is nothing at that path; `Corrupt` if the file is damaged or not an HDF5 file.
    pub fn arrays(&self, path: &str) -> Result<FoundArrays> {
        self.file.list(path, &self.limits).map_err(|error| error.in_array(path))
    }

    /// The async form of [`array`](Self::array).
    ///
    /// # Errors
    /// As for [`array`](Self::array).
    pub fn array_async(&self, path: &str) -> impl Future<Output = Result<AnyArray>> + Send + use<> {
        let (file, path) = (self.clone(), path.to_owned());
        unblock(move || file.array(&path))
    }

    /// The async form of [`arrays`](Self::arrays).
    ///
    /// # Errors
    /// As for [`arrays`](Self::arrays).
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
