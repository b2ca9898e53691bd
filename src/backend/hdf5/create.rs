//! Makes the HDF5 file of an array: its datasets and their places, but no element yet.
//!
//! libhdf5 writes only the metadata. Uncompressed chunks get their addresses here and are then written without libhdf5.
//! Compressed chunks are added one by one, because their sizes are not known before.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::attributes::{self, c_string, space};
use super::description::{ATTRIBUTE, CHECKSUMS, DATASET, GROUP, PACK_GROUP, PACKED_CHECKSUMS};
use super::file::File;
use super::filters::{DEFLATE, Named};
use super::inspect::{self, IndexKind};
use super::labels;
use super::library::{Handle, id, status, without_plugins};
use super::types;
use crate::array::{DataType, Labels, StoredLayout};
use crate::error::{Error, Result};
use crate::protocol::FileBytes;
use hdf5_sys::h5d::{
    H5D_ALLOC_TIME_EARLY, H5D_FILL_TIME_ALLOC, H5D_FILL_TIME_NEVER, H5Dclose, H5Dcreate2, H5Dwrite_chunk,
};
use hdf5_sys::h5g::{H5Gclose, H5Gcreate2};
use hdf5_sys::h5l::{H5Lcreate_hard, H5Lcreate_soft};
use hdf5_sys::h5p::{
    H5P_CLS_DATASET_CREATE, H5P_CLS_GROUP_CREATE, H5P_DEFAULT, H5Pclose, H5Pcreate, H5Pset_alloc_time, H5Pset_chunk,
    H5Pset_est_link_info, H5Pset_fill_time, H5Pset_filter, H5Pset_obj_track_times, H5Pset_shuffle,
};
use hdf5_sys::h5z::H5Z_FLAG_OPTIONAL;
use std::ffi::{CStr, c_int};
use std::sync::Arc;

/// What an array is in HDF5's terms.
pub(super) struct Plan<'a> {
    pub(super) data_type: &'a DataType,
    pub(super) layout: &'a StoredLayout,
    pub(super) filters: &'a [Named],
    pub(super) description: &'a str,
    pub(super) labels: &'a Labels,
}

/// A new file and where things go in it.
pub(super) struct Created {
    pub(super) array: NewFile,
    /// Where the first uncompressed chunk goes; the others follow in C order. None if there is none.
    pub(super) first_chunk: Option<u64>,
    /// Where the checksums go. None if there are none.
    pub(super) checksums: Option<u64>,
}

/// The new file, open in libhdf5.
pub(super) struct NewFile {
    pub(super) file: Arc<File>,
    pub(super) dataset: Handle,
}

impl NewFile {
    /// Adds one encoded chunk: at these elements, and with a bit for each filter that was left out.
    pub(super) fn write_chunk(&self, start: &[usize], mask: u32, encoded: &[u8]) -> Result<()> {
        let start: Vec<u64> = start.iter().map(|at| *at as u64).collect();
        self.file.call(|_| {
            status("write a chunk", || {
                // SAFETY: `start` has as many coordinates as the dataset axes; the buffer has the length that is given.
                unsafe {
                    let data = encoded.as_ptr().cast();
                    H5Dwrite_chunk(self.dataset.id(), H5P_DEFAULT, mask, start.as_ptr(), encoded.len(), data)
                }
            })
        })
    }

    /// Where the chunks are that were added, with their lengths.
    pub(super) fn chunks(&self, axes: usize) -> Result<Vec<(u64, u64)>> {
        let mut chunks = Vec::new();
        self.file.call(|_| {
            inspect::each_chunk(&self.dataset, axes, |entry| {
                chunks.push((entry.address, entry.size));
                Ok(())
            })
        })?;
        Ok(chunks)
    }

    /// Writes the rest of the metadata. The file is invalid before that. A file with more arrays stays open.
    pub(super) fn close(self) -> Result<()> {
        let Self { file, dataset } = self;
        file.call(|_| dataset.close("close a dataset"))?;
        Arc::into_inner(file).map_or(Ok(()), File::close)
    }
}

/// Where in its file an array goes.
#[derive(Clone, Copy)]
pub(super) enum Home<'a> {
    /// It has the file for itself.
    Alone,
    /// To this path of a file with several arrays, with its id as the name of its checksums.
    Packed { path: &'a [String], id: &'a str },
}

pub(super) fn create(bytes: Arc<FileBytes>, plan: &Plan<'_>) -> Result<Created> {
    create_in(&Arc::new(File::create(bytes)?), plan, Home::Alone)
}

/// Makes the datasets of an array in an open file.
pub(super) fn create_in(file: &Arc<File>, plan: &Plan<'_>, home: Home<'_>) -> Result<Created> {
    let (dataset, first_chunk, checksums) = file.call(|file| {
        let dataset = match home {
            Home::Alone => elements(file, DATASET, plan)?,
            Home::Packed { path, .. } => {
                let (name, group) = path.split_last().ok_or_else(|| Error::invalid("an array has no path"))?;
                let group = groups(file, group)?;
                elements(group.as_ref().unwrap_or(file), &c_string(name)?, plan)?
            }
        };
        describe(&dataset, plan.description)?;
        labels::write_attributes(&dataset, plan.data_type, plan.labels)?;
        if let Home::Alone = home {
            let scale = |name: &CStr, len| new_scale(file, name, len);
            labels::write_dims(file, &dataset, plan.layout.grid.shape(), plan.labels, scale)?;
        }
        let count = plan.layout.grid.chunk_count();
        let first_chunk = match plan.filters {
            [] if count > 0 => Some(first_address(&dataset, plan.layout)?),
            _ => None,
        };
        let checksums = if count > 0 { Some(checksums(file, count, home)?) } else { None };
        Ok((dataset, first_chunk, checksums))
    })?;
    Ok(Created { array: NewFile { file: file.clone(), dataset }, first_chunk, checksums })
}

/// Makes the dataset of the elements.
fn elements(parent: &Handle, name: &CStr, plan: &Plan<'_>) -> Result<Handle> {
    let element_type = types::create(plan.data_type)?;
    let list = new_list()?;
    if !plan.layout.chunk_shape.is_empty() {
        let chunk: Vec<u64> = plan.layout.chunk_shape.iter().map(|len| *len as u64).collect();
        // SAFETY: a valid list, and as many lengths as are announced.
        status("set the chunk shape", || unsafe { H5Pset_chunk(list.id(), chunk.len() as c_int, chunk.as_ptr()) })?;
    }
    if plan.data_type.is_text() {
        // The places of strings must be ones of no string before they are written. SAFETY: a valid list.
        status("choose filling", || unsafe { H5Pset_fill_time(list.id(), H5D_FILL_TIME_ALLOC) })?;
    }
    if plan.filters.is_empty() {
        // All chunks get their places now, one after another and without an index.
        allocate_now(&list)?;
    }
    without_plugins(|| {
        plan.filters.iter().try_for_each(|filter| add_filter(&list, filter))?;
        dataset(parent, name, &element_type, &space(plan.layout.grid.shape())?, &list)
    })
}

fn add_filter(list: &Handle, filter: &Named) -> Result<()> {
    if filter.id == super::filters::SHUFFLE {
        // libhdf5 fills in the size of the elements itself, and refuses a size that is given.
        // SAFETY: a valid list.
        return status("add the shuffle filter", || unsafe { H5Pset_shuffle(list.id()) });
    }
    let what = if filter.id == DEFLATE { "add the deflate filter" } else { "add the zstd filter" };
    // Optional, so that libhdf5 does not insist on having the filter itself.
    status(what, || {
        // SAFETY: a valid list, and as many values as are announced.
        unsafe { H5Pset_filter(list.id(), filter.id, H5Z_FLAG_OPTIONAL, filter.values.len(), filter.values.as_ptr()) }
    })
}

/// Makes the dataset of the checksums, in a group of its own; gives its address.
fn checksums(file: &Handle, count: usize, home: Home<'_>) -> Result<u64> {
    let element_type = types::create(&DataType::UInt32)?;
    match home {
        Home::Alone => in_one_piece(&group(file, GROUP)?, CHECKSUMS, &element_type, &[count]),
        Home::Packed { id, .. } => {
            let group = groups(file, &[PACK_GROUP.to_owned(), PACKED_CHECKSUMS.to_owned()])?;
            in_one_piece(group.as_ref().unwrap_or(file), &c_string(id)?, &element_type, &[count])
        }
    }
}

/// Makes a dataset whose elements are in one piece; gives its address.
pub(super) fn in_one_piece(parent: &Handle, name: &CStr, element_type: &Handle, shape: &[usize]) -> Result<u64> {
    let list = new_list()?;
    allocate_now(&list)?;
    let dataset = dataset(parent, name, element_type, &space(shape)?, &list)?;
    let address = inspect::address(&dataset)?;
    dataset.close("close a dataset")?;
    address.ok_or_else(|| Error::unsupported("libhdf5 has not allocated space for a dataset"))
}

/// Opens the group at a path, and makes what is missing of it. None for the root.
pub(super) fn groups(root: &Handle, path: &[String]) -> Result<Option<Handle>> {
    let mut at: Option<Handle> = None;
    for step in path {
        let (parent, name) = (at.as_ref().unwrap_or(root), c_string(step)?);
        at = Some(match inspect::open_group(parent, &name)? {
            Some(group) => group,
            None => group(parent, &name)?,
        });
    }
    Ok(at)
}

/// Makes a link, hard or soft, to the object at a path.
pub(super) fn link(root: &Handle, to: &CStr, group: &Handle, name: &CStr, is_hard: bool) -> Result<()> {
    status("link an object", || {
        // SAFETY: valid ids and C strings.
        unsafe {
            if is_hard {
                H5Lcreate_hard(root.id(), to.as_ptr(), group.id(), name.as_ptr(), H5P_DEFAULT, H5P_DEFAULT)
            } else {
                H5Lcreate_soft(to.as_ptr(), group.id(), name.as_ptr(), H5P_DEFAULT, H5P_DEFAULT)
            }
        }
    })
}

/// Where the first chunk goes, and the only value of an array without axes.
fn first_address(dataset: &Handle, layout: &StoredLayout) -> Result<u64> {
    let address = if layout.chunk_shape.is_empty() {
        inspect::address(dataset)?
    } else if inspect::index_kind(dataset)? == IndexKind::Implicit || layout.grid.chunk_count() == 1 {
        inspect::first_chunk(dataset, layout.chunk_shape.len())?
    } else {
        None
    };
    address.ok_or_else(|| Error::unsupported("libhdf5 has not stored the chunks one after another"))
}

/// Adds the description, as a string that needs no other object in the file.
fn describe(dataset: &Handle, description: &str) -> Result<()> {
    let utf8 = attributes::utf8(description.len().max(1))?;
    attributes::write(dataset, ATTRIBUTE, &utf8, &[], description.as_bytes())
}

/// A list of dataset properties: no time stamps, so that equal arrays are equal files, and no filling with zeros.
fn new_list() -> Result<Handle> {
    // SAFETY: the class is a constant of libhdf5.
    let list = id("make a dataset creation list", H5Pclose, || unsafe { H5Pcreate(*H5P_CLS_DATASET_CREATE) })?;
    // SAFETY: a valid list.
    status("leave out time stamps", || unsafe { H5Pset_obj_track_times(list.id(), 0) })?;
    // SAFETY: as above.
    status("leave out filling", || unsafe { H5Pset_fill_time(list.id(), H5D_FILL_TIME_NEVER) })?;
    Ok(list)
}

/// Makes a dataset that has a length and no elements: nothing is written to it, and so it takes no room.
pub(super) fn new_scale(file: &Handle, name: &CStr, len: usize) -> Result<Handle> {
    dataset(file, name, &types::create(&DataType::Float32)?, &space(&[len])?, &new_list()?)
}

/// Makes a group, such as that of the checksums. It has room for one short name, and no time stamps.
fn group(parent: &Handle, name: &CStr) -> Result<Handle> {
    // SAFETY: the class is a constant of libhdf5.
    let list = id("make a group creation list", H5Pclose, || unsafe { H5Pcreate(*H5P_CLS_GROUP_CREATE) })?;
    // SAFETY: a valid list.
    status("leave out time stamps", || unsafe { H5Pset_obj_track_times(list.id(), 0) })?;
    // SAFETY: as above.
    status("set the size of a group", || unsafe { H5Pset_est_link_info(list.id(), 1, 8) })?;
    id("make a group", H5Gclose, || {
        // SAFETY: valid ids and a C string.
        unsafe { H5Gcreate2(parent.id(), name.as_ptr(), H5P_DEFAULT, list.id(), H5P_DEFAULT) }
    })
}

fn allocate_now(list: &Handle) -> Result<()> {
    // SAFETY: a valid list.
    status("set the time of allocation", || unsafe { H5Pset_alloc_time(list.id(), H5D_ALLOC_TIME_EARLY) })
}

fn dataset(parent: &Handle, name: &CStr, element_type: &Handle, space: &Handle, list: &Handle) -> Result<Handle> {
    id("make a dataset", H5Dclose, || {
        // SAFETY: valid ids and a C string.
        unsafe {
            H5Dcreate2(parent.id(), name.as_ptr(), element_type.id(), space.id(), H5P_DEFAULT, list.id(), H5P_DEFAULT)
        }
    })
}
