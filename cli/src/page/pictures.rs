//! The pictures of one array: its last two axes, and how many elements have which values.

use crate::drawing::Drawing;
use crate::fault::{Fault, Outcome};
use crate::plot::{self, Format, Map, Part, Plot};
use arraystow::{AnyArray, ArrayInfo, ChunkedArray, Storage};

/// Rows and columns of cells of the pictures.
const PICTURE: (usize, usize) = (320, 340);
const HISTOGRAM: (usize, usize) = (200, 200);
const BINS: usize = 40;

/// A part of an array of numbers, and its elements.
pub(crate) struct Pictures<'a> {
    storage: &'a Storage,
    name: &'a str,
    path: &'a str,
    info: &'a ArrayInfo,
    part: Part,
    numbers: ChunkedArray<f64>,
}

impl<'a> Pictures<'a> {
    /// Reads the part with the last two axes, and the other ones at 0. An array without elements, without axes or of
    /// other elements than numbers has no pictures.
    pub(crate) fn read(
        storage: &'a Storage,
        name: &'a str,
        path: &'a str,
        info: &'a ArrayInfo,
        array: &AnyArray,
    ) -> Outcome<Option<Self>> {
        if !has_pictures(info) {
            return Ok(None);
        }
        let part = Part::last_axes(array.shape(), &[])?;
        // Once for both pictures.
        let numbers = plot::numbers(array)?.slice(&part.elements)?.compute()?.into();
        Ok(Some(Self { storage, name, path, info, part, numbers }))
    }

    /// The elements, as an SVG file: two axes in colours, one axis as a line.
    pub(crate) fn picture(&self) -> Outcome<String> {
        svg(&self.drawing().picture(&self.numbers, |_, _| PICTURE, PICTURE.1)?, PICTURE)
    }

    /// The histogram, as an SVG file; none if no element is a finite number.
    pub(crate) fn histogram(&self) -> Outcome<Option<String>> {
        self.drawing().histogram(&self.numbers, BINS)?.map(|plot| svg(&plot, HISTOGRAM)).transpose()
    }

    fn drawing(&self) -> Drawing<'_> {
        let Self { storage, name, path, info, part, .. } = self;
        Drawing { storage, name, path, info, part, min: None, max: None, robust: false, map: Map::Viridis }
    }
}

/// Whether an array has elements that are numbers, and an axis.
pub(crate) fn has_pictures(info: &ArrayInfo) -> bool {
    !info.grid.is_empty() && info.grid.ndim() > 0 && plot::are_numbers(&info.data_type)
}

fn svg(plot: &Plot, most: (usize, usize)) -> Outcome<String> {
    let text = plot::draw(plot, Format::Svg, plot.size(most))?;
    String::from_utf8(text).map_err(|error| Fault::Other(error.to_string()))
}
