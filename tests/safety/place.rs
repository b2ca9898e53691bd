//! The places that tests go through: folders and a server.

use super::sample::{Notes, files};
use arraystow::{ArrayFormat, Storage};
use arraystow_s3_server::Server;
use std::collections::BTreeSet;

/// A folder with arrays of either format, or a folder on a server.
pub enum Place {
    Files(tempfile::TempDir, ArrayFormat),
    Objects(Server),
}

impl Place {
    pub fn all() -> [Self; 3] {
        let files = |format| Self::Files(tempfile::tempdir().unwrap(), format);
        [files(ArrayFormat::Hdf5), files(ArrayFormat::Zarr), Self::Objects(Server::start())]
    }

    pub fn storage(&self) -> Storage {
        let builder = match self {
            Self::Files(folder, format) => Storage::builder(folder.path().join("root")).array_format(*format),
            Self::Objects(server) => server.builder("root"),
        };
        builder.serializer(Notes).open().unwrap()
    }

    /// Every file or key.
    pub fn contents(&self) -> BTreeSet<String> {
        match self {
            Self::Files(folder, _) => files(folder.path()),
            Self::Objects(server) => server.keys().into_iter().collect(),
        }
    }
}
