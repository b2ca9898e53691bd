//! Parts of arrays as plots: what `plot`, `show --html` and `serve` have in common.

use crate::fault::{Fault, Outcome};
use crate::numbers::histogram;
use crate::plot::{self, Axis, Cells, Limits, Line, Map, Part, Plot, Scale, Shown};
use crate::text::clean;
use arraystow::{ArrayInfo, ChunkedArray, Storage};
use ndarray::ArrayD;

/// A part of an array, and how to draw it.
pub(crate) struct Drawing<'a> {
    pub(crate) storage: &'a Storage,
    pub(crate) name: &'a str,
    pub(crate) path: &'a str,
    pub(crate) info: &'a ArrayInfo,
    pub(crate) part: &'a Part,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) robust: bool,
    pub(crate) map: Map,
}

impl Drawing<'_> {
    /// Draws two axes in colours, one axis as a line. `numbers` are those of the part. `cells` gives the rows and
    /// columns of the picture of an array.
    pub(crate) fn picture(
        &self,
        numbers: &ChunkedArray<f64>,
        cells: impl Fn(usize, usize) -> (usize, usize),
        intervals: usize,
    ) -> Outcome<Plot> {
        let axes = match <[Axis; 2]>::try_from(self.axes()?) {
            Ok(axes) => {
                let (rows, columns) = cells(axes[0].len, axes[1].len);
                let cells = Cells::read(numbers, rows, columns)?;
                let limits = Limits::of(cells.means.iter().copied(), self.robust).chosen(self.min, self.max);
                return Ok(self.plot(Shown::Cells { cells, axes, scale: Scale { limits, map: self.map } }));
            }
            Err(axes) => axes,
        };
        match <[Axis; 1]>::try_from(axes) {
            Ok([axis]) => {
                let line = Line::read(numbers, intervals)?;
                let limits = Limits::of(line.ends(), self.robust).wider().chosen(self.min, self.max);
                Ok(self.plot(Shown::Line { line, axis, limits }))
            }
            Err(axes) => Err(Fault::Usage(format!(
                "a picture has one axis or two, and {} are left: choose a part with --slice, or draw a --histogram",
                axes.len()
            ))),
        }
    }

    /// Draws how many elements have which values; `None` if no element is a finite number. Fails if all of them are
    /// outside of the ends that were chosen.
    pub(crate) fn histogram(&self, numbers: &ChunkedArray<f64>, bins: usize) -> Outcome<Option<Plot>> {
        let finite = numbers.map(|number| if number.is_finite() { number } else { f64::NAN });
        let infinite = finite.map(|number| i64::from(number.is_nan())).sum()? as usize;
        if infinite == finite.len() {
            return Ok(None);
        }
        let known = finite.skip_nan();
        let (low, high) = match (self.min, self.max) {
            (Some(min), Some(max)) => (min, max),
            (min, max) => (min.map_or_else(|| known.min(), Ok)?, max.map_or_else(|| known.max(), Ok)?),
        };
        let (low, high) = if low == high { around(low) } else { (low, high) };
        let bins = histogram(&finite, low, high, bins)?;
        if bins.iter().all(|bin| bin.count == 0) {
            return Err(self.nothing_between(known.min()?, known.max()?));
        }
        Ok(Some(self.plot(Shown::Bins(bins))))
    }

    /// The fault of a histogram without numbers.
    fn nothing_between(&self, least: f64, most: f64) -> Fault {
        let ends = [self.min.map(|min| format!("--min {min}")), self.max.map(|max| format!("--max {max}"))];
        let ends = ends.into_iter().flatten().collect::<Vec<_>>().join(" and ");
        Fault::Usage(format!("no number is within {ends}: the numbers are from {least} to {most}"))
    }

    fn plot(&self, shown: Shown) -> Plot {
        let own = clean(self.path.rsplit('.').next().unwrap_or_default());
        let quantity = match self.info.attrs.get("units").and_then(|units| units.as_str()) {
            Some(units) => format!("{own} ({})", clean(units)),
            None => own,
        };
        Plot { title: clean(&plot::title(self.name, self.path, self.part)), quantity, shown }
    }

    /// The axes that are left. Their numbers are coordinates where the value has them, and indices otherwise.
    fn axes(&self) -> Outcome<Vec<Axis>> {
        let Self { storage, name, path, info, part, .. } = *self;
        let dims = info.dims.as_deref();
        part.left
            .iter()
            .map(|&(axis, first, step, len)| {
                let dim = dims.and_then(|dims| dims.get(axis)).map_or_else(|| format!("axis {axis}"), |dim| clean(dim));
                let (last, whole) = (first + step * (len - 1), info.shape()[axis]);
                let indices = Axis { name: dim.clone(), len, first: first as f64, last: last as f64 };
                let Some(coordinates) = dims.and_then(|dims| beside(path, dims.get(axis)?)) else { return Ok(indices) };
                Ok(match coordinates_at(storage, name, &coordinates, whole)? {
                    Some((numbers, units)) => {
                        let name = units.map_or_else(|| dim.clone(), |units| format!("{dim} ({})", clean(&units)));
                        Axis { name, first: numbers[first], last: numbers[last], len }
                    }
                    None => indices,
                })
            })
            .collect()
    }
}

/// The ends of a histogram of equal numbers. Its width is one, or as much more as large numbers need to have a width.
fn around(number: f64) -> (f64, f64) {
    const PART: f64 = 1e-12;
    let half = (number.abs() * PART).max(0.5);
    ((number - half).max(-f64::MAX), (number + half).min(f64::MAX))
}

/// The path of an array beside another one. An array by itself has none beside it, and none is its own coordinate.
fn beside(path: &str, dim: &str) -> Option<String> {
    let (parent, own) = path.rsplit_once('.').unwrap_or(("", path));
    (!own.is_empty() && own != dim).then(|| crate::json::join(parent, dim))
}

/// Coordinates that are evenly spaced, and their units.
type Coordinates = Option<(ArrayD<f64>, Option<String>)>;

fn coordinates_at(storage: &Storage, name: &str, path: &str, len: usize) -> Outcome<Coordinates> {
    const MOST: usize = 10_000_000;
    let infos = storage.info(name)?.arrays;
    let Some(info) = infos.iter().find(|info| info.paths.iter().any(|known| known == path)) else { return Ok(None) };
    if info.shape() != [len] || !(2..=MOST).contains(&len) {
        return Ok(None);
    }
    let Ok(numbers) = plot::numbers(&storage.array(name, path)?) else { return Ok(None) };
    let numbers = numbers.compute()?;
    let (first, last) = (numbers[0], numbers[len - 1]);
    let step = (last - first) / (len - 1) as f64;
    let even = |(index, number): (usize, &f64)| (first + step * index as f64 - number).abs() <= 0.01 * step.abs();
    let even = step != 0.0 && numbers.iter().enumerate().all(even);
    let units = info.attrs.get("units").and_then(|units| units.as_str()).map(str::to_owned);
    Ok(even.then_some((numbers, units)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_a_width() {
        assert_eq!(around(-2.0), (-2.5, -1.5));
        for number in [0.0, 1e15, 1e16, -1e16, 9e99, f64::MAX, -f64::MAX] {
            let (low, high) = around(number);
            assert!(low < high && low <= number && number <= high && (high - low > 0.0), "{number}: {low} {high}");
            assert!(low.is_finite() && high.is_finite());
        }
    }
}
