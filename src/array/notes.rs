//! Notes of saves on an array: where its elements lie. An array itself does not know what they say.

use crate::lock::Mutex;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, MutexGuard};

/// The newest are kept.
const MOST: usize = 8;

pub(crate) type Note = Arc<dyn Any + Send + Sync>;

/// What saves have noted of one array; its clones and other cuts of the same elements have it in common.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<Note>>);

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock()
    }

    pub(crate) fn add(&self, note: Note) {
        let mut notes = self.lock();
        if notes.len() == MOST {
            notes.remove(0);
        }
        notes.push(note);
    }

    /// The newest first.
    pub(crate) fn all(&self) -> Vec<Note> {
        self.lock().iter().rev().cloned().collect()
    }

    /// Takes back one that is no longer true.
    pub(crate) fn forget(&self, note: &Note) {
        self.lock().retain(|known| !Arc::ptr_eq(known, note));
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} notes", self.lock().len())
    }
}
