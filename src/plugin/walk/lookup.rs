//! Finding arrays and objects in the middle of a load.

use crate::array::ErasedArray;
use crate::error::Result;
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::path::Path;
use crate::plugin::external::user_serializer::Object;
use crate::plugin::walk::ahead::Walk;
use crate::plugin::walk::context::{lift, loading};
use crate::plugin::walk::stack::on_reading_stack;
use std::sync::Arc;

/// The chunked array of an id, with the context lifted while it is found.
pub(in crate::plugin) fn chunked(id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
    let resolver = loading(|state| state.resolver())?;
    let _lifted = lift();
    resolver.chunked(id)
}

/// Whether the document has an array or an external object of this id.
pub(in crate::plugin) fn names(id: &PersistentId) -> bool {
    loading(|state| state.resolver()).is_ok_and(|resolver| resolver.names(id))
}

/// Notes how the walk came to an array whose own `Deserialize` follows.
pub(in crate::plugin) fn note_walk(path: &Path<'_>) {
    if loading(|state| state.reads_ahead()).unwrap_or(false) {
        let walk = Walk::to(path);
        let _ = loading(|state| state.set_walk(walk));
    }
}

/// The elements of an id that the walk has come to, with the context lifted while they are read.
pub(in crate::plugin) fn whole(id: &PersistentId, path: &Path<'_>) -> Result<Arc<PlainElements>> {
    let resolver = loading(|state| state.resolver())?;
    let _lifted = lift();
    resolver.known(id).unwrap_or_else(|| on_reading_stack(|| resolver.whole(id, Some(&Walk::to(path)))))
}

/// The elements of an id for a type that takes them over, with the context lifted while they are read.
pub(in crate::plugin) fn take_whole(id: &PersistentId) -> Result<Arc<PlainElements>> {
    let (resolver, walk) = loading(|state| (state.resolver(), state.take_walk()))?;
    let _lifted = lift();
    on_reading_stack(|| resolver.take(id, walk.as_ref()))
}

/// Whether a type is to read the array of an id into its own memory.
pub(in crate::plugin) fn begin_direct(id: &PersistentId) -> Result<bool> {
    let resolver = loading(|state| state.resolver())?;
    let _lifted = lift();
    resolver.begin_direct(id)
}

/// The object of an id, with the context lifted while it is read.
pub(in crate::plugin) fn object(id: &PersistentId) -> Result<Object> {
    let (resolver, walk) = loading(|state| (state.resolver(), state.take_walk()))?;
    let _lifted = lift();
    on_reading_stack(|| resolver.object(id, walk.as_ref()))
}
