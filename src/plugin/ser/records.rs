//! Serializers that check whether elements of an ndarray that are not numbers are all records with the same fields, or
//! all strings.
//!
//! They collect each field separately, since the length of a string is that of the longest, and fail for everything
//! else.

use crate::array::{DataType, Field, RecordType};
use crate::plugin::document::elements::Elements;
use crate::plugin::document::encoded::EncodedElements;
use crate::plugin::document::names::{CHUNKED, ID, SHARED, STORED, STOW, WEAK_SHARED};
use crate::plugin::ser::elements::{Bits, Form};
use crate::plugin::ser::refused::{Refused, refuse, refuse_what_no_element_is};
use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeStruct};

/// How many times the bytes of the strings their places may have together. Beyond that a long string among short ones
/// would cost too much.
const MOST_PADDING: usize = 4;

/// The elements of the sequence `data`, if they are all strings, or all records of one type.
pub(super) fn records_of<T: ?Sized + Serialize>(data: &T, human_readable: bool) -> Option<Elements> {
    let (mut column, mut count) = (Column::Unknown, 0);
    let form = Form::new(human_readable);
    data.serialize(Rows { column: &mut column, count: &mut count, form: &form }).ok()?;
    if form.is_asked() || !matches!(column, Column::Text { .. } | Column::Record(_)) {
        return None;
    }
    let data_type = column.data_type()?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(data_type.size().checked_mul(count)?).ok()?;
    for row in 0..count {
        column.put(row, &data_type, &mut bytes)?;
    }
    Some(Elements::Encoded(EncodedElements::new(data_type, bytes)))
}

/// The values of one field, or of all elements.
enum Column {
    Unknown,
    Number { data_type: DataType, bytes: Vec<u8> },
    Text { ends: Vec<usize>, bytes: Vec<u8> },
    Record(Vec<(&'static str, Column)>),
}

impl Column {
    fn number(&mut self, own: DataType, number: &[u8]) -> Result<(), Refused> {
        match self {
            Self::Number { data_type, bytes } if *data_type == own => bytes.extend_from_slice(number),
            Self::Unknown => *self = Self::Number { data_type: own, bytes: number.to_vec() },
            _ => return Err(Refused),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Refused> {
        if matches!(self, Self::Unknown) {
            *self = Self::Text { ends: Vec::new(), bytes: Vec::new() };
        }
        match self {
            // The places of strings are filled up with NULs.
            Self::Text { ends, bytes } if !text.contains('\0') => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                Ok(())
            }
            _ => Err(Refused),
        }
    }

    /// The type of the values, if there is one.
    fn data_type(&self) -> Option<DataType> {
        match self {
            Self::Unknown => None,
            Self::Number { data_type, .. } => Some(data_type.clone()),
            Self::Text { ends, bytes } => {
                let starts = std::iter::once(&0).chain(ends);
                let longest = ends.iter().zip(starts).map(|(end, start)| end - start).max()?;
                let places = longest.checked_mul(ends.len())?;
                (longest > 0 && places <= bytes.len().checked_mul(MOST_PADDING)?).then_some(DataType::Text(longest))
            }
            Self::Record(fields) => {
                let fields: Option<Vec<Field>> =
                    fields.iter().map(|(name, column)| Some(Field::new(*name, column.data_type()?))).collect();
                RecordType::new(fields?).ok().map(DataType::Record)
            }
        }
    }

    /// Appends one value, which has this type.
    fn put(&self, row: usize, data_type: &DataType, out: &mut Vec<u8>) -> Option<()> {
        match (self, data_type) {
            (Self::Number { bytes, .. }, number) => {
                let size = number.size();
                out.extend_from_slice(bytes.get(row.checked_mul(size)?..)?.get(..size)?);
            }
            (Self::Text { ends, bytes }, DataType::Text(size)) => {
                let start = row.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
                let text = bytes.get(start..*ends.get(row)?)?;
                out.extend_from_slice(text);
                out.resize(out.len() + size.checked_sub(text.len())?, 0);
            }
            (Self::Record(columns), DataType::Record(record)) => {
                for ((_, column), field) in columns.iter().zip(record.fields()) {
                    column.put(row, field.data_type(), out)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

/// What neither a sequence of elements nor a value of an element can be.
macro_rules! refuse_the_rest {
    () => {
        refuse_what_no_element_is!();

        fn is_human_readable(&self) -> bool {
            self.form.is_human_readable()
        }
    };
}

/// All elements: a sequence.
struct Rows<'a> {
    column: &'a mut Column,
    count: &'a mut usize,
    form: &'a Form,
}

impl ser::Serializer for Rows<'_> {
    type SerializeSeq = Self;
    type SerializeTuple = Impossible<(), Refused>;
    type SerializeTupleStruct = Impossible<(), Refused>;
    type SerializeStruct = Impossible<(), Refused>;

    refuse_the_rest!();
    refuse! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_str(&str) -> ();
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, _: &T) -> Result<(), Refused> {
        Err(Refused)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }
}

impl SerializeSeq for Rows<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, element: &T) -> Result<(), Refused> {
        *self.count += 1;
        element.serialize(OneValue { column: self.column, form: self.form, bits: Bits::Integer })
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}

/// An element, or the value of a field.
struct OneValue<'a> {
    column: &'a mut Column,
    form: &'a Form,
    bits: Bits,
}

macro_rules! numbers {
    ($($method:ident: $rust:ty => $data_type:ident;)*) => {
        $(fn $method(self, number: $rust) -> Result<(), Refused> {
            self.column.number(DataType::$data_type, &number.to_le_bytes())
        })*
    };
}

impl<'a> ser::Serializer for OneValue<'a> {
    type SerializeSeq = Impossible<(), Refused>;
    type SerializeTuple = Impossible<(), Refused>;
    type SerializeTupleStruct = Impossible<(), Refused>;
    type SerializeStruct = Record<'a>;

    refuse_the_rest!();
    // Zarr has no small arrays in records.
    refuse! {
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
    }
    numbers! {
        serialize_i8: i8 => Int8;
        serialize_i16: i16 => Int16;
        serialize_i32: i32 => Int32;
        serialize_i64: i64 => Int64;
        serialize_u8: u8 => UInt8;
        serialize_u32: u32 => UInt32;
        serialize_u64: u64 => UInt64;
        serialize_f32: f32 => Float32;
        serialize_f64: f64 => Float64;
    }

    fn serialize_bool(self, truth: bool) -> Result<(), Refused> {
        self.column.number(DataType::Bool, &[u8::from(truth)])
    }

    fn serialize_u16(self, number: u16) -> Result<(), Refused> {
        let data_type = match self.bits {
            Bits::Integer => DataType::UInt16,
            Bits::F16 => DataType::Float16,
            Bits::BF16 => DataType::BFloat16,
        };
        self.column.number(data_type, &number.to_le_bytes())
    }

    fn serialize_str(self, text: &str) -> Result<(), Refused> {
        self.column.text(text)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(mut self, name: &'static str, inner: &T) -> Result<(), Refused> {
        // A diverted or shared value is not what it looks like here.
        if [CHUNKED, STOW, STORED, SHARED, WEAK_SHARED, ID].contains(&name) {
            return Err(Refused);
        }
        self.bits = Bits::of_newtype(name);
        inner.serialize(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Record<'a>, Refused> {
        let is_first = matches!(self.column, Column::Unknown);
        if is_first {
            *self.column = Column::Record(Vec::new());
        }
        match self.column {
            Column::Record(fields) => Ok(Record { fields, next: 0, is_first, form: self.form }),
            _ => Err(Refused),
        }
    }
}

/// The fields of a struct. All elements have the same, in the same order.
struct Record<'a> {
    fields: &'a mut Vec<(&'static str, Column)>,
    next: usize,
    is_first: bool,
    form: &'a Form,
}

impl SerializeStruct for Record<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
        if self.is_first {
            self.fields.push((name, Column::Unknown));
        }
        match self.fields.get_mut(self.next) {
            Some((own, column)) if *own == name => {
                self.next += 1;
                value.serialize(OneValue { column, form: self.form, bits: Bits::Integer })
            }
            _ => Err(Refused),
        }
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), Refused> {
        Err(Refused)
    }

    fn end(self) -> Result<(), Refused> {
        if self.next == self.fields.len() { Ok(()) } else { Err(Refused) }
    }
}
