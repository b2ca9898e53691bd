//! Without the feature `pictures`, there is no `show --html`.

use super::Call;
use crate::fault::{Outcome, lacks};
use std::path::Path;

pub(super) fn run(_: &Call, _: &str, _: &str, _: Option<&str>, _: &Path, _: bool) -> Outcome<()> {
    Err(lacks("pictures"))
}
