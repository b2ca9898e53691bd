//! The HDF5 file driver: libhdf5 reads and writes through [`FileBytes`], wherever the bytes are.
//!
//! A driver serves exactly one file: libhdf5 cannot open any other file that a hostile file refers to (external links,
//! virtual datasets). What it reads of a file is bounded, and watched (`watch`). Its callbacks run under libhdf5's lock
//! and call a user's handle, which therefore must not wait for a thread that uses HDF5.
#![allow(unsafe_code, reason = "callbacks for libhdf5")]

use super::class::{
    H5FD_CLASS_VERSION, H5FD_MEM_DRAW, H5FD_MEM_OHDR, H5FD_MEM_SUPER, H5FD_class_t, H5FD_mem_t, H5FD_t, H5FDregister,
};
use super::fault::io_error;
use super::library::{checked, status};
use super::reading::WatchedFile;
use super::watch::BlockKind;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::lock::Mutex;
use crate::protocol::FileBytes;
use hdf5_sys::h5::{haddr_t, herr_t};
use hdf5_sys::h5f::{H5F_ACC_RDWR, H5F_close_degree_t};
use hdf5_sys::h5fd::{
    H5FD_FEAT_ACCUMULATE_METADATA, H5FD_FEAT_AGGREGATE_METADATA, H5FD_FEAT_AGGREGATE_SMALLDATA, H5FD_FEAT_DATA_SIEVE,
    H5FD_FEAT_DEFAULT_VFD_COMPATIBLE,
};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::{H5Pget_driver_info, H5Pset_driver};
use std::ffi::{c_char, c_uint, c_ulong, c_void};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// One file that libhdf5 accesses.
pub(super) struct Connection {
    bytes: Arc<FileBytes>,
    opened: AtomicBool,
    /// How the file is read; none if it is being written.
    reading: Option<WatchedFile>,
    /// libhdf5 cannot carry an error, so the first one is here.
    error: Mutex<Option<Error>>,
    failed: AtomicBool,
}

impl Connection {
    pub(super) fn to_write(bytes: Arc<FileBytes>) -> Arc<Self> {
        Self::new(bytes, None)
    }

    pub(super) fn to_read(bytes: Arc<FileBytes>, limits: &Limits) -> Result<Arc<Self>> {
        let reading = WatchedFile::new(bytes.clone(), limits)?;
        Ok(Self::new(bytes, Some(reading)))
    }

    fn new(bytes: Arc<FileBytes>, reading: Option<WatchedFile>) -> Arc<Self> {
        Arc::new(Self {
            bytes,
            opened: AtomicBool::new(false),
            reading,
            error: Mutex::new(None),
            failed: AtomicBool::new(false),
        })
    }

    /// Makes the file access list lead to this file.
    pub(super) fn attach(self: &Arc<Self>, access_list: hid_t) -> Result<()> {
        let driver = driver()?;
        // SAFETY: libhdf5 copies the pointer with `copy_info`, which counts one more owner of the connection.
        status("use the file driver", || unsafe { H5Pset_driver(access_list, driver, Arc::as_ptr(self).cast()) })
    }

    pub(super) fn is_writable(&self) -> bool {
        self.reading.is_none()
    }

    /// How the file is read; none if it is being written.
    pub(super) fn reading(&self) -> Option<&WatchedFile> {
        self.reading.as_ref()
    }

    /// The first error. It stays for all threads that use the file: each of them names the cause.
    pub(super) fn error(&self) -> Option<Error> {
        self.error.lock().clone()
    }

    /// Forgets that a read has failed, but not that a write has failed.
    pub(super) fn recover(&self) {
        if !self.is_writable() {
            *self.error.lock() = None;
            self.failed.store(false, Ordering::Relaxed);
        }
    }

    /// Whether a write ever failed: the contents of the file are then invalid.
    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn fail(&self, error: io::Error) -> herr_t {
        self.refuse(cannot_be_used(error))
    }

    fn refuse(&self, error: Error) -> herr_t {
        self.failed.store(true, Ordering::Relaxed);
        self.error.lock().get_or_insert(error);
        FAIL
    }

    /// Whether libhdf5 may read that much there.
    fn may_read(&self, address: u64, size: usize, end_of_file: u64) -> bool {
        self.reading.as_ref().is_none_or(|reading| reading.may_read(address, size, end_of_file))
    }

    /// Reads for libhdf5. Beyond the end of a file in the making `buf` is left as it is.
    fn read(&self, buf: &mut [u8], address: u64, kind: H5FD_mem_t, end_of_file: u64) -> herr_t {
        let read = match &self.reading {
            Some(reading) => reading.read(buf, address, kind_of(kind), end_of_file),
            None => self.bytes.read_at(buf, address).map(drop).map_err(cannot_be_used),
        };
        read.map_or_else(|error| self.refuse(error), |()| SUCCEED)
    }

    /// After the first error nothing is written any more, and libhdf5 gets the answer that all is well: so it closes
    /// the file in order, which it does not after a failed write. The users of the file ask for the error after every
    /// call.
    fn write(&self, buf: &[u8], address: u64) {
        if !self.has_failed()
            && let Err(error) = self.bytes.write_all_at(buf, address)
        {
            self.fail(error);
        }
    }

    fn lengthen(&self, len: u64) {
        if !self.has_failed()
            && let Err(error) = self.bytes.lengthen(len)
        {
            self.fail(error);
        }
    }
}

fn kind_of(kind: H5FD_mem_t) -> BlockKind {
    match kind {
        H5FD_MEM_OHDR => BlockKind::Header,
        H5FD_MEM_DRAW => BlockKind::Data,
        _ => BlockKind::Other,
    }
}

fn cannot_be_used(error: io::Error) -> Error {
    io_error("the file cannot be read or written", error)
}

const SUCCEED: herr_t = 0;
const FAIL: herr_t = -1;

/// What libhdf5 calls an open file: its own part first, then ours.
#[repr(C)]
struct OpenFile {
    base: H5FD_t,
    connection: Arc<Connection>,
    /// How far libhdf5 has given out addresses.
    end_of_addresses: u64,
    /// How far the file reaches.
    end_of_file: u64,
}

static CLASS: H5FD_class_t = H5FD_class_t {
    version: H5FD_CLASS_VERSION,
    // Any number that is not reserved (below 512) will do.
    value: 51_377,
    name: c"arraystow".as_ptr(),
    maxaddr: i64::MAX as haddr_t,
    fc_degree: H5F_close_degree_t::H5F_CLOSE_WEAK,
    terminate: None,
    sb_size: None,
    sb_encode: None,
    sb_decode: None,
    fapl_size: size_of::<Connection>(),
    fapl_get: None,
    fapl_copy: copy_info,
    fapl_free: free_info,
    dxpl_size: 0,
    dxpl_copy: None,
    dxpl_free: None,
    open,
    close,
    // With one, libhdf5 would open a new file twice, first to see whether it is there.
    cmp: None,
    query,
    get_type_map: None,
    alloc: None,
    free: None,
    get_eoa,
    set_eoa,
    get_eof,
    get_handle: None,
    read,
    write,
    read_vector: None,
    write_vector: None,
    read_selection: None,
    write_selection: None,
    flush: None,
    truncate,
    // With these, libhdf5 would mark a file as being written; a temporary name does that.
    lock: None,
    unlock: None,
    del: None,
    ctl: None,
    // Metadata and data apart, as libhdf5's own driver has it.
    fl_map: [
        H5FD_MEM_SUPER,
        H5FD_MEM_SUPER,
        H5FD_MEM_SUPER,
        H5FD_MEM_DRAW,
        H5FD_MEM_DRAW,
        H5FD_MEM_SUPER,
        H5FD_MEM_SUPER,
    ],
};

/// The driver's id; registered once, for as long as the program runs.
fn driver() -> Result<hid_t> {
    static DRIVER: OnceLock<hid_t> = OnceLock::new();
    if let Some(driver) = DRIVER.get() {
        return Ok(*driver);
    }
    super::library::check_version()?;
    super::library::locked(|| {
        // Another thread may have been here before.
        if let Some(driver) = DRIVER.get() {
            return Ok(*driver);
        }
        // SAFETY: the class is laid out as this version of libhdf5 (checked above) expects, and is static.
        let driver = checked("register a file driver", || unsafe { H5FDregister(&raw const CLASS) }, |id| *id >= 0)?;
        Ok(*DRIVER.get_or_init(|| driver))
    })
}

/// No panic may leave a callback.
fn guarded<R>(otherwise: R, work: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

unsafe extern "C" fn copy_info(info: *const c_void) -> *mut c_void {
    // SAFETY: every info that libhdf5 has of this driver is a pointer of an `Arc<Connection>` with an owner to it.
    unsafe { Arc::increment_strong_count(info.cast::<Connection>()) };
    info.cast_mut()
}

unsafe extern "C" fn free_info(info: *mut c_void) -> herr_t {
    guarded(FAIL, || {
        // SAFETY: `copy_info` counted the owner that goes here.
        unsafe { Arc::decrement_strong_count(info.cast_const().cast::<Connection>()) };
        SUCCEED
    })
}

unsafe extern "C" fn open(_: *const c_char, flags: c_uint, access_list: hid_t, _: haddr_t) -> *mut H5FD_t {
    guarded(std::ptr::null_mut(), || {
        // SAFETY: libhdf5 calls this with a valid list of this driver.
        let info: *const Connection = unsafe { H5Pget_driver_info(access_list) }.cast_const().cast();
        if info.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: as in `copy_info`; the list keeps its owner while the new one is counted.
        let connection = unsafe {
            Arc::increment_strong_count(info);
            Arc::from_raw(info)
        };
        let writes = flags & H5F_ACC_RDWR != 0;
        if connection.opened.swap(true, Ordering::Relaxed) || writes != connection.is_writable() {
            return std::ptr::null_mut();
        }
        let end_of_file = match connection.bytes.len() {
            Ok(len) => len,
            Err(error) => {
                connection.fail(error);
                return std::ptr::null_mut();
            }
        };
        let file = OpenFile { base: H5FD_t::EMPTY, connection, end_of_addresses: 0, end_of_file };
        Box::into_raw(Box::new(file)).cast()
    })
}

unsafe extern "C" fn close(file: *mut H5FD_t) -> herr_t {
    guarded(FAIL, || {
        // SAFETY: `open` made it with `Box::into_raw`, and libhdf5 closes a file once.
        drop(unsafe { Box::from_raw(file.cast::<OpenFile>()) });
        SUCCEED
    })
}

unsafe extern "C" fn query(file: *const H5FD_t, flags: *mut c_ulong) -> herr_t {
    // Each block in one piece, so that the watch sees it as libhdf5 does.
    // SAFETY: null, or an open file.
    let reads = unsafe { file.cast::<OpenFile>().as_ref() }.is_some_and(|file| !file.connection.is_writable());
    let accumulate = if reads { 0 } else { H5FD_FEAT_ACCUMULATE_METADATA };
    // SAFETY: null or valid for a write.
    if let Some(flags) = unsafe { flags.as_mut() } {
        *flags = c_ulong::from(
            H5FD_FEAT_AGGREGATE_METADATA
                | accumulate
                | H5FD_FEAT_DATA_SIEVE
                | H5FD_FEAT_AGGREGATE_SMALLDATA
                | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE,
        );
    }
    SUCCEED
}

unsafe extern "C" fn get_eoa(file: *const H5FD_t, _: H5FD_mem_t) -> haddr_t {
    // SAFETY: an open file, which only this thread uses: libhdf5 is under its lock. So below.
    unsafe { (*file.cast::<OpenFile>()).end_of_addresses }
}

unsafe extern "C" fn set_eoa(file: *mut H5FD_t, _: H5FD_mem_t, end: haddr_t) -> herr_t {
    // SAFETY: as above.
    unsafe { (*file.cast::<OpenFile>()).end_of_addresses = end };
    SUCCEED
}

unsafe extern "C" fn get_eof(file: *const H5FD_t, _: H5FD_mem_t) -> haddr_t {
    // SAFETY: as above.
    unsafe { (*file.cast::<OpenFile>()).end_of_file }
}

unsafe extern "C" fn read(
    file: *mut H5FD_t,
    kind: H5FD_mem_t,
    _: hid_t,
    address: haddr_t,
    size: usize,
    buf: *mut c_void,
) -> herr_t {
    guarded(FAIL, || {
        // SAFETY: as above.
        let file = unsafe { &*file.cast::<OpenFile>() };
        if !file.connection.may_read(address, size, file.end_of_file) {
            return FAIL;
        }
        if size == 0 {
            return SUCCEED;
        }
        // SAFETY: libhdf5 gives room for `size` bytes. They are made zeros because a user's handle may look at them,
        // and because what is beyond the end of a file in the making is to read as zeros.
        let buf = unsafe {
            buf.cast::<u8>().write_bytes(0, size);
            std::slice::from_raw_parts_mut(buf.cast::<u8>(), size)
        };
        file.connection.read(buf, address, kind, file.end_of_file)
    })
}

unsafe extern "C" fn write(
    file: *mut H5FD_t,
    _: H5FD_mem_t,
    _: hid_t,
    address: haddr_t,
    size: usize,
    buf: *const c_void,
) -> herr_t {
    guarded(FAIL, || {
        let Some(end) = address.checked_add(size as u64) else { return FAIL };
        if size == 0 {
            return SUCCEED;
        }
        // SAFETY: as above; libhdf5 gives `size` bytes.
        let (file, buf) =
            unsafe { (&mut *file.cast::<OpenFile>(), std::slice::from_raw_parts(buf.cast::<u8>(), size)) };
        file.connection.write(buf, address);
        file.end_of_file = file.end_of_file.max(end);
        SUCCEED
    })
}

/// Called when the file is to reach as far as its addresses. It is never shortened: what is behind is harmless.
unsafe extern "C" fn truncate(file: *mut H5FD_t, _: hid_t, _: bool) -> herr_t {
    guarded(FAIL, || {
        // SAFETY: as above.
        let file = unsafe { &mut *file.cast::<OpenFile>() };
        if file.end_of_addresses > file.end_of_file {
            file.connection.lengthen(file.end_of_addresses);
            file.end_of_file = file.end_of_addresses;
        }
        SUCCEED
    })
}
