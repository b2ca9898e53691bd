//! Enumerations: names for some integers.

use super::DataType;
use super::static_or_shared::StaticOrShared;
use crate::error::{Error, Result};
use std::collections::HashSet;
use std::sync::Arc;

/// The most names of an enumeration.
const MOST_NAMES: usize = 1000;
/// The most bytes of a name.
const LONGEST_NAME: usize = 200;

/// The type of enumerated elements: integers, each of which has a name.
///
/// HDF5 has enumerations. In Zarr they are integers with the CF attributes `flag_values` and `flag_meanings`.
///
/// ```
/// use arraystow::{DataType, EnumType};
///
/// let quality = EnumType::new(DataType::UInt8, [("good", 0), ("doubtful", 1), ("bad", 4)])?;
/// assert_eq!(quality.base(), &DataType::UInt8);
/// assert_eq!(quality.names().next(), Some(("good", 0)));
/// assert_eq!(quality.name_of(4), Some("bad"));
/// assert_eq!(DataType::Enum(quality).size(), 1);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnumType {
    base: StaticOrShared<DataType>,
    names: StaticOrShared<[EnumName]>,
}

/// A name in an enumeration, and its integer.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnumName {
    name: StaticOrShared<str>,
    value: i64,
}

impl EnumName {
    #[must_use]
    pub const fn of_static(name: &'static str, value: i64) -> Self {
        Self { name: StaticOrShared::Static(name), value }
    }
}

impl EnumType {
    /// Returns the enumeration of integers of the type `base` with these names and values.
    ///
    /// # Errors
    /// `InvalidInput` if `base` is not an integer type, if there are no names or more than 1000, if a name is empty,
    /// longer than 200 bytes or contains the character NUL, if a name or a value occurs twice, or if a value does not
    /// fit `base`.
    pub fn new<N: Into<String>>(base: DataType, names: impl IntoIterator<Item = (N, i64)>) -> Result<Self> {
        let name = |(name, value): (N, i64)| EnumName { name: StaticOrShared::Shared(Arc::from(name.into())), value };
        let names = names.into_iter().map(name).collect();
        let enumeration = Self { base: StaticOrShared::Shared(Arc::new(base)), names: StaticOrShared::Shared(names) };
        enumeration.check()?;
        Ok(enumeration)
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn of_static(base: &'static DataType, names: &'static [EnumName]) -> Self {
        Self { base: StaticOrShared::Static(base), names: StaticOrShared::Static(names) }
    }

    /// Returns the data type of the integers.
    #[must_use]
    pub fn base(&self) -> &DataType {
        &self.base
    }

    /// Returns the names with their values.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (&str, i64)> {
        self.names.iter().map(|EnumName { name, value }| (&**name, *value))
    }

    /// Returns the name of that integer, if it has one.
    #[must_use]
    pub fn name_of(&self, value: i64) -> Option<&str> {
        self.names().find(|(_, own)| *own == value).map(|(name, _)| name)
    }

    /// Returns whether every integer has the same name in `other`.
    #[doc(hidden)]
    #[must_use]
    pub fn is_part_of(&self, other: &Self) -> bool {
        let has = |(name, value)| other.name_of(value) == Some(name);
        self.base() == other.base() && self.names().all(has)
    }

    /// The integer of these bytes, of which there are as many as an element has.
    pub(crate) fn value_of(&self, bytes: &[u8]) -> Option<i64> {
        let bytes = bytes.get(..self.base.size())?;
        let is_signed = self.base.integer_range().is_some_and(|range| *range.start() < 0);
        let is_negative = is_signed && bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut wide = [if is_negative { 0xff } else { 0 }; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(i64::from_le_bytes(wide))
    }

    pub(super) fn check(&self) -> Result<()> {
        let count = self.names.len();
        if count == 0 || count > MOST_NAMES {
            return Err(Error::invalid(format!("an enumeration has 1 to {MOST_NAMES} names, not {count}")));
        }
        let Some(range) = self.base.integer_range() else {
            return Err(Error::invalid(format!("the values of an enumeration are integers, not {}", self.base())));
        };
        let (mut names, mut values) = (HashSet::new(), HashSet::new());
        for (name, value) in self.names() {
            if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
                return Err(Error::invalid(format!(
                    "{name:?} cannot be a name in an enumeration: a name has 1 to {LONGEST_NAME} bytes, none of which \
                        is 0"
                )));
            }
            if !names.insert(name) || !values.insert(value) {
                return Err(Error::invalid(format!("an enumeration has {name:?} or its value {value} twice")));
            }
            // Values above those of an i64 cannot be named.
            if !range.contains(&i128::from(value)) {
                return Err(Error::invalid(format!(
                    "{name:?} has the value {value}, which does not fit \
                    {}",
                    self.base()
                )));
            }
        }
        Ok(())
    }
}
