//! The walk of a load.

use super::PersistentId;
use super::context::{Level, lift, loading, push};
use super::de::Deserializer;
use super::path::Path;
use super::plain::PlainElements;
use crate::array::ErasedArray;
use crate::error::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::rc::Rc;
use std::sync::Arc;

/// Where a load finds the arrays of its document.
pub(crate) trait ArrayResolver {
    /// The array of an id, lazy; the same one for the same id.
    fn chunked(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>>;
    /// All its elements, for a plain `ndarray` field.
    fn whole(&self, id: &PersistentId) -> Result<Arc<PlainElements>>;
}

/// Walks a document once.
pub(crate) fn load<'de, T, D>(deserializer: D, resolver: Rc<dyn ArrayResolver>) -> Result<T>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    let guard = push(Level::Load(Box::new(LoadState { resolver, error: None, place: None })));
    let result = T::deserialize(Deserializer::new(deserializer, &Path::Root));
    let Some(Level::Load(state)) = guard.pop() else {
        return Err(Error::new(ErrorKind::Serde, "the type's Deserialize implementation left a walk unfinished"));
    };
    result.map_err(|error| state.explain(&error.to_string()))
}

/// A load in progress.
pub(super) struct LoadState {
    resolver: Rc<dyn ArrayResolver>,
    error: Option<Error>,
    /// Where the walk was when the first error passed by.
    place: Option<String>,
}

impl LoadState {
    pub(super) fn keep_error(&mut self, error: &Error) {
        self.error.get_or_insert_with(|| error.clone());
    }

    pub(super) fn note_place(&mut self, place: &Path<'_>) {
        self.place.get_or_insert_with(|| place.to_string());
    }

    /// The error of the walk. An array's own, if that is what the format tells of, or if the format only tells that no
    /// variant fitted: serde forgets why.
    fn explain(self, text: &str) -> Error {
        let error = match self.error {
            Some(error) if text.contains(&error.to_string()) || text.contains("did not match any variant") => error,
            _ => Error::new(
                ErrorKind::Serde,
                format!("the document does not fit the type that is asked for: {text}"),
            ),
        };
        match self.place {
            Some(place) => error.at_path(&place),
            None => error,
        }
    }
}

/// The chunked array of an id, with the context lifted while it is found.
pub(super) fn chunked(id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
    let resolver = loading(|state| state.resolver.clone())?;
    let _lifted = lift();
    resolver.chunked(id)
}

/// The elements of an id, with the context lifted while they are read.
pub(super) fn whole(id: &PersistentId) -> Result<Arc<PlainElements>> {
    let resolver = loading(|state| state.resolver.clone())?;
    let _lifted = lift();
    resolver.whole(id)
}

/// An array's error on its way through the format.
pub(super) fn tell<E: serde::de::Error>(error: Error) -> E {
    super::context::keep_error(&error);
    E::custom(error)
}

/// Remembers where the first error passed by.
#[cold]
pub(super) fn note_place(place: &Path<'_>) {
    let _ = loading(|state| state.note_place(place));
}
