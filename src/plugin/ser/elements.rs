//! Serializers that check whether the parts of an ndarray are array elements. They collect numbers of one type, and
//! fail for everything else.

use crate::plugin::document::elements::Elements;
use crate::plugin::ser::refused::{Refused, refuse, refuse_what_no_element_is};
use half::{bf16, f16};
use num_complex::Complex;
use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeTuple};
use std::cell::Cell;
use std::fmt;

/// The elements of the sequence `data`, if they are all of one element type.
pub(in crate::plugin) fn elements_of<T: ?Sized + Serialize>(data: &T, human_readable: bool) -> Option<Elements> {
    let mut elements = Elements::None;
    let form = Form::new(human_readable);
    data.serialize(Sequence { elements: &mut elements, form: &form }).ok()?;
    // What is a number in one format may be something else in another.
    (!form.is_asked()).then_some(elements)
}

/// What elements are serialized for.
pub(super) struct Form {
    human_readable: bool,
    /// Whether an element depends on it.
    asked: Cell<bool>,
}

impl Form {
    pub(super) fn new(human_readable: bool) -> Self {
        Self { human_readable, asked: Cell::new(false) }
    }

    pub(super) fn is_human_readable(&self) -> bool {
        self.asked.set(true);
        self.human_readable
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.get()
    }
}

/// What neither a sequence of elements nor an element can be.
macro_rules! refuse_the_rest {
    () => {
        type SerializeTupleStruct = Impossible<(), Refused>;
        type SerializeStruct = Impossible<(), Refused>;

        refuse_what_no_element_is!();
        refuse! {
            serialize_str(&str) -> ();
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
            serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        }

        fn collect_str<T: ?Sized + fmt::Display>(self, _: &T) -> Result<(), Refused> {
            Err(Refused)
        }

        fn is_human_readable(&self) -> bool {
            self.form.is_human_readable()
        }
    };
}

macro_rules! scalars {
    ($macro:ident) => {
        $macro! {
            serialize_bool: bool => Bool;
            serialize_i8: i8 => I8;
            serialize_i16: i16 => I16;
            serialize_i32: i32 => I32;
            serialize_i64: i64 => I64;
            serialize_u8: u8 => U8;
            serialize_u16: u16 => U16;
            serialize_u32: u32 => U32;
            serialize_u64: u64 => U64;
            serialize_f32: f32 => F32;
            serialize_f64: f64 => F64;
        }
    };
}

/// `data` itself: a sequence.
struct Sequence<'a> {
    elements: &'a mut Elements,
    form: &'a Form,
}

macro_rules! sequence_methods {
    ($($method:ident: $rust:ty => $variant:ident;)*) => { refuse! { $($method($rust) -> ();)* } };
}

impl ser::Serializer for Sequence<'_> {
    type SerializeSeq = Self;
    type SerializeTuple = Impossible<(), Refused>;

    refuse_the_rest!();
    scalars!(sequence_methods);
    refuse! { serialize_tuple(usize) -> Self::SerializeTuple; }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, _: &T) -> Result<(), Refused> {
        Err(Refused)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }
}

impl SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = Refused;

    #[inline]
    fn serialize_element<T: ?Sized + Serialize>(&mut self, element: &T) -> Result<(), Refused> {
        element.serialize(OneElement { elements: self.elements, form: self.form, bits: Bits::Integer })
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}

/// What a `u16` is: within a newtype by which the half crate serializes the bits of a float, such a float.
#[derive(Clone, Copy)]
pub(super) enum Bits {
    Integer,
    F16,
    BF16,
}

impl Bits {
    /// Within a newtype of that name.
    pub(super) fn of_newtype(name: &str) -> Self {
        match name {
            "f16" => Self::F16,
            "bf16" => Self::BF16,
            _ => Self::Integer,
        }
    }
}

/// One element: a number, a newtype of one, or two numbers that make a complex one.
struct OneElement<'a> {
    elements: &'a mut Elements,
    form: &'a Form,
    bits: Bits,
}

macro_rules! element_methods {
    ($($method:ident: $rust:ty => $variant:ident;)*) => {
        $(#[inline]
        fn $method(self, x: $rust) -> Result<(), Refused> {
            element_methods!(@ self, x, $variant)
        })*
    };
    (@ $self:ident, $x:ident, U16) => {
        match ($self.elements, $self.bits) {
            (Elements::U16(elements), Bits::Integer) => Ok(elements.push($x)),
            (Elements::F16(elements), Bits::F16) => Ok(elements.push(f16::from_bits($x))),
            (Elements::BF16(elements), Bits::BF16) => Ok(elements.push(bf16::from_bits($x))),
            (elements @ Elements::None, Bits::Integer) => Ok(*elements = Elements::U16(vec![$x])),
            (elements @ Elements::None, Bits::F16) => Ok(*elements = Elements::F16(vec![f16::from_bits($x)])),
            (elements @ Elements::None, Bits::BF16) => Ok(*elements = Elements::BF16(vec![bf16::from_bits($x)])),
            _ => Err(Refused),
        }
    };
    (@ $self:ident, $x:ident, $variant:ident) => {
        match $self.elements {
            Elements::$variant(elements) => Ok(elements.push($x)),
            elements @ Elements::None => Ok(*elements = Elements::$variant(vec![$x])),
            _ => Err(Refused),
        }
    };
}

impl<'a> ser::Serializer for OneElement<'a> {
    type SerializeSeq = Impossible<(), Refused>;
    type SerializeTuple = Pair<'a>;

    refuse_the_rest!();
    scalars!(element_methods);
    refuse! { serialize_seq(Option<usize>) -> Self::SerializeSeq; }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(mut self, name: &'static str, inner: &T) -> Result<(), Refused> {
        self.bits = Bits::of_newtype(name);
        inner.serialize(self)
    }

    fn serialize_tuple(self, len: usize) -> Result<Pair<'a>, Refused> {
        if len == 2 {
            Ok(Pair { elements: self.elements, parts: Elements::None, form: self.form })
        } else {
            Err(Refused)
        }
    }
}

/// The two parts of a complex number.
struct Pair<'a> {
    elements: &'a mut Elements,
    parts: Elements,
    form: &'a Form,
}

impl SerializeTuple for Pair<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, part: &T) -> Result<(), Refused> {
        part.serialize(OneElement { elements: &mut self.parts, form: self.form, bits: Bits::Integer })
    }

    fn end(self) -> Result<(), Refused> {
        match (self.parts, self.elements) {
            (Elements::F32(parts), elements) => {
                let [re, im] = parts.try_into().map_err(|_| Refused)?;
                match elements {
                    Elements::C32(elements) => elements.push(Complex::new(re, im)),
                    Elements::None => *elements = Elements::C32(vec![Complex::new(re, im)]),
                    _ => return Err(Refused),
                }
            }
            (Elements::F64(parts), elements) => {
                let [re, im] = parts.try_into().map_err(|_| Refused)?;
                match elements {
                    Elements::C64(elements) => elements.push(Complex::new(re, im)),
                    Elements::None => *elements = Elements::C64(vec![Complex::new(re, im)]),
                    _ => return Err(Refused),
                }
            }
            _ => return Err(Refused),
        }
        Ok(())
    }
}
