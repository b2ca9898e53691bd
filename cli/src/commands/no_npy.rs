//! Without the feature `npy`, files of numpy are neither read nor written.

use crate::fault::{Outcome, lacks};
use arraystow::{AnyArray, AnyNdArray};
use std::fs::File;
use std::io::BufWriter;

pub(super) fn read(_: &str) -> Outcome<AnyArray> {
    Err(lacks("npy"))
}

pub(super) fn write(
    _: &AnyArray,
    _: impl Iterator<Item = Outcome<AnyNdArray>>,
    _: &mut BufWriter<File>,
) -> Outcome<()> {
    Err(lacks("npy"))
}
