//! Repairs metadata that earlier versions wrote in a way that other programs misread.
//!
//! Version 1 of the description goes with the fill value 0 in version 2 of Zarr, which xarray takes for 'missing', and
//! with axes `dim_0`, `dim_1`, .. in every array, which xarray takes for the same axes in all arrays of a group.
//! Version 2 goes with the fill value null (every chunk is stored) and with names that no other array has.
//!
//! A repair rewrites the metadata and nothing else. The digest of a repaired array stays that of its metadata as they
//! were first written, which [`Metadata::first_written`] restores byte by byte, so the document that names the array
//! stays as it is. Each object is replaced in one step, in an order in which every state between reads well.

use super::axes::{first_names, label, labelled};
use super::description::{ATTRIBUTE, Described, VERSION};
use super::metadata::{MOST_BYTES, Metadata, fill_value, too_irregular};
use super::text::Members;
use crate::array::{DataType, Labels};
use crate::backend::Misread;
use crate::backend::layout::MOST_AXES;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::{Value, json};

/// The member of the description that a repair adds: what the new names of the axes end with.
const REPAIRED: &str = "repaired";
/// More than the names of all axes take.
const LONGEST_NAMES: usize = 64 * MOST_AXES;

/// What a repair is about to write; what stays as it is is none.
pub(super) struct Repair {
    pub(super) array: Option<Vec<u8>>,
    pub(super) attributes: Option<Vec<u8>>,
}

impl Metadata {
    /// The bytes that the digest is made of: those of the array as it was first written.
    ///
    /// What the digest does not cover then is what a repair has changed, and that must be as a repair writes it.
    pub(super) fn first_written(&self, data_type: &DataType, described: &Described) -> Result<Vec<u8>> {
        if described.repaired.is_none() && (described.version > 1 || self.version == ZarrVersion::V3) {
            return Ok(self.all_bytes());
        }
        let mut parts = Parts::read(self)?;
        if parts.to_bytes() != self.all_bytes() {
            return Ok(self.all_bytes());
        }
        if let Some(label) = &described.repaired {
            let count = parts.axes()?;
            let written = labelled(label, count).to_string();
            if parts.names()? != written {
                return Err(Error::corrupt(
                    "the names of the array's axes are not what was written; restore the array from a copy",
                ));
            }
            parts.set_names(&first_names(count));
            parts.description.remove(REPAIRED);
            parts.description.set("version", "1");
        }
        if let Some(array) = &mut parts.array
            && array.get("fill_value") == Some("null")
        {
            array.set("fill_value", &fill_value(data_type).to_string());
        }
        Ok(parts.to_bytes())
    }

    /// What other programs misread.
    pub(super) fn misread(&self) -> Result<Misread> {
        match Parts::read_ours(self)? {
            Some(parts) => parts.misread(),
            None => Ok(Misread::default()),
        }
    }

    /// The metadata of this array without what other programs misread.
    pub(super) fn repair(&self, array_name: &str) -> Result<Repair> {
        let mut parts = Parts::read(self)?;
        let misread = parts.misread()?;
        if misread.axis_names {
            let label = label(array_name);
            parts.set_names(&labelled(&label, parts.axes()?));
            parts.description.set("version", &VERSION.to_string());
            parts.description.set(REPAIRED, &json!(label).to_string());
        }
        if misread.fill_value
            && let Some(array) = &mut parts.array
        {
            array.set("fill_value", "null");
        }
        let named = misread.axis_names.then(|| parts.named_bytes());
        let array = parts.array.filter(|_| misread.fill_value).map(|array| array.text().into_bytes());
        if [&named, &array].into_iter().flatten().any(|bytes| bytes.len() as u64 > MOST_BYTES) {
            return Err(too_irregular());
        }
        Ok(match self.version {
            ZarrVersion::V3 => Repair { array: named, attributes: None },
            ZarrVersion::V2 => Repair { array, attributes: named },
        })
    }
}

/// The parts of an array's metadata that matter here, and the text of all others.
struct Parts {
    /// The object with the names of the axes; of version 2 it is the attributes.
    named: Members,
    /// The attributes of version 3.
    attributes: Option<Members>,
    description: Members,
    /// `.zarray` of version 2.
    array: Option<Members>,
}

impl Parts {
    fn read(metadata: &Metadata) -> Result<Self> {
        Self::read_ours(metadata)?.ok_or_else(|| {
            Error::corrupt(format!("the array has lost the attribute `{ATTRIBUTE}`; restore it from a copy"))
        })
    }

    /// None for an array of another program.
    fn read_ours(metadata: &Metadata) -> Result<Option<Self>> {
        let (named, attributes, array) = match metadata.version {
            ZarrVersion::V3 => {
                let named = Members::read(&metadata.array)?;
                let attributes = named.get("attributes").map(|text| Members::read(text.as_bytes())).transpose()?;
                (named, attributes, None)
            }
            ZarrVersion::V2 => {
                let named = Members::read(metadata.attributes.as_deref().unwrap_or(b"{}"))?;
                (named, None, Some(Members::read(&metadata.array)?))
            }
        };
        let description = attributes.as_ref().unwrap_or(&named).get(ATTRIBUTE);
        let description = description.map(|text| Members::read(text.as_bytes())).transpose()?;
        Ok(description.map(|description| Self { named, attributes, description, array }))
    }

    fn misread(&self) -> Result<Misread> {
        // A fill value that the array was given is meant to be taken for 'missing'.
        let has_null = |array: &Members| array.get("fill_value") == Some("null");
        let fill_value = self.array.as_ref().is_some_and(|array| !has_null(array) && !self.has_fill());
        let axis_names = self.description.get("version") == Some("1") && self.axes()? > 0;
        Ok(Misread { fill_value, axis_names })
    }

    fn has_fill(&self) -> bool {
        let labels = self.description.get("labels").map(serde_json::from_str::<Labels>);
        labels.is_some_and(|labels| labels.is_ok_and(|labels| labels.fill().is_some()))
    }

    fn names_member(&self) -> &'static str {
        if self.attributes.is_some() { "dimension_names" } else { "_ARRAY_DIMENSIONS" }
    }

    fn names(&self) -> Result<&str> {
        let names = self.named.get(self.names_member()).filter(|names| names.len() <= LONGEST_NAMES);
        names.ok_or_else(|| Error::corrupt("the names of the array's axes are lost; restore the array from a copy"))
    }

    fn axes(&self) -> Result<usize> {
        let names: Vec<String> =
            serde_json::from_str(self.names()?).map_err(|error| super::json::unreadable(&error))?;
        Ok(names.len())
    }

    fn set_names(&mut self, names: &Value) {
        self.named.set(self.names_member(), &names.to_string());
    }

    /// The object with the names of the axes and the description.
    fn named_bytes(&self) -> Vec<u8> {
        let (mut named, description) = (self.named.clone(), self.description.text());
        match &self.attributes {
            Some(attributes) => {
                let mut attributes = attributes.clone();
                attributes.set(ATTRIBUTE, &description);
                named.set("attributes", &attributes.text());
            }
            None => named.set(ATTRIBUTE, &description),
        }
        named.text().into_bytes()
    }

    /// All of it, as [`Metadata::all_bytes`].
    fn to_bytes(&self) -> Vec<u8> {
        let array = self.array.as_ref().map(Members::text).unwrap_or_default();
        [array.into_bytes(), self.named_bytes()].concat()
    }
}
