//! State that all users of one client share: the bound on its requests, and what is known about its store.

use crate::error::{Error, Result};
use crate::lock::Mutex;
use object_store::ObjectStore;
use once_cell::sync::OnceCell;
use std::sync::{Arc, Weak};
use tokio::sync::Semaphore;

/// The most requests in flight. Measured at a latency of 20 ms: with fewer, requests wait; more gain nothing.
pub(crate) const CONCURRENCY: usize = 64;
/// The most urgent requests in flight, beside the others.
const URGENT: usize = 4;

/// The clients in use. A client in this list is alive, so its address identifies it.
static CLIENTS: Mutex<Vec<Known>> = Mutex::new(Vec::new());

struct Known {
    client: Weak<dyn ObjectStore>,
    shared: Arc<ClientState>,
}

pub(super) struct ClientState {
    pub(super) requests: Semaphore,
    /// For requests that must not wait for the data of saves in progress.
    pub(super) urgent: Semaphore,
    pub(super) heeds_conditions: OnceCell<bool>,
    /// The process that has sent the first request. Its connections do not work in another process.
    process: OnceCell<u32>,
}

impl ClientState {
    /// Returns the state of this client.
    pub(super) fn of(client: &Arc<dyn ObjectStore>) -> Arc<Self> {
        let mut clients = CLIENTS.lock();
        clients.retain(|known| known.client.strong_count() > 0);
        // Compares addresses only, because one type may have several vtables.
        let found = clients.iter().find(|known| std::ptr::addr_eq(known.client.as_ptr(), Arc::as_ptr(client)));
        if let Some(known) = found {
            return known.shared.clone();
        }
        let shared = Arc::new(Self {
            requests: Semaphore::new(CONCURRENCY),
            urgent: Semaphore::new(URGENT),
            heeds_conditions: OnceCell::new(),
            process: OnceCell::new(),
        });
        clients.push(Known { client: Arc::downgrade(client), shared: shared.clone() });
        shared
    }

    /// Fails in a process that was forked after the first request. The connections belong to the parent process, and
    /// the threads that served them do not exist in the child. A request would wait forever.
    pub(super) fn check_process(&self) -> Result<()> {
        let process = std::process::id();
        if *self.process.get_or_init(|| process) == process {
            return Ok(());
        }
        Err(Error::unsupported(
            "this process was forked after its parent had used the object store, and connections cannot be shared: open the \
             storage again in the child, or fork before the first use",
        ))
    }
}
