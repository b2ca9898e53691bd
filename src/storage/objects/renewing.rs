//! The renewals of a lease, on the threads of the requests.

use crate::error::Result;
use crate::lock::Mutex;
use crate::protocol::{Objects, Replace, handle, wait};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A time by two clocks: one does not jump, the other goes on while the machine sleeps.
#[derive(Clone, Copy)]
pub(super) struct Moment(Instant, SystemTime);

impl Moment {
    pub(super) fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    fn is_older_than(self, age: Duration) -> bool {
        self.0.elapsed() > age || self.1.elapsed().is_ok_and(|elapsed| elapsed > age)
    }
}

/// Renews a lease until it is stopped.
pub(super) struct Renewing {
    renewed: Arc<Mutex<Moment>>,
    stopped: Arc<Stopped>,
    task: Option<JoinHandle<()>>,
    /// The process in which the task runs.
    process: u32,
}

#[derive(Default)]
struct Stopped {
    is_set: AtomicBool,
    woken: Notify,
}

impl Renewing {
    /// Renews a lease that was put at this moment. `contents` makes what is put.
    pub(super) fn begin(
        objects: Objects,
        key: String,
        contents: impl Fn() -> Result<Bytes> + Send + Sync + 'static,
        lasts: Duration,
        begun: Moment,
    ) -> Result<Self> {
        let (renewed, stopped) = (Arc::new(Mutex::new(begun)), Arc::new(Stopped::default()));
        let renewing = renew(objects, key, contents, lasts, renewed.clone(), stopped.clone());
        let task = Some(handle()?.spawn(renewing));
        Ok(Self { renewed, stopped, task, process: std::process::id() })
    }

    /// Whether the last renewal is longer ago than this.
    pub(super) fn is_older_than(&self, age: Duration) -> bool {
        self.renewed.lock().is_older_than(age)
    }

    /// Lets no renewal begin any more.
    pub(super) fn stop(&self) {
        self.stopped.is_set.store(true, Ordering::Release);
        self.stopped.woken.notify_one();
    }

    /// Stops, and waits for a renewal that is under way: if it were dropped, the store might still carry it out later.
    pub(super) fn end(&mut self) {
        self.stop();
        // A forked child does not have the task.
        if let Some(task) = self.task.take().filter(|_| self.process == std::process::id()) {
            let _ = wait(async move { Ok(task.await) });
        }
    }
}

async fn renew(
    objects: Objects,
    key: String,
    contents: impl Fn() -> Result<Bytes>,
    lasts: Duration,
    renewed: Arc<Mutex<Moment>>,
    stopped: Arc<Stopped>,
) {
    while tokio::time::timeout(lasts / 5, stopped.woken.notified()).await.is_err() {
        let last = *renewed.lock();
        // Once it has run out it is over for good: a sweep may be at work.
        if last.is_older_than(lasts) {
            return;
        }
        let now = Moment::now();
        // A renewal that fails is made up for by the next.
        let Ok(bytes) = contents() else { continue };
        let put = objects.clone().putting_unless(key.clone(), bytes, Replace::Any, &stopped.is_set);
        if put.await.is_ok() {
            *renewed.lock() = now;
        }
    }
}
