//! The labels of an array: the names of its axes, its attributes, and the value that stands for a missing element.

use super::{Attr, DataType};
use crate::error::{Error, Result};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The most bytes of all attributes of an array together, with their names. HDF5 keeps up to 64 KiB beside a dataset.
pub(crate) const MOST_ATTR_BYTES: usize = 32 << 10;
/// The most bytes of a name.
const LONGEST_NAME: usize = 200;

/// Names of attributes that have a meaning in the file formats, or in arraystow.
const RESERVED_ATTRS: [&str; 12] = [
    "arraystow",
    "_ARRAY_DIMENSIONS",
    "_FillValue",
    "CLASS",
    "NAME",
    "DIMENSION_LIST",
    "DIMENSION_LABELS",
    "REFERENCE_LIST",
    "_Netcdf4Dimid",
    "_Netcdf4Coordinates",
    "_NCProperties",
    "_nc3_strict",
];
/// Names of other objects in the HDF5 file of an array.
const RESERVED_DIMS: [&str; 3] = ["dask_arrays", "arraystow", "arraystow_crc32c"];

/// The most axes of an array in HDF5.
const MOST_AXES: usize = 32;
/// More than the bytes of any element.
const LARGEST_FILL: usize = 64 << 10;
/// The most attributes of an array.
pub(crate) const MOST_ATTRS: usize = 1000;

/// The labels of an array. An operation passes on those that hold for its result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Said", into = "Said")]
pub(crate) struct Labels(Option<Arc<Said>>);

/// The labels as a manifest and a description have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Said {
    /// A name for each axis.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    pub(crate) dims: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "attrs")]
    pub(crate) attrs: BTreeMap<String, Attr>,
    /// The bytes of an element, little-endian.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "bytes")]
    pub(crate) fill: Option<Vec<u8>>,
}

impl From<Said> for Labels {
    fn from(said: Said) -> Self {
        Self::new(said)
    }
}

impl From<Labels> for Said {
    fn from(labels: Labels) -> Self {
        labels.said()
    }
}

impl Labels {
    /// No labels.
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn new(said: Said) -> Self {
        Self((said != Said::default()).then(|| Arc::new(said)))
    }

    /// What the file of another program says, without what an array with this many axes and bytes per element cannot
    /// have.
    #[cfg(any(feature = "hdf5", feature = "zarr"))]
    pub(crate) fn of_others(said: Said, axes: usize, data_type: &DataType) -> Self {
        let mut left = MOST_ATTR_BYTES;
        let mut fits = |name: &str, value: &Attr| {
            let bytes = name.len().saturating_add(value.byte_len());
            let fits = bytes <= left && check_attr(name, value).is_ok();
            left -= if fits { bytes } else { 0 };
            fits
        };
        Self::new(Said {
            dims: said.dims.filter(|dims| check_dims(dims, axes).is_ok()),
            attrs: said.attrs.into_iter().filter(|(name, value)| fits(name, value)).take(MOST_ATTRS).collect(),
            fill: said.fill.filter(|fill| data_type.fits(fill)),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn said(&self) -> Said {
        self.0.as_deref().cloned().unwrap_or_default()
    }

    pub(crate) fn dims(&self) -> Option<&[String]> {
        self.0.as_ref()?.dims.as_deref()
    }

    pub(crate) fn attrs(&self) -> &BTreeMap<String, Attr> {
        static NONE: BTreeMap<String, Attr> = BTreeMap::new();
        self.0.as_ref().map_or(&NONE, |said| &said.attrs)
    }

    pub(crate) fn fill(&self) -> Option<&[u8]> {
        self.0.as_ref()?.fill.as_deref()
    }

    /// These labels, and those of `other` that are not among them.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let (Some(here), Some(there)) = (&self.0, &other.0) else {
            return if self.is_empty() { other.clone() } else { self.clone() };
        };
        let mut attrs = there.attrs.clone();
        attrs.extend(here.attrs.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self::new(Said {
            dims: here.dims.clone().or_else(|| there.dims.clone()),
            attrs,
            fill: here.fill.clone().or_else(|| there.fill.clone()),
        })
    }

    /// With these names of the axes, or without names.
    pub(crate) fn with_dims(&self, dims: Option<Vec<String>>) -> Self {
        Self::new(Said { dims, ..self.said() })
    }

    /// With this attribute.
    pub(crate) fn with_attr(&self, name: &str, value: Attr) -> Self {
        let mut said = self.said();
        said.attrs.insert(name.to_owned(), value);
        Self::new(said)
    }

    /// Without this attribute.
    pub(crate) fn without_attr(&self, name: &str) -> Self {
        let mut said = self.said();
        said.attrs.remove(name);
        Self::new(said)
    }

    /// With this value for missing elements.
    pub(crate) fn with_fill(&self, fill: Option<Vec<u8>>) -> Self {
        Self::new(Said { fill, ..self.said() })
    }

    /// The names of the axes alone.
    pub(crate) fn dims_only(&self) -> Self {
        Self::new(Said { dims: self.said().dims, ..Said::default() })
    }

    /// The labels of a result with these axes of the array. `None` is a new axis.
    pub(crate) fn with_axes(&self, axes: impl IntoIterator<Item = Option<usize>>) -> Self {
        let Some(dims) = self.dims() else { return self.clone() };
        let named = axes.into_iter().map(|axis| dims.get(axis?).cloned());
        self.with_dims(named.collect())
    }

    /// The labels of a result of two arrays, element by element: the names of the axes, which both have or only one.
    pub(crate) fn common_dims(&self, other: &Self) -> Result<Self> {
        match (self.dims(), other.dims()) {
            (Some(dims), Some(others)) if dims != others => Err(Error::invalid(format!(
                "arrays with the axes {dims:?} and {others:?} cannot be combined element by element: give them the same names \
                 with with_dims(), or none with without_dims()"
            ))),
            (Some(_), _) => Ok(self.dims_only()),
            (None, _) => Ok(other.dims_only()),
        }
    }

    /// Checks the labels of an array with this number of axes and bytes per element.
    pub(crate) fn check(&self, axes: usize, data_type: &DataType) -> Result<()> {
        let Some(said) = &self.0 else { return Ok(()) };
        if let Some(dims) = &said.dims {
            check_dims(dims, axes)?;
        }
        if let Some(fill) = said.fill.as_ref().filter(|fill| !data_type.fits(fill)) {
            return Err(Error::invalid(format!("a fill value of {} bytes for elements of {data_type}", fill.len())));
        }
        if said.attrs.len() > MOST_ATTRS {
            return Err(Error::limit(format!(
                "an array has {} attributes, and the limit is {MOST_ATTRS}: keep tables in fields of their own",
                said.attrs.len()
            )));
        }
        let mut bytes = 0_usize;
        for (name, value) in &said.attrs {
            check_attr(name, value)?;
            bytes = bytes.saturating_add(name.len()).saturating_add(value.byte_len());
        }
        if bytes > MOST_ATTR_BYTES {
            return Err(Error::limit(format!(
                "the attributes of an array have {bytes} bytes in total, and the limit is {MOST_ATTR_BYTES}: keep \
                    long strings and lists in fields of their own"
            )));
        }
        Ok(())
    }
}

fn check_dims(dims: &[String], axes: usize) -> Result<()> {
    if dims.len() != axes {
        return Err(Error::invalid(format!("the names {dims:?} for {axes} axes: give one name for each axis")));
    }
    let mut seen = HashSet::new();
    for dim in dims {
        check_name("axis", dim)?;
        if dim.contains('/') || dim == "." || RESERVED_DIMS.contains(&&**dim) {
            return Err(Error::invalid(format!("an axis cannot be named {dim:?}: choose another name")));
        }
        if !seen.insert(dim) {
            return Err(Error::invalid(format!("two axes have the name {dim:?}: give each a name of its own")));
        }
    }
    Ok(())
}

fn check_attr(name: &str, value: &Attr) -> Result<()> {
    check_name("attribute", name)?;
    if RESERVED_ATTRS.contains(&name) {
        return Err(Error::invalid(format!(
            "an attribute cannot be named {name:?}, which has a special meaning in files: choose another name"
        )));
    }
    if !value.is_finite() {
        return Err(Error::invalid(format!(
            "the attribute {name:?} is NaN or infinite, which Zarr metadata cannot represent: leave it out, or make \
                it a string"
        )));
    }
    if value.has_nul() {
        return Err(Error::invalid(format!(
            "the attribute {name:?} contains the character NUL, which ends a string in \
            HDF5"
        )));
    }
    Ok(())
}

fn check_name(what: &str, name: &str) -> Result<()> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "an {what} cannot be named {name:?}: a name has 1 to {LONGEST_NAME} bytes and no control character"
        )));
    }
    Ok(())
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    few::<_, MOST_AXES, D>(deserializer).map(Some)
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    few::<_, LARGEST_FILL, D>(deserializer).map(Some)
}

/// Reads a list of at most `MOST` values. A hostile file can hold many empty ones, each a byte.
pub(crate) fn few<'de, T: Deserialize<'de>, const MOST: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Few<T, const MOST: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Few<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of up to {MOST} values")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut values = Vec::new();
            while let Some(value) = list.next_element()? {
                if values.len() == MOST {
                    return Err(A::Error::invalid_length(MOST + 1, &self));
                }
                values.push(value);
            }
            Ok(values)
        }
    }

    deserializer.deserialize_seq(Few::<T, MOST>(PhantomData))
}

fn attrs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Attr>, D::Error> {
    struct Attrs;

    impl<'de> Visitor<'de> for Attrs {
        type Value = BTreeMap<String, Attr>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "up to {MOST_ATTRS} attributes")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut attrs = BTreeMap::new();
            while let Some((name, value)) = map.next_entry::<String, Attr>()? {
                if attrs.len() == MOST_ATTRS {
                    return Err(A::Error::invalid_length(MOST_ATTRS + 1, &self));
                }
                attrs.insert(name, value);
            }
            Ok(attrs)
        }
    }

    deserializer.deserialize_map(Attrs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dims(names: &[&str]) -> Labels {
        Labels::default().with_dims(Some(names.iter().map(|name| (*name).to_owned()).collect()))
    }

    #[test]
    fn names_of_axes_are_checked() {
        assert!(dims(&["time", "lat"]).check(2, &DataType::Int32).is_ok());
        for (names, axes) in [(&["time"][..], 2), (&["a", "a"], 2), (&[""], 1), (&["a/b"], 1), (&["dask_arrays"], 1)] {
            assert!(dims(names).check(axes, &DataType::Int32).is_err(), "{names:?}");
        }
    }

    #[test]
    fn attributes_are_checked() {
        let with = |name: &str, value: Attr| Labels::default().with_attr(name, value).check(1, &DataType::Int32);
        assert!(with("units", "K".into()).is_ok());
        for (name, value) in [("", "K"), ("arraystow", "K"), ("a", "b\0"), ("a\n", "b")] {
            assert!(with(name, value.into()).is_err(), "{name:?}");
        }
        assert!(with("long", "x".repeat(MOST_ATTR_BYTES).into()).is_err());
    }

    #[test]
    fn what_is_said_here_goes_before_what_is_said_there() {
        let here = dims(&["x"]).with_attr("units", "m".into());
        let there = dims(&["y"]).with_attr("units", "K".into()).with_attr("long_name", "depth".into());
        let both = here.or(&there);
        assert_eq!(both.dims(), here.dims());
        assert_eq!(both.attrs().get("units"), Some(&"m".into()));
        assert_eq!(both.attrs().get("long_name"), Some(&"depth".into()));
        assert!(there.without_attr("units").without_attr("long_name").with_dims(None).is_empty());
    }
}
