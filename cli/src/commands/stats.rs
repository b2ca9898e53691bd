//! `stats` and `head`: numbers of an array. `stats` reads it chunk by chunk, `head` only the chunks of the corner.

use super::{Call, print_json};
use crate::arrays::{choose, with_ordered};
use crate::elements;
use crate::fault::{Fault, Outcome};
use crate::numbers::{Bin, Moments, Summary, histogram, summary};
use crate::plot::{self, draw_bins};
use crate::text;
use arraystow::{AnyArray, ArrayInfo, ChunkedArray, Number, RealElement};
use ndarray::{Slice, SliceInfoElem};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::fmt::Display;
use std::io::Write;

/// What is known of an array's elements. NaN and missing elements are left aside.
#[derive(Serialize)]
struct Stats {
    array: ArrayInfo,
    elements: usize,
    nan: usize,
    /// Elements that are equal to the fill value.
    missing: usize,
    /// The histogram is without these.
    infinite: usize,
    min: Json,
    max: Json,
    mean: Json,
    std: Json,
    histogram: Vec<Bin>,
}

pub(super) fn stats(call: &Call, place: &str, name: &str, path: Option<&str>, bins: usize) -> Outcome<()> {
    let storage = call.existing(place)?;
    let (array, info) = choose(&storage, name, path)?;
    let stats = call.watched(|| {
        with_ordered!(array.data_type(), T => of(&array.downcast::<T>()?, info, bins), else => {
            Err(Fault::Other(format!("elements of {} have no minimum or mean: try `head`", array.data_type())))
        })
    })?;
    if call.json { print_json(&stats) } else { call.print(|out| print(&stats, out)) }
}

/// Reads the array twice, unless it is small enough to be kept in memory: the histogram needs the ends.
fn of<T: Number + RealElement + Display>(array: &ChunkedArray<T>, info: ArrayInfo, bins: usize) -> Outcome<Stats> {
    const MOST_KEPT: usize = 256 << 20;
    let (elements, fill) = (array.len(), array.fill());
    let array = match elements.saturating_mul(size_of::<T>()) {
        small if small <= MOST_KEPT => {
            let kept = ChunkedArray::from(array.compute()?);
            &fill.map_or_else(|| kept.clone(), |fill| kept.with_fill(fill))
        }
        _ => array,
    };
    let Summary { missing, infinite, finite, moments } = summary(array, fill)?;
    let nan = elements - missing - moments.as_ref().map_or(0, |found| found.count);
    let [min, max, mean, std] = [const { Json::Null }; 4];
    let mut stats = Stats { array: info, elements, nan, missing, infinite, min, max, mean, std, histogram: Vec::new() };
    if let Some(found) = moments {
        let Moments { min, max, mean, .. } = found;
        stats.min = number(&min.to_string());
        stats.max = number(&max.to_string());
        stats.mean = number(&mean.to_string());
        stats.std = number(&found.std().to_string());
    }
    if let Some((low, high)) = finite {
        stats.histogram = histogram(&plot::numbers(&AnyArray::from(array))?, low, high, bins)?;
    }
    Ok(stats)
}

/// A number's text as JSON; what JSON does not have stays a string.
fn number(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn print(stats: &Stats, mut out: &mut dyn Write) -> Outcome<()> {
    const COLUMNS: usize = 85;
    writeln!(out, "{}", text::array(&stats.array))?;
    write!(out, "{} elements, {} NaN", stats.elements, stats.nan)?;
    for (count, what) in [(stats.missing, "missing"), (stats.infinite, "infinite, which the histogram leaves out")] {
        if count > 0 {
            write!(out, ", {count} {what}")?;
        }
    }
    let Stats { min, max, mean, std, .. } = stats;
    writeln!(out)?;
    writeln!(out, "min {min}  max {max}  mean {mean}  std {std}")?;
    draw_bins(&stats.histogram, COLUMNS, &mut out)
}

pub(super) fn head(call: &Call, place: &str, name: &str, path: Option<&str>, elements: usize) -> Outcome<()> {
    let storage = call.existing(place)?;
    let (array, info) = choose(&storage, name, path)?;
    let corner: Vec<SliceInfoElem> = array.shape().iter().map(|len| Slice::from(..elements.min(*len)).into()).collect();
    let corner = array.slice(corner)?.compute()?;
    if call.json {
        return print_json(&json!({ "array": info, "shape": corner.shape(), "elements": elements::json(&corner)? }));
    }
    let text = text::clean_lines(&format!("{corner:#}"));
    call.print(|out| Ok(writeln!(out, "{}\n{text}", text::array(&info))?))
}
