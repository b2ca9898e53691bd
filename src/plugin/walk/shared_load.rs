//! The shared values of a load in progress, and the state of the attempt to read them.
//!
//! A shared value is read when it is first needed, in the middle of the value that refers to it, so a chain of shared
//! values nests. When the stack that they may take is used up, the attempt is given up and made again later:
//!
//! - `Running`: values are read as they are asked for. An attempt begins where the root asks for a value.
//! - `Running -> Postponed` ([`look`](SharedLoad::look)): the stack is used up. All values that the attempt had begun
//!   become jobs, each asked for by the one before. Until the walk is back at the root, whatever it asks for fails, and
//!   nothing that it has read is taken.
//! - `Postponed -> Running` ([`begin_job`](SharedLoad::begin_job)): the last job, the deepest value, is read on a fresh
//!   stack, then the one before it. Each may be postponed in turn. After the last job the root asks again, and finds
//!   its value built.
//! - `Running -> Refused` (`look`): a value holds itself, or too much was read in vain. Nothing is read any more, and
//!   the load fails with that error.
//!
//! So a chain of any length loads, in bounded stack, and nothing is read more often than its own attempts were given
//! up.

use crate::error::{Error, Result};
use crate::plugin::document::pieces::{Pieces, ROOT};
use crate::plugin::shared::WeakShared;
use crate::plugin::walk::notes::{Notes, is_quoted};
use crate::plugin::walk::stack::is_enough_stack;
use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::{Arc, OnceLock, Weak};

/// The number of stack segments that may be added.
const MOST_SEGMENTS: usize = 4;
/// How many times the body's bytes may be read in vain, by attempts that are given up. Only documents that are made for
/// it come near.
const MOST_VAIN: usize = 64;
/// The number of values for which it is kept why they cannot be read.
const MOST_FAILURES: usize = 4096;

/// A value to be built.
#[derive(Clone, Copy)]
pub(in crate::plugin) struct Job {
    pub(in crate::plugin) number: usize,
    /// Whether it was asked for where arrays are converted.
    pub(in crate::plugin) converting: bool,
    /// Builds the value of a number, as the type for which it was asked.
    pub(in crate::plugin) build: fn(usize),
}

/// Why a value could not be read; kept, so that it is not tried again and again.
struct Failure {
    text: String,
    notes: Notes,
}

type Key = (usize, TypeId);

/// The state of the attempt; see the module.
#[derive(Default)]
enum Attempt {
    #[default]
    Running,
    Postponed,
    Refused(Error),
}

/// The shared values of a load in progress.
#[derive(Default)]
pub(in crate::plugin) struct SharedLoad {
    pieces: Option<Rc<Pieces>>,
    /// The file that the pieces come from, if they are not in the document's body.
    file: Option<String>,
    /// `Arc<T>` by number and `T`.
    built: HashMap<Key, Box<dyn Any>>,
    /// `Arc<OnceLock<Weak<T>>>` of weak references.
    weak: HashMap<Key, Box<dyn Any>>,
    /// By key, and whether arrays were to be converted: what fails without may succeed with it.
    failed: HashMap<(Key, bool), Rc<Failure>>,
    last_failure: Option<Rc<Failure>>,
    other_failure: Option<Rc<Failure>>,
    attempt: Attempt,
    /// What is being built, each asked for by the one before.
    stack: Vec<Job>,
    /// What attempts that were given up had begun, each asked for by the one before; the last comes first.
    jobs: Vec<Job>,
    /// The numbers of both.
    begun: HashSet<usize>,
    segments: usize,
    /// Bytes that were read in vain.
    vain: usize,
}

/// What comes of asking for a value.
pub(in crate::plugin) enum Looked<T> {
    Built(Arc<T>),
    Build(Rc<Pieces>),
}

/// Why there is no value.
pub(in crate::plugin) enum Missing {
    /// A typed error.
    Error(Error),
    /// What a format said, or that the attempt is given up.
    Text(String),
}

impl From<Error> for Missing {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn postponed() -> Missing {
    Missing::Text("the shared value is built later".to_owned())
}

impl SharedLoad {
    /// The shared values of a document's body.
    pub(in crate::plugin) fn of_body(pieces: Rc<Pieces>) -> Self {
        Self { pieces: Some(pieces), ..Self::default() }
    }

    /// Whether the document has shared values.
    pub(in crate::plugin) fn is_divided(&self) -> bool {
        self.pieces.is_some()
    }

    /// Whether it has the one of this number.
    pub(in crate::plugin) fn has(&self, number: usize) -> bool {
        number != ROOT && self.pieces.as_ref().is_some_and(|pieces| pieces.piece_len(number).is_some())
    }

    /// Whether the pieces that a reference names are still to be found: those of a file, by the first one that names
    /// it.
    pub(in crate::plugin) fn wants_file(&self, file: Option<&str>) -> Result<bool> {
        match (file, &self.file, &self.pieces) {
            (None, _, _) => Ok(false),
            (Some(file), Some(known), _) if file == known => Ok(false),
            (Some(_), None, None) => Ok(true),
            _ => Err(Error::unsupported("the shared values of two documents in one: deserialize one after the other")),
        }
    }

    pub(in crate::plugin) fn set_file(&mut self, file: &str, pieces: Pieces) {
        (self.pieces, self.file) = (Some(Rc::new(pieces)), Some(file.to_owned()));
    }

    /// Whether it is the root that asks.
    pub(in crate::plugin) fn is_at_root(&self) -> bool {
        self.stack.is_empty() && self.jobs.is_empty()
    }

    pub(in crate::plugin) fn is_postponed(&self) -> bool {
        matches!(self.attempt, Attempt::Postponed)
    }

    /// Why the load was refused, if it was.
    pub(in crate::plugin) fn refused(&self) -> Option<Error> {
        match &self.attempt {
            Attempt::Refused(error) => Some(error.clone()),
            _ => None,
        }
    }

    /// A stack segment is added or dropped.
    pub(in crate::plugin) fn add_segment(&mut self) {
        self.segments += 1;
    }

    pub(in crate::plugin) fn drop_segment(&mut self) {
        self.segments -= 1;
    }

    fn built<T: 'static>(&self, number: usize) -> Option<&Arc<T>> {
        self.built.get(&(number, TypeId::of::<T>()))?.downcast_ref()
    }

    /// A reference to the value of a number, built or not.
    pub(in crate::plugin) fn weak<T: 'static>(&mut self, number: usize) -> WeakShared<T> {
        if let Some(built) = self.built(number) {
            return WeakShared::from(Arc::downgrade(built));
        }
        if self.pieces.as_ref().is_none_or(|pieces| pieces.piece_len(number).is_none()) {
            return WeakShared::new();
        }
        let key = (number, TypeId::of::<T>());
        let slot = self.weak.entry(key).or_insert_with(|| Box::new(Arc::<OnceLock<Weak<T>>>::default()));
        slot.downcast_ref::<Arc<OnceLock<Weak<T>>>>()
            .map_or_else(WeakShared::new, |target| WeakShared::loading(target.clone()))
    }

    /// The value of a job, or the pieces to build it from; then [`finish`](Self::finish) is to follow.
    pub(in crate::plugin) fn look<T: 'static>(&mut self, job: Job, notes: &mut Notes) -> Result<Looked<T>, Missing> {
        match &self.attempt {
            Attempt::Running => {}
            Attempt::Postponed => return Err(postponed()),
            Attempt::Refused(error) => return Err(error.clone().into()),
        }
        let number = job.number;
        if let Some(value) = self.built::<T>(number) {
            return Ok(Looked::Built(value.clone()));
        }
        if let Some(failure) = self.failed.get(&((number, TypeId::of::<T>()), job.converting)) {
            self.last_failure = Some(failure.clone());
            *notes = std::mem::take(notes).then(failure.notes.clone());
            return Err(Missing::Text(failure.text.clone()));
        }
        let Some(pieces) = self.pieces.clone() else {
            return Err(Error::unsupported(
                "there are no shared values beside the object, and their references name no file: the object is part of a \
                 document of to_vec, to_writer or a Storage, and is to be loaded with it",
            )
            .into());
        };
        if number == ROOT || pieces.piece_len(number).is_none() {
            return Err(Error::corrupt(format!("the document has no shared value {number}")).into());
        }
        if self.begun.contains(&number) {
            return Err(self.refuse(Error::corrupt(format!(
                "the shared value {number} contains itself, directly or through others: arraystow did not write this \
                    document"
            ))));
        }
        if self.segments >= MOST_SEGMENTS && !is_enough_stack() {
            return Err(self.postpone(job, &pieces));
        }
        self.stack.push(job);
        self.begun.insert(number);
        Ok(Looked::Build(pieces))
    }

    /// Takes in what was read, or why it was not. What is not taken in is returned as well: to drop it may run code of
    /// the user's, which must not happen within the context.
    pub(in crate::plugin) fn finish<T: 'static>(
        &mut self,
        number: usize,
        converting: bool,
        read: Result<T, String>,
        notes: &Notes,
    ) -> (Result<Arc<T>, Missing>, Option<T>) {
        self.stack.pop();
        match &self.attempt {
            Attempt::Running => {}
            Attempt::Postponed => return (Err(postponed()), read.ok()),
            Attempt::Refused(error) => return (Err(error.clone().into()), read.ok()),
        }
        self.begun.remove(&number);
        let key = (number, TypeId::of::<T>());
        match read {
            Ok(value) => {
                let value = Arc::new(value);
                if let Some(slot) = self.weak.get(&key).and_then(|slot| slot.downcast_ref::<Arc<OnceLock<Weak<T>>>>()) {
                    let _ = slot.set(Arc::downgrade(&value));
                }
                self.built.insert(key, Box::new(value.clone()));
                (Ok(value), None)
            }
            Err(text) => (Err(self.fail((key, converting), text, notes)), None),
        }
    }

    fn fail(&mut self, key: (Key, bool), mut text: String, notes: &Notes) -> Missing {
        const SHORT: usize = 300;
        text.truncate(text.floor_char_boundary(SHORT));
        // Up a chain it is one failure, however many values it keeps from being built.
        let known = self.last_failure.take().filter(|failure| text.contains(&failure.text));
        let failure = known.unwrap_or_else(|| {
            if self.failed.len() >= MOST_FAILURES {
                // Of so many only that they are failures: their texts might be longer than the document.
                let text = || "the shared value cannot be read, like many others".to_owned();
                let other = || Rc::new(Failure { text: text(), notes: Notes::default() });
                return self.other_failure.get_or_insert_with(other).clone();
            }
            let error = notes.error().filter(|error| is_quoted(error, &text));
            let notes = Notes::new(error.cloned(), notes.place().map(str::to_owned));
            Rc::new(Failure { text: text.clone(), notes })
        });
        self.failed.insert(key, failure.clone());
        self.last_failure = Some(failure);
        Missing::Text(text)
    }

    fn refuse(&mut self, error: Error) -> Missing {
        self.attempt = Attempt::Refused(error.clone());
        error.into()
    }

    /// Gives the attempt up, for want of stack. The job is built first, then what the attempt had begun.
    fn postpone(&mut self, job: Job, pieces: &Pieces) -> Missing {
        let begun = self.jobs.last().map_or(ROOT, |job| job.number);
        self.vain = self.vain.saturating_add(pieces.piece_len(begun).unwrap_or(0));
        if self.vain > pieces.len().saturating_mul(MOST_VAIN) {
            return self.refuse(Error::limit(
                "the document's shared values refer to one another so deeply and in so many places that loading them \
                    takes too \
                 long: make some of the references WeakShared",
            ));
        }
        // The first on the stack is the job that is being done, if one is.
        self.jobs.extend(self.stack.iter().skip(usize::from(begun != ROOT)));
        self.jobs.push(job);
        self.begun.insert(job.number);
        self.attempt = Attempt::Postponed;
        postponed()
    }

    /// The next value to be built before the attempt is made again. What was noted in an attempt that was given up is
    /// forgotten.
    pub(in crate::plugin) fn begin_job(&mut self, notes: &mut Notes) -> Option<Job> {
        match self.attempt {
            Attempt::Refused(_) => return None,
            Attempt::Postponed => *notes = Notes::default(),
            Attempt::Running => {}
        }
        self.attempt = Attempt::Running;
        let job = *self.jobs.last()?;
        self.begun.remove(&job.number);
        Some(job)
    }

    /// The job is done, unless it was postponed in turn.
    pub(in crate::plugin) fn end_job(&mut self) {
        if !self.is_postponed()
            && let Some(job) = self.jobs.pop()
        {
            self.begun.remove(&job.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::plugin::document::body_format::Format;
    use crate::plugin::document::pieces::SharedParts;

    #[test]
    fn attempts_in_vain_have_an_end() {
        let parts = SharedParts { root: 900, table: 1 };
        let body = [vec![b'1'; 900], vec![0x80]].concat();
        let pieces = Pieces::new(body, Format::Cbor, parts).map_err(|error| error.to_string()).ok();
        let mut shared = SharedLoad::default();
        let mut attempts = 0;
        while let Some(pieces) = pieces.as_ref().filter(|_| shared.refused().is_none() && attempts < 1000) {
            shared.postpone(Job { number: 1, converting: false, build: |_| {} }, pieces);
            shared.end_job();
            shared.jobs.clear();
            attempts += 1;
        }
        assert!((MOST_VAIN..=MOST_VAIN + 2).contains(&attempts), "{attempts}");
        assert!(shared.refused().is_some_and(|error| error.kind() == ErrorKind::Limit));
    }
}
