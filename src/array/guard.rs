//! Calls of the user's code: a panic becomes an error that names the chunk.

use super::{ChunkGrid, Region};
use crate::error::{Error, ErrorKind, Result, panic_text};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the user's code for the elements of a region of an array with this grid.
pub(super) fn guarded<R>(who: &str, grid: &ChunkGrid, region: &Region, code: impl FnOnce() -> R) -> Result<R> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| {
        let (place, text) = (place(grid, region), panic_text(&*panic));
        Error::new(ErrorKind::UserCode, format!("{who} panicked in {place}: {text}"))
    })
}

/// Describes a region in messages, as a chunk if it is one.
pub(super) fn place(grid: &ChunkGrid, region: &Region) -> String {
    let (start, shape, whole) = (region.start(), region.shape(), grid.shape());
    match grid.exact_chunk(region) {
        Some(number) => {
            format!("chunk {number} (start {start:?}, shape {shape:?}) of an array of shape {whole:?}")
        }
        None => format!("the region from {start:?} on of shape {shape:?} of an array of shape {whole:?}"),
    }
}
