//! The terminal's state: as the browser needs it, and as it was before.

use crossterm::cursor::{Hide, Show};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use std::io::{self, Write, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal has to be restored: once, because it could not show what is printed after that.
static IS_CHANGED: AtomicBool = AtomicBool::new(false);

/// A terminal without lines of its own. It gets its former state back when this is dropped, or at a panic.
pub(super) struct Terminal(());

impl Terminal {
    pub(super) fn enter() -> io::Result<Self> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |report| {
            // The report is to be read on the former screen.
            restore();
            before(report);
        }));
        enable_raw_mode()?;
        IS_CHANGED.store(true, Ordering::SeqCst);
        let terminal = Self(());
        execute!(stdout(), EnterAlternateScreen, DisableLineWrap, Hide)?;
        Ok(terminal)
    }

    /// Whether a panic, perhaps of another thread, has restored the terminal.
    pub(super) fn is_restored(&self) -> bool {
        !IS_CHANGED.load(Ordering::SeqCst)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Does what can be done: a terminal that is gone needs nothing.
pub(super) fn restore() {
    if !IS_CHANGED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    let _ = queue!(out, Show, EnableLineWrap, LeaveAlternateScreen);
    let _ = out.flush();
    let _ = disable_raw_mode();
}
