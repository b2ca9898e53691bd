//! Pictures of arrays: in the terminal, and as PNG and SVG files.
//!
//! Order of modules: `axis`, `colour`, `slice` < `read` < `text`, `picture`.

mod axis;
mod colour;
mod picture;
mod read;
mod slice;
mod text;

pub(crate) use axis::{Axis, number};
pub(crate) use colour::{Limits, Map, Scale};
pub(crate) use picture::{Format, LARGE, bar, cells as picture_cells, draw, png, size as picture_size};
pub(crate) use read::{Cells, Line, are_numbers, numbers};
pub(crate) use slice::{Part, title};
pub(crate) use text::{Colours, Screen, draw_bins};

use crate::numbers::Bin;

/// What is drawn.
pub(crate) enum Shown {
    /// An array with two axes.
    Cells { cells: Cells, axes: [Axis; 2], scale: Scale },
    /// An array with one axis.
    Line { line: Line, axis: Axis, limits: Limits },
    /// How many elements lie in each interval.
    Bins(Vec<Bin>),
}

/// A picture, and what stands around it.
pub(crate) struct Plot {
    pub(crate) title: String,
    /// Name and units of the elements.
    pub(crate) quantity: String,
    pub(crate) shown: Shown,
}

impl Plot {
    /// The size of a file's picture where none was chosen, with at most so many rows and columns of cells.
    pub(crate) fn size(&self, most: (usize, usize)) -> (u32, u32) {
        match &self.shown {
            Shown::Cells { axes, .. } => picture_size(Some((axes[0].len, axes[1].len)), most),
            _ => picture_size(None, most),
        }
    }
}
