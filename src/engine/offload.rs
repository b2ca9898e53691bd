//! Work that waits, away from the caller's executor: on a thread of its own.

use crate::error::{Error, ErrorKind, Result};
use futures_channel::oneshot;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// Whether anybody still waits for a piece of work.
#[derive(Clone, Default)]
pub(crate) struct Wanted(Option<Arc<AtomicBool>>);

impl Wanted {
    /// An error if nobody does: whatever was begun is then taken back.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0 {
            Some(given_up) if given_up.load(Ordering::Relaxed) => {
                Err(Error::new(ErrorKind::Io, "the future was dropped before its work was done"))
            }
            _ => Ok(()),
        }
    }
}

/// Runs work on a thread of its own. When the future is dropped, the work is told and goes on to its next look.
pub(crate) fn offload<T: Send + 'static>(work: impl FnOnce(&Wanted) -> Result<T> + Send + 'static) -> Offloaded<T> {
    let given_up = Arc::new(AtomicBool::new(false));
    let wanted = Wanted(Some(given_up.clone()));
    let (send, receive) = oneshot::channel();
    let begun = std::thread::Builder::new().name("arraystow-async".into()).spawn(move || {
        // Nobody may be there any more to receive it.
        let _ = send.send(work(&wanted));
    });
    let failed = begun.err().map(|error| Error::io("cannot start a thread", error));
    Offloaded { receive, failed, given_up }
}

/// The result of work on another thread, in the future.
pub(crate) struct Offloaded<T> {
    receive: oneshot::Receiver<Result<T>>,
    failed: Option<Error>,
    given_up: Arc<AtomicBool>,
}

impl<T> Future for Offloaded<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.receive).poll(context).map(|received| {
            received.unwrap_or_else(|_| Err(Error::new(ErrorKind::Source, "the work on another thread panicked")))
        })
    }
}

impl<T> Drop for Offloaded<T> {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}
