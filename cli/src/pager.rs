//! Long texts through the user's pager, which is a command of a shell in `ARRAYSTOW_PAGER` or `PAGER`.

use crate::fault::{Fault, Outcome};
use crate::signals;
use std::io::{BufWriter, ErrorKind, IsTerminal, Write, stdout};
use std::process::{Command, Stdio};
use terminal_size::{Height, Width};

/// What a shell exits with that does not find a command.
const NOT_FOUND: i32 = 127;

/// Prints what `write` writes. With `wanted`, a text that is longer than the terminal goes through the pager.
pub(crate) fn print(wanted: bool, write: impl FnOnce(&mut dyn Write) -> Outcome<()>) -> Outcome<()> {
    let pager = if wanted && stdout().is_terminal() { pager() } else { None };
    let Some(pager) = pager else {
        let mut out = BufWriter::new(stdout().lock());
        write(&mut out)?;
        return Ok(out.flush()?);
    };
    let mut text = Vec::new();
    write(&mut text)?;
    if fits(&text) || !page(&pager, &text)? {
        stdout().lock().write_all(&text)?;
    }
    Ok(())
}

/// The user's pager. `ARRAYSTOW_PAGER` is for this command alone; if it is empty, there is none.
fn pager() -> Option<String> {
    let pager = std::env::var("ARRAYSTOW_PAGER").or_else(|_| std::env::var("PAGER")).ok()?;
    Some(pager).filter(|pager| !pager.trim().is_empty())
}

/// Whether the terminal shows the whole text, and a line for the next command.
fn fits(text: &[u8]) -> bool {
    let Some((Width(columns), Height(lines))) = terminal_size::terminal_size() else { return true };
    let text = String::from_utf8_lossy(text);
    let needed = |line: &str| line.chars().count().div_ceil(usize::from(columns).max(1)).max(1);
    text.lines().map(needed).sum::<usize>() < usize::from(lines)
}

/// Waits for the pager. Returns whether there is one of that name.
fn page(pager: &str, text: &[u8]) -> Outcome<bool> {
    // Ctrl-C is the pager's, until it ends.
    let _handled = signals::handle(|| {});
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colours as they are, and the text stays on the screen.
        command.env("LESS", "RX");
    }
    let mut child = command.spawn().map_err(|error| Fault::Other(format!("the pager {pager:?}: {error}")))?;
    let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text));
    let status = child.wait()?;
    match written {
        // It does not want to see the rest.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(status.code() != Some(NOT_FOUND)),
    }
}
