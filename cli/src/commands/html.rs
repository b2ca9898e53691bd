//! `show --html`: a value as one page for a browser, which needs no other file and no script.

use super::drawing::Drawing;
use super::{Call, plot as files, show};
use crate::fault::{Fault, Outcome};
use crate::plot::{self, Format, Map, Part};
use crate::terminal::watched;
use crate::text;
use crate::tree::Printer;
use crate::values::read;
use arraystow::{AnyArray, ArrayInfo, Storage, Value, ValueInfo};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ndarray::{Slice, SliceInfoElem};
use std::path::Path;

/// Arrays with pictures; those after them have their facts only.
const MOST_PICTURES: usize = 100;
/// Elements of a part that are read for a picture.
const MOST_ELEMENTS: usize = 1 << 26;
/// Elements of each axis of the corner.
const CORNER: usize = 6;
/// The page may load nothing, and run nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const STYLE: &str = "body{font:15px/1.5 'DejaVu Sans',Verdana,sans-serif;margin:2em auto;max-width:70em;padding:0 1em}\
    pre{background:#f4f4f4;padding:.8em;overflow:auto;font-size:13px}td,th{text-align:left;vertical-align:top;\
    padding:0 1.2em 0 0;font-weight:normal}th{color:#666}section{border-top:1px solid #ccc;margin-top:1.5em}\
    .pictures{display:flex;flex-wrap:wrap;gap:1em}svg{max-width:100%;height:auto}";

pub(super) fn run(call: &Call, place: &str, name: &str, path: Option<&str>, file: &Path, force: bool) -> Outcome<()> {
    if !force && file.exists() {
        return Err(Fault::Usage(format!("{} exists: add --force to replace it", file.display())));
    }
    let storage = call.existing(place)?;
    let (value, info) = read(&storage, name)?;
    let path = path.unwrap_or_default();
    let part = show::find(&value, path).ok_or_else(|| Fault::Other(format!("{name:?} has nothing at {path:?}")))?;
    let mut tree = Vec::new();
    Printer::new(&mut tree, &info).print(part, path)?;
    let tree = String::from_utf8_lossy(&tree);
    let sections = watched(call.quiet, || sections(&storage, name, &value, &info, path))?;
    let title = if path.is_empty() { name.to_owned() } else { format!("{name}: {path}") };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                pre { (tree) }
                @for section in sections { (section) }
            }
        }
    };
    files::write(file, page.into_string().as_bytes())?;
    call.done(&format!("{}: {}", file.display(), text::bytes(std::fs::metadata(file)?.len())));
    Ok(())
}

/// A section for each array in the part of the value.
fn sections(storage: &Storage, name: &str, value: &Value, info: &ValueInfo, within: &str) -> Outcome<Vec<Markup>> {
    let inside = |path: &&String| {
        path.strip_prefix(within)
            .is_some_and(|rest| within.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let arrays = info.arrays.iter().filter_map(|array| Some((array, array.paths.iter().find(inside)?)));
    arrays
        .enumerate()
        .map(|(number, (array, path))| {
            let elements = match show::find(value, path).map(Value::resolved) {
                Some(Value::Array(elements)) if number < MOST_PICTURES => Some(elements),
                _ => None,
            };
            let seen = elements.map(|elements| seen(storage, name, path, array, elements)).transpose()?;
            Ok(html! {
                section {
                    h2 { (if path.is_empty() { "the value" } else { path.as_str() }) }
                    (facts(array))
                    (seen.unwrap_or_default())
                }
            })
        })
        .collect()
}

fn facts(array: &ArrayInfo) -> Markup {
    let grid = &array.grid;
    html! {
        table {
            tr { th { "type" } td { (array.data_type) } }
            tr { th { "shape" } td { (format!("{:?}", array.shape())) } }
            @if let Some(dims) = &array.dims { tr { th { "axes" } td { (dims.join(", ")) } } }
            tr { th { "chunks" } td {
                (grid.chunk_count()) ", " (format!("{:?}", grid.chunks_per_axis())) " along the axes"
                @if let Some(chunk) = grid.chunk_shape() { ", of " (format!("{chunk:?}")) }
            } }
            tr { th { "stored" } td { (text::bytes(array.bytes)) " as " (array.format) } }
            @for (key, attr) in &array.attrs { tr { th { (key) } td { (text::attribute(attr)) } } }
            @if array.paths.len() > 1 { tr { th { "places" } td { (array.paths.join(", ")) } } }
            @if let Some(digest) = &array.digest { tr { th { "digest" } td { code { (digest) } } } }
        }
    }
}

/// What needs the elements: pictures of numbers, the chunks, a corner.
fn seen(storage: &Storage, name: &str, path: &str, info: &ArrayInfo, array: &AnyArray) -> Outcome<Markup> {
    if array.is_empty() {
        return Ok(html! { p { "no elements" } });
    }
    let corner: Vec<SliceInfoElem> = array.shape().iter().map(|len| Slice::from(..CORNER.min(*len)).into()).collect();
    let corner = array.slice(corner)?.compute()?;
    let pictures = match plot::numbers(array) {
        Ok(numbers) if array.ndim() > 0 => {
            let part = Part::parse(None, array.shape(), info.dims.as_deref(), Some(2))?;
            let numbers = numbers.slice(&part.elements)?;
            if numbers.len() > MOST_ELEMENTS {
                html! { p { "Not drawn here, because it has " (numbers.len()) " elements: `arraystow plot` draws it." } }
            } else {
                let (min, max, robust, map) = (None, None, false, Map::Viridis);
                let drawing = Drawing { storage, name, path, info, part: &part, min, max, robust, map };
                // Read once.
                let numbers = arraystow::ChunkedArray::from(numbers.compute()?);
                let picture = drawing.picture(&numbers, |_, _| PICTURE, PICTURE.1)?;
                let histogram = drawing.histogram(&numbers, 40).ok();
                html! {
                    (svg(&picture, PICTURE)?)
                    @if let Some(histogram) = histogram { (svg(&histogram, HISTOGRAM)?) }
                }
            }
        }
        _ => html! {},
    };
    Ok(html! {
        div.pictures { (pictures) (chunks(info)) }
        pre { (corner) }
    })
}

/// Rows and columns of cells of the pictures.
const PICTURE: (usize, usize) = (320, 340);
const HISTOGRAM: (usize, usize) = (200, 200);

fn svg(plot: &plot::Plot, most: (usize, usize)) -> Outcome<Markup> {
    let text = String::from_utf8(plot::draw(plot, Format::Svg, plot.size(most))?);
    Ok(PreEscaped(text.map_err(|error| Fault::Other(error.to_string()))?))
}

/// The chunks along the last two axes, if there are several and not too many to be seen.
fn chunks(info: &ArrayInfo) -> Markup {
    const SIDE: f64 = 160.0;
    let counts = info.grid.chunks_per_axis();
    if info.grid.chunk_count() < 2 || counts.iter().any(|count| *count > 80) {
        return html! {};
    }
    let (lens, chunks) = (info.shape(), info.grid.chunks());
    let first = lens.len().saturating_sub(2);
    let longest = lens[first..].iter().copied().max().unwrap_or(1).max(1) as f64;
    // Where the chunks of an axis end, and its length in the drawing.
    let ends = |axis: usize| -> (Vec<f64>, f64) {
        let side = (SIDE * lens[axis] as f64 / longest).max(12.0);
        let mut end = 0;
        let ends = chunks[axis].iter().map(|len| {
            end += len;
            side * end as f64 / lens[axis].max(1) as f64
        });
        (ends.collect(), side)
    };
    let (columns, width) = ends(lens.len() - 1);
    let (rows, height) = if lens.len() > 1 { ends(first) } else { (vec![12.0], 12.0) };
    html! {
        figure {
            svg width=(width + 2.0) height=(height + 2.0) viewBox=(format!("-1 -1 {} {}", width + 2.0, height + 2.0))
                xmlns="http://www.w3.org/2000/svg" fill="none" stroke="#333" {
                rect width=(width) height=(height) {}
                @for x in columns { path d=(format!("M{x:.1} 0V{height:.1}")) {} }
                @for y in rows { path d=(format!("M0 {y:.1}H{width:.1}")) {} }
            }
            figcaption { "chunks" }
        }
    }
}
