//! The threads that carry requests: a small runtime of the crate's own.
//!
//! Whoever waits for a request waits on an ordinary channel. So the synchronous functions work on any thread, also on one
//! of a runtime of the user's, where starting another would panic.
//!
//! A forked child has no threads but the one that forked, so it gets a runtime of its own.

use crate::error::{Error, ErrorKind, Result};
use crate::per_process::PerProcess;
use crate::task::check_cancelled;
use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// Requests are mostly waited for; encryption and checksums of the protocol are what these threads do.
const THREADS: usize = 2;

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

fn start() -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    let built = builder.worker_threads(THREADS).thread_name("arraystow-io").enable_all().build();
    built.map_err(|error| Error::io("cannot start the threads for requests", error))
}

/// The runtime of this process, started when it is first needed; it lives as long as the program.
pub(crate) fn handle() -> Result<&'static Handle> {
    Ok(RUNTIME.get_or_try_init(start)?.handle())
}

/// How long a request is waited for between two looks whether its work was cancelled.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Runs a future to its end on the runtime and waits for it. One that changes something is never cut off: the store might
/// carry it out all the same, after whatever comes next.
pub(crate) fn wait<F, T>(future: F) -> Result<T>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    run(future, false)
}

/// As [`wait`], for what changes nothing: it is given up when the work is cancelled.
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
                return Err(Error::new(ErrorKind::Io, "a request was given up: its code panicked"));
            }
            Err(RecvTimeoutError::Timeout) if can_be_given_up => {
                check_cancelled().inspect_err(|_| request.abort())?;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
