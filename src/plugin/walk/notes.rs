//! The notes of a walk about errors. A format turns an error that passes through it into a string; the notes have the
//! error itself and its place.

use crate::error::{Error, ErrorKind};
use crate::plugin::document::path::Path;
use std::cell::Cell;

thread_local! {
    static NOTED: Cell<u64> = const { Cell::new(0) };
}

/// The number of walks' first errors that this thread has noted.
#[inline]
pub(in crate::plugin) fn noted() -> u64 {
    NOTED.get()
}

/// The first error of a walk, and where the walk was when the first error passed by.
#[derive(Clone, Default)]
pub(in crate::plugin) struct Notes {
    error: Option<Error>,
    place: Option<String>,
    /// What [`noted`] has returned since then.
    since: u64,
}

impl Notes {
    pub(in crate::plugin) fn new(error: Option<Error>, place: Option<String>) -> Self {
        Self { error, place, since: 0 }
    }

    /// Something is noted.
    fn begin(&mut self) {
        if self.error.is_none() && self.place.is_none() {
            NOTED.set(NOTED.get() + 1);
            self.since = NOTED.get();
        }
    }

    /// Forgets what was noted after [`noted`] had returned this. Returns whether there was anything.
    pub(in crate::plugin) fn forget_since(&mut self, before: u64) -> bool {
        let is_new = self.since > before;
        if is_new {
            *self = Self::default();
        }
        is_new
    }

    pub(in crate::plugin) fn keep_error(&mut self, error: &Error) {
        self.begin();
        self.error.get_or_insert_with(|| error.clone());
    }

    pub(in crate::plugin) fn note_place(&mut self, place: &Path<'_>) {
        self.begin();
        self.place.get_or_insert_with(|| place.to_string());
    }

    /// These notes, and what they lack from later ones.
    pub(in crate::plugin) fn then(mut self, later: Self) -> Self {
        if later.error.is_some() || later.place.is_some() {
            self.begin();
        }
        Self { error: self.error.or(later.error), place: self.place.or(later.place), since: self.since }
    }

    pub(in crate::plugin) fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    pub(in crate::plugin) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// The error of the walk, whose format says `text`. It is the kept error if the format quotes it or has forgotten
    /// it (`is_forgotten`). If the format says something else, the result has both: `failed` is what went wrong with
    /// the document as a whole, `met` what the kept error adds to it.
    pub(in crate::plugin) fn explain(self, text: &str, is_forgotten: bool, failed: &str, met: &str) -> Error {
        let error = match &self.error {
            Some(error) if is_forgotten || is_quoted(error, text) => error.clone(),
            Some(error) => error.clone().context(format!("{failed}: {text}; {met}")),
            None => Error::new(ErrorKind::Serde, format!("{failed}: {text}")),
        };
        self.at_place(error)
    }

    /// An error at the place that was noted.
    pub(in crate::plugin) fn at_place(&self, error: Error) -> Error {
        match &self.place {
            Some(place) => error.at_path(place),
            None => error,
        }
    }
}

/// Whether a format's text quotes an error. Some formats escape it.
pub(in crate::plugin) fn is_quoted(error: &Error, text: &str) -> bool {
    let error = error.to_string();
    text.contains(&error) || text.contains(&error.escape_debug().to_string())
}
