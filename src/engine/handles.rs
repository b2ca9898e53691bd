//! Handles of this process on stored arrays. An array can be left to its handle when it no longer belongs to a
//! document. The handle removes it when it is dropped.

use crate::lock::Mutex;
use crate::task::unstoppable;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};

/// The handles of this process, by the identity of the array.
static HANDLES: LazyLock<Mutex<HashMap<String, Weak<ArrayHandle>>>> = LazyLock::new(Mutex::default);

/// What all arrays of this process that read one stored array have in common.
pub(crate) struct ArrayHandle {
    identity: String,
    left: Mutex<Option<Removal>>,
}

/// Removes an array that no document names any more.
struct Removal {
    /// The process that does it. A forked child also has the handle, and its parent may still need the array.
    process: u32,
    remove: Box<dyn FnOnce() + Send>,
}

impl ArrayHandle {
    /// Returns the handle on the array of this identity. There is only one at a time.
    pub(crate) fn on(identity: String) -> Arc<Self> {
        let mut handles = HANDLES.lock();
        if let Some(handle) = handles.get(&identity).and_then(Weak::upgrade) {
            return handle;
        }
        let handle = Arc::new(Self { identity: identity.clone(), left: Mutex::default() });
        handles.insert(identity, Arc::downgrade(&handle));
        handle
    }

    /// Returns the handle on the array of this identity, if there is one.
    pub(crate) fn find(identity: &str) -> Option<Arc<Self>> {
        HANDLES.lock().get(identity).and_then(Weak::upgrade)
    }

    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// Leaves the array, which no document names any more, to the handle.
    pub(crate) fn leave(&self, removal: impl FnOnce() + Send + 'static) {
        *self.left.lock() = Some(Removal { process: std::process::id(), remove: Box::new(removal) });
    }

    /// Whether no document names the array any more.
    pub(crate) fn is_left(&self) -> bool {
        self.left.lock().is_some()
    }
}

impl Drop for ArrayHandle {
    fn drop(&mut self) {
        {
            let mut handles = HANDLES.lock();
            // Another one may have been made since.
            if handles.get(&self.identity).is_some_and(|known| std::ptr::eq(known.as_ptr(), self)) {
                handles.remove(&self.identity);
            }
        }
        if let Some(Removal { process, remove }) = self.left.lock().take()
            && process == std::process::id()
        {
            unstoppable(remove);
        }
    }
}
