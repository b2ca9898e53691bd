//! The places where an array that is in memory, or computed, was saved.

use super::origin::Origin;
use super::stored::{Expected, StoredArray};
use crate::array::ArrayMeta;
use crate::backend::Backend;
use std::sync::Arc;

/// A note on an array: a place where it was saved. It may be gone, and is checked before it is used.
pub(crate) struct Saved {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) name: String,
    pub(crate) expected: Expected,
    /// What it was stored with; not known of an array that was loaded.
    pub(crate) meta: Option<ArrayMeta>,
}

impl Saved {
    /// The array at this place, which is not opened yet.
    pub(crate) fn stored(&self) -> StoredArray {
        StoredArray::lazy(self.backend.clone(), self.name.clone(), self.expected.clone(), Origin::default())
    }
}
