//! The threads of the async forms: a bounded number, started on demand, which end when they are idle.

use crate::error::{Error, Result};
use crate::lock::{Condvar, Mutex};
use crate::per_process::PerProcess;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

/// The most threads. They mostly wait for a disk, a server, a lock or helper threads. Further work is queued.
const MOST_THREADS: usize = 64;

/// How long an idle thread waits for work before it ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// The stack of a thread, as large as that of a loop's helpers.
const STACK_BYTES: usize = 8 << 20;

pub(crate) type Work = Box<dyn FnOnce() + Send>;

static POOL: PerProcess<Pool> = PerProcess::new();

#[derive(Default)]
struct Pool {
    state: Mutex<PoolState>,
    more: Condvar,
}

#[derive(Default)]
struct PoolState {
    line: VecDeque<Work>,
    threads: usize,
    idle: usize,
}

/// Runs work on a thread of the pool.
pub(crate) fn in_background(work: Work) -> Result<()> {
    POOL.get_or_try_init(|| Ok(Pool::default()))?.add(work)
}

/// Whether this is a thread of tokio's, which is not to wait.
pub(crate) fn on_executor() -> bool {
    #[cfg(feature = "object-store")]
    return tokio::runtime::Handle::try_current().is_ok();
    #[cfg(not(feature = "object-store"))]
    false
}

/// Does something on a thread of its own.
pub(super) fn spawn_apart(work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name("arraystow-async".into()).stack_size(STACK_BYTES).spawn(work);
    thread.map(drop).map_err(|error| Error::io("cannot start a thread", error))
}

impl Pool {
    fn add(&'static self, work: Work) -> Result<()> {
        let mut state = self.state.lock();
        state.line.push_back(work);
        if state.idle >= state.line.len() {
            self.more.notify_one();
        } else if state.threads < MOST_THREADS {
            match spawn_apart(|| self.serve()) {
                Ok(()) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    state.line.pop_back();
                    return Err(error);
                }
                // Another thread will take the work.
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            if let Some(work) = state.line.pop_front() {
                drop(state);
                // The future of the work returns the panic as an error.
                let _ = catch_unwind(AssertUnwindSafe(work));
                state = self.state.lock();
                continue;
            }
            state.idle += 1;
            let (awake, is_over) = self.more.wait_timeout(state, PATIENCE);
            state = awake;
            state.idle -= 1;
            if is_over && state.line.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }
}
