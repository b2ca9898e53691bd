//! A document without its Rust type: a tree of plain values, with arrays as leaves.

pub(crate) mod find;
mod from;
mod read;
mod show;
mod write;

use crate::array::{AnyArray, AnyNdArray, DataType, with_element};
use crate::error::{Error, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::fields::found::NdarrayFields;
use crate::plugin::shared::{Shared, WeakShared};

/// A value whose Rust type is not known: the contents of a document, as a tree with arrays as leaves. See
/// [`Storage::value`](crate::Storage::value). As a field, it accepts any part of a document. Where serde buffers what
/// it reads (`flatten`, `tag`, `untagged`), a plain `ndarray` is read as a whole, without its attributes and names of
/// axes.
///
/// A document contains the value as serde serializes it: a struct is a map of its fields, a tuple is a list, a variant
/// of an enum is its name or a map from its name to its contents, a `Some` is its contents, and `None` and units are
/// [`Null`](Self::Null). In JSON, bytes are lists of integers, and keys are strings.
///
/// [`Display`](std::fmt::Display) writes it as text, in several lines with `{:#}`. Long and deeply nested parts are
/// shortened.
///
/// Serializing it gives the document that it was read from. Each array has the form that it had there, plain or
/// chunked, so that the type of the document reads it; an array that is made from one, as by [`AnyArray::slice`], is
/// chunked. There are these exceptions:
///
/// - An [external object](Self::External) cannot be saved.
/// - In JSON, an integer that neither `i64` nor `u64` can hold is read as a float.
/// - In pickle, tuples and sets become lists, a complex number a list of two floats, a `bytearray` bytes, an integer of
///   more than 128 bits a string, and a numpy scalar or array a number or a map of its shape and elements.
///
/// [`Storage::rename`](crate::Storage::rename), [`copy`](crate::Storage::copy) and
/// [`replace_arrays`](crate::Storage::replace_arrays) keep all of these as they are.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::Value;
/// use ndarray::Array2;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Survey {
///     name: String,
///     spacing: f64,
///     height: Array2<f32>,
/// }
///
/// storage.save("survey", &Survey { name: "north".into(), spacing: 0.25, height: Array2::ones((80, 90)) })?;
///
/// let survey = storage.value("survey")?;
/// assert_eq!(survey.to_string(), r#"{name: "north", spacing: 0.25, height: <float32 [80, 90]>}"#);
/// assert_eq!(survey.get("spacing").and_then(Value::as_f64), Some(0.25));
/// if let Some(Value::Array(height)) = survey.get("height") {
///     assert_eq!(height.downcast::<f32>()?.sum()?, 7200.0);
/// }
/// storage.save("copy", &survey)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: a `None`, or a unit.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer of any type that fits an `i128`.
    Integer(i128),
    /// An integer that fits only a `u128`.
    LargeInteger(u128),
    /// A number that was written as `f32`.
    Float32(f32),
    /// A number that was written as `f64`.
    Float64(f64),
    /// A string, a character, or a variant of an enum without contents.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list, a tuple or a set.
    List(Vec<Self>),
    /// A map, a struct, or a variant with its contents: keys of any type, in the order of the document.
    Map(Vec<(Self, Self)>),
    /// An array that is stored outside the document. It is lazy.
    Array(AnyArray),
    /// An `ndarray` that is in the document itself.
    InlineArray(InlineArray),
    /// A value that occurs in several places of the document: one allocation in all of them.
    Shared(Shared<Self>),
    /// A reference to such a value that does not keep it alive. It may refer to a value that contains it.
    WeakShared(WeakShared<Self>),
    /// An object that its own serializer stores in files beside the document. Only its Rust type can read it.
    External(PersistentId),
}

impl Value {
    /// Returns the value itself, or the value that a shared reference refers to.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{Shared, Value};
    ///
    /// let name = Shared::new("a name".to_owned());
    /// storage.save("twice", &(name.clone(), name, ndarray::Array1::<f32>::zeros(10_000)))?;
    /// let Value::List(fields) = storage.value("twice")? else { panic!("a tuple is a list") };
    /// assert!(matches!(fields[1].resolved(), Value::Text(_)));
    /// assert_eq!(fields[1].as_text(), Some("a name"));
    /// assert_eq!(fields[2].as_array().map(|array| array.len()), Some(10_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resolved(&self) -> &Self {
        let mut value = self;
        while let Self::Shared(shared) = value {
            value = shared;
        }
        value
    }

    /// Returns the value of a field: of the first entry of a map with this string as its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self.resolved() else { return None };
        entries.iter().find(|(known, _)| known.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Returns the string, if the value is one. See [`resolved`](Self::resolved) for an example.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self.resolved() {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number, if the value is one. Integers that `f64` cannot represent are rounded.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self.resolved() {
            Self::Integer(value) => Some(*value as f64),
            Self::LargeInteger(value) => Some(*value as f64),
            Self::Float32(value) => Some(f64::from(*value)),
            Self::Float64(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the array, if the value is one that is stored outside the document. See [`resolved`](Self::resolved) for
    /// an example.
    #[must_use]
    pub fn as_array(&self) -> Option<&AnyArray> {
        match self.resolved() {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }
}

/// An `ndarray` that is in the document itself, because it is small or its elements cannot be array elements. The
/// document has its shape and its elements, but not their data type.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::Value;
///
/// storage.save("point", &ndarray::array![1.5, 2.5])?;
/// let Value::InlineArray(point) = storage.value("point")? else { panic!("an array of 16 bytes is small") };
/// assert_eq!((point.shape(), point.elements().len()), (&[2][..], 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct InlineArray {
    shape: Vec<usize>,
    elements: Vec<Value>,
}

impl InlineArray {
    /// Returns the number of elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the elements, in C order.
    #[must_use]
    pub fn elements(&self) -> &[Value] {
        &self.elements
    }

    /// Returns the array, with a data type inferred from its elements: `bool`; `int64`, or `uint64` if an element needs
    /// it; `float32` or `float64`; complex numbers if the elements are pairs of floats. An array without elements has
    /// `float64`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{AnyNdArray, Value};
    ///
    /// storage.save("small", &ndarray::array![1_u8, 2, 3])?;
    /// let Value::InlineArray(small) = storage.value("small")? else { panic!() };
    /// assert_eq!(small.to_ndarray()?, AnyNdArray::from(ndarray::array![1_i64, 2, 3]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `TypeMismatch` if there is no such data type: if the elements are strings, for example, or of different types.
    pub fn to_ndarray(&self) -> Result<AnyNdArray> {
        let elements = NdarrayFields::of_values(self.shape.clone(), &self.elements)?.elements_as_found()?;
        let data_type = elements.data_type().unwrap_or(DataType::Float64);
        with_element!(data_type, T => {
            let array = elements.to_array::<T>();
            array.map(AnyNdArray::from).ok_or_else(|| Error::invalid("an array is not of its own data type"))
        }, else => elements.to_encoded())
    }
}
