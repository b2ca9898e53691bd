//! Without the feature `browse`, there is no `browse`.

use super::Call;
use crate::fault::{Outcome, lacks};
use crate::plot::Colours;

pub(super) fn run(_: &Call, _: &str, _: Colours) -> Outcome<()> {
    Err(lacks("browse"))
}
