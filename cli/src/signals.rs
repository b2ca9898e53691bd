//! The signals that end a command: SIGINT, which Ctrl-C sends, SIGTERM, and SIGHUP of a terminal that was closed.

use crate::fault::{Fault, Outcome};

/// Calls a function at each of these signals, on a thread for them. A signal that the process was started to ignore
/// stays ignored where this is known, on Linux: `nohup` ignores SIGHUP, and a script ignores SIGINT in what it starts
/// in the background.
pub(crate) fn handle(handler: impl FnMut() + Send + 'static) -> Outcome<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let all = [SIGINT, SIGTERM, SIGHUP];
        let ignored = std::fs::read_to_string("/proc/self/status").map_or(0, |status| ignored(&status));
        let heard: Vec<i32> = all.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0).collect();
        if heard.len() < all.len() {
            return listen(&heard, handler);
        }
    }
    ctrlc::set_handler(handler).map_err(|error| Fault::Other(error.to_string()))
}

/// Calls a function at each of these signals alone.
#[cfg(unix)]
fn listen(signals: &[i32], mut handler: impl FnMut() + Send + 'static) -> Outcome<()> {
    let mut signals = signal_hook::iterator::Signals::new(signals)?;
    let wait = move || signals.forever().for_each(|_| handler());
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
