//! `serve`: the values as pages for a browser, until Ctrl-C.

use super::{Call, print_json};
use crate::fault::{CANCELLED, Outcome};
use crate::serve::Server;
use crate::signals;
use serde_json::json;
use std::io::Write;
use std::net::IpAddr;

pub(super) fn run(call: &Call, place: &str, address: IpAddr, port: u16) -> Outcome<()> {
    let server = Server::bind(call.existing(place)?, address, port)?;
    let stop = server.stop();
    let handler = move || {
        if stop.stop() {
            std::process::exit(CANCELLED.into());
        }
    };
    let _handled = signals::handle(handler)?;
    if call.json {
        print_json(&json!({ "url": server.url() }))?;
    } else {
        writeln!(std::io::stdout(), "{}", server.url())?;
    }
    call.done("Ctrl-C stops the server");
    server.run()?;
    call.done("stopped");
    Ok(())
}
