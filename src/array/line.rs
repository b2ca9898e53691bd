//! An array in one line: type, shape, chunks, names of axes, units and source. Nothing is read.

use super::{AnyArray, Attr, ChunkedArray, Element, ErasedArray};
use crate::error::one_line;
use std::collections::HashSet;
use std::fmt;

/// Stored arrays that are named as the sources of an expression.
const MOST_SOURCES: usize = 3;
/// Inputs of an expression that are looked at for its sources.
const MOST_INPUTS: usize = 1000;
/// Characters of each name and text.
const MOST_CHARACTERS: usize = 200;

impl<T: Element> fmt::Display for ChunkedArray<T> {
    /// One line: type, shape, chunks, names of axes, units, and the stored arrays that it is or is computed from.
    /// Nothing is read. See [`summary`](Self::summary) for an example.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

impl fmt::Display for AnyArray {
    /// One line, as that of a [`ChunkedArray`]. Nothing is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&**self.erased(), f)
    }
}

/// `float32[721, 1440] in chunks of [128, 128], axes lat, lon, units m, from "global/ramp" at "height"`
fn write(array: &dyn ErasedArray, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (grid, labels) = (array.grid(), &array.meta().labels);
    write!(f, "{}{:?}", short(&array.data_type().to_string()), grid.shape())?;
    match grid.chunk_shape() {
        _ if grid.ndim() == 0 => {}
        Some(chunk) => write!(f, " in chunks of {chunk:?}")?,
        None => write!(f, " in {:?} irregular chunks", grid.chunks_per_axis())?,
    }
    if let Some(dims) = labels.dims().filter(|dims| !dims.is_empty()) {
        let dims: Vec<String> = dims.iter().map(|dim| short(dim)).collect();
        write!(f, ", axes {}", dims.join(", "))?;
    }
    if let Some(Attr::Text(units)) = labels.attrs().get("units") {
        write!(f, ", units {}", short(units))?;
    }
    write_source(array, f)
}

fn short(text: &str) -> String {
    one_line(text, MOST_CHARACTERS)
}

fn write_source(array: &dyn ErasedArray, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(stored) = array.stored() {
        return write!(f, ", from {}", stored.source());
    }
    let mut found = Sources::default();
    found.search(array);
    if found.sources.is_empty() {
        return Ok(());
    }
    write!(f, ", computed from {}{}", found.sources.join(", "), if found.is_cut { ", .." } else { "" })
}

/// The stored arrays that an expression reads from.
#[derive(Default)]
struct Sources {
    inputs: HashSet<usize>,
    sources: Vec<String>,
    is_cut: bool,
}

impl Sources {
    fn search(&mut self, array: &dyn ErasedArray) {
        array.inputs(&mut |input, _| {
            if self.inputs.len() == MOST_INPUTS || self.is_cut {
                self.is_cut = true;
                return;
            }
            if !self.inputs.insert(input.address()) {
                return;
            }
            match input.stored().map(|stored| stored.source()) {
                Some(source) if self.sources.contains(&source) => {}
                Some(_) if self.sources.len() == MOST_SOURCES => self.is_cut = true,
                Some(source) => self.sources.push(source),
                None => self.search(input),
            }
        });
    }
}
