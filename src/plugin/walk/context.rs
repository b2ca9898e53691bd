//! The thread-local protocol context: how `Serialize` and `Deserialize`, which take no arguments, find the plan or the
//! arrays.
//!
//! A stack, since a `Serialize` implementation may save something else. A level is there only while a walk runs, on the
//! walking thread; while user code or I/O runs in the middle of a walk, an empty level is on top.

use crate::error::{Error, ErrorKind};
use crate::plugin::walk::loading::LoadState;
use crate::plugin::walk::saving::SaveState;
use std::cell::RefCell;
use std::marker::PhantomData;

pub(in crate::plugin) enum Level {
    Save(Box<SaveState>),
    Load(Box<LoadState>),
    Lifted,
}

thread_local! {
    static STACK: RefCell<Vec<Level>> = const { RefCell::new(Vec::new()) };
}

/// Takes its level away again, whatever happens meanwhile. Not `Send`: the level is this thread's.
pub(in crate::plugin) struct Guard {
    taken: bool,
    not_send: PhantomData<*const ()>,
}

pub(in crate::plugin) fn push(level: Level) -> Guard {
    STACK.with_borrow_mut(|stack| stack.push(level));
    Guard { taken: false, not_send: PhantomData }
}

/// Lifts the context from the thread.
pub(in crate::plugin) fn lift() -> Guard {
    push(Level::Lifted)
}

impl Guard {
    /// Ends the level and gives what it has become.
    pub(in crate::plugin) fn pop(mut self) -> Option<Level> {
        self.taken = true;
        STACK.with_borrow_mut(Vec::pop)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.taken {
            // Dropped outside the borrow: what a level holds may run code of its own.
            let level = STACK.try_with(|stack| stack.borrow_mut().pop());
            drop(level);
        }
    }
}

/// Uses the save in progress. The closure must not walk, save or load.
pub(in crate::plugin) fn saving<R>(use_it: impl FnOnce(&mut SaveState) -> R) -> Result<R, Error> {
    STACK.with_borrow_mut(|stack| match stack.last_mut() {
        Some(Level::Save(state)) => Ok(use_it(state)),
        _ => Err(no_context(
            "serialized",
            "storage.save(name, &value), arraystow::to_vec(&value, &protocols)",
            "serialize",
        )),
    })
}

/// Uses the load in progress. The closure must not walk, save or load.
pub(in crate::plugin) fn loading<R>(use_it: impl FnOnce(&mut LoadState) -> R) -> Result<R, Error> {
    STACK.with_borrow_mut(|stack| match stack.last_mut() {
        Some(Level::Load(state)) => Ok(use_it(state)),
        _ => Err(no_context(
            "deserialized",
            "storage.load(name), arraystow::from_slice(&bytes, &protocols)",
            "deserialize",
        )),
    })
}

fn no_context(what: &str, how: &str, function: &str) -> Error {
    Error::new(
        ErrorKind::NoContext,
        format!(
            "a chunked array or a shared value can only be {what} with protocols, which say where arrays are stored: \
                use {how}, or \
             arraystow::{function}(.., &protocols) around any serde format"
        ),
    )
}

/// Keeps the error for the end of the walk: a format makes text of it.
pub(in crate::plugin) fn keep_error(error: &Error) {
    STACK.with_borrow_mut(|stack| match stack.last_mut() {
        Some(Level::Save(state)) => state.notes.keep_error(error),
        Some(Level::Load(state)) => state.notes.keep_error(error),
        _ => {}
    });
}
