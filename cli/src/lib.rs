//! The command `arraystow` shows, checks, copies and exports the values in a storage. The README of this package
//! describes it. It is a library so that `python -m arraystow` is the same command.
//!
//! Order of modules: `text` < `fault` < `arrays`, `elements`, `files`, `signals` < `json` < `tree`, `difference`,
//! `values`, `terminal`, `progress`, `pager`, `numbers` < `plot` < `drawing` < `page`, `browse` < `serve` < `arguments` < `commands`
//! < `lib`.
#![cfg_attr(
    not(any(feature = "browse", feature = "pictures")),
    allow(dead_code, reason = "some functions are those of browse and of the pages")
)]

mod arguments;
mod arrays;
#[cfg(feature = "browse")]
mod browse;
mod commands;
mod difference;
mod drawing;
mod elements;
mod fault;
mod files;
mod json;
mod numbers;
#[cfg(feature = "pictures")]
mod page;
mod pager;
mod plot;
mod progress;
#[cfg(feature = "serve")]
mod serve;
mod signals;
mod terminal;
mod text;
mod tree;
mod values;

use clap::Parser;
use std::ffi::OsString;

/// The exit code for arguments that are no command.
const USAGE: u8 = 2;

/// Runs the command with these arguments, of which the first is its name. Returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let program = arguments.first().cloned().unwrap_or_default();
    // Also where the arguments cannot be read.
    let is_json = arguments.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json");
    let arguments = match arguments::Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(shown) => {
            // Help and versions are no errors.
            if shown.use_stderr() && is_json {
                fault::print_json_error(&serde_json::json!({ "message": text_of(&shown) }));
            } else {
                let _ = shown.print();
            }
            return u8::try_from(shown.exit_code()).unwrap_or(USAGE);
        }
    };
    let json = arguments.json;
    match commands::run(&program, arguments) {
        Ok(()) => 0,
        Err(fault) => fault.report(json),
    }
}

/// What is wrong with the arguments, as one text.
fn text_of(error: &clap::Error) -> String {
    let text = error.render().to_string();
    text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned()
}
