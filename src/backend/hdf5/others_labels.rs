//! Names of axes, attributes and the fill value of datasets that other programs have written: h5py, netCDF, xarray.
//!
//! They never prevent the dataset from being read: what cannot be read, or is not supported, is left out.

use super::attribute_values::{self as values, OpenAttribute};
use super::elements::StoredElements;
use super::file::File;
use super::labels::WITHOUT_COORDINATES;
use super::library::Handle;
use super::links;
use super::paths::{self, FoundObject};
use crate::array::{Labels, MOST_ATTRS, Said};
use crate::error::Result;
use std::ffi::CStr;

/// What may be read of the file for them.
const MOST_BYTES: u64 = 32 << 20;
/// Names of groups that are compared with the addresses of scales, over all groups.
const MOST_NAMES: usize = 100_000;

/// The labels of the dataset at a path, which has this many axes and elements of this kind.
pub(super) fn read(file: &File, path: &str, axes: usize, elements: &StoredElements) -> Labels {
    if let Some(reading) = file.reading() {
        reading.allow(MOST_BYTES);
    }
    let Ok(found) = file.attempt(|root| paths::find(root, path)) else { return Labels::NONE };
    let dataset = &found.object.handle;
    let dims = file.attempt(|_| dims(file, &found, axes)).ok().flatten();
    let mut said = Said { dims, ..Said::default() };
    // The attributes of an object can only be listed all at once.
    let few = file.attempt(|_| Ok(links::attribute_count(dataset)? <= MOST_ATTRS as u64));
    let names = match few {
        Ok(true) => file.attempt(|_| values::names(dataset)).unwrap_or_default(),
        _ => Vec::new(),
    };
    for name in &names {
        let Ok(text) = name.to_str() else { continue };
        if text == "_FillValue" {
            said.fill = file.attempt(|_| values::element(dataset, name, elements)).ok().flatten();
        } else if let Ok(Some(value)) = file.attempt(|_| values::read(file, dataset, name)) {
            said.attrs.insert(text.to_owned(), value);
        }
    }
    Labels::of_others(said, axes, &elements.data_type)
}

/// Whether a dataset is a scale of netCDF that only has a length.
pub(super) fn is_only_length(file: &File, dataset: &Handle) -> Result<bool> {
    Ok(values::text(file, dataset, c"NAME")?.is_some_and(|name| name.starts_with(WITHOUT_COORDINATES)))
}

/// The names of the axes: of each the name of its dimension scale, or else its label.
fn dims(file: &File, found: &FoundObject, axes: usize) -> Result<Option<Vec<String>>> {
    let dataset = &found.object.handle;
    let mut dims: Vec<Option<String>> = vec![None; axes];
    if let Some(scales) = scales(file, dataset, axes)? {
        name_scales(&found.groups, &scales, &mut dims)?;
    } else if axes == 1 && values::text(file, dataset, c"CLASS")?.as_deref() == Some("DIMENSION_SCALE") {
        // A scale, such as the coordinates of netCDF: its axis is called as itself.
        dims[0] = Some(found.name.clone());
    }
    if dims.iter().any(Option::is_none)
        && let Some(labels) = values::texts(file, dataset, c"DIMENSION_LABELS")?.filter(|labels| labels.len() == axes)
    {
        for (dim, label) in dims.iter_mut().zip(labels) {
            dim.get_or_insert(label);
        }
    }
    Ok(dims.into_iter().collect::<Option<Vec<_>>>().filter(|dims| !dims.is_empty()))
}

/// For each axis the address of its first scale, if it has one.
fn scales(file: &File, dataset: &Handle, axes: usize) -> Result<Option<Vec<Option<u64>>>> {
    const NAME: &CStr = c"DIMENSION_LIST";
    let Some(list) = OpenAttribute::new(dataset, NAME)? else { return Ok(None) };
    if list.count != axes || !list.is_list_of_references()? {
        return Ok(None);
    }
    let first = |list: Option<Vec<u8>>| list?.first_chunk::<8>().map(|address| u64::from_le_bytes(*address));
    Ok(Some(list.variable(file, size_of::<u64>())?.into_iter().map(first).collect()))
}

/// Gives the axes the names that their scales have in the groups that the dataset is in, the innermost first.
fn name_scales(groups: &[Handle], scales: &[Option<u64>], dims: &mut [Option<String>]) -> Result<()> {
    let mut left = MOST_NAMES;
    for group in groups.iter().rev() {
        let is_named = |dims: &[Option<String>]| dims.iter().zip(scales).all(|(dim, at)| dim.is_some() || at.is_none());
        if is_named(dims) {
            break;
        }
        links::each_object(group, |name, address| {
            for (dim, _) in dims.iter_mut().zip(scales).filter(|(_, scale)| **scale == Some(address)) {
                if dim.is_none() {
                    *dim = name.to_str().ok().map(str::to_owned);
                }
            }
            left = left.saturating_sub(1);
            left > 0 && !is_named(dims)
        })?;
    }
    Ok(())
}
