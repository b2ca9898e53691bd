//! The command `arraystow`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(arraystow_cli::run(std::env::args_os()))
}
