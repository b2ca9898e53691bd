//! The walk of a load. Every load enters here.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::de::at::At;
use crate::plugin::de::seeds::{Deserializer, Seed};
use crate::plugin::document::frame::Head;
use crate::plugin::document::path::Path;
use crate::plugin::document::pieces::{Pieces, ROOT};
use crate::plugin::drive::shared_load::{on_enough_stack, read_piece};
use crate::plugin::format;
use crate::plugin::format::part::Begin;
use crate::plugin::walk::context::{Level, push};
use crate::plugin::walk::loading::{ArrayResolver, LoadState};
use crate::plugin::walk::shared_load::SharedLoad;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::rc::Rc;

/// The value of a document.
pub(crate) fn read_document<T: DeserializeOwned>(
    body: Vec<u8>,
    head: &Head,
    resolver: Rc<dyn ArrayResolver>,
) -> Result<T> {
    let Some(parts) = head.manifest.shared else {
        let seed = Seed { seed: PhantomData::<T>, at: At { path: &Path::Root, format: Some(head.format) } };
        return load(resolver, SharedLoad::default(), || format::read(head.format, &body, Begin::Value, seed));
    };
    let pieces = Rc::new(Pieces::new(body, head.format, parts)?);
    let shared = SharedLoad::of_body(pieces.clone());
    load(resolver, shared, || on_enough_stack(|| read_piece(&pieces, ROOT)))
}

/// The value that a deserializer of the user's has.
pub(in crate::plugin) fn read_from<'de, T, D>(deserializer: D, resolver: Rc<dyn ArrayResolver>) -> Result<T>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    load(resolver, SharedLoad::default(), || {
        T::deserialize(Deserializer::new(deserializer, At { path: &Path::Root, format: None }))
            .map_err(|error| error.to_string())
    })
}

/// Walks a document once. `walk` returns the text of the format's error.
fn load<T>(resolver: Rc<dyn ArrayResolver>, shared: SharedLoad, walk: impl FnOnce() -> Result<T, String>) -> Result<T> {
    let guard = push(Level::Load(Box::new(LoadState::new(resolver, shared))));
    let result = walk();
    let Some(Level::Load(state)) = guard.pop() else {
        return Err(Error::new(ErrorKind::Serde, "the type's Deserialize implementation did not finish"));
    };
    match (state.shared.refused(), result) {
        (Some(error), _) => Err(state.notes.at_place(error)),
        (None, result) => result.map_err(|text| state.explain(&text)),
    }
}
