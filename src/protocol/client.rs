//! What everything made of one client shares: the bound on its requests, and what was found out about its store.

use crate::error::{Error, Result};
use object_store::ObjectStore;
use once_cell::sync::OnceCell;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Semaphore;

/// Requests under way at a time, as measured against 20 ms of latency: fewer wait, more gain nothing.
pub(crate) const CONCURRENCY: usize = 64;

/// The clients in use. As long as one is here its address is nobody else's.
static CLIENTS: Mutex<Vec<Known>> = Mutex::new(Vec::new());

struct Known {
    client: Weak<dyn ObjectStore>,
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) requests: Semaphore,
    pub(super) heeds_conditions: OnceCell<bool>,
    /// The process that has sent the first request: its connections are no other's.
    process: OnceCell<u32>,
}

impl Shared {
    /// What belongs to this client, whoever else has it.
    pub(super) fn of(client: &Arc<dyn ObjectStore>) -> Arc<Self> {
        let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|known| known.client.strong_count() > 0);
        // Addresses only: the same type may have several tables of its methods.
        let found = clients.iter().find(|known| std::ptr::addr_eq(known.client.as_ptr(), Arc::as_ptr(client)));
        if let Some(known) = found {
            return known.shared.clone();
        }
        let shared = Arc::new(Self {
            requests: Semaphore::new(CONCURRENCY),
            heeds_conditions: OnceCell::new(),
            process: OnceCell::new(),
        });
        clients.push(Known { client: Arc::downgrade(client), shared: shared.clone() });
        shared
    }

    /// Refuses to go on in a process that was forked since the first request: the connections are those of the other one, and
    /// the threads that served them are not here. It would be waited for ever.
    pub(super) fn check_process(&self) -> Result<()> {
        let process = std::process::id();
        if *self.process.get_or_init(|| process) == process {
            return Ok(());
        }
        Err(Error::unsupported(
            "this process was forked from one that has used this object store already, and a connection cannot be used by both: \
             open the storage anew in the child, or fork before the first use",
        ))
    }
}
