//! The serde Serializer of a pickle of protocol 4: opcodes, appended to the body as the value is walked.

use crate::plugin::document::names::ID;
use crate::plugin::format::compounds::compounds;
use serde::de::value::Error as Text;
use serde::ser::{self, Error, Serialize};

/// PROTO 4, and FRAME, whose length follows.
const BEGIN: [u8; 3] = [0x80, 4, 0x95];
const LENGTH: usize = 8;

const MARK: u8 = b'(';
const EMPTY_LIST: u8 = b']';
const APPENDS: u8 = b'e';
const EMPTY_DICT: u8 = b'}';
const SETITEMS: u8 = b'u';
const TUPLE: u8 = b't';

/// Appends a pickle. All of it is one frame, which Python reads at once.
pub(super) fn write<T: ?Sized + Serialize>(value: &T, mut into: Vec<u8>) -> Result<Vec<u8>, Text> {
    let frame = into.len() + BEGIN.len();
    into.extend_from_slice(&BEGIN);
    into.extend_from_slice(&[0; LENGTH]);
    value.serialize(PickleWriter { out: &mut into, role: Role::Value })?;
    into.push(b'.');
    let length = (into.len() - frame - LENGTH) as u64;
    into[frame..frame + LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(into)
}

/// The role of a value in the one around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Value,
    /// The key of a dict, or a part of one: it must be hashable.
    Key,
}

struct PickleWriter<'o> {
    out: &'o mut Vec<u8>,
    role: Role,
}

/// A list, a tuple or a dict that is open.
struct OpenContainer<'o> {
    out: &'o mut Vec<u8>,
    role: Role,
    count: usize,
    /// The opcode at its end.
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    /// After a mark.
    Marked(u8),
    /// A tuple of up to three elements, without a mark.
    Short,
    /// The same, as a persistent id.
    Id,
    /// Before the end of a dict of one entry, the contents of a variant.
    Variant(&'static End),
}

const LIST: End = End::Marked(APPENDS);
const DICT: End = End::Marked(SETITEMS);
const LONG_TUPLE: End = End::Marked(TUPLE);
/// Elements of a tuple that needs no mark.
const SHORT: usize = 3;
/// Sets one entry of a dict.
const SETITEM: u8 = b's';

impl<'o> PickleWriter<'o> {
    fn integer(self, value: i128) {
        match (u8::try_from(value), u16::try_from(value), i32::try_from(value)) {
            (Ok(value), ..) => self.out.extend_from_slice(&[b'K', value]),
            (_, Ok(value), _) => {
                self.out.push(b'M');
                self.out.extend_from_slice(&value.to_le_bytes());
            }
            (.., Ok(value)) => {
                self.out.push(b'J');
                self.out.extend_from_slice(&value.to_le_bytes());
            }
            _ => self.large(&value.to_le_bytes(), value < 0),
        }
    }

    /// An integer in two's complement, in as few bytes as hold it.
    fn large(self, bytes: &[u8], negative: bool) {
        let fill = if negative { 0xff } else { 0 };
        let mut len = bytes.len();
        while len > 1 && bytes[len - 1] == fill && (bytes[len - 2] >= 0x80) == negative {
            len -= 1;
        }
        self.out.extend_from_slice(&[0x8a, len as u8]);
        self.out.extend_from_slice(&bytes[..len]);
    }

    /// Appends bytes after their length, which has one, four or eight bytes. Each has its own opcode.
    fn sized(self, bytes: &[u8], [short, middle, long]: [u8; 3]) {
        match (u8::try_from(bytes.len()), u32::try_from(bytes.len())) {
            (Ok(len), _) => self.out.extend_from_slice(&[short, len]),
            (_, Ok(len)) => {
                self.out.push(middle);
                self.out.extend_from_slice(&len.to_le_bytes());
            }
            _ => {
                self.out.push(long);
                self.out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            }
        }
        self.out.extend_from_slice(bytes);
    }

    fn text(self, text: &str) {
        self.sized(text.as_bytes(), [0x8c, b'X', 0x8d]);
    }

    /// Fails for a key that Python cannot hash.
    fn hashable(&self, what: &str) -> Result<(), Text> {
        if self.role == Role::Value {
            return Ok(());
        }
        Err(Text::custom(format_args!(
            "the key of a map is {what}, and a Python dict has only keys that can be hashed (numbers, strings, bytes, \
                and tuples of them): save the value in Format::Cbor, or the map as a list of pairs"
        )))
    }

    fn open(self, begin: &[u8], end: End) -> OpenContainer<'o> {
        self.out.extend_from_slice(begin);
        OpenContainer { out: self.out, role: self.role, count: 0, end }
    }

    fn tuple(self, len: usize) -> OpenContainer<'o> {
        if len <= SHORT { self.open(&[], End::Short) } else { self.open(&[MARK], LONG_TUPLE) }
    }

    /// A variant with contents: a dict of one entry.
    fn variant(self, variant: &'static str) -> Result<Self, Text> {
        self.hashable("the variant of an enum with contents")?;
        self.out.push(EMPTY_DICT);
        let Self { out, role } = self;
        PickleWriter { out: &mut *out, role }.text(variant);
        Ok(PickleWriter { out, role })
    }
}

impl OpenContainer<'_> {
    fn add<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Text> {
        self.count += 1;
        value.serialize(PickleWriter { out: self.out, role: self.role })
    }

    fn add_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), Text> {
        self.add(key)?;
        self.add(value)
    }

    fn close(self) -> Result<(), Text> {
        let Self { out, count, end, .. } = self;
        finish(out, count, end)
    }
}

fn finish(out: &mut Vec<u8>, count: usize, end: End) -> Result<(), Text> {
    match (end, count) {
        // Without elements there is nothing to append.
        (End::Marked(APPENDS | SETITEMS), 0) => drop(out.pop()),
        (End::Marked(opcode), _) => out.push(opcode),
        (End::Short | End::Id, 0) => out.push(b')'),
        (End::Short | End::Id, 1..=SHORT) => out.push(0x84 + count as u8),
        (End::Short | End::Id, _) => return Err(Text::custom("a tuple has more elements than it announced")),
        (End::Variant(inner), _) => {
            finish(out, count, *inner)?;
            out.push(SETITEM);
        }
    }
    if matches!(end, End::Id) {
        out.push(b'Q');
    }
    Ok(())
}

macro_rules! integers {
    ($($method:ident($rust:ty);)*) => {
        $(fn $method(self, value: $rust) -> Result<(), Text> {
            self.integer(value.into());
            Ok(())
        })*
    };
}

impl<'o> ser::Serializer for PickleWriter<'o> {
    type Ok = ();
    type Error = Text;
    type SerializeSeq = OpenContainer<'o>;
    type SerializeTuple = OpenContainer<'o>;
    type SerializeTupleStruct = OpenContainer<'o>;
    type SerializeTupleVariant = OpenContainer<'o>;
    type SerializeMap = OpenContainer<'o>;
    type SerializeStruct = OpenContainer<'o>;
    type SerializeStructVariant = OpenContainer<'o>;

    integers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    fn serialize_u128(self, value: u128) -> Result<(), Text> {
        match i128::try_from(value) {
            Ok(value) => self.integer(value),
            Err(_) => self.large(&[&value.to_le_bytes()[..], &[0]].concat(), false),
        }
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Text> {
        self.out.push(if value { 0x88 } else { 0x89 });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Text> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Text> {
        self.out.push(b'G');
        self.out.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Text> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Text> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Text> {
        self.sized(value, [b'C', b'B', 0x8e]);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Text> {
        self.out.push(b'N');
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Text> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Text> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Text> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Text> {
        self.text(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Text> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Text> {
        let PickleWriter { out, role } = self.variant(variant)?;
        value.serialize(PickleWriter { out: &mut *out, role })?;
        out.push(SETITEM);
        Ok(())
    }

    /// In a key, a list is a tuple, which Python can hash.
    fn serialize_seq(self, _: Option<usize>) -> Result<OpenContainer<'o>, Text> {
        Ok(match self.role {
            Role::Value => self.open(&[EMPTY_LIST, MARK], LIST),
            Role::Key => self.open(&[MARK], LONG_TUPLE),
        })
    }

    fn serialize_tuple(self, len: usize) -> Result<OpenContainer<'o>, Text> {
        Ok(self.tuple(len))
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<OpenContainer<'o>, Text> {
        if name != ID {
            return Ok(self.tuple(len));
        }
        self.hashable("an array or an external object")?;
        Ok(self.open(&[], End::Id))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<OpenContainer<'o>, Text> {
        let (begin, end): (&[u8], _) = if len <= SHORT { (&[], &End::Short) } else { (&[MARK], &LONG_TUPLE) };
        Ok(self.variant(variant)?.open(begin, End::Variant(end)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<OpenContainer<'o>, Text> {
        self.hashable("a map or a struct")?;
        Ok(self.open(&[EMPTY_DICT, MARK], DICT))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<OpenContainer<'o>, Text> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<OpenContainer<'o>, Text> {
        Ok(self.variant(variant)?.open(&[EMPTY_DICT, MARK], End::Variant(&DICT)))
    }
}

compounds! {
    impl OpenContainer<'_> { Ok = (), Error = Text, add, add_field, close }
}

impl ser::SerializeMap for OpenContainer<'_> {
    type Ok = ();
    type Error = Text;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Text> {
        self.count += 1;
        key.serialize(PickleWriter { out: self.out, role: Role::Key })
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Text> {
        self.add(value)
    }

    fn end(self) -> Result<(), Text> {
        self.close()
    }
}
