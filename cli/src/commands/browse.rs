//! `browse`: the values in a terminal, until `q`.

use super::Call;
use crate::browse;
use crate::fault::{Fault, Outcome};
use crate::plot::Colours;
use crate::signals;
use std::io::{IsTerminal, stdin, stdout};

pub(super) fn run(call: &Call, place: &str, colours: Colours) -> Outcome<()> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Fault::Usage("there is no terminal to browse in: use tree, show and plot".to_owned()));
    }
    let storage = call.existing(place)?;
    let stop = browse::Stop::default();
    let handle = stop.clone();
    let _handled = signals::handle(move || handle.stop())?;
    browse::run(storage, colours.resolved(), &stop)
}
