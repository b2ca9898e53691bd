//! Notes that saves attach to an array, about where its elements are stored. They are opaque to the array.

use crate::lock::Mutex;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, MutexGuard};

/// The most notes of an array. The newest are kept.
const MOST: usize = 8;

pub(crate) type Note = Arc<dyn Any + Send + Sync>;

/// The notes on one array, shared with its clones and with rechunkings of the same elements.
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

    /// All notes, newest first.
    pub(crate) fn all(&self) -> Vec<Note> {
        self.lock().iter().rev().cloned().collect()
    }

    /// Removes a note that has become false.
    pub(crate) fn forget(&self, note: &Note) {
        self.lock().retain(|known| !Arc::ptr_eq(known, note));
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} notes", self.lock().len())
    }
}
