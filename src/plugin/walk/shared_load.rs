//! Shared values on their way in: each is read when it is first asked for, in the middle of what asks.
//!
//! So a chain of them nests. When the stack that they may take is used up, the attempt is given up: everything that was begun
//! is put on a list, deepest first, is read on a fresh stack, and then the attempt is made again, which finds it all there. An
//! attempt begins where the root asks for a value: the root itself is read once.
//! A chain of any length loads, in bounded stack; nothing is read more often than its own attempts were given up.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::frame::Head;
use crate::plugin::document::pieces::{Pieces, ROOT};
use crate::plugin::drive::body;
use crate::plugin::shared::WeakShared;
use crate::plugin::walk::context::{Level, lift, loading, push};
use crate::plugin::walk::conversion::within;
use crate::plugin::walk::loading::{ArrayResolver, LoadState, is_told, tell};
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::{Arc, OnceLock, Weak};

/// Stack that the reading of one piece may need: as deep as the formats allow, in a debug build.
const ONE_PIECE: usize = 2 << 20;
/// Stack that is added at a time, and how often.
const SEGMENT: usize = 32 << 20;
const MOST_SEGMENTS: usize = 4;
/// So many times the body's bytes may be read in vain, by attempts that are given up. Only documents that are made for it come
/// near.
const MOST_VAIN: usize = 64;

/// Of so many values it is kept why they cannot be read.
const MOST_FAILURES: usize = 4096;

/// The value of a document.
pub(crate) fn read_document<T: DeserializeOwned>(
    body: Vec<u8>,
    head: &Head,
    resolver: Rc<dyn ArrayResolver>,
) -> Result<T> {
    let Some(parts) = head.manifest.shared else { return body::read(&body, head.format, resolver) };
    let pieces = Rc::new(Pieces::new(body, head.format, parts)?);
    let mut state = LoadState::new(resolver);
    state.shared.pieces = Some(pieces.clone());
    let guard = push(Level::Load(Box::new(state)));
    let result = on_enough_stack(|| pieces.read::<T>(ROOT));
    let Some(Level::Load(mut state)) = guard.pop() else {
        return Err(Error::new(ErrorKind::Serde, "the type's Deserialize implementation left a walk unfinished"));
    };
    match (state.shared.refused(), result) {
        (Some(error), _) => Err(state.at_place(error)),
        (None, Ok(value)) => Ok(value),
        (None, Err(text)) => Err(state.explain(&text)),
    }
}

/// Reads what the root asks for; the root itself is read once.
fn until_nothing_is_postponed<R>(attempt: impl Fn() -> R) -> R {
    // What the root has noted before; what is noted in attempts that are given up is forgotten.
    let before = loading(|state| (state.error.take(), state.place.take())).unwrap_or_default();
    loop {
        let result = attempt();
        if !loading(|state| state.shared.postponed).unwrap_or(false) {
            let _ = loading(|state| {
                state.error = before.0.or(state.error.take());
                state.place = before.1.or(state.place.take());
            });
            return result;
        }
        drop(result);
        while let Ok(Some(job)) = loading(begin_job) {
            job.run();
            let _ = loading(|state| state.shared.end_job());
        }
    }
}

/// A value to be built.
#[derive(Clone, Copy)]
struct Job {
    number: usize,
    /// Whether it was asked for where arrays are converted.
    converting: bool,
    build: fn(usize),
}

impl Job {
    fn of<T: DeserializeOwned + 'static>(number: usize, converting: bool) -> Self {
        // Whether it succeeds is known to who asks for it again.
        Self { number, converting, build: |number| drop(find::<T>(number)) }
    }

    fn run(self) {
        if self.converting { within(|| (self.build)(self.number)) } else { (self.build)(self.number) }
    }
}

/// Why a value could not be read; kept, so that it is not tried again and again.
struct Failure {
    text: String,
    error: Option<Error>,
    place: Option<String>,
}

type Key = (usize, TypeId);

/// The shared values of a load in progress.
#[derive(Default)]
pub(in crate::plugin) struct SharedLoad {
    pieces: Option<Rc<Pieces>>,
    /// Where the pieces come from, if they are not in the document's body.
    file: Option<String>,
    /// `Arc<T>` by number and `T`.
    built: HashMap<Key, Box<dyn Any>>,
    /// `Arc<OnceLock<Weak<T>>>` of weak references.
    weak: HashMap<Key, Box<dyn Any>>,
    /// By key, and whether arrays were to be converted: what fails without may be right with it.
    failed: HashMap<(Key, bool), Rc<Failure>>,
    last_failure: Option<Rc<Failure>>,
    other_failure: Option<Rc<Failure>>,
    /// What is being built, each asked for by the one before.
    stack: Vec<Job>,
    /// What attempts that were given up had begun, each asked for by the one before; the last comes first.
    jobs: Vec<Job>,
    /// The numbers of both.
    begun: HashSet<usize>,
    /// The attempt is given up: whatever it still gives is not taken.
    postponed: bool,
    /// The load is given up.
    refused: Option<Error>,
    segments: usize,
    vain: usize,
}

/// What comes of asking for a value.
enum Found<T> {
    Built(Arc<T>),
    Build(Rc<Pieces>),
}

/// Why there is no value.
enum Missing {
    /// An error of ours.
    Error(Error),
    /// What a format said, or that the attempt is given up.
    Text(String),
}

impl From<Error> for Missing {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Finds the pieces of a reference that names a file, which is read when the first one does.
pub(in crate::plugin) fn find_file(file: Option<&str>) -> Result<()> {
    let wanted = loading(|state| match (file, &state.shared) {
        (None, _) => Ok(None),
        (Some(file), SharedLoad { file: Some(known), .. }) if file == known => Ok(None),
        (Some(_), SharedLoad { file: None, pieces: None, .. }) => Ok(Some(state.resolver())),
        _ => Err(Error::unsupported("the shared values of two documents in one: deserialize one after the other")),
    })?;
    if let (Some(file), Some(resolver)) = (file, wanted?) {
        let lifted = lift();
        let pieces = resolver.shared(file);
        drop(lifted);
        let pieces = Rc::new(pieces?);
        loading(|state| (state.shared.pieces, state.shared.file) = (Some(pieces), Some(file.to_owned())))?;
    }
    Ok(())
}

/// The value of a number, which is built if nobody asked for it before.
pub(in crate::plugin) fn strong<T: DeserializeOwned + 'static, E: serde::de::Error>(
    number: usize,
) -> Result<Arc<T>, E> {
    let of_root = loading(|state| state.shared.stack.is_empty() && state.shared.jobs.is_empty());
    let found = if of_root.unwrap_or(false) { until_nothing_is_postponed(|| find(number)) } else { find(number) };
    found.map_err(|missing| match missing {
        Missing::Error(error) => tell(error),
        Missing::Text(text) => E::custom(text),
    })
}

fn find<T: DeserializeOwned + 'static>(number: usize) -> Result<Arc<T>, Missing> {
    match loading(|state| look::<T>(state, number))?? {
        Found::Built(value) => Ok(value),
        Found::Build(pieces) => {
            let read = on_enough_stack(|| pieces.read::<T>(number));
            // Outside the context: what is not taken is dropped, and that may run code of the user's.
            let (taken, not_taken) = loading(|state| finish(state, number, read))?;
            drop(not_taken);
            taken
        }
    }
}

/// A reference to the value of a number, built or not.
pub(in crate::plugin) fn weak<T: 'static>(number: usize) -> Result<WeakShared<T>> {
    loading(|state| {
        let key = (number, TypeId::of::<T>());
        let shared = &mut state.shared;
        if let Some(built) = shared.built.get(&key).and_then(|value| value.downcast_ref::<Arc<T>>()) {
            return WeakShared::from(Arc::downgrade(built));
        }
        if shared.pieces.as_ref().is_none_or(|pieces| pieces.piece_len(number).is_none()) {
            return WeakShared::new();
        }
        let slot = shared.weak.entry(key).or_insert_with(|| Box::new(Arc::<OnceLock<Weak<T>>>::default()));
        slot.downcast_ref::<Arc<OnceLock<Weak<T>>>>()
            .map_or_else(WeakShared::new, |target| WeakShared::loading(target.clone()))
    })
}

fn look<T: DeserializeOwned + 'static>(state: &mut LoadState, number: usize) -> Result<Found<T>, Missing> {
    let key = (number, TypeId::of::<T>());
    let converting = state.conversion().is_asked();
    let shared = &mut state.shared;
    if let Some(error) = &shared.refused {
        return Err(error.clone().into());
    }
    if shared.postponed {
        return Err(Missing::Text(POSTPONED.to_owned()));
    }
    if let Some(value) = shared.built.get(&key).and_then(|value| value.downcast_ref::<Arc<T>>()) {
        return Ok(Found::Built(value.clone()));
    }
    if let Some(failure) = shared.failed.get(&(key, converting)).cloned() {
        shared.last_failure = Some(failure.clone());
        if let Some(error) = &failure.error {
            state.keep_error(error);
        }
        if let Some(place) = &failure.place {
            state.place.get_or_insert_with(|| place.clone());
        }
        return Err(Missing::Text(failure.text.clone()));
    }
    let Some(pieces) = shared.pieces.clone() else {
        return Err(Error::unsupported(
            "there are no shared values beside the object, and their references name no file: the object is part of a \
             document of to_vec, to_writer or a Storage, and is to be loaded with it",
        )
        .into());
    };
    if number == ROOT || pieces.piece_len(number).is_none() {
        return Err(Error::corrupt(format!("the document has no shared value {number}")).into());
    }
    if shared.begun.contains(&number) {
        let error = Error::corrupt(format!(
            "the shared value {number} holds itself, directly or through others: arraystow did not write this document"
        ));
        return Err(shared.refused.insert(error).clone().into());
    }
    let job = Job::of::<T>(number, converting);
    if shared.segments >= MOST_SEGMENTS && !is_enough_stack() {
        return Err(shared.postpone(job, &pieces));
    }
    shared.stack.push(job);
    shared.begun.insert(number);
    Ok(Found::Build(pieces))
}

type Taken<T> = (Result<Arc<T>, Missing>, Option<T>);

fn finish<T: 'static>(state: &mut LoadState, number: usize, read: Result<T, String>) -> Taken<T> {
    const SHORT: usize = 300;
    let key = (number, TypeId::of::<T>());
    let converting = state.conversion().is_asked();
    let shared = &mut state.shared;
    shared.stack.pop();
    if shared.postponed {
        return (Err(Missing::Text(POSTPONED.to_owned())), read.ok());
    }
    shared.begun.remove(&number);
    if let Some(error) = &shared.refused {
        return (Err(error.clone().into()), read.ok());
    }
    match read {
        Ok(value) => {
            let value = Arc::new(value);
            if let Some(slot) = shared.weak.get(&key).and_then(|slot| slot.downcast_ref::<Arc<OnceLock<Weak<T>>>>()) {
                let _ = slot.set(Arc::downgrade(&value));
            }
            shared.built.insert(key, Box::new(value.clone()));
            (Ok(value), None)
        }
        Err(mut text) => {
            text.truncate(text.floor_char_boundary(SHORT));
            // Up a chain it is one failure, however many values do not come about.
            let known = shared.last_failure.take().filter(|failure| text.contains(&failure.text));
            let failure = known.unwrap_or_else(|| {
                if shared.failed.len() >= MOST_FAILURES {
                    // Of so many only that they are failures: what each says might be more than all the document.
                    let text = || "the shared value cannot be read, as many others".to_owned();
                    let other = || Rc::new(Failure { text: text(), error: None, place: None });
                    return shared.other_failure.get_or_insert_with(other).clone();
                }
                let error = state.error.clone().filter(|error| is_told(error, &text));
                Rc::new(Failure { text: text.clone(), error, place: state.place.clone() })
            });
            shared.failed.insert((key, converting), failure.clone());
            shared.last_failure = Some(failure);
            (Err(Missing::Text(text)), None)
        }
    }
}

const POSTPONED: &str = "the shared value is built later";

impl SharedLoad {
    /// Whether the document has shared values.
    pub(in crate::plugin) fn is_divided(&self) -> bool {
        self.pieces.is_some()
    }

    /// Whether it has the one of this number.
    pub(in crate::plugin) fn has(&self, number: usize) -> bool {
        number != ROOT && self.pieces.as_ref().is_some_and(|pieces| pieces.piece_len(number).is_some())
    }

    /// Why the load was given up, if it was.
    pub(in crate::plugin) fn refused(&mut self) -> Option<Error> {
        self.refused.take()
    }

    /// Gives the attempt up, for want of stack; what it had begun is built first, and before it this.
    fn postpone(&mut self, job: Job, pieces: &Pieces) -> Missing {
        let begun = self.jobs.last().map_or(ROOT, |job| job.number);
        self.vain = self.vain.saturating_add(pieces.piece_len(begun).unwrap_or(0));
        if self.vain > pieces.len().saturating_mul(MOST_VAIN) {
            let error = Error::limit(
                "the document's shared values hold one another so deep and in so many places that loading them takes too \
                 long: make some of the references WeakShared",
            );
            return self.refused.insert(error).clone().into();
        }
        // The first on the stack is the job that is being done, if one is.
        self.jobs.extend(self.stack.iter().skip(usize::from(begun != ROOT)));
        self.jobs.push(job);
        self.begun.insert(job.number);
        self.postponed = true;
        Missing::Text(POSTPONED.to_owned())
    }

    fn end_job(&mut self) {
        if !self.postponed
            && let Some(job) = self.jobs.pop()
        {
            self.begun.remove(&job.number);
        }
    }
}

/// The next value to be built before the attempt is made again.
fn begin_job(state: &mut LoadState) -> Option<Job> {
    if std::mem::take(&mut state.shared.postponed) {
        // What was noted on the way of the attempt that was given up is no error.
        (state.error, state.place) = (None, None);
    }
    let shared = &mut state.shared;
    let job = *shared.jobs.last().filter(|_| shared.refused.is_none())?;
    shared.begun.remove(&job.number);
    Some(job)
}

fn is_enough_stack() -> bool {
    stacker::remaining_stack().is_some_and(|left| left >= ONE_PIECE)
}

/// Reads something on this stack, or on another one if this is used up.
fn on_enough_stack<R>(read: impl FnOnce() -> R) -> R {
    if is_enough_stack() {
        return read();
    }
    let _ = loading(|state| state.shared.segments += 1);
    let result = stacker::grow(SEGMENT, read);
    let _ = loading(|state| state.shared.segments -= 1);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::document::frame::Format;
    use crate::plugin::document::pieces::SharedParts;

    #[test]
    fn attempts_in_vain_have_an_end() {
        let parts = SharedParts { root: 900, table: 1 };
        let body = [vec![b'1'; 900], vec![0x80]].concat();
        let pieces = Pieces::new(body, Format::Cbor, parts).map_err(|error| error.to_string()).ok();
        let mut shared = SharedLoad::default();
        let mut attempts = 0;
        while let Some(pieces) = pieces.as_ref().filter(|_| shared.refused.is_none() && attempts < 1000) {
            shared.postpone(Job::of::<u8>(1, false), pieces);
            shared.end_job();
            shared.jobs.clear();
            attempts += 1;
        }
        assert!((MOST_VAIN..=MOST_VAIN + 2).contains(&attempts), "{attempts}");
        assert!(shared.refused.is_some_and(|error| error.kind() == ErrorKind::Limit));
    }
}
