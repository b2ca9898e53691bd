//! Removes arrays that no document names.

use super::workers::{Job, run};
use crate::backend::Backend;
use crate::lock::Mutex;
use crate::task::unstoppable;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// If a removal fails after more than this time, the server does not answer, and no other removal is tried.
const PATIENCE: Duration = Duration::from_secs(5);

/// Removes arrays, finished or not, many at a time. Returns the locations of those that stay behind. What is not there
/// any more counts as removed.
pub(crate) fn remove_arrays(backend: &dyn Backend, names: Vec<String>) -> Vec<String> {
    let arrays: Vec<_> = names.into_iter().map(|name| (backend.describe(&name), name)).collect();
    // What is not known to be removed is reported, after a panic too.
    let left: Mutex<BTreeSet<String>> = Mutex::new(arrays.iter().map(|(location, _)| location.clone()).collect());
    let out_of_reach = AtomicBool::new(false);
    let jobs = arrays.into_iter().map(|work| Job { work, bytes: 0 });
    let clean = |(location, name): (String, String)| {
        if out_of_reach.load(Ordering::Relaxed) {
            return Ok(());
        }
        let start = Instant::now();
        match backend.remove(&name) {
            Err(error) if !error.is_not_found() => {
                out_of_reach.fetch_or(start.elapsed() > PATIENCE, Ordering::Relaxed);
            }
            _ => drop(left.lock().remove(&location)),
        }
        Ok(())
    };
    let _ = unstoppable(|| run(backend.concurrency(), jobs, clean));
    left.into_inner().into_iter().collect()
}
