//! Without the feature `pictures`, no picture is drawn in pixels.

use super::{Graphics, Plot};
use crate::fault::{Outcome, lacks};
use std::path::Path;

/// There is none.
pub(crate) enum Picture {}

impl Picture {
    pub(crate) fn of_file(_: &Path, _: Option<(u32, u32)>) -> Outcome<Self> {
        Err(lacks("pictures"))
    }

    pub(crate) fn inline(_: Graphics, _: Option<(u32, u32)>) -> Outcome<Self> {
        Err(lacks("pictures"))
    }

    pub(crate) fn cells(&self, _: usize, _: usize) -> (usize, usize) {
        match *self {}
    }

    pub(crate) fn intervals(&self) -> usize {
        match *self {}
    }

    pub(crate) fn draw(&self, _: &Plot) -> Outcome<Vec<u8>> {
        match *self {}
    }
}
