//! Pictures of a format and a size: in files, and in terminals that show pixels.

use super::graphics::Graphics;
use super::inline::room;
use super::picture::{Format, LARGE, cells, draw, size};
use super::{Plot, Shown};
use crate::fault::{Fault, Outcome};
use std::path::Path;

/// How a picture is drawn.
pub(crate) struct Picture {
    format: Format,
    size: Option<(u32, u32)>,
    /// The most rows and columns of pixels without a size.
    most: (usize, usize),
}

impl Picture {
    /// In a file, of the format of its ending. Without a size, the picture fits the array.
    pub(crate) fn of_file(file: &Path, size: Option<(u32, u32)>) -> Outcome<Self> {
        let format = match file.extension().and_then(|ending| ending.to_str()) {
            Some("png") => Format::Png,
            Some("svg") => Format::Svg,
            _ => return Err(Fault::Usage(format!("{}: write a file that ends in .png or .svg", file.display()))),
        };
        Self::of(format, size, LARGE)
    }

    /// In the terminal.
    pub(crate) fn inline(graphics: Graphics, size: Option<(u32, u32)>) -> Outcome<Self> {
        let format = if graphics == Graphics::Kitty { Format::Kitty } else { Format::Sixel };
        Self::of(format, size, cells(room()))
    }

    fn of(format: Format, size: Option<(u32, u32)>, most: (usize, usize)) -> Outcome<Self> {
        if let Some((width, height)) = size.filter(|(width, height)| *width < 300 || *height < 200) {
            return Err(Fault::Usage(format!("{width} x {height} pixels are too few: write at least 300x200")));
        }
        Ok(Self { format, size, most })
    }

    /// The largest number of rows and columns of the picture of an array.
    pub(crate) fn cells(&self, rows: usize, columns: usize) -> (usize, usize) {
        cells(self.size.unwrap_or_else(|| size(Some((rows, columns)), self.most)))
    }

    /// The largest number of intervals of a line.
    pub(crate) fn intervals(&self) -> usize {
        cells(self.size.unwrap_or_else(|| size(None, self.most))).1
    }

    /// The bytes of the file, or for the terminal.
    pub(crate) fn draw(&self, plot: &Plot) -> Outcome<Vec<u8>> {
        draw(plot, self.format, self.size.unwrap_or_else(|| plot.size(self.most)))
    }
}

impl Plot {
    /// The size of a picture where none was chosen, with at most so many rows and columns of cells.
    pub(crate) fn size(&self, most: (usize, usize)) -> (u32, u32) {
        match &self.shown {
            Shown::Cells { axes, .. } => size(Some((axes[0].len, axes[1].len)), most),
            _ => size(None, most),
        }
    }
}
