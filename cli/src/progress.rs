//! Work that may take long: its progress, and Ctrl-C.

use crate::fault::{CANCELLED, Outcome, say};
use crate::signals;
use crate::text::clean;
use arraystow::{Task, TaskProgress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Work that takes less time shows nothing.
const BEFORE_SHOWN: Duration = Duration::from_millis(200);
/// Values of an object store that are worked on at the same time.
const MOST_AT_ONCE: usize = 16;

/// Shows the progress of work on stderr, if that is a terminal.
pub(crate) struct Progress {
    is_shown: bool,
    json: bool,
    now: Arc<Mutex<Now>>,
}

/// The bar of the work that is done now, and what the command knows of this work.
struct Now {
    bar: ProgressBar,
    /// What the work is part of, if it can be cancelled.
    task: Option<Task>,
    form: Form,
    values: usize,
    values_done: usize,
    bytes: u64,
    bytes_done: u64,
}

/// What a bar shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Only that something is done.
    Unknown,
    Values,
    Bytes,
}

impl Form {
    fn template(self) -> &'static str {
        match self {
            Self::Unknown => "{elapsed} {spinner}",
            Self::Values => "{elapsed} {wide_bar} {pos} of {len} values, {eta} left",
            Self::Bytes => "{elapsed} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left {msg}",
        }
    }
}

impl Progress {
    pub(crate) fn new(quiet: bool, json: bool) -> Self {
        let is_shown = !quiet && stderr().is_terminal();
        Self { is_shown, json, now: Arc::new(Mutex::new(Now::new(ProgressBar::hidden(), None))) }
    }

    /// Whether it is worth to look how much there is to do.
    pub(crate) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Runs work that may take long. The first Ctrl-C cancels the work, which takes back what it has written; the second
    /// one ends the process at once. With `json`, no text is printed then.
    pub(crate) fn watch<R>(&self, work: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
        let watched = self.now.clone();
        let task = Task::with_progress(move |progress| lock(&watched).show(progress));
        let (bar, handle, json) = (ProgressBar::hidden(), task.clone(), self.json);
        let shown = bar.clone();
        let _handled = signals::handle(move || {
            if handle.is_cancelled() {
                std::process::exit(CANCELLED.into());
            }
            // First: stderr may be gone, or may block.
            handle.cancel();
            if !json {
                shown.suspend(|| say("\ninterrupted: removing what is incomplete; press Ctrl-C again to stop at once"));
            }
        })?;
        *lock(&self.now) = Now::new(bar.clone(), Some(task.clone()));
        self.showing(&bar, || task.run(work))
    }

    /// Runs work that may take long and changes nothing. Ctrl-C ends the process at once.
    pub(crate) fn look<R>(&self, work: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
        let bar = ProgressBar::hidden();
        let shown = bar.clone();
        let _handled = signals::handle(move || {
            shown.finish_and_clear();
            std::process::exit(CANCELLED.into());
        })?;
        *lock(&self.now) = Now::new(bar.clone(), None);
        self.showing(&bar, work)
    }

    /// Shows a bar while work is done that takes some time.
    fn showing<R>(&self, bar: &ProgressBar, work: impl FnOnce() -> R) -> R {
        if !self.is_shown {
            return work();
        }
        let (finished, is_finished) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let show = move || {
                if is_finished.recv_timeout(BEFORE_SHOWN) == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(BEFORE_SHOWN);
                    let _ = is_finished.recv();
                    bar.finish_and_clear();
                }
            };
            // Without a thread there is no bar.
            let _ = std::thread::Builder::new().name("progress".to_owned()).spawn_scoped(scope, show);
            let result = work();
            drop(finished);
            result
        })
    }

    /// Does something for each item, for several of them at the same time in an object store. The results have the order
    /// of the items, in which `finished` gets them.
    pub(crate) fn each<T: Sync, R: Send>(
        &self,
        in_store: bool,
        items: &[T],
        work: impl Fn(&T) -> R + Sync,
        finished: impl FnMut(&R) + Send,
    ) -> Vec<R> {
        let task = lock(&self.now).task.clone();
        let next = AtomicUsize::new(0);
        let done = Mutex::new(InOrder { results: items.iter().map(|_| None).collect(), finished, passed_on: 0 });
        let take_turns = || {
            while let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some(item) = items.get(at)
            {
                let result = work(item);
                done.lock().unwrap_or_else(PoisonError::into_inner).put(at, result);
            }
        };
        let help = || task.as_ref().map_or_else(&take_turns, |task| task.run(take_turns));
        std::thread::scope(|scope| {
            let helpers = if in_store { items.len().min(MOST_AT_ONCE).saturating_sub(1) } else { 0 };
            for _ in 0..helpers {
                // With fewer threads it takes longer.
                let _ = std::thread::Builder::new().spawn_scoped(scope, help);
            }
            take_turns();
        });
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.results.into_iter().flatten().collect()
    }

    /// Begins work on so many values, and on so many bytes of their arrays as far as these are known.
    pub(crate) fn begin(&self, values: usize, bytes: u64) {
        let mut now = lock(&self.now);
        (now.values, now.bytes) = (values, bytes);
        now.show(&TaskProgress::default());
    }

    /// One of these values is finished, with so many bytes.
    pub(crate) fn finish_one(&self, bytes: u64) {
        let mut now = lock(&self.now);
        now.values_done += 1;
        now.bytes_done = now.bytes_done.saturating_add(bytes);
        now.show(&TaskProgress::default());
    }

    /// Says something beside the bar.
    pub(crate) fn say(&self, text: &str) {
        let bar = lock(&self.now).bar.clone();
        bar.suspend(|| say(text));
    }
}

/// Results that are passed on in their order, however they come.
struct InOrder<R, F> {
    results: Vec<Option<R>>,
    finished: F,
    passed_on: usize,
}

impl<R, F: FnMut(&R)> InOrder<R, F> {
    fn put(&mut self, at: usize, result: R) {
        if let Some(place) = self.results.get_mut(at) {
            *place = Some(result);
        }
        while let Some(Some(result)) = self.results.get(self.passed_on) {
            (self.finished)(result);
            self.passed_on += 1;
        }
    }
}

fn lock(now: &Mutex<Now>) -> std::sync::MutexGuard<'_, Now> {
    now.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Now {
    fn new(bar: ProgressBar, task: Option<Task>) -> Self {
        let mut now = Self { bar, task, form: Form::Unknown, values: 0, values_done: 0, bytes: 0, bytes_done: 0 };
        now.take(Form::Unknown);
        now
    }

    fn take(&mut self, form: Form) {
        self.form = form;
        if let Ok(style) = ProgressStyle::with_template(form.template()) {
            self.bar.set_style(style);
        }
    }

    fn show(&mut self, progress: &TaskProgress) {
        // Values that were there already, or were linked, are done without their bytes.
        let bytes_done = progress.bytes_done.max(self.bytes_done).max(self.bar_bytes());
        let bytes = progress.bytes.max(self.bytes).max(bytes_done);
        let (values, values_done) = match self.values {
            0 => (progress.values, progress.values_done),
            values => (values, self.values_done),
        };
        let form = match (bytes, values) {
            (0, 0) => self.form,
            (0, _) => Form::Values,
            _ => Form::Bytes,
        };
        if form != self.form {
            self.take(form);
        }
        let (len, done) = if form == Form::Bytes { (bytes, bytes_done) } else { (values as u64, values_done as u64) };
        self.bar.set_length(len);
        self.bar.set_position(done);
        if values > 1 {
            let name = progress.name.as_ref().map_or_else(String::new, |name| format!(": {}", clean(name)));
            self.bar.set_message(format!("{values_done} of {values} values{name}"));
        }
    }

    /// The bytes that the bar shows already: it does not go back.
    fn bar_bytes(&self) -> u64 {
        if self.form == Form::Bytes { self.bar.position() } else { 0 }
    }
}
