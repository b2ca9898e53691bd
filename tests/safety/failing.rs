//! Calls on a folder that fail.

use arraystow::faults::{Call, Watcher};
use std::io;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// Lets calls fail: of those that are counted, from the n-th on.
pub struct Failing {
    left: AtomicI64,
    once: bool,
    counted: fn(&Call<'_>) -> bool,
    failed: Mutex<Vec<String>>,
}

impl Failing {
    pub fn from(n: i64, once: bool, counted: fn(&Call<'_>) -> bool) -> Arc<Self> {
        Arc::new(Self { left: AtomicI64::new(n), once, counted, failed: Mutex::default() })
    }

    /// The first call that has failed.
    pub fn first(&self) -> Option<String> {
        self.failed.lock().unwrap().first().cloned()
    }
}

impl Watcher for Failing {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        if !(self.counted)(call) {
            return Ok(());
        }
        let left = self.left.fetch_sub(1, SeqCst);
        if left == 0 || (left < 0 && !self.once) {
            let call = format!("{call:?}");
            self.failed.lock().unwrap().push(call.chars().take(120).collect());
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no room left, says the test"));
        }
        Ok(())
    }
}

pub fn any(call: &Call<'_>) -> bool {
    call.changes()
}

pub fn needs_room(call: &Call<'_>) -> bool {
    matches!(
        call,
        Call::MakeFile(_) | Call::MakeFolder(_) | Call::Write { .. } | Call::Lengthen { .. } | Call::Reserve { .. }
    )
}

pub fn syncs(call: &Call<'_>) -> bool {
    matches!(call, Call::SyncFile(_) | Call::SyncFolder(_))
}
