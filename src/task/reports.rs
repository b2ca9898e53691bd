//! Limits how often a progress function is called.

use crate::lock::Mutex;
use std::time::{Duration, Instant};

/// The shortest time between two reports.
const BETWEEN_REPORTS: Duration = Duration::from_millis(200);

/// Reports of progress: one at a time, and few of them.
#[derive(Default)]
pub(crate) struct Reports {
    last: Mutex<Option<Instant>>,
}

impl Reports {
    /// Reports, unless another report is in progress or the last one was too recent.
    pub(crate) fn seldom(&self, report: impl FnOnce()) {
        let Some(mut last) = self.last.try_lock() else { return };
        if last.is_none_or(|last| last.elapsed() >= BETWEEN_REPORTS) {
            report();
            *last = Some(Instant::now());
        }
    }

    /// Reports now, after any report in progress.
    pub(crate) fn now(&self, report: impl FnOnce()) {
        let mut last = self.last.lock();
        report();
        *last = Some(Instant::now());
    }
}
