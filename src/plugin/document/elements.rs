//! The elements of a plain `ndarray` field, between serde, which passes them one by one, and a chunked array.

use crate::array::{
    AnyNdArray, AnyNumber, BorrowedElements, ChunkedArray, DataType, Element, ErasedArray, Evaluation, Fork, Labels,
    Number, Region, decode, decode_labelled, encode, encode_region, with_element,
};
use crate::error::{Error, Result};
use crate::plugin::document::encoded::EncodedElements;
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn};
use num_complex::Complex;
use serde::de::value::SeqDeserializer;
use serde::de::{self, Visitor};
use serde::forward_to_deserialize_any;
use std::any::Any;
use std::sync::Arc;

/// All elements of an array, of one data type, in C order.
pub(crate) struct PlainElements {
    pub(in crate::plugin) shape: Vec<usize>,
    pub(in crate::plugin) elements: Elements,
    /// The bytes of the number that represents missing elements, if elements can be missing.
    pub(in crate::plugin) fill: Option<Vec<u8>>,
}

macro_rules! elements {
    ($($variant:ident: $rust:ty;)*) => {
        /// Elements of one data type.
        pub(in crate::plugin) enum Elements {
            /// Not yet any: of no type.
            None,
            $($variant(Vec<$rust>),)*
            /// Elements that are not numbers.
            Encoded(EncodedElements),
        }

        impl Elements {
            pub(in crate::plugin) fn len(&self) -> usize {
                match self {
                    Self::None => 0,
                    $(Self::$variant(elements) => elements.len(),)*
                    Self::Encoded(elements) => elements.len(),
                }
            }

            pub(in crate::plugin) fn data_type(&self) -> Option<DataType> {
                match self {
                    Self::None => None,
                    $(Self::$variant(_) => Some(<$rust as Element>::DATA_TYPE),)*
                    Self::Encoded(elements) => Some(elements.data_type().clone()),
                }
            }

            fn bytes(&self) -> &[u8] {
                match self {
                    Self::None => &[],
                    $(Self::$variant(elements) => bytemuck::cast_slice(elements),)*
                    Self::Encoded(elements) => elements.bytes(),
                }
            }

            /// Moves a vector of the right type in; `None` for a vector of another.
            pub(in crate::plugin) fn from_any(vector: Box<dyn Any>) -> Self {
                $(let vector = match vector.downcast::<Vec<$rust>>() {
                    Ok(elements) => return Self::$variant(*elements),
                    Err(other) => other,
                };)*
                drop(vector);
                Self::None
            }

            /// One element, and what it is stored as.
            pub(in crate::plugin) fn value(&self, index: usize) -> Option<(AnyNumber, DataType)> {
                match self {
                    Self::None | Self::Encoded(_) => None,
                    $(Self::$variant(elements) => {
                        elements.get(index).map(|element| (element.to_value(), <$rust as Element>::DATA_TYPE))
                    })*
                }
            }

            fn as_any(&self) -> &dyn Any {
                match self {
                    Self::None | Self::Encoded(_) => &(),
                    $(Self::$variant(elements) => elements,)*
                }
            }

            fn into_any(self) -> Box<dyn Any> {
                match self {
                    Self::None | Self::Encoded(_) => Box::new(()),
                    $(Self::$variant(elements) => Box::new(elements),)*
                }
            }

            /// A view of numbers of this shape.
            fn lent(&self, shape: &[usize]) -> Option<Box<dyn BorrowedElements + '_>> {
                match self {
                    Self::None | Self::Encoded(_) => None,
                    $(Self::$variant(elements) => {
                        let view = ArrayViewD::from_shape(shape, elements).ok()?;
                        Some(Box::new(view))
                    })*
                }
            }

            fn into_chunked(self, shape: &[usize], fill: Option<Vec<u8>>) -> Result<Arc<dyn ErasedArray>> {
                match self {
                    Self::None => Err(Error::invalid("an array without a type")),
                    $(Self::$variant(elements) => {
                        let array = ArrayD::from_shape_vec(shape, elements)
                            .map_err(|error| Error::invalid(error.to_string()))?;
                        let array = ChunkedArray::from(array);
                        Ok(Arc::new(match fill {
                            Some(fill) => array.with_fill_bytes(fill),
                            None => array,
                        }))
                    })*
                    Self::Encoded(elements) => elements.into_chunked(shape),
                }
            }
        }
    };
}

elements! {
    Bool: bool;
    I8: i8;
    I16: i16;
    I32: i32;
    I64: i64;
    U8: u8;
    U16: u16;
    U32: u32;
    U64: u64;
    F16: half::f16;
    BF16: half::bf16;
    F32: f32;
    F64: f64;
    C32: Complex<f32>;
    C64: Complex<f64>;
}

impl Elements {
    /// Shows one element to a visitor as its Rust type would deserialize.
    pub(in crate::plugin) fn visit<'de, V: Visitor<'de>, E: de::Error>(
        &self,
        index: usize,
        visitor: V,
    ) -> Result<V::Value, E> {
        macro_rules! one {
            ($elements:ident, $visit:ident) => {
                match $elements.get(index) {
                    Some(element) => visitor.$visit(*element),
                    None => Err(E::custom("the array has fewer elements")),
                }
            };
        }
        match self {
            Self::None => Err(E::custom("there are no elements")),
            Self::Bool(elements) => one!(elements, visit_bool),
            Self::I8(elements) => one!(elements, visit_i8),
            Self::I16(elements) => one!(elements, visit_i16),
            Self::I32(elements) => one!(elements, visit_i32),
            Self::I64(elements) => one!(elements, visit_i64),
            Self::U8(elements) => one!(elements, visit_u8),
            Self::U16(elements) => one!(elements, visit_u16),
            Self::U32(elements) => one!(elements, visit_u32),
            Self::U64(elements) => one!(elements, visit_u64),
            Self::F32(elements) => one!(elements, visit_f32),
            Self::F64(elements) => one!(elements, visit_f64),
            // As the half crate does: the bits, in a newtype.
            Self::F16(elements) => visitor.visit_u16(elements.get(index).copied().unwrap_or_default().to_bits()),
            Self::BF16(elements) => visitor.visit_u16(elements.get(index).copied().unwrap_or_default().to_bits()),
            Self::Encoded(_) => Err(E::custom("an element that is not a number")),
            Self::C32(elements) => pair(elements.get(index).map(|z| [z.re, z.im]), visitor),
            Self::C64(elements) => pair(elements.get(index).map(|z| [z.re, z.im]), visitor),
        }
    }
}

fn pair<'de, V, E, T>(parts: Option<[T; 2]>, visitor: V) -> Result<V::Value, E>
where
    V: Visitor<'de>,
    E: de::Error,
    T: de::IntoDeserializer<'de, E>,
{
    visitor.visit_seq(SeqDeserializer::new(parts.into_iter().flatten().map(Part)))
}

/// One of two numbers, which may be in a newtype or an option.
struct Part<T>(T);

impl<'de, E: de::Error, T: de::IntoDeserializer<'de, E>> de::IntoDeserializer<'de, E> for Part<T> {
    type Deserializer = PartDeserializer<T::Deserializer>;

    fn into_deserializer(self) -> Self::Deserializer {
        PartDeserializer(self.0.into_deserializer())
    }
}

struct PartDeserializer<D>(D);

impl<'de, D: de::Deserializer<'de>> de::Deserializer<'de> for PartDeserializer<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl PlainElements {
    /// The elements of an array in C order. A view is copied once.
    ///
    /// # Errors
    /// `InvalidInput` if the data type does not have an element.
    pub(in crate::plugin) fn of<T: Element>(array: CowArray<'_, T, IxDyn>) -> Result<Self> {
        if T::DATA_TYPE.number_name().is_none()
            && let Some(elements) = array.as_slice()
        {
            return Ok(Self::encoded(array.shape().to_vec(), T::DATA_TYPE, encode(elements)?.into_owned()));
        }
        Self::from_array(array.into_owned())
    }

    /// The elements of an array in C order.
    ///
    /// # Errors
    /// `InvalidInput` if the data type does not have an element.
    pub(crate) fn from_array<T: Element>(array: ArrayD<T>) -> Result<Self> {
        let shape = array.shape().to_vec();
        let elements = if array.is_standard_layout() {
            let len = array.len();
            match array.into_raw_vec_and_offset() {
                (elements, None | Some(0)) if elements.len() == len => elements,
                (elements, offset) => elements.into_iter().skip(offset.unwrap_or(0)).take(len).collect(),
            }
        } else {
            array.iter().cloned().collect()
        };
        let is_number = T::DATA_TYPE.number_name().is_some();
        if !is_number {
            return Ok(Self::encoded(shape, T::DATA_TYPE, encode(&elements)?.into_owned()));
        }
        if let Some(fill) = T::default_fill() {
            return Self::with_missing(shape, &elements, fill);
        }
        Ok(Self { shape, elements: Elements::from_any(Box::new(elements)), fill: None })
    }

    /// Numbers that may be missing, as plain ones.
    fn with_missing<T: Element>(shape: Vec<usize>, elements: &[T], fill: Vec<u8>) -> Result<Self> {
        let labels = Labels::NONE.with_fill(Some(fill.clone()));
        let whole = Region::of(vec![0; shape.len()], shape.clone());
        let bytes = encode_region(elements, &labels, &whole)?;
        let elements = with_element!(T::DATA_TYPE, X => {
            let numbers = decode::<X>(&X::DATA_TYPE, &bytes).map_err(Error::invalid)?;
            Elements::from_any(Box::new(numbers.into_owned()))
        }, else => return Err(Error::invalid("elements that may be missing are not numbers")));
        Ok(Self { shape, elements, fill: Some(fill) })
    }

    /// A copy as an array of numbers that may be missing, which has these labels.
    pub(in crate::plugin) fn optional<T: Element>(&self, labels: &Labels) -> Result<ArrayD<T>> {
        let elements = decode_labelled::<T>(&T::DATA_TYPE, labels, self.elements.bytes()).map_err(Error::corrupt)?;
        ArrayD::from_shape_vec(self.shape.as_slice(), elements.into_owned())
            .map_err(|error| Error::invalid(error.to_string()))
    }

    /// The same, with the labels that the elements have by themselves.
    fn own_optional<T: Element>(&self) -> Option<ArrayD<T>> {
        let is_optional = T::default_fill().is_some() && self.data_type() == Some(T::DATA_TYPE);
        let labels = Labels::NONE.with_fill(self.fill.clone());
        is_optional.then(|| self.optional(&labels).ok()).flatten()
    }

    /// Elements along one axis.
    pub(in crate::plugin) fn list(elements: Elements) -> Self {
        Self { shape: vec![elements.len()], elements, fill: None }
    }

    /// The elements of an array of this data type, by its bytes in C order.
    pub(in crate::plugin) fn encoded(shape: Vec<usize>, data_type: DataType, bytes: Vec<u8>) -> Self {
        Self { shape, elements: Elements::Encoded(EncodedElements::new(data_type, bytes)), fill: None }
    }

    /// A copy as an array of this type, if it is the type.
    pub(in crate::plugin) fn to_array<T: Element>(&self) -> Option<ArrayD<T>> {
        if let Some(array) = self.own_optional() {
            return Some(array);
        }
        let elements = match &self.elements {
            Elements::Encoded(elements) => elements.decode::<T>()?,
            numbers => numbers.as_any().downcast_ref::<Vec<T>>()?.clone(),
        };
        ArrayD::from_shape_vec(self.shape.as_slice(), elements).ok()
    }

    /// The array as one of this type, if it is the type.
    pub(in crate::plugin) fn into_array<T: Element>(self) -> Option<ArrayD<T>> {
        if let Some(array) = self.own_optional() {
            return Some(array);
        }
        let elements = match self.elements {
            Elements::Encoded(elements) => elements.decode::<T>()?,
            // A list without elements is one of any type.
            Elements::None => Vec::new(),
            numbers => *numbers.into_any().downcast::<Vec<T>>().ok()?,
        };
        ArrayD::from_shape_vec(self.shape.as_slice(), elements).ok()
    }

    /// The data type; none for no elements of no type.
    pub(in crate::plugin) fn data_type(&self) -> Option<DataType> {
        self.elements.data_type()
    }

    /// Bytes of all elements.
    pub(in crate::plugin) fn byte_len(&self) -> usize {
        self.elements.bytes().len()
    }

    /// Whether there is no NaN and no infinity.
    pub(in crate::plugin) fn all_finite(&self) -> bool {
        match &self.elements {
            Elements::F16(elements) => elements.iter().all(|x| x.is_finite()),
            Elements::BF16(elements) => elements.iter().all(|x| x.is_finite()),
            Elements::F32(elements) => elements.iter().all(|x| x.is_finite()),
            Elements::F64(elements) => elements.iter().all(|x| x.is_finite()),
            Elements::C32(elements) => elements.iter().all(|z| z.is_finite()),
            Elements::C64(elements) => elements.iter().all(|z| z.is_finite()),
            Elements::Encoded(elements) => elements.all_finite(),
            _ => true,
        }
    }

    /// Whether an array is equal bit by bit: NaN is equal to itself, 0 differs from -0.
    pub(in crate::plugin) fn is_same(&self, other: &dyn ErasedArray) -> bool {
        if self.shape != other.grid().shape() || self.elements.data_type() != Some(other.data_type()) {
            return false;
        }
        let one_by_one: Fork = |_, _, count, work| (0..count).try_for_each(work);
        let (evaluation, whole) =
            (Evaluation::of([other], one_by_one), Region::of(vec![0; self.shape.len()], self.shape.clone()));
        let mut is_same = false;
        let compared = other.region_bytes(&evaluation, &whole, &mut |bytes| {
            is_same = bytes == self.elements.bytes();
            Ok(())
        });
        compared.is_ok() && is_same
    }

    /// The array in memory, if its elements are not numbers.
    pub(in crate::plugin) fn to_encoded(&self) -> Result<AnyNdArray> {
        match &self.elements {
            Elements::Encoded(elements) => elements.to_ndarray(&self.shape),
            _ => Err(Error::invalid("an array is not of its own data type")),
        }
    }

    /// The elements as they are lent to what writes them; `None` if they have to be kept.
    pub(in crate::plugin) fn lent(&self) -> Option<Box<dyn BorrowedElements + '_>> {
        if self.fill.is_some() { None } else { self.elements.lent(&self.shape) }
    }

    /// An array in chunks of about 1 MiB.
    pub(in crate::plugin) fn into_chunked(self) -> Result<Arc<dyn ErasedArray>> {
        self.elements.into_chunked(&self.shape, self.fill)
    }
}
