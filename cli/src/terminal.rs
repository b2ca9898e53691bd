//! What concerns the terminal: progress, Ctrl-C, questions.

use crate::fault::{CANCELLED, Fault, Outcome, say};
use crate::{signals, text};
use arraystow::{Task, TaskProgress};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{BufRead, IsTerminal, Write, stderr, stdin};
use std::time::Duration;

/// Runs work that may take long. Its progress is shown on stderr, if that is a terminal. The first Ctrl-C cancels the
/// work, which takes back what it has written; the second one ends the process at once. With `json`, no text is
/// printed then.
pub(crate) fn watched<R>(quiet: bool, json: bool, work: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
    let bar = if quiet || !stderr().is_terminal() { ProgressBar::hidden() } else { bar() };
    let watched = bar.clone();
    let task = Task::with_progress(move |progress| show(&watched, progress));
    let handle = task.clone();
    let handler = move || {
        if handle.is_cancelled() {
            std::process::exit(CANCELLED.into());
        }
        // First: stderr may be gone, or may block.
        handle.cancel();
        if !json {
            say("\ninterrupted: removing what is incomplete; press Ctrl-C again to stop at once");
        }
    };
    signals::handle(handler)?;
    let result = task.run(work);
    bar.finish_and_clear();
    result
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = "{elapsed} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(bar: &ProgressBar, progress: &TaskProgress) {
    bar.set_length(progress.bytes);
    bar.set_position(progress.bytes_done);
    if let Some(name) = progress.name.as_ref().filter(|_| progress.values > 1) {
        bar.set_message(format!("{} of {} values: {name}", progress.values_done, progress.values));
    }
}

/// Asks before something is removed. Without a terminal, `--yes` is needed.
pub(crate) fn confirm(yes: bool, what: &str) -> Outcome<()> {
    if yes {
        return Ok(());
    }
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(Fault::Usage(format!("{what}? there is no terminal to ask: add --yes")));
    }
    write!(stderr(), "{what}? [y/N] ")?;
    stderr().flush()?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Fault::Other("nothing was changed".to_owned())),
    }
}

/// A number of things, and the bytes that they take.
pub(crate) fn sum(count: usize, things: &str, bytes: u64) -> String {
    format!("{count} {things}, {}", text::bytes(bytes))
}
