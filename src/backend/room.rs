//! Memory that the jobs of all threads share: a job that needs more than is left waits.

use crate::lock::{Condvar, Mutex};

/// What is between the stages of codecs and filters.
#[cfg(any(feature = "hdf5", feature = "zarr"))]
pub(crate) static BETWEEN: Room = Room::new(192 << 20);

/// So much memory, and what of it is taken.
pub(crate) struct Room {
    most: usize,
    taken: Mutex<usize>,
    less: Condvar,
}

/// What is given back when this is dropped.
pub(crate) struct Taken {
    room: &'static Room,
    bytes: usize,
}

impl Room {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, taken: Mutex::new(0), less: Condvar::new() }
    }

    /// Waits until there is room; what is larger than all of it goes alone. A holder of some of it must not ask for
    /// more.
    pub(crate) fn enter(&'static self, bytes: usize) -> Taken {
        let mut taken = self.taken.lock();
        while *taken > 0 && taken.saturating_add(bytes) > self.most {
            taken = self.less.wait(taken);
        }
        *taken = taken.saturating_add(bytes);
        Taken { room: self, bytes }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock();
        *taken = taken.saturating_sub(self.bytes);
        self.room.less.notify_all();
    }
}
