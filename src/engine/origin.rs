//! The origin of loaded arrays: their storage, and the version of the document that they were loaded from.

use crate::lock::Mutex;
use std::sync::Arc;

/// The place of a loaded array in its value, for errors and for a save that contains the array again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The document's name, if it has one.
    pub(crate) document: Option<String>,
    /// The first path in the value, if it is known.
    pub(crate) path: Option<String>,
    /// The version that the array was loaded from, if it was loaded from a storage.
    pub(crate) edition: Option<Arc<Edition>>,
}

/// The version of a document that the holder of loaded arrays knows: the one that they were loaded from, or the one
/// that a later save of them made. The arrays of one load, and their clones, share it.
#[derive(Debug)]
pub(crate) struct Edition {
    document: String,
    /// More than one if the outcome of a save is unknown.
    write_ids: Mutex<Vec<String>>,
}

/// The most consecutive saves of one value with an unknown outcome that are remembered.
const MOST_UNKNOWN: usize = 64;

impl Edition {
    /// `document` identifies the document within this process.
    pub(crate) fn new(document: String, write_id: &str) -> Arc<Self> {
        Arc::new(Self { document, write_ids: Mutex::new(vec![write_id.to_owned()]) })
    }

    pub(crate) fn is_of(&self, document: &str) -> bool {
        self.document == document
    }

    pub(crate) fn is(&self, write_id: &str) -> bool {
        self.write_ids.lock().iter().any(|known| known == write_id)
    }

    /// Notes that a save of the arrays has made this version.
    pub(crate) fn becomes(&self, write_id: &str) {
        *self.write_ids.lock() = vec![write_id.to_owned()];
    }

    /// Notes that a save of the arrays may have made this version.
    pub(crate) fn may_become(&self, write_id: &str) {
        let mut known = self.write_ids.lock();
        if known.len() < MOST_UNKNOWN {
            known.push(write_id.to_owned());
        }
    }
}
