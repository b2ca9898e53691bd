//! The links of a group, and the objects that they lead to. No link is followed out of the file.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::library::{Handle, id, number, status};
use crate::error::{Error, Result};
use hdf5_sys::h5::{herr_t, hsize_t};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5l::{H5Lexists, H5Lget_val};
use hdf5_sys::h5o::{H5Oclose, H5Oopen};
use hdf5_sys::h5p::H5P_DEFAULT;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The longest path that a soft link may hold.
const LONGEST_PATH: usize = 1 << 16;

/// How a link leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// To an object of this file.
    Hard,
    /// To a path of this many bytes, its end included.
    Soft(usize),
    /// To another file, or wherever a program's own link leads.
    Elsewhere,
}

impl Link {
    fn of(info: &LinkInfo) -> Self {
        match info.kind {
            HARD_LINK => Self::Hard,
            SOFT_LINK => Self::Soft(usize::from_ne_bytes(info.value)),
            _ => Self::Elsewhere,
        }
    }
}

/// `H5L_info2_t`. In hdf5-metno-sys its kind is an enum, and a file may hold any number.
#[repr(C, align(8))]
struct LinkInfo {
    kind: c_int,
    _order: [c_int; 5],
    /// The length of a soft link's path; or the beginning of an object's token.
    value: [u8; 8],
    _room: [c_int; 8],
}

const HARD_LINK: c_int = 0;
const SOFT_LINK: c_int = 1;

/// `H5O_info2_t`, as far as the basic fields go; whose type is an enum in hdf5-metno-sys as well.
#[repr(C, align(8))]
struct ObjectInfo {
    _file: u64,
    token: Token,
    kind: c_int,
    _links: c_uint,
    _times: [i64; 4],
    attributes: u64,
    _room: [u64; 8],
}

impl ObjectInfo {
    const EMPTY: Self =
        Self { _file: 0, token: [0; 16], kind: -1, _links: 0, _times: [0; 4], attributes: 0, _room: [0; 8] };
}

/// What distinguishes an object of a file from the others.
pub(super) type Token = [u8; 16];

#[cfg(all(target_pointer_width = "64", unix))]
const _: () = {
    assert!(std::mem::offset_of!(LinkInfo, value) == 24, "where a C compiler puts it");
    assert!(std::mem::offset_of!(ObjectInfo, kind) == 24, "where a C compiler puts it");
    assert!(std::mem::offset_of!(ObjectInfo, attributes) == 64, "where a C compiler puts it");
};

/// `H5O_INFO_BASIC` and `H5O_INFO_NUM_ATTRS`.
const BASIC: c_uint = 1;
const ATTRIBUTES: c_uint = 4;

/// `H5_INDEX_NAME` and `H5_ITER_NATIVE`: in the order in which the links are, without a list of all of them.
const BY_NAME: c_int = 0;
const AS_THEY_LIE: c_int = 2;

type Visitor = unsafe extern "C" fn(hid_t, *const c_char, *const LinkInfo, *mut c_void) -> herr_t;

unsafe extern "C" {
    fn H5Lget_info2(location: hid_t, name: *const c_char, info: *mut LinkInfo, access: hid_t) -> herr_t;
    fn H5Oget_info3(object: hid_t, info: *mut ObjectInfo, fields: c_uint) -> herr_t;
    fn H5Literate2(
        group: hid_t,
        index: c_int,
        order: c_int,
        next: *mut hsize_t,
        visit: Visitor,
        data: *mut c_void,
    ) -> herr_t;
}

/// The link of that name in a file or group; none if there is none.
pub(super) fn link(parent: &Handle, name: &CStr) -> Result<Option<Link>> {
    // SAFETY: a valid file or group, and a C string.
    if number("look for a name", || unsafe { H5Lexists(parent.id(), name.as_ptr(), H5P_DEFAULT) })? == 0 {
        return Ok(None);
    }
    let mut link = LinkInfo { kind: -1, _order: [0; 5], value: [0; 8], _room: [0; 8] };
    // SAFETY: `link` is larger than what libhdf5 writes.
    status("look at a link", || unsafe { H5Lget_info2(parent.id(), name.as_ptr(), &raw mut link, H5P_DEFAULT) })?;
    Ok(Some(Link::of(&link)))
}

/// The path that a soft link of this many bytes holds.
pub(super) fn soft_path(parent: &Handle, name: &CStr, len: usize) -> Result<String> {
    if len > LONGEST_PATH {
        return Err(Error::limit(format!(
            "the link {name:?} holds a path of {len} bytes, and the limit is {LONGEST_PATH}"
        )));
    }
    let mut path = vec![0_u8; len];
    status("read a link", || {
        // SAFETY: a valid group, a C string, and room for as many bytes as are announced.
        unsafe { H5Lget_val(parent.id(), name.as_ptr(), path.as_mut_ptr().cast(), path.len(), H5P_DEFAULT) }
    })?;
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    match str::from_utf8(path) {
        Ok(path) => Ok(path.to_owned()),
        Err(_) => Err(Error::unsupported(format!("the link {name:?} holds a path that is not UTF-8"))),
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectKind {
    Group,
    Dataset,
    /// A data type with a name, or whatever a later version of HDF5 has.
    Other,
}

/// An open object of a file.
pub(super) struct Object {
    pub(super) handle: Handle,
    pub(super) kind: ObjectKind,
    pub(super) token: Token,
}

/// Opens the object of that name in a file or group. Its link must be known to be a hard one.
pub(super) fn open(parent: &Handle, name: &CStr) -> Result<Object> {
    // SAFETY: a valid file or group, and a C string.
    let handle = id("open an object", H5Oclose, || unsafe { H5Oopen(parent.id(), name.as_ptr(), H5P_DEFAULT) })?;
    let mut info = ObjectInfo::EMPTY;
    // SAFETY: a valid object; `info` is larger than what libhdf5 writes.
    status("look at an object", || unsafe { H5Oget_info3(handle.id(), &raw mut info, BASIC) })?;
    let kind = match info.kind {
        0 => ObjectKind::Group,
        1 => ObjectKind::Dataset,
        _ => ObjectKind::Other,
    };
    Ok(Object { handle, kind, token: info.token })
}

/// Where the header of an object is.
pub(super) fn address(object: &Handle) -> Result<u64> {
    let mut info = ObjectInfo::EMPTY;
    // SAFETY: a valid object; `info` is larger than what libhdf5 writes.
    status("look at an object", || unsafe { H5Oget_info3(object.id(), &raw mut info, BASIC) })?;
    // The token of an object begins with its address.
    let [address @ .., _, _, _, _, _, _, _, _] = info.token;
    Ok(u64::from_le_bytes(address))
}

/// How many attributes an object has.
pub(super) fn attribute_count(object: &Handle) -> Result<u64> {
    let mut info = ObjectInfo::EMPTY;
    // SAFETY: a valid object; `info` is larger than what libhdf5 writes.
    status("count the attributes", || unsafe { H5Oget_info3(object.id(), &raw mut info, ATTRIBUTES) })?;
    Ok(info.attributes)
}

/// Shows the links of a group, in no particular order, until `show` wants no more.
pub(super) fn each(group: &Handle, mut show: impl FnMut(CString, Link) -> bool) -> Result<()> {
    each_of(group, &mut |name, info| show(name, Link::of(info)))
}

/// Shows the objects of a group with their addresses in the file, in no particular order, until `show` wants no more.
pub(super) fn each_object(group: &Handle, mut show: impl FnMut(CString, u64) -> bool) -> Result<()> {
    // The token of an object begins with its address.
    each_of(group, &mut |name, info| info.kind != HARD_LINK || show(name, u64::from_le_bytes(info.value)))
}

fn each_of(group: &Handle, show: &mut dyn FnMut(CString, &LinkInfo) -> bool) -> Result<()> {
    type Show<'a> = &'a mut dyn FnMut(CString, &LinkInfo) -> bool;
    unsafe extern "C" fn visit(_: hid_t, name: *const c_char, info: *const LinkInfo, data: *mut c_void) -> herr_t {
        // SAFETY: `data` is the closure that H5Literate2 was given below, and nothing else uses it meanwhile.
        let show = unsafe { &mut *data.cast::<Show<'_>>() };
        // SAFETY: libhdf5 gives a C string and a record, both valid for the time of the call. Only the part of the
        // record is examined that libhdf5's own has.
        let (name, kind, value) = unsafe {
            (CStr::from_ptr(name).to_owned(), (&raw const (*info).kind).read(), (&raw const (*info).value).read())
        };
        let link = LinkInfo { kind, _order: [0; 5], value, _room: [0; 8] };
        match catch_unwind(AssertUnwindSafe(|| show(name, &link))) {
            Ok(true) => 0,
            Ok(false) => 1,
            Err(_) => -1,
        }
    }
    let mut show: Show<'_> = show;
    status("list a group", || {
        // SAFETY: a valid group; `visit` has the signature that is asked for, and `show` outlives the call.
        unsafe { H5Literate2(group.id(), BY_NAME, AS_THEY_LIE, std::ptr::null_mut(), visit, (&raw mut show).cast()) }
    })
}
