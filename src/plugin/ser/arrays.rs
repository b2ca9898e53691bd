//! Serializes structs, one of which may be an ndarray.
//!
//! An ndarray serializes as `Array { v, dim, data }`, field by field, so `v` and `dim` are held back until `data` shows
//! whether its elements are array elements. Then the whole becomes one of two forms: `STORED` with the id of the
//! diverted array, or `INLINE` with the three fields.

use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{ARRAY, INLINE, STORED};
use crate::plugin::document::path::Path;
use crate::plugin::format::rules::Rules;
use crate::plugin::ser::compounds::Compound;
use crate::plugin::ser::elements::elements_of;
use crate::plugin::ser::records::records_of;
use crate::plugin::ser::wrapped::Wrapped;
use crate::plugin::walk::context::{lift, saving};
use crate::plugin::walk::early::add_plain;
use crate::plugin::walk::errors::ser_error;
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_content::Value;

/// A struct that is being serialized.
pub(in crate::plugin) enum StructSerializer<'p, S: Serializer> {
    #[doc(hidden)]
    Plain(Compound<'p, S::SerializeStruct>),
    #[doc(hidden)]
    Array(Box<Undecided<'p, S>>),
}

/// A struct `Array` of three fields: an ndarray, or not.
pub(in crate::plugin) struct Undecided<'p, S: Serializer> {
    inner: Option<S>,
    path: &'p Path<'p>,
    rules: Rules,
    v: Option<Value<'static>>,
    dim: Option<Value<'static>>,
    output: Option<S::Ok>,
}

impl<'p, S: Serializer> StructSerializer<'p, S> {
    pub(in crate::plugin) fn undecided(inner: S, path: &'p Path<'p>, rules: Rules) -> Self {
        Self::Array(Box::new(Undecided { inner: Some(inner), path, rules, v: None, dim: None, output: None }))
    }

    /// A field of what may be an ndarray. It is compiled for each type of a field, so most of it is elsewhere.
    #[inline(never)]
    fn array_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        if let Self::Array(undecided) = self {
            match undecided.part(key) {
                Part::Length => {
                    let held = hold(value)?;
                    undecided.keep(held);
                    return Ok(());
                }
                Part::Elements => {
                    undecided.output = Some(undecided.decide(value)?);
                    return Ok(());
                }
                Part::Other => self.become_plain()?,
            }
        }
        match self {
            Self::Plain(fields) => SerializeStruct::serialize_field(fields, key, value),
            Self::Array(_) => Err(unfinished()),
        }
    }

    /// Another struct of that name: what was held goes out, and then everything as it comes.
    fn become_plain(&mut self) -> Result<(), S::Error> {
        let Self::Array(undecided) = self else { return Ok(()) };
        let inner = undecided.inner.take().ok_or_else(unfinished)?;
        let rules = undecided.rules.enter(undecided.path).map_err(ser_error)?;
        let mut fields = Compound::new(inner.serialize_struct(ARRAY, 3)?, *undecided.path, rules, Some(3));
        if let Some(v) = undecided.v.take() {
            SerializeStruct::serialize_field(&mut fields, "v", &v)?;
        }
        if let Some(dim) = undecided.dim.take() {
            SerializeStruct::serialize_field(&mut fields, "dim", &dim)?;
        }
        *self = Self::Plain(fields);
        Ok(())
    }
}

/// What a field of a struct named `Array` is.
enum Part {
    /// `v` or `dim`, which are held.
    Length,
    /// `data`.
    Elements,
    /// One that an ndarray does not have there.
    Other,
}

fn unfinished<E: serde::ser::Error>() -> E {
    E::custom("a struct named Array has lost a field on its way")
}

impl<'p, S: Serializer> Undecided<'p, S> {
    fn part(&self, key: &str) -> Part {
        match (key, &self.v, &self.dim) {
            ("v", None, None) | ("dim", Some(_), None) => Part::Length,
            ("data", Some(_), Some(_)) if self.output.is_none() => Part::Elements,
            _ => Part::Other,
        }
    }

    fn keep(&mut self, held: Value<'static>) {
        if self.v.is_none() {
            self.v = Some(held);
        } else {
            self.dim = Some(held);
        }
    }

    /// `data` is there: one of the two forms.
    fn decide<T: ?Sized + Serialize>(&mut self, data: &T) -> Result<S::Ok, S::Error> {
        let Held { inner, v, dim, rules, human_readable } = self.held()?;
        let inner = match array_elements(&v, &dim, data, human_readable) {
            Some(elements) => match self.divert(inner, elements, human_readable)? {
                Ok(done) => return Ok(done),
                Err(inner) => inner,
            },
            None => inner,
        };
        let fields = Inline { v, dim, data: Wrapped { value: data, path: self.path, rules, key: None } };
        one_entry(inner, INLINE, &fields)
    }

    fn held(&mut self) -> Result<Held<S>, S::Error> {
        let inner = self.inner.take().ok_or_else(unfinished)?;
        let (v, dim) = self.v.take().zip(self.dim.take()).ok_or_else(unfinished)?;
        let human_readable = self.rules.is_human_readable(inner.is_human_readable());
        // A form, and in it an id of two levels or the fields, of which two are lists.
        let rules = self.rules.enter(self.path).and_then(|rules| rules.enter(self.path)).map_err(ser_error)?;
        rules.enter(self.path).map_err(ser_error)?;
        Ok(Held { inner, v, dim, rules, human_readable })
    }

    /// Puts the id of the diverted array, unless the elements stay in the document: then the serializer comes back.
    fn divert(&self, inner: S, elements: PlainElements, human_readable: bool) -> Result<Result<S::Ok, S>, S::Error> {
        let path = self.path.to_string();
        let loses_nan = self.rules.loses_nan(human_readable);
        let stays = saving(|state| {
            // Small arrays stay in the document, unless the format would lose what is in them; options that do not fit
            // are an error all the same.
            let is_lost = loses_nan && !state.options().inline() && !elements.all_finite();
            let stays = elements.byte_len() < state.inline_below() && !is_lost;
            let checked = if stays { state.options().grid(&elements.shape).map(drop) } else { Ok(()) };
            checked.map(|()| stays).map_err(|error| error.at_path(&path))
        });
        match stays.flatten() {
            Ok(true) => return Ok(Err(inner)),
            Ok(false) => {}
            Err(error) => return Err(ser_error(error)),
        }
        match add_plain(elements, path) {
            Ok(id) if self.rules.quirks().has_ids => id.plain().serialize(inner).map(Ok),
            Ok(id) => one_entry(inner, STORED, &id).map(Ok),
            Err(error) => Err(ser_error(error)),
        }
    }
}

/// What a struct of three fields has held back.
struct Held<S> {
    inner: S,
    v: Value<'static>,
    dim: Value<'static>,
    rules: Rules,
    human_readable: bool,
}

/// The elements, if this is an ndarray of array elements.
fn array_elements<T: ?Sized + Serialize>(
    v: &Value<'static>,
    dim: &Value<'static>,
    data: &T,
    human_readable: bool,
) -> Option<PlainElements> {
    if *v != Value::from(1_u8) {
        return None;
    }
    let shape = shape_of(dim)?;
    // Lifted: looking at elements that are not array elements must leave no trace in the plan.
    let _lifted = lift();
    let elements = elements_of(data, human_readable).or_else(|| records_of(data, human_readable))?;
    let fits = crate::array::element_count(&shape) == Some(elements.len()) && elements.len() > 0;
    fits.then_some(PlainElements { shape, elements, fill: None })
}

/// An array in one of its forms. A map, not an enum: what a variant may be called differs from format to format.
pub(in crate::plugin) fn one_entry<S: Serializer, T: ?Sized + Serialize>(
    inner: S,
    form: &'static str,
    contents: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = inner.serialize_map(Some(1))?;
    map.serialize_entry(form, contents)?;
    map.end()
}

/// The id that this value is, as that of a plain array.
pub(in crate::plugin) fn plain_id<T: ?Sized + Serialize, E: serde::ser::Error>(id: &T) -> Result<PersistentId, E> {
    let id = serde_json::to_value(id).and_then(PersistentId::deserialize);
    id.map(|id| id.plain()).map_err(E::custom)
}

/// What `dim` says: a tuple for a fixed number of axes, a sequence for any number.
pub(in crate::plugin) fn shape_of(dim: &Value<'static>) -> Option<Vec<usize>> {
    let (Value::Tuple(lengths) | Value::Seq(lengths)) = dim else { return None };
    let length = |value: &Value<'static>| usize::deserialize(serde_content::Deserializer::new(value.clone())).ok();
    lengths.iter().map(length).collect()
}

struct Inline<'a, T: ?Sized> {
    v: Value<'static>,
    dim: Value<'static>,
    data: Wrapped<'a, T>,
}

impl<T: ?Sized + Serialize> Serialize for Inline<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct(ARRAY, 3)?;
        fields.serialize_field("v", &self.v)?;
        fields.serialize_field("dim", &self.dim)?;
        fields.serialize_field("data", &self.data)?;
        fields.end()
    }
}

fn hold<T: ?Sized + Serialize, E: serde::ser::Error>(value: &T) -> Result<Value<'static>, E> {
    value.serialize(serde_content::Serializer::new()).map_err(E::custom)
}

impl<'p, S: Serializer> SerializeStruct for StructSerializer<'p, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    #[inline(always)]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        match self {
            Self::Plain(fields) => SerializeStruct::serialize_field(fields, key, value),
            Self::Array(_) => self.array_field(key, value),
        }
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        match self {
            Self::Plain(fields) => SerializeStruct::skip_field(fields, key),
            // An ndarray skips nothing.
            Self::Array(undecided) if undecided.output.is_none() => {
                self.become_plain()?;
                self.skip_field(key)
            }
            Self::Array(_) => Ok(()),
        }
    }

    #[inline]
    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(fields) => SerializeStruct::end(fields),
            Self::Array(undecided) => undecided.output.ok_or_else(unfinished),
        }
    }
}
