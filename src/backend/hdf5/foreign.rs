//! HDF5 files that other programs have written: any dataset, by its path.

use super::file::File;
use super::header::{self, Wanted};
use super::place::Location;
use super::reader::Reader;
use super::{library, listing};
use crate::backend::ArrayReader;
use crate::backend::found::FoundArrays;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::OneFile;
use std::path::PathBuf;
use std::sync::Arc;

/// A local HDF5 file, to read.
#[derive(Clone)]
pub(crate) struct ForeignHdf5 {
    location: Location,
}

impl ForeignHdf5 {
    /// The file at this path, which leads there without links.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { location: Location::new(Arc::new(OneFile::new(path)), "") }
    }

    /// Opens a dataset.
    pub(crate) fn array(&self, dataset: &str, limits: &Limits) -> Result<Arc<dyn ArrayReader>> {
        let bytes = Arc::new(self.location.open()?);
        Ok(Arc::new(Reader::wanted(self.location.clone(), &bytes, limits, Wanted::Dataset(dataset))?))
    }

    /// Lists the datasets at and below a path.
    pub(crate) fn list(&self, at: &str, limits: &Limits) -> Result<FoundArrays> {
        let list = || {
            let bytes = Arc::new(self.location.open()?);
            let file_len = bytes.len().map_err(|error| Error::io("the length of the file cannot be read", error))?;
            let file = File::open(bytes, limits).map_err(header::not_hdf5)?;
            let found = listing::list(&file, at, file_len, limits)?;
            file.close()?;
            Ok(found)
        };
        library::on_large_stack(list).map_err(|error: Error| self.location.locate(error))
    }
}
