//! The keys of maps, and the names of fields and variants: finds those that collide.

use crate::error::ErrorKind;
use crate::plugin::document::names::{INLINE, STORED};
use crate::plugin::document::path::Path;
use crate::plugin::format::rules::{Rules, refusal};
use crate::plugin::walk::errors::ser_error;
use serde::ser;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Display;

/// The keys of one map.
pub(in crate::plugin) struct Keys {
    look: Look,
    first: RefCell<First>,
    seen: RefCell<BTreeSet<String>>,
    /// Whether there were strings, and whether there were others.
    kinds: Cell<(bool, bool)>,
}

/// Which keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Nowhere,
    /// Of a map that knows its length only the first key may be serde's, an enum's `tag`.
    AtFirst,
    /// A map that does not may be made by `flatten`.
    AtAll,
}

/// The first key; a short one is not allocated.
enum First {
    None,
    Short(u8, [u8; 22]),
    Long(String),
}

impl First {
    fn of(key: &str) -> Self {
        let mut bytes = [0; 22];
        match bytes.get_mut(..key.len()) {
            Some(place) => {
                place.copy_from_slice(key.as_bytes());
                Self::Short(key.len() as u8, bytes)
            }
            None => Self::Long(key.to_owned()),
        }
    }

    #[inline]
    fn is(&self, key: &str) -> bool {
        match self {
            Self::None => false,
            Self::Short(len, bytes) => bytes.get(..usize::from(*len)) == Some(key.as_bytes()),
            Self::Long(first) => first == key,
        }
    }
}

impl Keys {
    pub(super) fn new(rules: Rules, said: Option<usize>) -> Self {
        let look = match said {
            _ if !rules.is_known() => Look::Nowhere,
            Some(_) => Look::AtFirst,
            None => Look::AtAll,
        };
        Self { look, first: RefCell::new(First::None), seen: RefCell::default(), kinds: Cell::new((false, false)) }
    }

    /// Meets a key that is text.
    #[inline]
    pub(in crate::plugin) fn text<E: ser::Error>(&self, key: &str, rules: Rules, path: &Path<'_>) -> Result<(), E> {
        if self.look == Look::Nowhere {
            return Ok(());
        }
        if !rules.quirks().has_all_keys {
            self.kinds((true, self.kinds.get().1), path)?;
        }
        if self.look == Look::AtAll {
            return if self.seen.borrow_mut().insert(key.to_owned()) { Ok(()) } else { Err(twice(key, path)) };
        }
        let mut first = self.first.borrow_mut();
        if first.is(key) {
            return Err(twice(key, path));
        }
        if matches!(*first, First::None) {
            *first = First::of(key);
        }
        Ok(())
    }

    /// Meets a key that is a number or a truth value.
    #[inline]
    pub(in crate::plugin) fn other<E: ser::Error>(
        &self,
        key: impl Display,
        rules: Rules,
        path: &Path<'_>,
    ) -> Result<(), E> {
        if self.look == Look::Nowhere {
            return Ok(());
        }
        if !rules.quirks().has_all_keys {
            self.kinds((self.kinds.get().0, true), path)?;
        }
        if self.look == Look::AtAll {
            // Distinguished from the text of the same letters.
            let key = format!("\0{key}");
            return if self.seen.borrow_mut().insert(key.clone()) { Ok(()) } else { Err(twice(&key[1..], path)) };
        }
        Ok(())
    }

    fn kinds<E: ser::Error>(&self, kinds: (bool, bool), path: &Path<'_>) -> Result<(), E> {
        self.kinds.set(kinds);
        if kinds != (true, true) {
            return Ok(());
        }
        let text = "a map has strings and numbers as keys (or flattens a map with numbers as keys): in JSON all keys \
            are strings, so a reader could not recognize the numbers; save the value in Format::Cbor, or make the \
            numbers strings";
        Err(ser_error(refusal(ErrorKind::Unsupported, path, text.to_owned())))
    }
}

#[cold]
pub(in crate::plugin) fn twice<E: ser::Error>(key: &str, path: &Path<'_>) -> E {
    let text = format!(
        "the key {key:?} occurs twice, and one of the two would be lost: rename it, or the field, the tag or the key \
            of another flattened map with that name"
    );
    ser_error(refusal(ErrorKind::Serde, path, text))
}

/// Fails for keys, fields and variants of the user's that would be taken for arrays.
#[inline]
pub(super) fn check_key<E: ser::Error>(key: &str, path: &Path<'_>) -> Result<(), E> {
    if key.as_bytes().first() == Some(&b'$') && (key == STORED || key == INLINE) {
        let text = format!("{key:?} is a key that arraystow reserves: choose another one");
        return Err(ser_error(refusal(ErrorKind::Serde, path, text)));
    }
    Ok(())
}
