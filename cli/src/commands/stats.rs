//! `stats` and `head`: numbers of an array. `stats` reads it chunk by chunk, `head` only the chunks of the corner.

use super::{Call, print_json};
use crate::arrays::{choose, with_ordered};
use crate::fault::{Fault, Outcome};
use crate::numbers::{Bin, Moments, histogram, moments};
use crate::plot::draw_bins;
use crate::terminal::watched;
use crate::text;
use arraystow::{ArrayInfo, ChunkedArray, Number, RealElement};
use ndarray::{Slice, SliceInfoElem};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::fmt::Display;
use std::io::Write;

/// What is known of an array's elements. NaN is left aside.
#[derive(Serialize)]
struct Stats {
    array: ArrayInfo,
    elements: usize,
    nan: usize,
    min: Json,
    max: Json,
    mean: Json,
    std: Json,
    histogram: Vec<Bin>,
}

pub(super) fn stats(call: &Call, place: &str, name: &str, path: Option<&str>, bins: usize) -> Outcome<()> {
    let storage = call.existing(place)?;
    let (array, info) = choose(&storage, name, path)?;
    let stats = watched(call.quiet, || {
        with_ordered!(array.data_type(), T => of(&array.downcast::<T>()?, info, bins), else => {
            Err(Fault::Other(format!("elements of {} have no minimum or mean: try `head`", array.data_type())))
        })
    })?;
    if call.json { print_json(&stats) } else { print(&stats) }
}

/// Reads the array twice, unless it is small enough to be kept in memory: the histogram needs the limits.
fn of<T: Number + RealElement + Display>(array: &ChunkedArray<T>, info: ArrayInfo, bins: usize) -> Outcome<Stats> {
    const MOST_KEPT: usize = 256 << 20;
    let elements = array.len();
    let array = match elements.saturating_mul(size_of::<T>()) {
        small if small <= MOST_KEPT => &ChunkedArray::from(array.compute()?),
        _ => array,
    };
    let found = moments(array)?;
    let nan = elements - found.as_ref().map_or(0, |found| found.count);
    let [min, max, mean, std] = [const { Json::Null }; 4];
    let mut stats = Stats { array: info, elements, nan, min, max, mean, std, histogram: Vec::new() };
    if let Some(Moments { min, max, mean, .. }) = found {
        stats.min = number(&min.to_string());
        stats.max = number(&max.to_string());
        stats.mean = number(&mean.to_string());
        stats.std = number(&found.map_or(f64::NAN, |found| found.std()).to_string());
        let limits = ChunkedArray::from(ndarray::array![min, max]).astype::<f64>()?.compute()?;
        stats.histogram = histogram(&array.astype()?, limits[0], limits[1], bins)?;
    }
    Ok(stats)
}

/// A number's text as JSON; what JSON does not have stays a string.
fn number(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn print(stats: &Stats) -> Outcome<()> {
    const COLUMNS: usize = 85;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text::array(&stats.array))?;
    writeln!(out, "{} elements, {} NaN", stats.elements, stats.nan)?;
    let Stats { min, max, mean, std, .. } = stats;
    writeln!(out, "min {min}  max {max}  mean {mean}  std {std}")?;
    draw_bins(&stats.histogram, COLUMNS, &mut out)
}

pub(super) fn head(call: &Call, place: &str, name: &str, path: Option<&str>, elements: usize) -> Outcome<()> {
    let storage = call.existing(place)?;
    let (array, info) = choose(&storage, name, path)?;
    let corner: Vec<SliceInfoElem> = array.shape().iter().map(|len| Slice::from(..elements.min(*len)).into()).collect();
    let corner = array.slice(corner)?.compute()?;
    if call.json {
        return print_json(&json!({ "array": info, "shape": corner.shape(), "elements": corner.to_string() }));
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}\n{}", text::array(&info), text::clean_lines(&corner.to_string()))?;
    Ok(())
}
