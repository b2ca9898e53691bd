//! What a load has read already.

use crate::error::Result;
use std::cell::RefCell;
use std::collections::HashMap;

/// What was read, by file.
pub(super) struct KnownItems<T>(RefCell<HashMap<String, Known<T>>>);

struct Known<T> {
    value: Result<T>,
    /// Whether it was asked for.
    asked: bool,
    /// Whether it was asked for in the walk that is being made.
    met: bool,
}

impl<T> Default for KnownItems<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone> KnownItems<T> {
    pub(super) fn contains(&self, file: &str) -> bool {
        self.0.borrow().contains_key(file)
    }

    pub(super) fn insert(&self, file: String, value: Result<T>) {
        let known = self.0.borrow_mut().insert(file, Known { value, asked: false, met: false });
        drop(known);
    }

    pub(super) fn remove(&self, file: &str) {
        let known = self.0.borrow_mut().remove(file);
        drop(known);
    }

    /// What was read under a name that is asked for, and whether the walk has asked for it before. `note` gets a value
    /// that is asked for for the first time.
    pub(super) fn ask(&self, file: &str, note: impl FnOnce(&T)) -> Option<(Result<T>, bool)> {
        let mut known = self.0.borrow_mut();
        let known = known.get_mut(file)?;
        let (asked, met) = (std::mem::replace(&mut known.asked, true), std::mem::replace(&mut known.met, true));
        if let (false, Ok(value)) = (asked, &known.value) {
            note(value);
        }
        Some((known.value.clone(), met))
    }

    /// The walk is made again, from its beginning.
    pub(super) fn begin_walk(&self) {
        self.0.borrow_mut().values_mut().for_each(|known| known.met = false);
    }
}
