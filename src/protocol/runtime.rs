//! The threads that send requests: a small runtime of the crate's own.
//!
//! A caller waits for a request on an ordinary channel. So the synchronous functions work on any thread, including the
//! threads of the user's runtime, where starting another runtime would panic.
//!
//! A forked child has only the thread that forked, so it gets a runtime of its own.

use crate::error::{Error, ErrorKind, Result};
use crate::per_process::PerProcess;
use crate::task::check_cancelled;
use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// Few threads are enough: they spend their time on the protocol's encryption and checksums, and otherwise wait.
const THREADS: usize = 2;

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

fn start() -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    let built = builder.worker_threads(THREADS).thread_name("arraystow-io").enable_all().build();
    built.map_err(|error| Error::io("cannot start the threads for requests", error))
}

/// Returns the runtime of this process. It starts at the first call, and lives as long as the program.
pub(crate) fn handle() -> Result<&'static Handle> {
    Ok(RUNTIME.get_or_try_init(start)?.handle())
}

/// The time between two checks for cancellation.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Runs a future to its end on the runtime and waits for it. A request that changes something is never dropped, because
/// the store might still carry it out later.
pub(crate) fn wait<F, T>(future: F) -> Result<T>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    run(future, false)
}

/// Like [`wait`], for requests that change nothing. Such a request is dropped when the work is cancelled.
pub(crate) fn wait_reading<F, T>(future: F) -> Result<T>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    run(future, true)
}

fn run<F, T>(future: F, can_be_given_up: bool) -> Result<T>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let (send, receive) = sync_channel(1);
    let request = handle()?.spawn(async move {
        // The receiver may be gone.
        let _ = send.send(future.await);
    });
    loop {
        match receive.recv_timeout(BETWEEN_LOOKS) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::new(ErrorKind::Io, "a request was not completed: its code panicked"));
            }
            Err(RecvTimeoutError::Timeout) if can_be_given_up => {
                check_cancelled().inspect_err(|_| request.abort())?;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
