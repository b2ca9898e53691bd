//! The description of an array of arraystow, in an attribute: the chunks that its user sees.

use crate::array::{ChunkGrid, DataType, Field, Labels, RecordType, StoredLayout, few};
use crate::backend::ArraySpec;
use crate::backend::layout::MOST_AXES;
use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize};

/// The attribute's name.
pub(super) const ATTRIBUTE: &str = "arraystow";
/// Version 1 goes with another fill value and other names of the axes: see `repair`.
pub(super) const VERSION: u32 = 2;

/// The attribute's value.
#[derive(Serialize, Deserialize)]
pub(super) struct Description {
    version: u32,
    /// The logical chunks: for each axis, runs of a length and how often it occurs.
    #[serde(deserialize_with = "few_axes")]
    chunks: Vec<Vec<(usize, usize)>>,
    /// The data type, where the metadata do not say it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_type: Option<String>,
    /// What the names of the axes end with, if a repair has given them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repaired: Option<String>,
    /// Where the array was first written, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The labels, which other programs read from the other members of the metadata.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    labels: Labels,
}

/// What a description says.
pub(super) struct Described {
    pub(super) version: u32,
    /// The logical grid.
    pub(super) grid: ChunkGrid,
    pub(super) repaired: Option<String>,
    pub(super) labels: Labels,
    pub(super) data_type: DataType,
}

impl Description {
    pub(super) fn of(spec: &ArraySpec) -> Self {
        Self {
            version: VERSION,
            chunks: spec.grid.runs(),
            data_type: (stored(&spec.data_type) != spec.data_type).then(|| spec.data_type.to_string()),
            repaired: None,
            document: spec.first.document.clone(),
            path: spec.first.path.clone(),
            labels: spec.meta.labels.clone(),
        }
    }

    /// What it says of an array that is stored like that.
    pub(super) fn check(self, data_type: &DataType, layout: &StoredLayout) -> Result<Described> {
        let damaged =
            |what: String| Error::corrupt(format!("the attribute `{ATTRIBUTE}` {what}; restore the array from a copy"));
        if !(1..=VERSION).contains(&self.version) {
            return Err(Error::unsupported(format!(
                "the array was written by a newer arraystow (version {} of the format); update this program",
                self.version
            )));
        }
        let grid =
            ChunkGrid::from_runs(&self.chunks).map_err(|error| damaged(format!("has invalid chunks: {error}")))?;
        if grid.shape() != layout.grid.shape() {
            let (said, found) = (grid.shape(), layout.grid.shape());
            return Err(damaged(format!("describes an array of shape {said:?}, but the array has {found:?}")));
        }
        let data_type = match &self.data_type {
            None => data_type.clone(),
            Some(name) => DataType::from_name(name).filter(|said| stored(said) == *data_type).ok_or_else(|| {
                damaged(format!("describes elements of type {name}, but the array holds {data_type}"))
            })?,
        };
        self.labels
            .check(grid.ndim(), &data_type)
            .map_err(|error| damaged(format!("has invalid names or attributes: {error}")))?;
        Ok(Described { version: self.version, grid, repaired: self.repaired, labels: self.labels, data_type })
    }
}

/// A list with an entry for each axis: a few bytes of text for each of more would take many times as much memory.
fn few_axes<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    few::<_, MOST_AXES, D>(deserializer)
}

/// What the elements are stored as: names of integers are not.
fn stored(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Enum(enumeration) => enumeration.base().clone(),
        DataType::Record(record) => {
            let fields = record.fields().iter().map(|field| Field::new(field.name(), stored(field.data_type())));
            RecordType::new(fields).map_or_else(|_| data_type.clone(), DataType::Record)
        }
        other => other.clone(),
    }
}
