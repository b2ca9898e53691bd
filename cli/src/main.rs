//! The command `arraystow` shows, checks, copies and exports the values in a storage. The README of this package
//! describes it.
//!
//! Order of modules: `fault`, `text`, `json` < `tree`, `arrays`, `difference`, `values`, `terminal`, `numbers` < `plot` <
//! `drawing` < `page`, `browse` < `serve` < `arguments` < `commands` < `main`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

mod arguments;
mod arrays;
mod browse;
mod commands;
mod difference;
mod drawing;
mod fault;
mod json;
mod numbers;
mod page;
mod plot;
mod serve;
mod terminal;
mod text;
mod tree;
mod values;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let json = arguments.json;
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(json),
    }
}
