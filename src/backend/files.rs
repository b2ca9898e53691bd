//! Arrays through the FILE protocol. In a local folder they have either format: new arrays have the chosen format, and
//! existing arrays are read in their own.
//!
//! An array has one name and one of two forms: an HDF5 file `<name>`, or a Zarr array `dask_arrays/<name>`. Which of
//! them exists is checked.

#[cfg(feature = "zarr")]
use super::SharedArrays;
use super::{ArrayReader, ArraySpec, ArrayWriter, Backend, Check, GROUP, Linked, ListedArray, Misread};
use crate::array::{Codec, DataType};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::{ArrayFormat, ArrayOptions, FileProtocol, calling, local_folder, local_path};
use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;

/// The arrays of a FILE protocol.
pub(crate) struct FileArrays {
    files: Arc<dyn FileProtocol>,
    options: ArrayOptions,
    /// The format of new arrays.
    chosen: ArrayFormat,
    /// The folder, if it is a local one.
    folder: Option<PathBuf>,
    /// None if it is not built in.
    hdf5: Option<Arc<dyn Backend>>,
    /// None if it is not built in, or there is no folder.
    zarr: Option<Arc<dyn Backend>>,
}

impl FileArrays {
    pub(crate) fn new(files: Arc<dyn FileProtocol>, options: ArrayOptions, limits: Limits) -> Self {
        let folder = local_folder(&*files);
        #[cfg(feature = "hdf5")]
        let hdf5: Option<Arc<dyn Backend>> = Some(Arc::new(super::hdf5::Hdf5Files::new(files.clone(), limits)));
        #[cfg(not(feature = "hdf5"))]
        let hdf5 = None;
        #[cfg(feature = "zarr")]
        let zarr = folder.as_deref().map(|folder| -> Arc<dyn Backend> {
            let store = crate::protocol::store::FolderStore::new(folder, files.durability());
            Arc::new(super::ZarrArrays::new(Arc::new(store), options.zarr(), limits))
        });
        #[cfg(not(feature = "zarr"))]
        let zarr = None;
        let _ = limits;
        let chosen = options.format.unwrap_or(ArrayFormat::of_folders());
        Self { files, options, chosen, folder, hdf5, zarr }
    }

    fn of_format(&self, format: ArrayFormat) -> Result<&dyn Backend> {
        let backend = match format {
            ArrayFormat::Hdf5 => self.hdf5.as_deref(),
            ArrayFormat::Zarr => self.zarr.as_deref(),
        };
        backend.ok_or_else(|| match (format, &self.folder) {
            (ArrayFormat::Zarr, None) => Error::unsupported(
                "Zarr arrays need a local folder or an object store, and the files of this file protocol have no path",
            ),
            _ => format.not_built(),
        })
    }

    /// Where the file of an HDF5 array would be.
    fn file(&self, name: &str) -> Option<PathBuf> {
        local_path(&*self.files, name)
    }

    fn is_file(&self, name: &str) -> bool {
        self.file(name).is_some_and(|path| path.symlink_metadata().is_ok())
    }

    /// Whether there is a Zarr array of that name, or what is left of one.
    fn is_tree(&self, name: &str) -> bool {
        let path = self.folder.as_ref().map(|folder| folder.join(GROUP).join(name));
        path.is_some_and(|path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()))
    }

    /// The backend of the array of that name; of new arrays, if there is none.
    fn of(&self, name: &str) -> Result<&dyn Backend> {
        self.preferring(self.chosen, name)
    }

    /// The backend of the array of that name. If there are arrays of both formats, it is the one of this format.
    fn preferring(&self, format: ArrayFormat, name: &str) -> Result<&dyn Backend> {
        let format = match format {
            ArrayFormat::Hdf5 if !self.is_file(name) && self.is_tree(name) => ArrayFormat::Zarr,
            ArrayFormat::Zarr if !self.is_tree(name) && self.is_file(name) => ArrayFormat::Hdf5,
            format => format,
        };
        self.of_format(format)
    }

    /// What has been built in.
    fn each(&self) -> impl Iterator<Item = &dyn Backend> {
        [self.hdf5.as_deref(), self.zarr.as_deref()].into_iter().flatten()
    }
}

impl Backend for FileArrays {
    fn format(&self) -> ArrayFormat {
        self.chosen
    }

    fn noted_format(&self, format: ArrayFormat) -> Option<ArrayFormat> {
        Some(format).filter(|format| *format != ArrayFormat::Hdf5)
    }

    fn create(&self, name: &str, spec: &ArraySpec) -> Result<Box<dyn ArrayWriter>> {
        self.options.check(self.chosen)?;
        self.of_format(self.chosen)?.create(name, spec)
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ArrayReader>> {
        self.of(name)?.open(name)
    }

    fn open_noted(&self, name: &str, noted: Option<ArrayFormat>) -> Result<Arc<dyn ArrayReader>> {
        self.preferring(noted.unwrap_or(ArrayFormat::Hdf5), name)?.open(name)
    }

    fn stored_bytes(&self, name: &str) -> Result<u64> {
        self.of(name)?.stored_bytes(name)
    }

    fn contains(&self, name: &str) -> Result<bool> {
        self.of(name)?.contains(name)
    }

    /// In both forms: copies that were killed may have left both.
    fn remove(&self, name: &str) -> Result<()> {
        let is_tree = self.is_tree(name);
        if is_tree {
            self.of_format(ArrayFormat::Zarr)?.remove(name)?;
        }
        let removed = match &self.hdf5 {
            Some(hdf5) => hdf5.remove(name),
            None if self.is_file(name) => Err(ArrayFormat::Hdf5.not_built()),
            None => {
                Err(Error::new(ErrorKind::NotFound, "there is no array of that name").at_location(self.describe(name)))
            }
        };
        match removed {
            Err(error) if is_tree && error.is_not_found() => Ok(()),
            removed => removed,
        }
    }

    fn list(&self) -> Result<Vec<ListedArray>> {
        let mut listed = Vec::new();
        for backend in self.each() {
            listed.extend(backend.list()?);
        }
        Ok(listed)
    }

    fn clear(&self) -> Result<()> {
        self.each().try_for_each(Backend::clear)
    }

    /// Only arrays of the chosen format: all that a save writes again is of that.
    fn link(&self, other: &dyn Backend, from: &str, to: &str, check: &Check<'_>) -> Result<Option<Linked>> {
        self.of_format(self.chosen)?.link(other, from, to, check)
    }

    fn holder(&self, name: &str) -> Option<&dyn Backend> {
        self.of(name).ok()
    }

    fn misread(&self, name: &str) -> Result<Misread> {
        self.of(name)?.misread(name)
    }

    fn repair(&self, name: &str) -> Result<()> {
        self.of(name)?.repair(name)
    }

    fn writes_as(&self, other: &dyn Backend) -> bool {
        let Some(other) = other.as_any().downcast_ref::<Self>() else { return false };
        match (self.of_format(self.chosen), other.of_format(other.chosen)) {
            (Ok(own), Ok(other)) => own.writes_as(other),
            _ => false,
        }
    }

    fn is_local(&self) -> bool {
        self.folder.is_some()
    }

    /// The same whatever the format: there is one array of a name.
    fn identity(&self, name: &str) -> Option<String> {
        self.file(name).map(|path| path.display().to_string())
    }

    fn default_codec(&self) -> Codec {
        self.of_format(self.chosen).map_or(Codec::NONE, Backend::default_codec)
    }

    fn check_codec(&self, codec: Codec) -> Result<()> {
        self.of_format(self.chosen)?.check_codec(codec)
    }

    fn keeps_codec(&self, name: &str, codec: Codec) -> Result<bool> {
        self.of_format(self.chosen)?.keeps_codec(name, codec)
    }

    fn check_data_type(&self, data_type: &DataType) -> Result<()> {
        self.of_format(self.chosen)?.check_data_type(data_type)
    }

    fn form(&self, spec: &ArraySpec) -> Result<(usize, u64)> {
        self.options.check(self.chosen)?;
        self.of_format(self.chosen)?.form(spec)
    }

    /// In a folder, they are Zarr arrays.
    #[cfg(feature = "zarr")]
    fn shared(&self) -> Option<&dyn SharedArrays> {
        self.zarr.as_deref()?.shared()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn sync(&self) -> Result<()> {
        self.each().try_for_each(Backend::sync)
    }

    fn describe(&self, name: &str) -> String {
        match self.of(name) {
            Ok(backend) => backend.describe(name),
            Err(_) => calling(|| Ok(self.files.describe(name))).unwrap_or_else(|_| name.to_owned()),
        }
    }
}
