//! What is read before the walk comes to it, and what of it is being read.

use crate::engine::{Beside, Free};
use crate::error::Result;
use crate::plugin::resolver::reading::{ReadBatch, ReadItems};
use crate::plugin::walk::ahead::{Judgement, Walk};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// The number of arrays after one in the document among which those that will be asked for are looked for.
const MOST_AHEAD: usize = 1024;
/// How many times as large as what was asked for before is what is read ahead at most. A type may ask for something
/// lazily, or not at all, and that cannot be known beforehand.
const TIMES_AHEAD: u64 = 2;

/// How what is stored is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Distance {
    Near,
    /// Each wait is long, so more is guessed.
    Far,
    /// The walk begins again after each wait, which must not be too often.
    Again,
}

impl Distance {
    /// The bytes that are read ahead at most, unless what was asked for last has more.
    fn most_bytes(self) -> u64 {
        match self {
            Self::Near => 32 << 20,
            Self::Far => 128 << 20,
            Self::Again => u64::MAX,
        }
    }
}

/// What was asked for so far, and what is being read.
#[derive(Default)]
pub(super) struct ReadAhead {
    /// Bytes of the plain arrays and external objects that were asked for, and of the last one.
    asked: Cell<u64>,
    last: Cell<u64>,
    count: Cell<usize>,
    coming: RefCell<Option<Coming>>,
}

/// Arrays that are being read.
struct Coming {
    files: HashSet<String>,
    reading: Beside<ReadItems>,
}

impl ReadAhead {
    /// Notes what was asked for.
    pub(super) fn note(&self, bytes: u64) {
        self.count.set(self.count.get().saturating_add(1));
        self.last.set(bytes);
        self.asked.set(self.asked.get().saturating_add(bytes));
    }

    /// Those of the entries that the walk will come to as well, as far as they are not larger than what it has asked
    /// for makes likely.
    pub(super) fn likely<'a, E>(
        &self,
        following: impl Iterator<Item = &'a E>,
        walk: &Walk,
        distance: Distance,
        place: impl Fn(&E) -> &str,
        bytes: impl Fn(&E) -> Option<u64>,
    ) -> Vec<&'a E> {
        let judgement = if distance == Distance::Near { Judgement::Strict } else { Judgement::Lenient };
        let most = distance.most_bytes().max(self.last.get());
        let mut left = self.asked.get().saturating_mul(TIMES_AHEAD).min(most);
        let likely = following.take(MOST_AHEAD).filter(|entry| walk.leads_to(place(entry), judgement));
        let affordable = likely.map_while(|entry| {
            left = left.checked_sub(bytes(entry).unwrap_or(0))?;
            Some(entry)
        });
        affordable.collect()
    }

    /// Whether nothing is being read, and more is likely to be asked for: one array may be the only one.
    pub(super) fn may_begin(&self) -> bool {
        self.count.get() > 1 && self.coming.borrow().is_none()
    }

    /// Whether a file is being read.
    pub(super) fn is_coming(&self, file: &str) -> bool {
        self.coming.borrow().as_ref().is_some_and(|coming| coming.files.contains(file))
    }

    /// Waits for what is being read, if a file is among it.
    pub(super) fn receive(&self, file: &str) -> Option<Result<ReadItems>> {
        if !self.is_coming(file) {
            return None;
        }
        self.coming.take().map(|coming| coming.reading.end())
    }

    /// Begins to read while the walk goes on. False if that is not possible.
    pub(super) fn begin(&self, free: Free, batch: ReadBatch) -> bool {
        let files = batch.files();
        let coming = free.begin(|| batch.run()).map(|reading| Coming { files, reading });
        let has_begun = coming.is_some();
        self.coming.replace(coming);
        has_begun
    }
}
