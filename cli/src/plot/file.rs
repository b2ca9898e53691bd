//! Pictures as files of a format and a size.

use super::picture::{Format, LARGE, cells, draw, size};
use super::{Plot, Shown};
use crate::fault::{Fault, Outcome};
use std::path::Path;

/// How a file's picture is drawn.
pub(crate) struct PictureFile {
    format: Format,
    size: Option<(u32, u32)>,
}

impl PictureFile {
    /// The format is that of the file's ending. Without a size, the picture fits the array.
    pub(crate) fn of(file: &Path, size: Option<(u32, u32)>) -> Outcome<Self> {
        let format = match file.extension().and_then(|ending| ending.to_str()) {
            Some("png") => Format::Png,
            Some("svg") => Format::Svg,
            _ => return Err(Fault::Usage(format!("{}: write a file that ends in .png or .svg", file.display()))),
        };
        if let Some((width, height)) = size.filter(|(width, height)| *width < 300 || *height < 200) {
            return Err(Fault::Usage(format!("{width} x {height} pixels are too few: write at least 300x200")));
        }
        Ok(Self { format, size })
    }

    /// The largest number of rows and columns of the picture of an array.
    pub(crate) fn cells(&self, rows: usize, columns: usize) -> (usize, usize) {
        cells(self.size.unwrap_or_else(|| size(Some((rows, columns)), LARGE)))
    }

    /// The largest number of intervals of a line.
    pub(crate) fn intervals(&self) -> usize {
        cells(self.size.unwrap_or_else(|| size(None, LARGE))).1
    }

    /// The bytes of the file.
    pub(crate) fn draw(&self, plot: &Plot) -> Outcome<Vec<u8>> {
        draw(plot, self.format, self.size.unwrap_or_else(|| plot.size(LARGE)))
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
