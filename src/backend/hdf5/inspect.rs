//! Queries libhdf5 about a file.
//!
//! Each query is a function, and each result is checked, because the file may be hostile. No query makes libhdf5 run a
//! filter, convert a type or open another file.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::filters::Named;
use super::library::{Handle, checked, id, number, status};
use super::links::{self, Link};
use super::paths::elsewhere;
use crate::error::{Error, Result};
use hdf5_sys::h5::{HADDR_UNDEF, haddr_t, hsize_t};
use hdf5_sys::h5a::{H5Aclose, H5Aexists, H5Aget_space, H5Aget_type, H5Aopen, H5Aread};
use hdf5_sys::h5d::{
    H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS, H5D_layout_t, H5Dchunk_iter, H5Dclose, H5Dget_chunk_index_type,
    H5Dget_chunk_info_by_coord, H5Dget_create_plist, H5Dget_offset, H5Dget_space, H5Dget_type, H5Dopen2, H5Dread,
};
use hdf5_sys::h5f::{H5Fclose, H5Fget_create_plist};
use hdf5_sys::h5g::{H5Gclose, H5Gopen2};
use hdf5_sys::h5i::H5Iget_file_id;
use hdf5_sys::h5p::{
    H5P_DEFAULT, H5Pclose, H5Pget_chunk, H5Pget_chunk_opts, H5Pget_external_count, H5Pget_filter2, H5Pget_layout,
    H5Pget_nfilters, H5Pget_userblock,
};
use hdf5_sys::h5s::{
    H5S_ALL, H5S_UNLIMITED, H5S_class_t, H5Sclose, H5Sget_simple_extent_dims, H5Sget_simple_extent_ndims,
    H5Sget_simple_extent_npoints, H5Sget_simple_extent_type,
};
use hdf5_sys::h5t::{H5T_class_t, H5Tclose, H5Tget_class, H5Tget_size, H5Tis_variable_str};
use std::ffi::{CStr, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// HDF5's own limit.
const MOST_AXES: usize = 32;
/// Far more than any attribute of arraystow.
const LONGEST_ATTRIBUTE: usize = 64 << 20;
/// Parameters of one filter; the known ones have fewer.
const MOST_VALUES: usize = 32;

/// What kind of storage a dataset has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// In the dataset's own header.
    Compact,
    /// In one piece.
    Contiguous,
    Chunked,
}

/// The dataset of that name in the file itself, or in a group of it; none if there is nothing of that name.
pub(super) fn open_dataset(parent: &Handle, name: &CStr) -> Result<Option<Handle>> {
    if !is_there(parent, name)? {
        return Ok(None);
    }
    // SAFETY: a valid file or group, and a C string.
    id("open the dataset", H5Dclose, || unsafe { H5Dopen2(parent.id(), name.as_ptr(), H5P_DEFAULT) }).map(Some)
}

/// The group of that name in the file itself; none if there is nothing of that name.
pub(super) fn open_group(file: &Handle, name: &CStr) -> Result<Option<Handle>> {
    if !is_there(file, name)? {
        return Ok(None);
    }
    // SAFETY: a valid file and a C string.
    id("open the group", H5Gclose, || unsafe { H5Gopen2(file.id(), name.as_ptr(), H5P_DEFAULT) }).map(Some)
}

/// Whether there is something of that name; refuses a link to another place.
fn is_there(parent: &Handle, name: &CStr) -> Result<bool> {
    match links::link(parent, name)? {
        None => Ok(false),
        Some(Link::Hard) => Ok(true),
        Some(Link::Soft(_) | Link::Elsewhere) => Err(elsewhere(name)),
    }
}

/// The properties that the dataset was made with.
pub(super) fn properties(dataset: &Handle) -> Result<Handle> {
    // SAFETY: a valid dataset.
    id("read the dataset's properties", H5Pclose, || unsafe { H5Dget_create_plist(dataset.id()) })
}

/// How the dataset is stored; refuses what leads out of the file.
pub(super) fn storage(properties: &Handle) -> Result<Storage> {
    // SAFETY: a valid list.
    let layout = checked(
        "tell the storage of a dataset",
        || unsafe { H5Pget_layout(properties.id()) },
        |layout| *layout != H5D_layout_t::H5D_LAYOUT_ERROR,
    )?;
    // SAFETY: as above.
    if number("count external files", || unsafe { H5Pget_external_count(properties.id()) })? > 0 {
        return Err(Error::unsupported("the dataset keeps its elements in other files, which arraystow does not open"));
    }
    match layout {
        H5D_layout_t::H5D_COMPACT => Ok(Storage::Compact),
        H5D_layout_t::H5D_CONTIGUOUS => Ok(Storage::Contiguous),
        H5D_layout_t::H5D_CHUNKED => Ok(Storage::Chunked),
        _ => Err(Error::unsupported("the dataset is a view of other datasets, which arraystow does not open")),
    }
}

/// The shape of the full chunks.
pub(super) fn chunk_shape(properties: &Handle) -> Result<Vec<usize>> {
    let mut chunk = [0_u64; MOST_AXES];
    let axes = number("tell the chunk shape", || {
        // SAFETY: a valid list and room for as many lengths as are announced.
        unsafe { H5Pget_chunk(properties.id(), MOST_AXES as c_int, chunk.as_mut_ptr()) }
    })?;
    lengths(&chunk, axes)
}

/// Whether chunks that reach beyond the edge are left unfiltered.
pub(super) fn edges_are_unfiltered(properties: &Handle) -> Result<bool> {
    let mut options: c_uint = 0;
    // SAFETY: a valid list and a valid pointer.
    status("tell the chunk options", || unsafe { H5Pget_chunk_opts(properties.id(), &raw mut options) })?;
    Ok(options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS != 0)
}

/// The filters, in the order in which they were applied.
pub(super) fn filters(properties: &Handle) -> Result<Vec<Named>> {
    // SAFETY: a valid list.
    let count = number("count filters", || unsafe { H5Pget_nfilters(properties.id()) })?;
    let filter = |index: usize| {
        let mut values = [0 as c_uint; MOST_VALUES];
        let mut len = values.len();
        let mut flags = 0;
        // The last pointer is null: to tell whether a filter is available libhdf5 would search the disk for it.
        let filter = checked(
            "tell a filter",
            // SAFETY: a valid list; valid pointers or null; room for as many values as `len` says.
            || unsafe {
                let (name, config) = (std::ptr::null_mut(), std::ptr::null_mut());
                let (flags, len) = (&raw mut flags, &raw mut len);
                H5Pget_filter2(properties.id(), index as c_uint, flags, len, values.as_mut_ptr(), 0, name, config)
            },
            |id| *id >= 0,
        )?;
        Ok(Named { id: filter, values: values[..len.min(MOST_VALUES)].to_vec() })
    };
    (0..count).map(filter).collect()
}

pub(super) fn element_type(dataset: &Handle) -> Result<Handle> {
    // SAFETY: a valid dataset.
    id("tell the type of a dataset", H5Tclose, || unsafe { H5Dget_type(dataset.id()) })
}

pub(super) fn shape(dataset: &Handle) -> Result<Vec<usize>> {
    Ok(extent(dataset)?.0)
}

/// The largest shape that the dataset may have; none for an unlimited axis.
pub(super) fn largest_shape(dataset: &Handle) -> Result<Vec<Option<u64>>> {
    Ok(extent(dataset)?.1)
}

/// The shape that a dataset has and the largest that it may have.
fn extent(dataset: &Handle) -> Result<(Vec<usize>, Vec<Option<u64>>)> {
    // SAFETY: a valid dataset.
    let space = id("tell the shape of a dataset", H5Sclose, || unsafe { H5Dget_space(dataset.id()) })?;
    // SAFETY: a valid dataspace.
    match unsafe { H5Sget_simple_extent_type(space.id()) } {
        H5S_class_t::H5S_SCALAR => return Ok((Vec::new(), Vec::new())),
        H5S_class_t::H5S_SIMPLE => {}
        _ => return Err(Error::unsupported("the dataset has no shape (it is empty, in h5py's terms)")),
    }
    // SAFETY: as above.
    let axes = number("count the axes", || unsafe { H5Sget_simple_extent_ndims(space.id()) })?;
    if axes > MOST_AXES {
        return Err(Error::corrupt(format!("the dataset claims to have {axes} axes; HDF5 allows {MOST_AXES}")));
    }
    let mut dims = [0_u64; MOST_AXES];
    let mut largest = [0_u64; MOST_AXES];
    number("tell the shape", || {
        // SAFETY: room for as many lengths as there are axes, as checked above.
        unsafe { H5Sget_simple_extent_dims(space.id(), dims.as_mut_ptr(), largest.as_mut_ptr()) }
    })?;
    let largest = largest.iter().take(axes).map(|len| Some(*len).filter(|len| *len != H5S_UNLIMITED)).collect();
    Ok((lengths(&dims, axes)?, largest))
}

fn lengths(from: &[u64], axes: usize) -> Result<Vec<usize>> {
    let too_long = |_| Error::limit("an axis is longer than this machine can count");
    from.iter().take(axes).map(|len| usize::try_from(*len).map_err(too_long)).collect()
}

/// The text of an attribute; none if there is no attribute of that name.
pub(super) fn text_attribute(dataset: &Handle, name: &CStr) -> Result<Option<Vec<u8>>> {
    // SAFETY: a valid dataset and a C string.
    if number("look for an attribute", || unsafe { H5Aexists(dataset.id(), name.as_ptr()) })? == 0 {
        return Ok(None);
    }
    // SAFETY: as above.
    let attribute = id("open an attribute", H5Aclose, || unsafe { H5Aopen(dataset.id(), name.as_ptr(), H5P_DEFAULT) })?;
    // SAFETY: a valid attribute.
    let text = id("tell the type of an attribute", H5Tclose, || unsafe { H5Aget_type(attribute.id()) })?;
    // SAFETY: as above.
    let space = id("tell the shape of an attribute", H5Sclose, || unsafe { H5Aget_space(attribute.id()) })?;
    // SAFETY: a valid type and dataspace.
    let (class, size, points) =
        unsafe { (H5Tget_class(text.id()), H5Tget_size(text.id()), H5Sget_simple_extent_npoints(space.id())) };
    // SAFETY: a valid type.
    let fixed = class == H5T_class_t::H5T_STRING && unsafe { H5Tis_variable_str(text.id()) } == 0;
    if !fixed || points != 1 || size > LONGEST_ATTRIBUTE {
        return Err(Error::corrupt(format!("the attribute {name:?} is not a string, as it should be")));
    }
    let mut bytes = vec![0; size];
    // SAFETY: room for the one string of the attribute.
    status("read an attribute", || unsafe { H5Aread(attribute.id(), text.id(), bytes.as_mut_ptr().cast()) })?;
    Ok(Some(bytes))
}

/// Where the elements of a dataset in one piece are; none if they were never written.
pub(super) fn address(dataset: &Handle) -> Result<Option<u64>> {
    // SAFETY: a valid dataset.
    let address = super::library::locked(|| unsafe { H5Dget_offset(dataset.id()) });
    // libhdf5 adds the length of the user block to the address of what was never written, too.
    Ok((address != HADDR_UNDEF && address >= user_block(dataset)?).then_some(address))
}

/// Bytes before the file's address 0.
fn user_block(dataset: &Handle) -> Result<u64> {
    // SAFETY: a valid dataset.
    let file = id("find the file of a dataset", H5Fclose, || unsafe { H5Iget_file_id(dataset.id()) })?;
    // SAFETY: a valid file.
    let list = id("read the file's properties", H5Pclose, || unsafe { H5Fget_create_plist(file.id()) })?;
    let mut bytes = 0;
    // SAFETY: a valid list and a valid pointer.
    status("tell the length of the user block", || unsafe { H5Pget_userblock(list.id(), &raw mut bytes) })?;
    Ok(bytes)
}

/// How a dataset finds its chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IndexKind {
    /// Not at all: all of them lie one after another, in C order of the largest shape that the dataset may have.
    Implicit,
    /// By their number among all chunks that there may be, the unlimited axis counting as the first.
    ExtensibleArray,
    /// By their coordinates, or by their number in C order.
    Other,
}

pub(super) fn index_kind(dataset: &Handle) -> Result<IndexKind> {
    // H5D_CHUNK_IDX_NONE and H5D_CHUNK_IDX_EARRAY of H5Dpublic.h, which hdf5-metno-sys does not have.
    const NONE: c_uint = 2;
    const EARRAY: c_uint = 4;
    let mut kind = 0;
    // SAFETY: a valid dataset and a valid pointer.
    status("tell the kind of the chunk index", || unsafe { H5Dget_chunk_index_type(dataset.id(), &raw mut kind) })?;
    Ok(match kind {
        NONE => IndexKind::Implicit,
        EARRAY => IndexKind::ExtensibleArray,
        _ => IndexKind::Other,
    })
}

/// Where the first chunk is; none if it was never written.
pub(super) fn first_chunk(dataset: &Handle, axes: usize) -> Result<Option<u64>> {
    let start = vec![0_u64; axes];
    let (mut mask, mut address, mut size) = (0, HADDR_UNDEF, 0);
    status("find the first chunk", || {
        // SAFETY: as many coordinates as the dataset has axes, and valid pointers.
        unsafe {
            let (mask, address, size) = (&raw mut mask, &raw mut address, &raw mut size);
            H5Dget_chunk_info_by_coord(dataset.id(), start.as_ptr(), mask, address, size)
        }
    })?;
    Ok((address != HADDR_UNDEF).then_some(address))
}

/// A chunk as the index has it: its first element, the filters left out, where it is and how long it is.
pub(super) struct Entry<'a> {
    pub(super) start: &'a [u64],
    pub(super) mask: u32,
    pub(super) address: u64,
    pub(super) size: u64,
}

/// Shows every chunk that was written, in no particular order, until the first error.
pub(super) fn each_chunk(dataset: &Handle, axes: usize, mut show: impl FnMut(Entry<'_>) -> Result<()>) -> Result<()> {
    struct Visit<'a> {
        axes: usize,
        show: &'a mut dyn FnMut(Entry<'_>) -> Result<()>,
        error: Option<Error>,
    }
    unsafe extern "C" fn visit(
        start: *const hsize_t,
        mask: c_uint,
        address: haddr_t,
        size: hsize_t,
        to: *mut c_void,
    ) -> c_int {
        // SAFETY: `to` is the Visit that H5Dchunk_iter was given below, and no other code uses it meanwhile.
        let visit = unsafe { &mut *to.cast::<Visit<'_>>() };
        // SAFETY: libhdf5 gives as many coordinates as the dataset has axes.
        let start = unsafe { std::slice::from_raw_parts(start, visit.axes) };
        let shown = catch_unwind(AssertUnwindSafe(|| (visit.show)(Entry { start, mask, address, size })));
        match shown {
            Ok(Ok(())) => 0,
            Ok(Err(error)) => {
                visit.error = Some(error);
                -1
            }
            Err(_) => -1,
        }
    }
    let mut data = Visit { axes, show: &mut show, error: None };
    let result = status("read the chunk index", || {
        // SAFETY: `visit` has the signature that is asked for, and `data` outlives the call.
        unsafe { H5Dchunk_iter(dataset.id(), H5P_DEFAULT, Some(visit), (&raw mut data).cast()) }
    });
    match data.error {
        Some(error) => Err(error),
        None => result,
    }
}

/// Reads all elements, as they are in the file, of a dataset that is stored in its own header.
pub(super) fn read_compact(dataset: &Handle, element_type: &Handle, len: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    status("read the elements", || {
        // SAFETY: the caller has computed `len` from the shape and the type of the dataset, which are those read here.
        unsafe { H5Dread(dataset.id(), element_type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.as_mut_ptr().cast()) }
    })?;
    Ok(bytes)
}
