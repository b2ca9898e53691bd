//! Pictures of arrays: in the terminal, and as PNG and SVG files.
//!
//! Order of modules: `axis`, `colour`, `slice` < `read` < `text`, `graphics`, `inline` < `picture`
//! < `file`.

mod axis;
mod colour;
#[cfg_attr(not(feature = "pictures"), path = "no_file.rs")]
mod file;
mod graphics;
#[cfg(feature = "pictures")]
mod inline;
#[cfg(feature = "pictures")]
mod picture;
mod read;
mod slice;
mod text;

pub(crate) use axis::Axis;
pub(crate) use colour::{Limits, Map, Scale};
pub(crate) use file::Picture;
pub(crate) use graphics::Graphics;
#[cfg(feature = "pictures")]
pub(crate) use picture::{Format, draw};
#[cfg(feature = "serve")]
pub(crate) use picture::{bar, png};
#[cfg(any(feature = "browse", feature = "pictures"))]
pub(crate) use read::are_numbers;
pub(crate) use read::{Cells, Line, numbers};
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
