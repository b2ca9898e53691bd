//! Questions, and sums as people read them.

use crate::fault::{Fault, Outcome};
use crate::text;
use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

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
