//! Fields that are of another element type than the array that is stored: read by `astype`, on request.
//!
//! As with the options of a save, the request is in force while the field's own `Deserialize` runs. Chunked arrays are
//! converted lazily; plain ones element by element, as the element's `Deserialize` asks for its type.

use crate::array::{ChunkedArray, DataType, Element, ErasedArray, Number, Value, check_astype};
use crate::error::{ErrorKind, Result};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::walk::context::loading;
use crate::plugin::walk::loading::tell;
use half::f16;
use ndarray::ArrayD;
use num_complex::Complex;
use serde::de::{self, IntoDeserializer, Visitor, value::SeqDeserializer};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// The request, in a load's state.
#[derive(Default)]
pub(in crate::plugin) struct Conversion {
    asked: bool,
    /// What was converted, by the address of what is stored: an array that is met twice is one array.
    converted: HashMap<(usize, DataType), Arc<dyn ErasedArray>>,
}

impl Conversion {
    /// Whether arrays are to be converted.
    pub(in crate::plugin) fn is_asked(&self) -> bool {
        self.asked
    }

    /// The array as one of this element type, if that is asked for and there is such a conversion.
    pub(in crate::plugin) fn convert<T: Element>(&mut self, array: &Arc<dyn ErasedArray>) -> Option<ChunkedArray<T>> {
        if !self.asked || check_astype(array.data_type(), T::DATA_TYPE).is_err() {
            return None;
        }
        let key = (array.address(), T::DATA_TYPE);
        if let Some(known) = self.converted.get(&key) {
            return known.as_any().downcast_ref().cloned();
        }
        let converted = with_type::<T>(&**array)?;
        // It holds what is stored, so that its address is not used again.
        self.converted.insert(key, Arc::new(converted.clone()));
        Some(converted)
    }
}

fn with_type<T: Element>(array: &dyn ErasedArray) -> Option<ChunkedArray<T>> {
    crate::array::with_element!(array.data_type(), U => array.as_any().downcast_ref::<ChunkedArray<U>>()?.converted())
}

/// The request in force until this is dropped. Not `Send`: it is in force on this thread.
struct Scope {
    outer: bool,
    not_send: PhantomData<*const ()>,
}

impl Drop for Scope {
    fn drop(&mut self) {
        let _ = loading(|state| state.conversion().asked = self.outer);
    }
}

fn ask() -> Option<Scope> {
    let outer = loading(|state| std::mem::replace(&mut state.conversion().asked, true));
    outer.ok().map(|outer| Scope { outer, not_send: PhantomData })
}

/// Whether plain arrays are to be converted.
pub(in crate::plugin) fn is_asked() -> bool {
    loading(|state| state.conversion().is_asked()).unwrap_or(false)
}

/// For fields whose element type has changed since they were saved: `#[serde(deserialize_with = "arraystow::astype")]`, or
/// `#[stow(astype)]` where the macro is used. The arrays in the field are then converted as by
/// [`ChunkedArray::astype`](crate::ChunkedArray::astype), instead of being refused; those that are of the type already are
/// as they are.
///
/// A [`ChunkedArray`](crate::ChunkedArray) is converted lazily. A plain `ndarray` that was diverted is converted while it is
/// read; one that is in the document, or that serde has buffered (`flatten`, `tag`, `untagged`), is read as serde reads
/// numbers of another type. For fields with `arraystow::ndarray` there is [`ndarray::astype`](crate::ndarray::astype).
///
/// serde does not take a missing field for `None` where there is a `deserialize_with`: an `Option` wants
/// `#[serde(default)]` beside it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{ChunkedArray, LocalFiles, Protocols};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize)]
/// struct Old {
///     weight: ChunkedArray<f32>,
/// }
///
/// #[derive(Deserialize)]
/// struct New {
///     #[serde(deserialize_with = "arraystow::astype")]
///     weight: ChunkedArray<f64>,
/// }
///
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
/// let old = Old { weight: ChunkedArray::from_ndarray(ndarray::array![0.5_f32, 1.5], &[2])? };
/// let document = arraystow::to_vec(&old, &protocols)?;
/// let new: New = arraystow::from_slice(&document, &protocols)?;
/// assert_eq!(new.weight.sum()?, 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of the field's `Deserialize`; `TypeMismatch` from complex to real: which part is meant must be said, by loading the
/// array as it is and `map`.
pub fn astype<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    within(|| T::deserialize(deserializer))
}

/// Reads something with arrays converted.
pub(in crate::plugin) fn within<R>(read: impl FnOnce() -> R) -> R {
    let _scope = ask();
    read()
}

impl PlainElements {
    /// All of them as another type.
    pub(in crate::plugin) fn converted<T: Element>(&self) -> Option<ArrayD<T>> {
        let from = T::FROM_NUMBER?;
        let element = |index| self.elements.value(index).map(|(value, _)| from(value));
        let elements: Option<Vec<T>> = (0..self.elements.len()).map(element).collect();
        ArrayD::from_shape_vec(self.shape.as_slice(), elements?).ok()
    }

    /// One element, to be read as whatever type.
    pub(in crate::plugin) fn convertible<E>(&self, index: usize) -> Option<Convertible<E>> {
        let (value, data_type) = self.elements.value(index)?;
        Some(Convertible { value, data_type, error: PhantomData })
    }
}

/// An element that is read as the type that is asked for.
pub(in crate::plugin) struct Convertible<E> {
    value: Value,
    data_type: DataType,
    error: PhantomData<E>,
}

impl<E: de::Error> Convertible<E> {
    fn to<T: Number>(&self) -> Result<T, E> {
        check_astype(self.data_type, T::DATA_TYPE).map_err(|error| tell(error.with_kind(ErrorKind::TypeMismatch)))?;
        Ok(T::from_value(self.value))
    }

    fn part(value: f64) -> Self {
        Self { value: Value::Float(value), data_type: DataType::Float64, error: PhantomData }
    }
}

macro_rules! convert {
    ($($method:ident $visit:ident;)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
            visitor.$visit(self.to()?)
        })*
    };
}

impl<'de, E: de::Error> Deserializer<'de> for Convertible<E> {
    type Error = E;

    convert! {
        deserialize_bool visit_bool;
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_f32 visit_f32;
        deserialize_f64 visit_f64;
    }

    /// Types that are no elements are shown what is stored.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Value::Int(x) => visitor.visit_i64(x),
            Value::UInt(x) => visitor.visit_u64(x),
            Value::Float(x) => visitor.visit_f64(x),
            Value::Complex(_) => self.deserialize_tuple(2, visitor),
        }
    }

    /// As the half crate does: the bits, in a newtype.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, E> {
        if name == "f16" {
            return visitor.visit_newtype_struct(self.to::<f16>()?.to_bits().into_deserializer());
        }
        visitor.visit_newtype_struct(self)
    }

    /// A complex number.
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, E> {
        let number: Complex<f64> = self.to()?;
        visitor.visit_seq(SeqDeserializer::new([number.re, number.im].into_iter().map(Part)))
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf option unit unit_struct seq tuple_struct map struct enum identifier
        ignored_any
    }
}

/// One of the two parts of a complex number.
struct Part(f64);

impl<'de, E: de::Error> IntoDeserializer<'de, E> for Part {
    type Deserializer = Convertible<E>;

    fn into_deserializer(self) -> Convertible<E> {
        Convertible::part(self.0)
    }
}
