//! Arrays whose document has what they are opened with: chunks are asked for at once, and meanwhile what lies beside the
//! array is looked at. No element is handed out before that is found to be what the document says.

use crate::backend::{ArrayReader, Backend};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::task::Scope;
use once_cell::sync::OnceCell;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

type Opened = Result<Arc<dyn ArrayReader>>;

/// The look at an array, on a thread of its own.
pub(super) struct Confirmation {
    backend: Arc<dyn Backend>,
    name: String,
    opening: Mutex<Option<JoinHandle<Opened>>>,
    confirmed: OnceCell<()>,
}

impl Confirmation {
    /// Begins to open the array.
    pub(super) fn begin(backend: &Arc<dyn Backend>, name: &str) -> Self {
        let (scope, own, own_name) = (Scope::current(), backend.clone(), name.to_owned());
        let open = move || scope.enter(|| own.open(&own_name));
        // Without a thread the array is opened when that is waited for.
        let opening = Mutex::new(Builder::new().name("arraystow".into()).spawn(open).ok());
        Self { backend: backend.clone(), name: name.to_owned(), opening, confirmed: OnceCell::new() }
    }

    /// Waits for the open array, unless it was checked before. After an error it is opened again.
    pub(super) fn wait(&self, check: impl FnOnce(Opened) -> Result<()>) -> Result<()> {
        let confirm = || {
            let opening = self.opening.lock().take();
            let panicked =
                |_| Err(Error::new(ErrorKind::Io, "the array was not opened: the code of its store panicked"));
            check(match opening {
                Some(opening) => opening.join().unwrap_or_else(panicked),
                None => self.backend.open(&self.name),
            })
        };
        self.confirmed.get_or_try_init(confirm).copied()
    }
}
