//! `plot`: an array as a picture. It is read once, chunk by chunk, and kept as small as the picture is.

use super::{Call, print_json};
use crate::arguments::PlotArguments;
use crate::arrays::choose;
use crate::drawing::Drawing;
use crate::fault::{Fault, Outcome};
use crate::files;
use crate::numbers::Bin;
use crate::plot::{self, Axis, Cells, Colours, Graphics, Line, Part, Picture, Screen, Shown};
use arraystow::ArrayInfo;
use serde::Serialize;
use std::borrow::Cow;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Where the picture goes.
enum Target<'a> {
    File(&'a Path, Picture),
    Inline(Picture),
    Screen(Screen),
}

impl<'a> Target<'a> {
    fn of(arguments: &'a PlotArguments) -> Outcome<Self> {
        let Some(file) = &arguments.output else {
            let found = terminal_size::terminal_size().map(|(width, height)| (width.0, height.0));
            let (columns, lines) = found.unwrap_or((80, 24));
            let (columns, lines) = arguments.size.unwrap_or((columns.into(), u32::from(lines.max(2)) - 1));
            let colours = Colours::resolved(arguments.colors);
            // What was chosen for characters means them.
            let is_for_text = arguments.size.is_some() || arguments.colors != Colours::Auto || colours == Colours::None;
            let graphics = match arguments.graphics {
                Graphics::Auto if is_for_text => Graphics::Text,
                graphics => graphics.resolved(),
            };
            if graphics != Graphics::Text {
                return Ok(Self::Inline(Picture::inline(graphics, arguments.size)?));
            }
            return Ok(Self::Screen(Screen { columns: columns as usize, lines: lines as usize, colours }));
        };
        let picture = Picture::of_file(file, arguments.size)?;
        files::check(file, arguments.force)?;
        Ok(Self::File(file, picture))
    }

    /// The largest number of rows and columns of the picture of an array.
    fn cells(&self, rows: usize, columns: usize) -> (usize, usize) {
        match self {
            Self::File(_, picture) | Self::Inline(picture) => picture.cells(rows, columns),
            Self::Screen(screen) => screen.cells(rows, columns),
        }
    }

    /// The largest number of intervals of a line.
    fn intervals(&self) -> usize {
        match self {
            Self::File(_, picture) | Self::Inline(picture) => picture.intervals(),
            Self::Screen(screen) => screen.dots(),
        }
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Found<'a> {
    array: &'a ArrayInfo,
    part: &'a str,
    /// The file that was written, and its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
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
    let PlotArguments { min, max, robust, map, .. } = *arguments;
    let name = &arguments.name;
    let drawing = Drawing { storage: &storage, name, path: &path, info: &info, part: &part, min, max, robust, map };
    let plot = call.watched(|| {
        if arguments.histogram {
            let drawn = drawing.histogram(&numbers, arguments.bins.into())?;
            return drawn.ok_or_else(|| Fault::Other("no element is a finite number".to_owned()));
        }
        drawing.picture(&numbers, |rows, columns| target.cells(rows, columns), target.intervals())
    })?;
    if call.json && arguments.output.is_none() {
        return print_json(&found(&info, &part, &plot.shown));
    }
    match target {
        Target::Screen(screen) => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            screen.draw(&plot, &mut out)?;
            Ok(out.flush()?)
        }
        Target::Inline(picture) => Ok(std::io::stdout().lock().write_all(&picture.draw(&plot)?)?),
        Target::File(file, picture) => {
            let bytes = picture.draw(&plot)?;
            files::write(file, arguments.force, &bytes)?;
            if call.json {
                // A path need not be Unicode.
                let (file, bytes) = (Some(file.to_string_lossy()), Some(bytes.len()));
                return print_json(&Found { file, bytes, ..found(&info, &part, &plot.shown) });
            }
            call.wrote(file)
        }
    }
}

fn found<'a>(array: &'a ArrayInfo, part: &'a Part, shown: &'a Shown) -> Found<'a> {
    let nothing = Found {
        array,
        part: &part.text,
        file: None,
        bytes: None,
        axes: None,
        limits: None,
        cells: None,
        line: None,
        histogram: None,
    };
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
