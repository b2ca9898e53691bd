//! Plain values of a packed file as HDF5 has them, and the names of the axes of its arrays: dimension scales, one for
//! all arrays of a group that have an axis of that name and length.

use super::attributes::{self, c_path, c_string};
use super::create;
use super::inspect;
use super::labels::{self, Used};
use super::library::Handle;
use super::links;
use super::types;
use crate::array::{Attr, DataType};
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{CStr, CString};

/// The steps from the root of a file to an object in it.
pub(crate) type ObjectPath = Vec<String>;

/// A plain value: a number or a string, or a list or an array of them.
#[derive(Debug, PartialEq)]
pub(crate) enum PlainValue {
    /// With the bytes of its elements.
    Numbers {
        data_type: DataType,
        shape: Vec<usize>,
        bytes: Vec<u8>,
    },
    Texts {
        shape: Vec<usize>,
        texts: Vec<String>,
    },
}

/// Values of more bytes are datasets.
const MOST_ATTRIBUTE_BYTES: usize = 4 << 10;

impl PlainValue {
    /// The bytes that it has in a file. All strings of a value are as long as the longest.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Numbers { bytes, .. } => bytes.len(),
            Self::Texts { texts, .. } => longest(texts).saturating_mul(texts.len()),
        }
    }

    /// Whether it is a dataset, and not an attribute of a group.
    pub(crate) fn is_dataset(&self) -> bool {
        self.bytes() > MOST_ATTRIBUTE_BYTES
    }
}

fn longest(texts: &[String]) -> usize {
    texts.iter().map(String::len).max().unwrap_or(0).max(1)
}

/// The names of an array's axes where they are no dimension scales, as xarray writes them to Zarr.
const DIMS: &CStr = c"_ARRAY_DIMENSIONS";

/// The axes of an array.
pub(super) struct NamedAxes {
    pub(super) path: ObjectPath,
    pub(super) dims: Vec<String>,
    pub(super) shape: Vec<usize>,
}

/// A plain value as HDF5 has it.
pub(super) struct EncodedValue<'a> {
    pub(super) value_type: Handle,
    pub(super) shape: &'a [usize],
    pub(super) bytes: Cow<'a, [u8]>,
}

impl<'a> EncodedValue<'a> {
    pub(super) fn of(value: &'a PlainValue) -> Result<Self> {
        match value {
            PlainValue::Numbers { data_type, shape, bytes } => {
                Ok(Self { value_type: types::create(data_type)?, shape, bytes: Cow::Borrowed(bytes) })
            }
            PlainValue::Texts { shape, texts } => {
                let longest = longest(texts);
                let bytes = Cow::Owned(labels::padded(texts, longest));
                Ok(Self { value_type: attributes::padded_utf8(longest)?, shape, bytes })
            }
        }
    }
}

/// The strings of a value, if it has no others and none has a NUL.
pub(super) fn c_strings(value: &PlainValue) -> Option<Vec<CString>> {
    match value {
        PlainValue::Texts { texts, .. } => texts.iter().map(|text| CString::new(text.as_str()).ok()).collect(),
        PlainValue::Numbers { .. } => None,
    }
}

/// Writes the names of the axes of all arrays.
pub(super) fn write(root: &Handle, arrays: Vec<NamedAxes>) -> Result<()> {
    let mut groups: BTreeMap<ObjectPath, Vec<NamedAxes>> = BTreeMap::new();
    for array in arrays {
        let group = array.path.split_last().map_or(Vec::new(), |(_, group)| group.to_vec());
        groups.entry(group).or_default().push(array);
    }
    groups.into_iter().try_for_each(|(path, arrays)| write_group(root, &path, &arrays))
}

fn write_group(root: &Handle, path: &[String], arrays: &[NamedAxes]) -> Result<()> {
    let mut lengths: HashMap<&str, Option<usize>> = HashMap::new();
    for (dim, len) in arrays.iter().flat_map(|array| array.dims.iter().zip(&array.shape)) {
        let known = lengths.entry(dim).or_insert(Some(*len));
        if *known != Some(*len) {
            *known = None;
        }
    }
    let group = create::groups(root, path)?;
    let group = group.as_ref().unwrap_or(root);
    // The coordinates of an axis have its name.
    let is_coordinates =
        |dim: &str| arrays.iter().any(|array| array.path.last().is_some_and(|name| name == dim) && array.dims == [dim]);
    let mut scales = HashSet::new();
    for (dim, len) in &lengths {
        if len.is_some() && (is_coordinates(dim) || links::link(group, &c_string(dim)?)?.is_none()) {
            scales.insert(*dim);
        }
    }
    let (with, without): (Vec<_>, Vec<_>) =
        arrays.iter().partition(|array| array.dims.iter().all(|dim| scales.contains(dim.as_str())));
    for array in without {
        let dataset = open(root, &array.path)?;
        labels::attribute(&dataset, DIMS, &Attr::Texts(array.dims.clone()))?;
        dataset.close("close a dataset")?;
    }
    let mut used: BTreeMap<&str, (usize, Vec<Used>)> = BTreeMap::new();
    for array in &with {
        let reference = labels::reference(root, &c_path(&array.path)?)?;
        for (axis, (dim, len)) in (0_u32..).zip(array.dims.iter().zip(&array.shape)) {
            let uses = used.entry(dim).or_insert((*len, Vec::new()));
            // A scale is not its own.
            if !is_own_scale(array) {
                uses.1.push(Used::new(reference, axis));
            }
        }
    }
    for (dim, (len, uses)) in &used {
        let name = c_string(dim)?;
        let is_there = links::link(group, &name)?.is_some();
        let scale = match is_there {
            true => inspect::open_dataset(group, &name)?.ok_or_else(|| Error::invalid("a dataset is gone"))?,
            false => create::new_scale(group, &name, *len)?,
        };
        labels::mark_scale(&scale, &name, (!is_there).then_some(*len))?;
        if !uses.is_empty() {
            labels::list_uses(&scale, uses)?;
        }
        scale.close("close a dataset")?;
    }
    for array in with.into_iter().filter(|array| !is_own_scale(array) && !array.dims.is_empty()) {
        let scale = |dim: &String| {
            let path: ObjectPath = path.iter().chain([dim]).cloned().collect();
            labels::reference(root, &c_path(&path)?)
        };
        let scales = array.dims.iter().map(scale).collect::<Result<Vec<_>>>()?;
        let dataset = open(root, &array.path)?;
        labels::list_scales(&dataset, scales)?;
        dataset.close("close a dataset")?;
    }
    Ok(())
}

fn is_own_scale(array: &NamedAxes) -> bool {
    array.path.last().is_some_and(|name| array.dims == [name.as_str()])
}

fn open(root: &Handle, path: &[String]) -> Result<Handle> {
    let dataset = match path.split_last() {
        Some((name, group)) => {
            let group = create::groups(root, group)?;
            inspect::open_dataset(group.as_ref().unwrap_or(root), &c_string(name)?)?
        }
        None => None,
    };
    dataset.ok_or_else(|| Error::invalid("a dataset of the packed file is gone"))
}
