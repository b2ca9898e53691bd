//! Ends the program when its terminal is gone. crossterm would read the end of the input again and again.

use std::io;

/// The exit code after a SIGHUP, as shells give it.
#[cfg(unix)]
const HUNG_UP: i32 = 129;

/// Starts a thread that waits until the terminal is gone.
#[cfg(unix)]
pub(super) fn watch() -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let wait = || {
        let input = io::stdin();
        loop {
            // Without wishes, only what is always reported ends the call.
            let mut input = [PollFd::new(&input, PollFlags::empty())];
            match poll(&mut input, None) {
                Ok(_) if input[0].revents().is_empty() => {}
                Ok(_) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
        super::terminal::restore();
        std::process::exit(HUNG_UP)
    };
    std::thread::Builder::new().name("hang-up".into()).spawn(wait).map(drop)
}

/// Does nothing: on Windows, a console that is closed ends its programs.
#[cfg(not(unix))]
pub(super) fn watch() -> io::Result<()> {
    Ok(())
}
