//! `serve`: the values as pages for a browser, until Ctrl-C.

use super::{Call, print_json};
use crate::fault::{CANCELLED, Fault, Outcome};
use crate::serve::Server;
use serde_json::json;
use std::net::IpAddr;

pub(super) fn run(call: &Call, place: &str, address: IpAddr, port: u16) -> Outcome<()> {
    let server = Server::bind(call.existing(place)?, address, port)?;
    let stop = server.stop();
    let handler = move || {
        if stop.stop() {
            std::process::exit(CANCELLED.into());
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Fault::Other(error.to_string()))?;
    if call.json {
        print_json(&json!({ "url": server.url() }))?;
    } else {
        println!("{}", server.url());
    }
    call.done("Ctrl-C stops the server");
    server.run()?;
    call.done("stopped");
    Ok(())
}
