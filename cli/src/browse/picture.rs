//! What stands at the right: a value as text, an array as a picture.

use super::lines::wrapped;
use crate::arrays::{choose, corner};
use crate::drawing::Drawing;
use crate::fault::{Fault, Outcome};
use crate::plot::{self, Map, Part, Screen};
use crate::text;
use crate::tree::Printer;
use crate::values::read;
use arraystow::{ArrayInfo, Storage};

/// What is to be shown.
#[derive(Clone, PartialEq)]
pub(super) enum Wanted {
    Nothing,
    Value { name: String, lines: usize },
    Array { name: String, path: String, at: Vec<usize>, map: Map, is_histogram: bool, columns: usize, lines: usize },
}

/// Reads what is wanted, as lines. Colours are escape sequences in them.
pub(super) fn lines(storage: &Storage, wanted: &Wanted, colours: plot::Colours) -> Outcome<Vec<String>> {
    let mut out = Vec::new();
    match wanted {
        Wanted::Nothing => out.extend_from_slice(b"There are no values here."),
        Wanted::Value { name, .. } => {
            let (value, info) = read(storage, name)?;
            Printer::new(&mut out, &info).print(&value)?;
        }
        Wanted::Array { name, path, at, map, is_histogram, columns, lines } => {
            let (array, info) = choose(storage, name, Some(path))?;
            let head = wrapped(&text::array(&info), *columns);
            out.extend_from_slice(format!("{}\n\n", head.join("\n")).as_bytes());
            if array.is_empty() {
                out.extend_from_slice(b"no elements");
            } else if !has_picture(&info) {
                out.extend_from_slice(text::clean_lines(&corner(&array)?.to_string()).as_bytes());
            } else {
                let part = Part::last_axes(array.shape(), at)?;
                let numbers = plot::numbers(&array)?.slice(&part.elements)?;
                let (min, max, robust) = (None, None, false);
                let drawing = Drawing { storage, name, path, info: &info, part: &part, min, max, robust, map: *map };
                let screen = Screen { columns: *columns, lines: lines.saturating_sub(head.len() + 2), colours };
                let plot = if *is_histogram {
                    let drawn = drawing.histogram(&numbers, screen.lines.saturating_sub(2).clamp(5, 40))?;
                    drawn.ok_or_else(|| Fault::Other("no element is a finite number".to_owned()))?
                } else {
                    drawing.picture(&numbers, |rows, columns| screen.cells(rows, columns), screen.dots())?
                };
                screen.draw(&plot, &mut out)?;
            }
        }
    }
    let text = String::from_utf8(out).map_err(|error| Fault::Other(error.to_string()))?;
    let most = match wanted {
        Wanted::Value { lines, .. } | Wanted::Array { lines, .. } => *lines,
        Wanted::Nothing => 1,
    };
    Ok(text.lines().take(most).map(str::to_owned).collect())
}

/// Whether an array is drawn; the corner of others is printed.
pub(super) fn has_picture(info: &ArrayInfo) -> bool {
    info.grid.ndim() > 0 && plot::are_numbers(&info.data_type)
}
