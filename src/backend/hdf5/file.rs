//! An HDF5 file that is open in libhdf5, over arraystow's own access to bytes.
//!
//! All work on it goes through [`File::call`], which holds the lock and returns the I/O error behind a failure. It is
//! open as briefly as possible: while a header is written or read, and while compressed chunks are added.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::driver::Connection;
use super::library::{Handle, id, locked, status};
use super::reading::WatchedFile;
use crate::error::Result;
use crate::limits::Limits;
use crate::protocol::FileBytes;
use hdf5_sys::h5f::{H5F_ACC_EXCL, H5F_ACC_RDONLY, H5F_libver_t, H5Fclose, H5Fcreate, H5Fopen};
use hdf5_sys::h5p::{
    H5P_CLS_FILE_ACCESS, H5P_CLS_FILE_CREATE, H5Pclose, H5Pcreate, H5Pset_libver_bounds, H5Pset_obj_track_times,
};
use std::sync::Arc;

pub(super) struct File {
    file: Handle,
    connection: Arc<Connection>,
}

impl File {
    /// Makes an HDF5 file in an empty file.
    pub(super) fn create(bytes: Arc<FileBytes>) -> Result<Self> {
        Self::start(Connection::to_write(bytes), |access| {
            // The newest format that h5py has read for years, and that has the implicit chunk index.
            let version = H5F_libver_t::H5F_LIBVER_V110;
            // SAFETY: a valid list.
            status("choose the file format", || unsafe { H5Pset_libver_bounds(access.id(), version, version) })?;
            // SAFETY: the class is a constant of libhdf5.
            let list = id("make a file creation list", H5Pclose, || unsafe { H5Pcreate(*H5P_CLS_FILE_CREATE) })?;
            // Equal arrays are equal files.
            // SAFETY: a valid list; that of a file is also that of its root group.
            status("leave out time stamps", || unsafe { H5Pset_obj_track_times(list.id(), 0) })?;
            id("create a file", H5Fclose, || {
                // SAFETY: a C string and valid lists. The driver has no use for the name.
                unsafe { H5Fcreate(NAME.as_ptr(), H5F_ACC_EXCL, list.id(), access.id()) }
            })
        })
    }

    /// Opens an HDF5 file to read.
    pub(super) fn open(bytes: Arc<FileBytes>, limits: &Limits) -> Result<Self> {
        Self::start(Connection::to_read(bytes, limits)?, |access| {
            // SAFETY: a C string and a valid list. The driver has no use for the name.
            id("open the file", H5Fclose, || unsafe { H5Fopen(NAME.as_ptr(), H5F_ACC_RDONLY, access.id()) })
        })
    }

    fn start(connection: Arc<Connection>, open: impl FnOnce(&Handle) -> Result<Handle>) -> Result<Self> {
        let file = explained(&connection, || {
            // SAFETY: the class is a constant of libhdf5, which the lock has initialized.
            let access = id("make a file access list", H5Pclose, || unsafe { H5Pcreate(*H5P_CLS_FILE_ACCESS) })?;
            connection.attach(access.id())?;
            open(&access)
        })?;
        Ok(Self { file, connection })
    }

    /// Does something with the file, under the lock.
    pub(super) fn call<R>(&self, work: impl FnOnce(&Handle) -> Result<R>) -> Result<R> {
        explained(&self.connection, || work(&self.file))
    }

    /// Continues with a file after something in it could not be read.
    pub(super) fn recover(&self) {
        self.connection.recover();
    }

    /// Does something optional with the file.
    pub(super) fn attempt<R>(&self, work: impl FnOnce(&Handle) -> Result<R>) -> Result<R> {
        let result = self.call(work);
        if result.is_err() {
            self.recover();
        }
        result
    }

    /// How the file is read; none if it is being written.
    pub(super) fn reading(&self) -> Option<&WatchedFile> {
        self.connection.reading()
    }

    /// Closes the file; everything made of it must be closed before.
    pub(super) fn close(self) -> Result<()> {
        let Self { file, connection } = self;
        explained(&connection, || file.close("close the file"))
    }
}

/// The driver has the bytes, but libhdf5 requires a name.
const NAME: &std::ffi::CStr = c"array";

/// Puts the error of the driver, if there was one, in the place of what libhdf5 made of it.
fn explained<R>(connection: &Connection, work: impl FnOnce() -> Result<R>) -> Result<R> {
    locked(|| {
        let result = work();
        connection.error().map_or(result, Err)
    })
}
