//! The threads that carry requests: a small runtime of the crate's own.
//!
//! Whoever waits for a request waits on an ordinary channel. So the synchronous functions work on any thread, also on one
//! of a runtime of the user's, where starting another would panic.

use crate::error::{Error, ErrorKind, Result};
use once_cell::sync::OnceCell;
use std::future::Future;
use std::sync::mpsc::sync_channel;
use tokio::runtime::{Builder, Handle, Runtime};

/// Requests are mostly waited for; encryption and checksums of the protocol are what these threads do.
const THREADS: usize = 2;

static RUNTIME: OnceCell<Runtime> = OnceCell::new();

/// The runtime, started when it is first needed; it lives as long as the program.
pub(crate) fn handle() -> Result<&'static Handle> {
    let start = || Builder::new_multi_thread().worker_threads(THREADS).thread_name("arraystow-io").enable_all().build();
    let runtime = RUNTIME.get_or_try_init(start);
    runtime.map(Runtime::handle).map_err(|error| Error::io("cannot start the threads for requests", error))
}

/// Runs a future to its end on the runtime and waits for it.
pub(crate) fn wait<F, T>(future: F) -> Result<T>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let (send, receive) = sync_channel(1);
    handle()?.spawn(async move {
        // Nobody listens any more: nobody is interested.
        let _ = send.send(future.await);
    });
    receive.recv().unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "a request was given up: its code panicked")))
}
