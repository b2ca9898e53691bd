//! The threads that carry requests: a small runtime of the crate's own.
//!
//! Whoever waits for a request waits on an ordinary channel. So the synchronous functions work on any thread, also on one
//! of a runtime of the user's, where starting another would panic.
//!
//! A forked child has no threads but the one that forked, so it gets a runtime of its own.

use crate::error::{Error, ErrorKind, Result};
use once_cell::sync::OnceCell;
use std::future::Future;
use std::sync::mpsc::sync_channel;
use tokio::runtime::{Builder, Handle, Runtime};

/// Requests are mostly waited for; encryption and checksums of the protocol are what these threads do.
const THREADS: usize = 2;

/// The runtime of one process, and those of the processes that were forked from it. Never let go of: to stop threads that are
/// not there would wait for them.
struct Started {
    process: u32,
    runtime: Runtime,
    forked: OnceCell<Box<Started>>,
}

static FIRST: OnceCell<Box<Started>> = OnceCell::new();

impl Started {
    fn new(process: u32) -> Result<Box<Self>> {
        let mut builder = Builder::new_multi_thread();
        let built = builder.worker_threads(THREADS).thread_name("arraystow-io").enable_all().build();
        let runtime = built.map_err(|error| Error::io("cannot start the threads for requests", error))?;
        Ok(Box::new(Self { process, runtime, forked: OnceCell::new() }))
    }
}

/// The runtime of this process, started when it is first needed; it lives as long as the program.
pub(crate) fn handle() -> Result<&'static Handle> {
    let process = std::process::id();
    let mut started = FIRST.get_or_try_init(|| Started::new(process))?;
    while started.process != process {
        started = started.forked.get_or_try_init(|| Started::new(process))?;
    }
    Ok(started.runtime.handle())
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
