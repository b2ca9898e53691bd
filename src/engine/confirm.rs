//! Arrays whose document has the data with which they are opened: chunks are requested at once, and the stored metadata
//! and checksums are read at the same time. No element is returned before these are found to match the document.

use super::pool::in_background;
use crate::backend::{ArrayReader, Backend};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::{Condvar, Mutex};
use crate::task::{Scope, check_cancelled};
use once_cell::sync::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

type Opened = Result<Arc<dyn ArrayReader>>;

/// How soon a wait ends after the work was cancelled.
const BETWEEN_CHECKS: Duration = Duration::from_millis(50);

/// The look at an array, on a thread of the pool.
pub(super) struct Confirmation {
    backend: Arc<dyn Backend>,
    name: String,
    look: Arc<Look>,
    confirmed: OnceCell<()>,
}

#[derive(Default)]
struct Look {
    stage: Mutex<Stage>,
    done: Condvar,
}

#[derive(Default)]
enum Stage {
    /// No thread of the pool has come to it.
    #[default]
    InLine,
    Running,
    Done(Opened),
    /// The array is opened again after an error.
    Taken,
}

impl Look {
    /// Opens the array, unless that is done elsewhere by now.
    fn run(&self, open: impl FnOnce() -> Opened) {
        let mut stage = self.stage.lock();
        if !matches!(*stage, Stage::InLine) {
            return;
        }
        *stage = Stage::Running;
        drop(stage);
        let panicked = |_| Err(Error::new(ErrorKind::Io, "the array was not opened: the code of its store panicked"));
        let opened = catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(panicked);
        *self.stage.lock() = Stage::Done(opened);
        self.done.notify_all();
    }

    /// Waits for the open array, or until the work is cancelled. Returns `None` if the caller is to open it: a thread
    /// of the pool that waited for another one to begin could wait for ever.
    fn take(&self) -> Option<Opened> {
        let mut stage = self.stage.lock();
        while matches!(*stage, Stage::Running) {
            stage = self.done.wait_timeout(stage, BETWEEN_CHECKS).0;
            if let (Stage::Running, Err(cancelled)) = (&*stage, check_cancelled()) {
                return Some(Err(cancelled));
            }
        }
        match std::mem::replace(&mut *stage, Stage::Taken) {
            Stage::Done(opened) => Some(opened),
            _ => None,
        }
    }
}

impl Confirmation {
    /// Begins to open the array.
    pub(super) fn begin(backend: &Arc<dyn Backend>, name: &str) -> Self {
        let look = Arc::new(Look::default());
        let (own, own_name, own_look) = (backend.clone(), name.to_owned(), look.clone());
        // It belongs to no task: other tasks may wait for it as well.
        // Without a thread the array is opened when that is waited for.
        let _ = in_background(Box::new(move || own_look.run(|| Scope::of_pool().enter(|| own.open(&own_name)))));
        Self { backend: backend.clone(), name: name.to_owned(), look, confirmed: OnceCell::new() }
    }

    /// Waits for the open array, unless it was checked before. After an error it is opened again.
    pub(super) fn wait(&self, check: impl FnOnce(Opened) -> Result<()>) -> Result<()> {
        let confirm = || check(self.look.take().unwrap_or_else(|| self.backend.open(&self.name)));
        self.confirmed.get_or_try_init(confirm).copied()
    }
}
