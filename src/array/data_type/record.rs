//! Records: several named values in one element.

use super::DataType;
use super::static_or_shared::StaticOrShared;
use crate::error::{Error, Result};
use std::collections::HashSet;
use std::sync::Arc;

/// The most fields of a record.
const MOST_FIELDS: usize = 1000;
/// The most bytes of a name.
const LONGEST_NAME: usize = 200;

/// The type of records: their fields, in order. In memory and in the bytes of a chunk, the fields follow one another
/// without gaps.
///
/// HDF5 has records as compound types, numpy and Zarr as structured types.
///
/// ```
/// use arraystow::{DataType, Field, RecordType};
///
/// let fields = [Field::new("station", DataType::UInt16), Field::new("height", DataType::Float32)];
/// let record = RecordType::new(fields)?;
/// assert_eq!(record.fields()[0].name(), "station");
/// assert_eq!(record.fields()[1].data_type(), &DataType::Float32);
///
/// let record = DataType::Record(record);
/// assert_eq!(record.size(), 6);
/// assert_eq!(record.to_string(), r#"{"record":[["station","uint16"],["height","float32"]]}"#);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(StaticOrShared<[Field]>);

/// A field of a record: its name and its data type.
///
/// ```
/// use arraystow::{DataType, Field};
///
/// let height = Field::new("height", DataType::Float32);
/// assert_eq!((height.name(), height.data_type()), ("height", &DataType::Float32));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field {
    name: StaticOrShared<str>,
    data_type: DataType,
}

impl RecordType {
    /// Returns the type of records with these fields.
    ///
    /// # Errors
    /// `InvalidInput` if there are no fields or more than 1000, if a name is empty, longer than 200 bytes, occurs twice
    /// or contains the character NUL, or if a field has no size.
    pub fn new(fields: impl IntoIterator<Item = Field>) -> Result<Self> {
        let record = Self(StaticOrShared::Shared(fields.into_iter().collect()));
        record.check()?;
        Ok(record)
    }

    /// Returns a type of records that the program defines. It is checked when an array is saved.
    #[doc(hidden)]
    #[must_use]
    pub const fn of_static(fields: &'static [Field]) -> Self {
        Self(StaticOrShared::Static(fields))
    }

    /// Returns the fields, in the order in which a record has them.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.0
    }

    /// Where each field begins, in bytes.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = usize> {
        self.0.iter().scan(0_usize, |end, field| {
            let start = *end;
            *end = start.saturating_add(field.data_type.size());
            Some(start)
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        let fields = self.fields();
        if fields.is_empty() || fields.len() > MOST_FIELDS {
            return Err(Error::invalid(format!("a record has 1 to {MOST_FIELDS} fields, not {}", fields.len())));
        }
        let mut names = HashSet::new();
        for field in fields {
            let name = field.name();
            if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
                return Err(Error::invalid(format!(
                    "{name:?} cannot be the name of a field: a name has 1 to {LONGEST_NAME} bytes, none of which is 0"
                )));
            }
            if !names.insert(name) {
                return Err(Error::invalid(format!("a record has two fields with the name {name:?}")));
            }
            if field.data_type.is_text() {
                return Err(Error::invalid(format!(
                    "the field {name:?} is a string of any length, which a record cannot have: make it a FixedText"
                )));
            }
            field.data_type.check_nested()?;
        }
        Ok(())
    }
}

impl Field {
    /// Returns a field with this name and data type.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self { name: StaticOrShared::Shared(Arc::from(name.into())), data_type }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn of_static(name: &'static str, data_type: DataType) -> Self {
        Self { name: StaticOrShared::Static(name), data_type }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the data type of the field's values.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }
}
