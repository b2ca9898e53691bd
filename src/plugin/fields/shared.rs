//! `Serialize` and `Deserialize` of shared values: the references in their places in the document.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::id::{IdParts, PersistentId};
use crate::plugin::document::names::{SHARED, SHARED_VERSION, WEAK_SHARED};
use crate::plugin::drive::save::piece_of;
use crate::plugin::drive::shared_load::{find_file, strong, weak};
use crate::plugin::external::shared_file::file_of;
use crate::plugin::fields::diverted::divert;
use crate::plugin::shared::{Shared, WeakShared};
use crate::plugin::walk::context::{loading, saving};
use crate::plugin::walk::errors::{de_error, ser_error};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The number in a weak reference that leads nowhere. No value has it.
const NOWHERE: usize = 0;

/// `(name, (version, number))`, plain nested data as a persistent id is, so that it survives serde's buffering. Where
/// the values are in a file beside the document, the number has its name before it.
struct SharedReference {
    weak: bool,
    file: Option<String>,
    number: usize,
}

impl Serialize for SharedReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = if self.weak { WEAK_SHARED } else { SHARED };
        let text = match &self.file {
            Some(file) => format!("{file}_{}", self.number),
            None => self.number.to_string(),
        };
        (name, (SHARED_VERSION, text)).serialize(serializer)
    }
}

impl TryFrom<IdParts> for SharedReference {
    type Error = Error;

    fn try_from((name, (version, number)): IdParts) -> Result<Self> {
        let weak = match name.as_str() {
            SHARED => false,
            WEAK_SHARED => true,
            _ => {
                return Err(Error::new(
                    ErrorKind::Serde,
                    format!("the type has a shared value where the document has an object of {name:?}"),
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
    let SharedReference { weak, file, number } = SharedReference::try_from(parts).ok()?;
    find_file(file.as_deref()).ok()?;
    let (is_divided, is_there) = loading(|state| (state.shared.is_divided(), state.shared.has(number))).ok()?;
    match weak {
        false => is_there.then_some(Meaning::Shared(number)),
        // One that leads nowhere is in documents without shared values, too.
        true => (is_divided || number == NOWHERE).then_some(Meaning::Weak(number)),
    }
}

fn reference<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SharedReference, D::Error> {
    let parts = IdParts::deserialize(deserializer).map_err(|error| {
        D::Error::custom(format!(
            "{error}: the type has a Shared or WeakShared, and the document has a value in its place"
        ))
    })?;
    SharedReference::try_from(parts).map_err(de_error)
}

impl<T: Serialize> Serialize for Shared<T> {
    /// Serializes a reference; the value itself joins the plan of the save, once.
    ///
    /// # Errors
    /// `NoContext` outside a save.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        divert(serializer, || {
            saving(|state| {
                let (path, options) = (state.take_place(), state.options().now());
                state.shared.check().map_err(|error| error.at_path(&path))?;
                let number = state.shared.meet(Self::as_arc(self), piece_of, path, options);
                Ok(SharedReference { weak: false, file: state.shared.file(), number })
            })?
        })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Shared<T> {
    /// The one value of a reference, built when it is first asked for.
    ///
    /// # Errors
    /// `NoContext` outside a load; `Corrupt` if the document has no such value; those of the value.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SharedReference { weak, file, number } = reference(deserializer)?;
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
    /// Serializes a reference to a value that something else in the object holds.
    ///
    /// # Errors
    /// As for [`Shared`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(Err(error)) = saving(|state| state.shared.check()) {
            return Err(ser_error(error));
        }
        let Some(target) = self.upgrade() else {
            return SharedReference { weak: true, file: None, number: NOWHERE }.serialize(serializer);
        };
        let reference = saving(|state| {
            let number = state.shared.meet_weakly(Shared::as_arc(&target));
            SharedReference { weak: true, file: state.shared.file(), number }
        });
        reference.map_err(ser_error)?.serialize(serializer)
    }
}

impl<'de, T: 'static> Deserialize<'de> for WeakShared<T> {
    /// A reference that finds its value when that is built.
    ///
    /// # Errors
    /// `NoContext` outside a load.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SharedReference { number, file, .. } = reference(deserializer)?;
        if number == NOWHERE {
            return Ok(Self::new());
        }
        find_file(file.as_deref()).map_err(de_error)?;
        weak(number).map_err(de_error)
    }
}
