//! The pictures of one array: its last two axes, and how many elements have which values.

use crate::drawing::Drawing;
use crate::fault::{Fault, Outcome};
use crate::plot::{self, Format, Map, Part, Plot};
use arraystow::{AnyArray, ArrayInfo, ChunkedArray, Storage};

/// Elements that are read for the pictures. Of a part with more, every n-th element of each axis is read.
const MOST_ELEMENTS: usize = 1 << 23;
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
        let part = Part::parse(Some(&part(array.shape())), array.shape(), None, None)?;
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
        self.drawing().histogram(&self.numbers, BINS).ok().map(|plot| svg(&plot, HISTOGRAM)).transpose()
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

/// The part as text: all of the last two axes, or steps through the longer ones of them.
fn part(shape: &[usize]) -> String {
    let (others, shown) = shape.split_at(shape.len().saturating_sub(2));
    let mut steps = vec![1; shown.len()];
    let lens =
        |steps: &[usize]| -> Vec<usize> { shown.iter().zip(steps).map(|(len, step)| len.div_ceil(*step)).collect() };
    while lens(&steps).iter().fold(1_usize, |all, len| all.saturating_mul(*len)) > MOST_ELEMENTS {
        let lens = lens(&steps);
        let longest = usize::from(lens.len() > 1 && lens[1] >= lens[0]);
        steps[longest] *= 2;
    }
    let others = others.iter().map(|_| "0".to_owned());
    let shown = steps.iter().map(|step| if *step == 1 { ":".to_owned() } else { format!("::{step}") });
    others.chain(shown).collect::<Vec<_>>().join(", ")
}

fn svg(plot: &Plot, most: (usize, usize)) -> Outcome<String> {
    let text = plot::draw(plot, Format::Svg, plot.size(most))?;
    String::from_utf8(text).map_err(|error| Fault::Other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_a_bounded_number_of_elements() {
        assert_eq!(part(&[721, 1440]), ":, :");
        assert_eq!(part(&[5, 9, 4096, 8192]), "0, 0, :, ::4");
        assert_eq!(part(&[1 << 30]), "::128");
        assert_eq!(part(&[3, 1 << 40]), format!(":, ::{}", 1 << 19));
    }
}
