//! The walk of a load.

use crate::array::{ErasedArray, machine_memory};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::de::deserializer::Deserializer;
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::frame::Format;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::path::Path;
use crate::plugin::document::pieces::Pieces;
use crate::plugin::external::registry::Object;
use crate::plugin::walk::ahead::Walk;
use crate::plugin::walk::context::{Level, lift, loading, push};
use crate::plugin::walk::conversion::Conversion;
use crate::plugin::walk::shared_load::SharedLoad;
use serde::Deserialize;
use std::rc::Rc;
use std::sync::Arc;

/// Where a load finds the arrays of its document.
pub(crate) trait ArrayResolver {
    /// The array of an id, lazy; the same one for the same id.
    fn chunked(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>>;
    /// Whether the document has an array or another object of this id; without a manifest, whether it is an array's.
    fn names(&self, id: &PersistentId) -> bool;
    /// Whether it makes a difference to it how a walk came to a plain array or another object.
    fn reads_ahead(&self) -> bool;
    /// All elements of an array, for a plain `ndarray` field, if they have been read already.
    fn known(&self, id: &PersistentId) -> Option<Result<Arc<PlainElements>>>;
    /// The same. If they are to be read, others that the walk will come to, too, are read with them.
    fn whole(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Arc<PlainElements>>;
    /// The object of an id that is no array's; the same one for the same id. Others are read with it, too.
    fn object(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Object>;
    /// The shared values in a file.
    fn shared(&self, file: &str) -> Result<Pieces>;
}

/// Walks a document once, in a format of ours or another. `text` tells what the format's errors say.
pub(crate) fn load<'de, T, D>(
    deserializer: D,
    format: Option<Format>,
    resolver: Rc<dyn ArrayResolver>,
    text: impl FnOnce(&D::Error) -> String,
) -> Result<T>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    let guard = push(Level::Load(Box::new(LoadState::new(resolver))));
    let result = T::deserialize(Deserializer::new(deserializer, &Path::Root, format));
    let Some(Level::Load(mut state)) = guard.pop() else {
        return Err(Error::new(ErrorKind::Serde, "the type's Deserialize implementation left a walk unfinished"));
    };
    match (state.shared.refused(), result) {
        (Some(error), _) => Err(state.at_place(error)),
        (None, result) => result.map_err(|error| state.explain(&text(&error))),
    }
}

/// A load in progress.
pub(in crate::plugin) struct LoadState {
    resolver: Rc<dyn ArrayResolver>,
    conversion: Conversion,
    /// How the walk came to the array that follows, as told by our Deserializer.
    walk: Option<Walk>,
    pub(in crate::plugin) error: Option<Error>,
    /// Where the walk was when the first error passed by.
    pub(in crate::plugin) place: Option<String>,
    /// The first array whose elements did not fit.
    unfit: Option<String>,
    /// Bytes of memory of the values without a type.
    untyped: u64,
    pub(in crate::plugin) shared: SharedLoad,
}

impl LoadState {
    pub(in crate::plugin) fn new(resolver: Rc<dyn ArrayResolver>) -> Self {
        let (conversion, shared) = (Conversion::default(), SharedLoad::default());
        Self { resolver, conversion, walk: None, error: None, place: None, unfit: None, untyped: 0, shared }
    }

    /// Whether arrays of another type are converted.
    pub(in crate::plugin) fn conversion(&mut self) -> &mut Conversion {
        &mut self.conversion
    }

    pub(in crate::plugin) fn resolver(&self) -> Rc<dyn ArrayResolver> {
        self.resolver.clone()
    }

    /// Counts a value without a type that takes so many bytes.
    pub(in crate::plugin) fn count(&mut self, bytes: usize) -> Result<()> {
        self.untyped = self.untyped.saturating_add(bytes as u64);
        if self.untyped <= machine_memory() / 2 {
            return Ok(());
        }
        Err(Error::limit("the document has more values than fit into memory: load a part of it with a Rust type"))
    }

    pub(in crate::plugin) fn keep_error(&mut self, error: &Error) {
        self.error.get_or_insert_with(|| error.clone());
    }

    pub(in crate::plugin) fn note_place(&mut self, place: &Path<'_>) {
        self.place.get_or_insert_with(|| place.to_string());
    }

    /// The error of the walk: an array's own, if that is what the format tells of, or if the format only tells that no
    /// variant fitted: serde forgets why. Other formats forget everything; then both errors are told.
    pub(in crate::plugin) fn explain(mut self, text: &str) -> Error {
        let error = match self.error.take() {
            Some(error) if is_told(&error, text) || text.contains("did not match any variant") => error,
            Some(error) => error.context(format!("{UNFIT}: {text}; it came to an array that cannot be given")),
            None => {
                let unfit = self.unfit.take().zip(self.place.as_deref());
                let what = match unfit {
                    Some((array, place)) if place.starts_with(&array) => format!("{UNFIT_ELEMENTS}: "),
                    _ => String::new(),
                };
                Error::new(ErrorKind::Serde, format!("{UNFIT}: {what}{text}"))
            }
        };
        self.at_place(error)
    }

    /// The error where the first one was noted.
    pub(in crate::plugin) fn at_place(&self, error: Error) -> Error {
        match &self.place {
            Some(place) => error.at_path(place),
            None => error,
        }
    }
}

/// What is said of an array whose elements cannot be read as the type wants them.
pub(in crate::plugin) const UNFIT_ELEMENTS: &str = "an array's elements are not those that the type asks for";

/// Remembers an array whose elements did not fit.
#[cold]
pub(in crate::plugin) fn note_unfit(array: &Path<'_>) {
    let _ = loading(|state| {
        state.unfit.get_or_insert_with(|| array.to_string());
    });
}

const UNFIT: &str = "the document does not fit the type that is asked for";

/// Whether an array's error is what a format's text tells of; some formats quote it.
pub(in crate::plugin) fn is_told(error: &Error, text: &str) -> bool {
    let error = error.to_string();
    text.contains(&error) || text.contains(&error.escape_debug().to_string())
}

/// The chunked array of an id, with the context lifted while it is found.
pub(in crate::plugin) fn chunked(id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
    let resolver = loading(|state| state.resolver.clone())?;
    let _lifted = lift();
    resolver.chunked(id)
}

/// Whether the document has an array or another object of this id.
pub(in crate::plugin) fn names(id: &PersistentId) -> bool {
    loading(|state| state.resolver.clone()).is_ok_and(|resolver| resolver.names(id))
}

/// Remembers how the walk came to an array whose own `Deserialize` follows.
pub(in crate::plugin) fn note_walk(path: &Path<'_>) {
    if loading(|state| state.resolver.reads_ahead()).unwrap_or(false) {
        let walk = Walk::to(path);
        let _ = loading(|state| state.walk = Some(walk));
    }
}

/// The elements of an id that the walk has come to, with the context lifted while they are read.
pub(in crate::plugin) fn whole(id: &PersistentId, path: &Path<'_>) -> Result<Arc<PlainElements>> {
    read_whole(id, || Some(Walk::to(path)))
}

/// The same for an array whose own `Deserialize` asks for it.
pub(in crate::plugin) fn whole_of_noted(id: &PersistentId) -> Result<Arc<PlainElements>> {
    let walk = loading(|state| state.walk.take())?;
    read_whole(id, || walk)
}

fn read_whole(id: &PersistentId, walk: impl FnOnce() -> Option<Walk>) -> Result<Arc<PlainElements>> {
    let resolver = loading(|state| state.resolver.clone())?;
    let _lifted = lift();
    resolver.known(id).unwrap_or_else(|| {
        let walk = walk();
        on_reading_stack(|| resolver.whole(id, walk.as_ref()))
    })
}

/// Reads on a stack that is large enough for libhdf5, the codecs and a user's serializer, however deep in a document the walk is.
fn on_reading_stack<R>(read: impl FnOnce() -> R) -> R {
    const ENOUGH: usize = 1 << 20;
    const SEGMENT: usize = 8 << 20;
    stacker::maybe_grow(ENOUGH, SEGMENT, read)
}

/// The object of an id, with the context lifted while it is read.
pub(in crate::plugin) fn object(id: &PersistentId) -> Result<Object> {
    let (resolver, walk) = loading(|state| (state.resolver.clone(), state.walk.take()))?;
    let _lifted = lift();
    on_reading_stack(|| resolver.object(id, walk.as_ref()))
}

/// An array's error on its way through the format.
pub(in crate::plugin) fn tell<E: serde::de::Error>(error: Error) -> E {
    crate::plugin::walk::context::keep_error(&error);
    E::custom(error)
}

/// Remembers where the first error passed by.
#[cold]
pub(in crate::plugin) fn note_place(place: &Path<'_>) {
    let _ = loading(|state| state.note_place(place));
}
