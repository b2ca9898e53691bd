//! Without the feature `serve`, there is no `serve`.

use super::Call;
use crate::fault::{Outcome, lacks};
use std::net::IpAddr;

pub(super) fn run(_: &Call, _: &str, _: IpAddr, _: u16) -> Outcome<()> {
    Err(lacks("serve"))
}
