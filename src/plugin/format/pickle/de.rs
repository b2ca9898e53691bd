//! The serde Deserializer of a pickle that was read.

use crate::plugin::format::pickle::elements::NumpyElements;
use crate::plugin::format::pickle::ids;
use crate::plugin::format::pickle::large;
use crate::plugin::format::pickle::nodes::{Graph, Node, Ref};
use crate::plugin::format::pickle::scalar::Scalar;
use serde::de::value::{BorrowedStrDeserializer, Error as Text, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;

/// A value of a pickle, at its depth.
#[derive(Clone, Copy)]
pub(super) struct PickleValue<'de> {
    graph: &'de Graph<'de>,
    node: Ref,
    /// The levels that are left.
    levels: u16,
    all_levels: u16,
}

impl<'de> PickleValue<'de> {
    pub(super) fn root(graph: &'de Graph<'de>, levels: u16) -> Self {
        Self { graph, node: graph.root, levels, all_levels: levels }
    }

    fn get(self) -> Result<&'de Node<'de>, Text> {
        self.graph.node(self.node).ok_or_else(|| Text::custom("the pickle names a value that does not exist"))
    }

    /// The same graph at another node, one level below.
    fn inside(self) -> Result<impl Fn(Ref) -> Self, Text> {
        let levels = self
            .levels
            .checked_sub(1)
            .ok_or_else(|| Text::custom("it is nested deeper than can be read, or contains itself"))?;
        Ok(move |node| Self { node, levels, ..self })
    }

    /// Where it is in the document, for an error.
    fn place(self) -> String {
        match ids::place_of(self.graph, self.node, self.all_levels) {
            Some(path) if !path.is_empty() => format!(" at {path:?}"),
            _ => String::new(),
        }
    }

    /// The error for a value that only Python code can build.
    fn refused(self, class: &str) -> Text {
        let place = self.place();
        Text::custom(format_args!(
            "there is an object of Python's {class}{place}, which is not read: that would take running code that the document \
             names"
        ))
    }

    /// Counts the value as one of this many bytes.
    fn take(self, bytes: usize) -> Result<(), Text> {
        self.graph.take(bytes).map_err(Text::custom)
    }

    fn visit_list<V: Visitor<'de>>(self, elements: &'de [Ref], visitor: V) -> Result<V::Value, Text> {
        let at = self.inside()?;
        visit_all(SeqDeserializer::new(elements.iter().map(|node| at(*node))), visitor)
    }
}

/// Passes all elements to the visitor. Elements that it leaves are an error.
fn visit_all<'de, I, T, V>(mut elements: SeqDeserializer<I, Text>, visitor: V) -> Result<V::Value, Text>
where
    I: Iterator<Item = T>,
    T: IntoDeserializer<'de, Text>,
    V: Visitor<'de>,
{
    let value = visitor.visit_seq(&mut elements)?;
    elements.end().map(|()| value)
}

impl<'de> IntoDeserializer<'de, Text> for PickleValue<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Passes a value without others in it to the visitor.
fn visit_scalar<'de, V: Visitor<'de>>(scalar: &'de Scalar<'de>, visitor: V) -> Result<V::Value, Text> {
    match scalar {
        Scalar::Text(text) => visitor.visit_borrowed_str(text),
        Scalar::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
        scalar => visit_number(scalar, visitor),
    }
}

fn visit_number<'de, V: Visitor<'de>>(scalar: &Scalar<'_>, visitor: V) -> Result<V::Value, Text> {
    match scalar {
        Scalar::None => visitor.visit_unit(),
        Scalar::Bool(value) => visitor.visit_bool(*value),
        Scalar::Integer(value) => match (u64::try_from(*value), i64::try_from(*value)) {
            (Ok(value), _) => visitor.visit_u64(value),
            (_, Ok(value)) => visitor.visit_i64(value),
            _ => match u128::try_from(*value) {
                Ok(value) => visitor.visit_u128(value),
                Err(_) => visitor.visit_i128(*value),
            },
        },
        Scalar::Large(bytes) => match large::to_u128(bytes) {
            Some(value) => visitor.visit_u128(value),
            None => visitor.visit_string(large::to_decimal(bytes).map_err(Text::custom)?),
        },
        Scalar::Float32(value) => visitor.visit_f32(*value),
        Scalar::Float64(value) => visitor.visit_f64(*value),
        Scalar::Complex(real, imaginary) => visit_all(SeqDeserializer::new([*real, *imaginary].into_iter()), visitor),
        Scalar::Text(text) => visitor.visit_str(text),
        Scalar::Bytes(bytes) => visitor.visit_bytes(bytes),
        Scalar::Unreadable(why) => Err(Text::custom(format_args!("a string {why}"))),
    }
}

impl<'de> Deserializer<'de> for PickleValue<'de> {
    type Error = Text;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Text> {
        let node = self.get()?;
        let bytes = match node {
            Node::Scalar(Scalar::Text(text)) => text.len(),
            Node::Scalar(Scalar::Bytes(bytes)) => bytes.len(),
            Node::Elements(elements) => elements.bytes(),
            // Its digits take this many steps.
            Node::Scalar(Scalar::Large(bytes)) => 64 * bytes.len(),
            _ => 0,
        };
        self.take(bytes)?;
        match node {
            Node::Scalar(Scalar::Unreadable(why)) => {
                Err(Text::custom(format_args!("the string{} {why}", self.place())))
            }
            Node::Scalar(scalar) => visit_scalar(scalar, visitor),
            Node::List(elements) | Node::Tuple(elements) | Node::Set(elements) => self.visit_list(elements, visitor),
            Node::Dict(entries) => {
                let mut map = Entries { of: self, left: entries, value: None };
                let _ = map.of.inside()?;
                let value = visitor.visit_map(&mut map)?;
                match map.left {
                    [] => Ok(value),
                    left => Err(Text::invalid_length(
                        entries.len() / 2,
                        &format!("{} entries", (entries.len() - left.len()) / 2).as_str(),
                    )),
                }
            }
            Node::Elements(elements) => {
                let elements: &NumpyElements<'de> = elements;
                let _ = self.inside()?;
                visit_all(SeqDeserializer::new((0..elements.len()).map(|index| Element { elements, index })), visitor)
            }
            Node::Global(global) => Err(self.refused(&global.text())),
            Node::NumpyType(_) => Err(self.refused("numpy.dtype")),
            Node::Unfilled => Err(self.refused("numpy.ndarray without elements")),
            Node::Object(object) => Err(self.refused(&self.graph.class_of(object))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Text> {
        match self.get()? {
            Node::Scalar(Scalar::None) => self.take(0).and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    /// Bytes are a list of numbers where the type asks for a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Text> {
        match self.get()? {
            Node::Scalar(Scalar::Bytes(bytes)) => {
                self.take(bytes.len())?;
                visit_all(SeqDeserializer::new(bytes.iter().copied()), visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Text> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Text> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Text> {
        match self.get()? {
            Node::Scalar(Scalar::Text(variant)) => {
                self.take(0)?;
                visitor.visit_enum(BorrowedStrDeserializer::new(variant))
            }
            Node::Dict(entries) => match entries.as_slice() {
                [variant, contents] => {
                    let at = self.inside()?;
                    visitor.visit_enum(Variant { variant: at(*variant), contents: at(*contents) })
                }
                _ => Err(Text::invalid_length(entries.len() / 2, &"the variant of an enum")),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Text> {
        self.take(0)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        tuple_struct map struct identifier
    }
}

/// The entries of a dict.
struct Entries<'de> {
    of: PickleValue<'de>,
    left: &'de [Ref],
    value: Option<Ref>,
}

impl<'de> MapAccess<'de> for &mut Entries<'de> {
    type Error = Text;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Text> {
        let [key, value, left @ ..] = self.left else { return Ok(None) };
        (self.left, self.value) = (left, Some(*value));
        seed.deserialize(self.of.inside()?(*key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Text> {
        let value = self.value.take().ok_or_else(|| Text::custom("a value is asked for before its key"))?;
        seed.deserialize(self.of.inside()?(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len() / 2)
    }
}

/// A variant with contents: a dict of one entry.
struct Variant<'de> {
    variant: PickleValue<'de>,
    contents: PickleValue<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Text;
    type Variant = PickleValue<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, PickleValue<'de>), Text> {
        Ok((seed.deserialize(self.variant)?, self.contents))
    }
}

impl<'de> VariantAccess<'de> for PickleValue<'de> {
    type Error = Text;

    fn unit_variant(self) -> Result<(), Text> {
        match self.get()? {
            Node::Scalar(Scalar::None) => Ok(()),
            _ => Err(Text::invalid_type(Unexpected::NewtypeVariant, &"a variant without contents")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Text> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Text> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Text> {
        self.deserialize_any(visitor)
    }
}

/// An element of a numpy array.
struct Element<'de> {
    elements: &'de NumpyElements<'de>,
    index: usize,
}

impl<'de> IntoDeserializer<'de, Text> for Element<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Element<'de> {
    type Error = Text;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Text> {
        match self.elements.get(self.index) {
            Some(Scalar::Text(Cow::Owned(text))) => visitor.visit_string(text),
            Some(scalar) => visit_number(&scalar, visitor),
            None => Err(Text::custom("an element of a numpy array is not a value of its dtype")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Text> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Text> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Reads the value, or returns the message of the error.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(value: PickleValue<'de>, seed: S) -> Result<S::Value, String> {
    seed.deserialize(value).map_err(|error| error.to_string())
}
