//! A load in progress: the source of its arrays, and the notes of its walk.

use crate::array::{ErasedArray, machine_memory};
use crate::error::{Error, Result};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::path::Path;
use crate::plugin::document::pieces::Pieces;
use crate::plugin::external::user_serializer::Object;
use crate::plugin::walk::ahead::Walk;
use crate::plugin::walk::conversion::Conversion;
use crate::plugin::walk::notes::Notes;
use crate::plugin::walk::shared_load::SharedLoad;
use std::rc::Rc;
use std::sync::Arc;

/// Where a load finds the arrays of its document.
pub(crate) trait ArrayResolver {
    /// The array of an id, lazy; the same one for the same id.
    fn chunked(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>>;
    /// Whether the document has an array or an external object of this id; without a manifest, whether it is an
    /// array's.
    fn names(&self, id: &PersistentId) -> bool;
    /// Whether it makes a difference to it how a walk came to a plain array or an external object.
    fn reads_ahead(&self) -> bool;
    /// All elements of an array, for a plain `ndarray` field, if they have been read already.
    fn known(&self, id: &PersistentId) -> Option<Result<Arc<PlainElements>>>;
    /// The same. If they are to be read, others that the walk will come to, too, are read with them.
    fn whole(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Arc<PlainElements>>;
    /// The same, for a type that takes the elements over. Only what is asked for again is kept.
    fn take(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Arc<PlainElements>>;
    /// Whether the array of an id is to be read by the type that asks for it, into its own memory: it is large, and the
    /// walk may wait. Counts its bytes among those that are read.
    fn begin_direct(&self, id: &PersistentId) -> Result<bool>;
    /// The object of an id; the same one for the same id. Others may be read with it. Not for ids of arrays.
    fn object(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Object>;
    /// The shared values in a file.
    fn shared(&self, file: &str) -> Result<Pieces>;
}

/// A load in progress.
pub(in crate::plugin) struct LoadState {
    resolver: Rc<dyn ArrayResolver>,
    conversion: Conversion,
    /// How the walk came to the array that follows; our Deserializer notes it.
    walk: Option<Walk>,
    pub(in crate::plugin) notes: Notes,
    /// The first array whose elements did not fit.
    unfit: Option<String>,
    /// Bytes of memory of the values without a type.
    untyped: u64,
    pub(in crate::plugin) shared: SharedLoad,
}

/// What is said of an array whose elements cannot be read as the type asks for them.
pub(in crate::plugin) const UNFIT_ELEMENTS: &str = "an array's elements are not those that the type asks for";

impl LoadState {
    pub(in crate::plugin) fn new(resolver: Rc<dyn ArrayResolver>, shared: SharedLoad) -> Self {
        Self {
            resolver,
            conversion: Conversion::default(),
            walk: None,
            notes: Notes::default(),
            unfit: None,
            untyped: 0,
            shared,
        }
    }

    /// Whether arrays of another type are converted.
    pub(in crate::plugin) fn conversion(&mut self) -> &mut Conversion {
        &mut self.conversion
    }

    pub(in crate::plugin) fn resolver(&self) -> Rc<dyn ArrayResolver> {
        self.resolver.clone()
    }

    /// Counts the bytes of memory of a value without a type.
    pub(in crate::plugin) fn count(&mut self, bytes: usize) -> Result<()> {
        self.untyped = self.untyped.saturating_add(bytes as u64);
        if self.untyped <= machine_memory() / 2 {
            return Ok(());
        }
        Err(Error::limit("the document has more values than fit into memory: load a part of it with a Rust type"))
    }

    pub(in crate::plugin) fn reads_ahead(&self) -> bool {
        self.resolver.reads_ahead()
    }

    pub(in crate::plugin) fn set_walk(&mut self, walk: Walk) {
        self.walk = Some(walk);
    }

    pub(in crate::plugin) fn take_walk(&mut self) -> Option<Walk> {
        self.walk.take()
    }

    pub(in crate::plugin) fn note_unfit(&mut self, array: &Path<'_>) {
        self.unfit.get_or_insert_with(|| array.to_string());
    }

    pub(in crate::plugin) fn forget_since(&mut self, before: u64) {
        if self.notes.forget_since(before) {
            self.unfit = None;
        }
    }

    /// The error of a walk whose format says `text`. An untagged enum of serde's forgets why no variant fitted.
    pub(in crate::plugin) fn explain(self, text: &str) -> Error {
        const UNFIT: &str = "the document does not fit the type that is asked for";
        let unfit = self.unfit.as_deref().zip(self.notes.place());
        let is_in_unfit = unfit.is_some_and(|(array, place)| place.starts_with(array));
        let failed = match self.notes.error() {
            None if is_in_unfit => format!("{UNFIT}: {UNFIT_ELEMENTS}"),
            _ => UNFIT.to_owned(),
        };
        let is_forgotten = text.contains("did not match any variant");
        self.notes.explain(text, is_forgotten, &failed, "it reached an array that cannot be loaded")
    }
}
