//! The description of one array.

use crate::fault::Outcome;
use crate::{arrays, text};
use arraystow::{AnyArray, ArrayInfo};
use maud::{Markup, html};

/// The heading of an array at a path.
pub(crate) fn heading(path: &str) -> &str {
    if path.is_empty() { "the value" } else { path }
}

/// What the document says of an array.
pub(crate) fn facts(array: &ArrayInfo) -> Markup {
    let grid = &array.grid;
    let elements = (grid.len() as u64).saturating_mul(array.data_type.size() as u64);
    html! {
        table {
            tr { th { "type" } td { (array.data_type) } }
            tr { th { "shape" } td { (format!("{:?}", array.shape())) } }
            @if let Some(dims) = &array.dims { tr { th { "axes" } td { (dims.join(", ")) } } }
            tr { th { "chunks" } td {
                (grid.chunk_count()) ", " (format!("{:?}", grid.chunks_per_axis())) " along the axes"
                @if let Some(chunk) = grid.chunk_shape() { ", of " (format!("{chunk:?}")) }
            } }
            tr { th { "elements" } td { (grid.len()) ", " (text::bytes(elements)) } }
            tr { th { "stored" } td { (text::bytes(array.bytes)) " as " (array.format) } }
            @if let Some(codec) = array.codec { tr { th { "codec" } td { (codec) } } }
            @for (key, attr) in &array.attrs { tr { th { (key) } td { (text::attribute(attr)) } } }
            @if array.paths.len() > 1 { tr { th { "places" } td { (array.paths.join(", ")) } } }
            @if let Some(digest) = &array.digest { tr { th { "digest" } td { code { (digest) } } } }
        }
    }
}

/// The first elements of each axis, as text. An array of many axes has fewer of each.
pub(crate) fn corner(array: &AnyArray) -> Outcome<Markup> {
    Ok(html! { pre { (format!("{:#}", arrays::corner(array)?)) } })
}

/// The chunks along the last two axes, if there are several and not too many to be seen.
pub(crate) fn chunks(info: &ArrayInfo) -> Markup {
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
        figure.chunks {
            svg width=(width + 2.0) height=(height + 2.0) viewBox=(format!("-1 -1 {} {}", width + 2.0, height + 2.0))
                xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" {
                rect width=(width) height=(height) {}
                @for x in columns { path d=(format!("M{x:.1} 0V{height:.1}")) {} }
                @for y in rows { path d=(format!("M0 {y:.1}H{width:.1}")) {} }
            }
            figcaption { "chunks" }
        }
    }
}
