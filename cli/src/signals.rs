//! The signals that end a command: SIGINT, which Ctrl-C sends, SIGTERM, and SIGHUP of a terminal that was closed.

use crate::fault::{CANCELLED, Fault, Outcome};
use std::sync::{Arc, Mutex, PoisonError};

type Action = Arc<dyn Fn() + Send + Sync>;

/// What is done at a signal now; without it, the process ends.
static ACTION: Mutex<Option<Action>> = Mutex::new(None);

/// While it lives, a signal calls a function. Then the function before it.
#[must_use]
pub(crate) struct Handled {
    before: Option<Action>,
}

impl Drop for Handled {
    fn drop(&mut self) {
        set(self.before.take());
    }
}

/// Calls a function at each of these signals, on a thread for them. A signal that the process was started to ignore
/// stays ignored where this is known, on Linux: `nohup` ignores SIGHUP, and a script ignores SIGINT in what it starts
/// in the background.
pub(crate) fn handle(action: impl Fn() + Send + Sync + 'static) -> Outcome<Handled> {
    static IS_LISTENING: Mutex<bool> = Mutex::new(false);
    // The action first: a signal must not end a process that handles it.
    let handled = Handled { before: set(Some(Arc::new(action))) };
    let mut is_listening = IS_LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
    if !*is_listening {
        listen()?;
        *is_listening = true;
    }
    Ok(handled)
}

/// Sets the action, and returns the one before it.
fn set(action: Option<Action>) -> Option<Action> {
    std::mem::replace(&mut *ACTION.lock().unwrap_or_else(PoisonError::into_inner), action)
}

fn act() {
    // It may take long: another one can be set meanwhile.
    let action = ACTION.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match action {
        Some(action) => action(),
        None => std::process::exit(CANCELLED.into()),
    }
}

/// Listens to those signals that were not ignored.
fn listen() -> Outcome<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let all = [SIGINT, SIGTERM, SIGHUP];
        let ignored = std::fs::read_to_string("/proc/self/status").map_or(0, |status| ignored(&status));
        let heard: Vec<i32> = all.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0).collect();
        if heard.len() < all.len() {
            return listen_to(&heard);
        }
    }
    ctrlc::set_handler(act).map_err(|error| Fault::Other(error.to_string()))
}

/// Listens to these signals alone.
#[cfg(unix)]
fn listen_to(signals: &[i32]) -> Outcome<()> {
    let mut signals = signal_hook::iterator::Signals::new(signals)?;
    let wait = move || signals.forever().for_each(|_| act());
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
    Ok(())
}

/// The ignored signals in the status of a process, as bits: that of signal 1 is the lowest one.
#[cfg(unix)]
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_bits_of_the_status() {
        let status =
            "Name:\tarraystow\nSigBlk:\t00000000000000ff\nSigIgn:\t0000000000001003\nSigCgt:\t0000000000000000\n";
        assert_eq!((ignored(status), ignored("Name:\tx\n"), ignored("SigIgn:\tnone")), (0x1003, 0, 0));
    }
}
