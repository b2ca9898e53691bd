//! What stands in the tree in the place of a shared value, and both directions of the two types through it.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{CHUNKED, SHARED, SHARED_VERSION, WEAK_SHARED};
use crate::plugin::drive::save::piece_of;
use crate::plugin::drive::shared_load::{find_file, strong, weak};
use crate::plugin::external::shared_file::file_of;
use crate::plugin::shared::{Shared, WeakShared};
use crate::plugin::walk::context::{loading, saving};
use crate::plugin::walk::errors::{de_error, ser_error};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// The number of no value: what a weak reference has that points nowhere.
const NOWHERE: usize = 0;

/// `(name, (version, number))`, plain nested data as a persistent id is, so that it survives serde's buffering. Where the
/// values are in a file beside the document, the number has its name before it.
struct Reference {
    weak: bool,
    file: Option<String>,
    number: usize,
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = if self.weak { WEAK_SHARED } else { SHARED };
        let text = match &self.file {
            Some(file) => format!("{file}_{}", self.number),
            None => self.number.to_string(),
        };
        (name, (SHARED_VERSION, text)).serialize(serializer)
    }
}

type Parts = (String, (String, String));

impl TryFrom<Parts> for Reference {
    type Error = Error;

    fn try_from((name, (version, number)): Parts) -> Result<Self> {
        let weak = match name.as_str() {
            SHARED => false,
            WEAK_SHARED => true,
            _ => {
                return Err(Error::new(
                    ErrorKind::Serde,
                    format!("where the type has a shared value, there is something of {name:?}"),
                ));
            }
        };
        if version.split('.').next() != Some("1") {
            return Err(Error::unsupported(format!(
                "a shared value of layout version {version:?}, which this version of arraystow does not know: use a newer one"
            )));
        }
        let (file, number) = match file_of(&number) {
            // An id like any other, which leads nowhere but into the folder of the arrays.
            Some((file, number)) => (Some(PersistentId::try_of(file)?), number),
            None => (None, number.as_str()),
        };
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(number) if digits => Ok(Self { weak, file, number }),
            _ => Err(Error::corrupt(format!("{number:?} cannot be the number of a shared value"))),
        }
    }
}

/// What the place of a shared value means, seen without a type.
pub(in crate::plugin) enum Meaning {
    /// The value of this number.
    Shared(usize),
    /// The same, not held.
    Weak(usize),
}

/// What a list of these parts refers to, if the document has such a shared value.
pub(in crate::plugin) fn meaning(name: &str, version: &str, number: &str) -> Option<Meaning> {
    if name != SHARED && name != WEAK_SHARED {
        return None;
    }
    let parts = (name.to_owned(), (version.to_owned(), number.to_owned()));
    let Reference { weak, file, number } = Reference::try_from(parts).ok()?;
    find_file(file.as_deref()).ok()?;
    let (is_divided, is_there) = loading(|state| (state.shared.is_divided(), state.shared.has(number))).ok()?;
    match weak {
        false => is_there.then_some(Meaning::Shared(number)),
        // One that leads nowhere stands in documents without shared values, too.
        true => (is_divided || number == NOWHERE).then_some(Meaning::Weak(number)),
    }
}

fn reference<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Reference, D::Error> {
    Reference::try_from(Parts::deserialize(deserializer)?).map_err(de_error)
}

fn give<S: Serializer>(weak: bool, met: Result<(Option<String>, usize)>, serializer: S) -> Result<S::Ok, S::Error> {
    match met {
        Ok((file, number)) => Reference { weak, file, number }.serialize(serializer),
        Err(error) => Err(ser_error(error)),
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    /// Gives a reference; the value itself joins the plan of the save, once.
    ///
    /// # Errors
    /// `NoContext` outside a save.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As a chunked array does: asks our Serializer to tell the place.
        serializer.serialize_newtype_struct(CHUNKED, &Strong(self.as_arc()))
    }
}

struct Strong<'a, T>(&'a Arc<T>);

impl<T: Serialize + 'static> Serialize for Strong<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = saving(|state| {
            let place = state.take_place();
            let options = state.options().now();
            (state.shared.file(), state.shared.meet(self.0, piece_of, place, options))
        });
        give(false, number, serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Shared<T> {
    /// The one value of a reference, built when it is first asked for.
    ///
    /// # Errors
    /// `NoContext` outside a load; `Corrupt` if the document has no such value; those of the value.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Reference { weak, file, number } = reference(deserializer)?;
        if weak {
            return Err(de_error(Error::new(
                ErrorKind::Serde,
                "what was saved is a weak reference, and the type asks for a strong one: load it as a WeakShared",
            )));
        }
        find_file(file.as_deref()).map_err(de_error)?;
        strong(number).map(Self::from)
    }
}

impl<T: 'static> Serialize for WeakShared<T> {
    /// Gives a reference to a value that something else in the object holds.
    ///
    /// # Errors
    /// As for [`Shared`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = match self.upgrade() {
            Some(target) => saving(|state| (state.shared.file(), state.shared.meet_weakly(target.as_arc()))),
            None => Ok((None, NOWHERE)),
        };
        give(true, number, serializer)
    }
}

impl<'de, T: 'static> Deserialize<'de> for WeakShared<T> {
    /// A reference that finds its value when that is built.
    ///
    /// # Errors
    /// `NoContext` outside a load.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Reference { number, file, .. } = reference(deserializer)?;
        if number == NOWHERE {
            return Ok(Self::new());
        }
        find_file(file.as_deref()).map_err(de_error)?;
        weak(number).map_err(de_error)
    }
}
