//! The threads of the async forms: started when they are needed, a bounded number of them, gone when there is nothing to do.

use crate::error::{Error, Result};
use crate::lock::{Condvar, Mutex};
use crate::per_process::PerProcess;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

/// Threads at the same time. They mostly wait, for a disk, a server, a lock or helpers; what is more than that waits in line.
const MOST_THREADS: usize = 64;

/// How long a thread waits for more.
const PATIENCE: Duration = Duration::from_secs(5);

/// As of the helpers of a loop.
const STACK_BYTES: usize = 8 << 20;

pub(crate) type Work = Box<dyn FnOnce() + Send>;

static POOL: PerProcess<Pool> = PerProcess::new();

#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    line: VecDeque<Work>,
    threads: usize,
    idle: usize,
}

/// Does something on a thread of the pool.
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
                // One of the others will come to it.
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
                // The one who waits for the work learns of it.
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
