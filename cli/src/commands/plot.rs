//! `plot`: an array as a picture. It is read once, chunk by chunk, and kept as small as the picture is.

use super::{Call, print_json};
use crate::arguments::PlotArguments;
use crate::arrays::choose;
use crate::fault::{Fault, Outcome};
use crate::numbers::{Bin, histogram};
use crate::plot::{self, Axis, Cells, Colours, Format, Limits, Line, Part, Plot, Scale, Screen, Shown};
use crate::terminal::watched;
use crate::text;
use arraystow::{ArrayInfo, ChunkedArray, Storage};
use ndarray::ArrayD;
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Where the picture goes.
enum Target<'a> {
    File { file: &'a Path, format: Format, size: Option<(u32, u32)> },
    Screen(Screen),
}

impl<'a> Target<'a> {
    fn of(arguments: &'a PlotArguments) -> Outcome<Self> {
        let Some(file) = &arguments.output else {
            let found = terminal_size::terminal_size().map(|(width, height)| (width.0, height.0));
            let (columns, lines) = found.unwrap_or((80, 24));
            let (columns, lines) = arguments.size.unwrap_or((columns.into(), u32::from(lines.max(2)) - 1));
            let colours = Colours::resolved(arguments.colors);
            return Ok(Self::Screen(Screen { columns: columns as usize, lines: lines as usize, colours }));
        };
        let format = match file.extension().and_then(|ending| ending.to_str()) {
            Some("png") => Format::Png,
            Some("svg") => Format::Svg,
            _ => return Err(Fault::Usage(format!("{}: write a file that ends in .png or .svg", file.display()))),
        };
        if !arguments.force && file.exists() {
            return Err(Fault::Usage(format!("{} exists: add --force to replace it", file.display())));
        }
        if let Some((width, height)) = arguments.size.filter(|(width, height)| *width < 300 || *height < 200) {
            return Err(Fault::Usage(format!("{width} x {height} pixels are too few: write at least 300x200")));
        }
        Ok(Self::File { file, format, size: arguments.size })
    }

    /// The largest number of rows and columns of the picture of an array.
    fn cells(&self, rows: usize, columns: usize) -> (usize, usize) {
        match self {
            Self::File { size, .. } => {
                plot::picture_cells(size.unwrap_or_else(|| plot::picture_size(Some((rows, columns)))))
            }
            Self::Screen(screen) => screen.cells(rows, columns),
        }
    }

    /// The largest number of intervals of a line.
    fn intervals(&self) -> usize {
        match self {
            Self::File { size, .. } => plot::picture_cells(size.unwrap_or_else(|| plot::picture_size(None))).1,
            Self::Screen(screen) => screen.dots(),
        }
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Found<'a> {
    array: &'a ArrayInfo,
    part: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    axes: Option<Vec<&'a Axis>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<&'a Cells>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    histogram: Option<&'a [Bin]>,
}

pub(super) fn run(call: &Call, arguments: &PlotArguments) -> Outcome<()> {
    let target = Target::of(arguments)?;
    if let (Some(min), Some(max)) = (arguments.min, arguments.max)
        && min >= max
    {
        return Err(Fault::Usage(format!("--min {min} is not below --max {max}")));
    }
    let storage = call.existing(&arguments.place)?;
    let (array, info) = choose(&storage, &arguments.name, arguments.path.as_deref())?;
    let path = arguments.path.clone().or_else(|| info.paths.first().cloned()).unwrap_or_default();
    let axes = (!arguments.histogram).then_some(2);
    let part = Part::parse(arguments.slice.as_deref(), array.shape(), info.dims.as_deref(), axes)?;
    if array.is_empty() {
        return Err(Fault::Other(format!("an array of the shape {:?} has no elements to draw", array.shape())));
    }
    let numbers = plot::numbers(&array)?.slice(&part.elements)?;
    let shown = watched(call.quiet, || {
        if arguments.histogram {
            return bins(&numbers, arguments);
        }
        let axes = axes_of(&storage, &arguments.name, &path, &info, &part)?;
        match <[Axis; 2]>::try_from(axes) {
            Ok(axes) => {
                let (rows, columns) = target.cells(axes[0].len, axes[1].len);
                let cells = Cells::read(&numbers, rows, columns)?;
                let limits = Limits::of(cells.means.iter().copied(), arguments.robust);
                let limits = limits.chosen(arguments.min, arguments.max);
                Ok(Shown::Cells { cells, axes, scale: Scale { limits, map: arguments.map } })
            }
            Err(axes) => match <[Axis; 1]>::try_from(axes) {
                Ok([axis]) => {
                    let line = Line::read(&numbers, target.intervals())?;
                    let limits = Limits::of(line.ends(), arguments.robust).wider().chosen(arguments.min, arguments.max);
                    Ok(Shown::Line { line, axis, limits })
                }
                Err(axes) => Err(Fault::Usage(format!(
                    "a picture has one axis or two, and {} are left: choose a part with --slice, or draw a --histogram",
                    axes.len()
                ))),
            },
        }
    })?;
    if call.json && arguments.output.is_none() {
        return print_json(&found(&info, &part, &shown));
    }
    let title = plot::title(&arguments.name, &path, &part);
    let quantity = match info.attrs.get("units").and_then(|units| units.as_str()) {
        Some(units) => format!("{} ({})", clean(path.rsplit('.').next().unwrap_or_default()), clean(units)),
        None => clean(path.rsplit('.').next().unwrap_or_default()),
    };
    let plot = Plot { title: clean(&title), quantity, shown };
    match target {
        Target::Screen(screen) => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            screen.draw(&plot, &mut out)?;
            Ok(out.flush()?)
        }
        Target::File { file, format, size } => {
            let shape = match &plot.shown {
                Shown::Cells { axes, .. } => Some((axes[0].len, axes[1].len)),
                _ => None,
            };
            let bytes = plot::draw(&plot, format, size.unwrap_or_else(|| plot::picture_size(shape)))?;
            write(file, &bytes)?;
            call.done(&format!("{}: {}", file.display(), text::bytes(bytes.len() as u64)));
            if call.json { print_json(&found(&info, &part, &plot.shown)) } else { Ok(()) }
        }
    }
}

/// A file is complete when it has its name.
fn write(file: &Path, bytes: &[u8]) -> Outcome<()> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".part");
    let fresh = Path::new(&fresh);
    let written = std::fs::write(fresh, bytes).and_then(|()| std::fs::rename(fresh, file));
    written.map_err(|error| {
        let _ = std::fs::remove_file(fresh);
        Fault::Other(format!("{}: {error}", file.display()))
    })
}

/// A text whose control characters are escaped, because a terminal would obey them.
fn clean(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let escaped = character.is_control().then(|| character.escape_default());
            escaped.into_iter().flatten().chain((!character.is_control()).then_some(character))
        })
        .collect()
}

fn bins(numbers: &ChunkedArray<f64>, arguments: &PlotArguments) -> Outcome<Shown> {
    let finite = numbers.map(|number| if number.is_finite() { number } else { f64::NAN });
    let infinite = finite.map(|number| i64::from(number.is_nan())).sum()? as usize;
    if infinite == finite.len() {
        return Err(Fault::Other("no element is a finite number".to_owned()));
    }
    let known = finite.skip_nan();
    let (low, high) = match (arguments.min, arguments.max) {
        (Some(min), Some(max)) => (min, max),
        (min, max) => (min.map_or_else(|| known.min(), Ok)?, max.map_or_else(|| known.max(), Ok)?),
    };
    // All elements may be equal.
    let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
    Ok(Shown::Bins(histogram(&finite, low, high, arguments.bins.into())?))
}

/// The axes that are left. Their numbers are coordinates where the value has them, and indices otherwise.
fn axes_of(storage: &Storage, name: &str, path: &str, info: &ArrayInfo, part: &Part) -> Outcome<Vec<Axis>> {
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

fn found<'a>(array: &'a ArrayInfo, part: &'a Part, shown: &'a Shown) -> Found<'a> {
    let nothing = Found { array, part: &part.text, axes: None, limits: None, cells: None, line: None, histogram: None };
    match shown {
        Shown::Cells { cells, axes, scale } => {
            let limits = Some([scale.limits.low, scale.limits.high]);
            Found { axes: Some(axes.iter().collect()), limits, cells: Some(cells), ..nothing }
        }
        Shown::Line { line, axis, limits } => {
            Found { axes: Some(vec![axis]), limits: Some([limits.low, limits.high]), line: Some(line), ..nothing }
        }
        Shown::Bins(bins) => Found { histogram: Some(bins), ..nothing },
    }
}
