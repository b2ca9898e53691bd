//! Finds the largest part of a value, for the error about a document that is too large.
//!
//! The value is walked once more, and nothing is written. The size of each part is about what CBOR takes for it.

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::plugin::document::body_format::Format;
use crate::plugin::drive::save::{plan, root};
use crate::plugin::format::compounds::compounds;
use crate::plugin::ser::wrapped::Wrapped;
use crate::plugin::walk::saving::PlanSettings;
use crate::plugin::walk::shared_save::SharedPlace;
use serde::ser::{self, Serialize};
use std::any::type_name;
use std::fmt;

/// A part of a value.
struct ValuePart {
    /// Where it is; empty for the value itself.
    path: String,
    /// Its Rust type, without the modules, if it has one that people know.
    type_name: Option<String>,
    bytes: u64,
}

/// How much a value takes, and which part of it the most.
pub(in crate::plugin) struct Measured {
    bytes: u64,
    largest: Option<ValuePart>,
}

/// The error for a value whose body has this many bytes, if those are more than a document may have. `root_bytes` of
/// them are the value, the rest what it shares.
pub(in crate::plugin) fn check<T: ?Sized + Serialize>(
    value: &T,
    format: Format,
    settings: PlanSettings,
    (body, root_bytes): (usize, usize),
    limits: &Limits,
) -> Result<(), Error> {
    let Err(error) = limits.check_written(body as u64) else { return Ok(()) };
    let Some(text) = advice(value, format, settings, (body, root_bytes)) else { return Err(error) };
    let text = format!(
        "the document has {body} bytes, and the limit is {}; {text} in a ChunkedArray or an ndarray, which is stored \
         beside the document, or raise the limit with Limits::document_bytes",
        limits.most_document_bytes()
    );
    Err(Error::new(ErrorKind::Limit, text))
}

/// Emits a warning if the document is large.
#[cfg(feature = "tracing")]
pub(in crate::plugin) fn warn<T: ?Sized + Serialize>(
    value: &T,
    format: Format,
    settings: PlanSettings,
    (body, root_bytes): (usize, usize),
) {
    const LARGE: usize = 16 << 20;
    if body <= LARGE || !tracing::enabled!(target: "arraystow", tracing::Level::WARN) {
        return;
    }
    if let Some(text) = advice(value, format, settings, (body, root_bytes)) {
        tracing::warn!(
            target: "arraystow",
            bytes = body,
            "the document has {body} bytes; {text} in a ChunkedArray or an ndarray, which is stored beside the document"
        );
    }
}

/// What takes most of a document, and to keep it; none if the value cannot be walked again.
fn advice<T: ?Sized + Serialize>(
    value: &T,
    format: Format,
    settings: PlanSettings,
    (body, root_bytes): (usize, usize),
) -> Option<String> {
    if root_bytes < body / 2 {
        return Some("its shared values take most of it: keep large lists in them".to_owned());
    }
    let settings = PlanSettings { shared: SharedPlace::Body(format), ..settings };
    let measured = plan(settings, || root(value, Some(format)).serialize(Measure).map_err(|error| error.to_string()));
    let (measured, _) = measured.ok()?;
    let all = measured.bytes.max(1);
    let part = measured.part::<T>("");
    // In proportion: another format takes other lengths.
    let bytes = u128::from(part.bytes) * root_bytes as u128 / u128::from(all);
    let what = match (part.path.as_str(), part.type_name) {
        ("", None) => "the value itself".to_owned(),
        ("", Some(name)) => format!("the value itself, `{name}`,"),
        (path, None) => format!("the field `{path}`"),
        (path, Some(name)) => format!("the field `{path}: {name}`"),
    };
    Some(format!("{what} takes about {} of it: keep a large list of numbers", size(bytes)))
}

fn size(bytes: u128) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

impl Measured {
    fn of(bytes: u64) -> Self {
        Self { bytes, largest: None }
    }

    fn part<T: ?Sized>(self, path: &str) -> ValuePart {
        match self.largest {
            Some(part) if part.bytes.saturating_mul(2) >= self.bytes => {
                let dot = if path.is_empty() || part.path.is_empty() || part.path.starts_with('[') { "" } else { "." };
                ValuePart { path: format!("{path}{dot}{}", part.path), ..part }
            }
            _ => ValuePart { path: path.to_owned(), type_name: short_name(type_name::<T>()), bytes: self.bytes },
        }
    }
}

/// A type's name without its modules; none for what macros generate, and for a trait object.
fn short_name(name: &str) -> Option<String> {
    let wrapped = type_name::<Wrapped<'static, ()>>();
    let begin = wrapped.split_once('<').map_or(wrapped, |(begin, _)| begin);
    let own = name.strip_prefix(begin).and_then(|rest| rest.strip_prefix('<')?.strip_suffix('>'));
    let name = own.map_or(name, |own| own.trim_start_matches("'_, ")).trim_start_matches('&');
    if name.contains("dyn ")
        || name.contains("__SerializeWith")
        || name.contains("arraystow::plugin")
        || name.len() > 300
    {
        return None;
    }
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let mut short = String::new();
    for piece in name.split_inclusive("::") {
        match piece.strip_suffix("::") {
            // What is before a module's name stays.
            Some(module) => short.push_str(module.trim_end_matches(is_part)),
            None => short.push_str(piece),
        }
    }
    Some(short)
}

/// Measures what it is given.
pub(in crate::plugin) struct Measure;

/// Never happens; what the walk refuses comes as a string.
#[derive(Debug)]
pub(in crate::plugin) struct Failed(String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

/// What is open.
pub(in crate::plugin) struct OpenPart {
    bytes: u64,
    largest: Option<ValuePart>,
    /// Bytes of what the largest part is in.
    most: u64,
    next: usize,
    key: Option<String>,
}

impl OpenPart {
    fn new(bytes: u64) -> Self {
        Self { bytes, largest: None, most: 0, next: 0, key: None }
    }

    fn add<T: ?Sized + Serialize>(&mut self, value: &T, path: impl FnOnce(&Self) -> String) -> Result<(), Failed> {
        let measured = value.serialize(Measure)?;
        self.bytes = self.bytes.saturating_add(measured.bytes);
        // Of equal ones the first; most are numbers, and no string is made for them.
        if measured.bytes > self.most {
            self.most = measured.bytes;
            self.largest = Some(measured.part::<T>(&path(self)));
        }
        Ok(())
    }

    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failed> {
        self.next += 1;
        self.add(value, |open| format!("[{}]", open.next - 1))
    }

    fn field<T: ?Sized + Serialize>(&mut self, key: &str, value: &T) -> Result<(), Failed> {
        self.bytes = self.bytes.saturating_add(text(key));
        if key.starts_with("$arraystow::") {
            // One of the forms of an array: the array is what is named.
            self.bytes = self.bytes.saturating_add(value.serialize(Measure)?.bytes);
            return Ok(());
        }
        self.add(value, |_| key.to_owned())
    }

    fn close(self) -> Result<Measured, Failed> {
        Ok(Measured { bytes: self.bytes, largest: self.largest })
    }
}

fn text(text: &str) -> u64 {
    integer(text.len() as u64).saturating_add(text.len() as u64)
}

fn integer(value: u64) -> u64 {
    match value {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

macro_rules! integers {
    ($($method:ident($rust:ty);)*) => {
        $(fn $method(self, value: $rust) -> Result<Measured, Failed> {
            Ok(Measured::of(integer(u64::try_from(value).unwrap_or(u64::MAX))))
        })*
    };
}

macro_rules! of_length {
    ($($method:ident($($argument:ident: $rust:ty),*) = $bytes:expr;)*) => {
        $(fn $method(self, $($argument: $rust),*) -> Result<Measured, Failed> {
            Ok(Measured::of($bytes))
        })*
    };
}

macro_rules! opens {
    ($($method:ident($($argument:ident: $rust:ty),*) -> $open:ident = $bytes:expr;)*) => {
        $(fn $method(self, $($argument: $rust),*) -> Result<OpenPart, Failed> {
            Ok(OpenPart::new($bytes))
        })*
    };
}

impl ser::Serializer for Measure {
    type Ok = Measured;
    type Error = Failed;
    type SerializeSeq = OpenPart;
    type SerializeTuple = OpenPart;
    type SerializeTupleStruct = OpenPart;
    type SerializeTupleVariant = OpenPart;
    type SerializeMap = OpenPart;
    type SerializeStruct = OpenPart;
    type SerializeStructVariant = OpenPart;

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
        serialize_u128(u128);
    }

    of_length! {
        serialize_bool(_value: bool) = 1;
        serialize_f32(_value: f32) = 5;
        serialize_f64(_value: f64) = 9;
        serialize_char(_value: char) = 5;
        serialize_str(value: &str) = text(value);
        serialize_bytes(value: &[u8]) = integer(value.len() as u64).saturating_add(value.len() as u64);
        serialize_none() = 1;
        serialize_unit() = 1;
        serialize_unit_struct(_name: &'static str) = 1;
        serialize_unit_variant(_name: &'static str, _index: u32, variant: &'static str) = text(variant);
    }

    opens! {
        serialize_seq(_len: Option<usize>) -> OpenPart = 9;
        serialize_tuple(_len: usize) -> OpenPart = 1;
        serialize_tuple_struct(_name: &'static str, _len: usize) -> OpenPart = 1;
        serialize_tuple_variant(_name: &'static str, _index: u32, variant: &'static str, _len: usize) -> OpenPart = text(variant);
        serialize_map(_len: Option<usize>) -> OpenPart = 9;
        serialize_struct(_name: &'static str, _len: usize) -> OpenPart = 1;
        serialize_struct_variant(_name: &'static str, _index: u32, variant: &'static str, _len: usize) -> OpenPart = text(variant);
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Measured, Failed> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<Measured, Failed> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Measured, Failed> {
        let mut open = OpenPart::new(1);
        open.field(variant, value)?;
        open.close()
    }
}

compounds! {
    impl OpenPart { Ok = Measured, Error = Failed, element, field, close }
}

impl ser::SerializeMap for OpenPart {
    type Ok = Measured;
    type Error = Failed;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Failed> {
        let text = match serde_json::to_value(key) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(value) => value.to_string(),
            Err(_) => "?".to_owned(),
        };
        self.key = Some(text);
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failed> {
        let key = self.key.take().unwrap_or_default();
        self.field(&key, value)
    }

    fn end(self) -> Result<Measured, Failed> {
        self.close()
    }
}
