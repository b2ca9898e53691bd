//! The pages: all values, one value, one array.

use super::address::{encoded, parameter};
use super::answer::{Answer, Kind, Outcome};
use crate::arrays::choose;
use crate::fault::Fault;
use crate::page::{self, has_pictures};
use crate::plot::Map;
use crate::text;
use crate::tree::Printer;
use crate::values::{pattern, read_versioned};
use arraystow::{ArrayInfo, Storage, Version};
use clap::ValueEnum;
use maud::{Markup, html};
use std::io::{self, Write};

/// Values in the list.
const MOST_VALUES: usize = 1000;
/// Arrays that are described on the page of their value; those after them are links.
const MOST_ARRAYS: usize = 200;
/// Bytes of the tree of a value.
const MOST_TREE: usize = 1 << 20;

/// The values whose names match a glob.
pub(super) fn list(storage: &Storage, glob: &str) -> Outcome<Answer> {
    let entries = storage.list(&pattern(storage, glob)?)?;
    let body = html! {
        form action="/" {
            label { "Names " input name="glob" value=(glob) size="40"; }
            " " button { "Show" }
        }
        @if entries.is_empty() { p { "No value has such a name." } }
        table.values {
            @if !entries.is_empty() { tr { th { "name" } th { "saved" } th { "document" } } }
            @for entry in entries.iter().take(MOST_VALUES) {
                tr {
                    td { a href=(value_address(&entry.name)) { (entry.name) } }
                    td { (text::time(entry.modified)) }
                    td { (text::bytes(entry.bytes)) }
                }
            }
        }
        @if entries.len() > MOST_VALUES {
            p { (entries.len() - MOST_VALUES) " more: choose with a pattern such as " code { "runs/2*" } "." }
        }
    };
    Ok(Answer::page(storage.location(), &body))
}

/// A value: its fields, and what is known of its arrays.
pub(super) fn value(storage: &Storage, name: &str) -> Outcome<Answer> {
    let (value, info, version) = read_versioned(storage, name)?;
    let mut tree = Short { text: Vec::new(), is_cut: false };
    match Printer::new(&mut tree, &info).print(&value) {
        // The rest is left out.
        Err(_) if tree.is_cut => {}
        printed => printed.map_err(Fault::from)?,
    }
    let paths = info.arrays.iter().map(|array| (array, array.paths.first().map_or("", String::as_str)));
    let body = html! {
        nav { a href="/" { "All values" } }
        pre { (String::from_utf8_lossy(&tree.text)) }
        @if tree.is_cut { p { "The rest is not shown here: `arraystow show` prints all of it." } }
        @for (array, path) in paths.clone().take(MOST_ARRAYS) {
            section {
                h2 { a href=(array_address(name, path)) { (page::heading(path)) } }
                (page::facts(array))
                div.pictures { (pictures(name, path, &version, array)) (page::chunks(array)) }
            }
        }
        @if info.arrays.len() > MOST_ARRAYS {
            section {
                h2 { "More arrays" }
                ul { @for (_, path) in paths.skip(MOST_ARRAYS) { li { a href=(array_address(name, path)) { (path) } } } }
            }
        }
    };
    Ok(Answer::page(name, &body))
}

/// An array: what is known of it, its last two axes in tiles, its first elements.
pub(super) fn array(storage: &Storage, name: &str, path: &str) -> Outcome<Answer> {
    let version = storage.version(name)?;
    let (array, info) = choose(storage, name, Some(path))?;
    let is_viewed = has_pictures(&info) && array.ndim() >= 2;
    let body = html! {
        nav { a href="/" { "All values" } " / " a href=(value_address(name)) { (name) } }
        @if is_viewed { (viewer(name, path, &version, &info)) }
        (page::facts(&info))
        div.pictures { (pictures(name, path, &version, &info)) (page::chunks(&info)) }
        @if array.is_empty() { p { "no elements" } } @else { (page::corner(&array)?) }
        @if is_viewed { script src="/viewer.js" defer {} }
    };
    let title = if path.is_empty() { name.to_owned() } else { format!("{name}: {path}") };
    Ok(Answer::page(&title, &body))
}

/// Pictures that the browser loads when they come into view.
fn pictures(name: &str, path: &str, version: &Version, info: &ArrayInfo) -> Markup {
    let part = place(name, path, version);
    html! {
        @if has_pictures(info) {
            img.picture loading="lazy" src=(format!("/picture/{part}")) alt=(format!("picture of {path}"));
            img.picture loading="lazy" src=(format!("/histogram/{part}")) alt=(format!("histogram of {path}"));
        }
    }
}

/// The two last axes in tiles, and what moves them. The script fills it.
fn viewer(name: &str, path: &str, version: &Version, info: &ArrayInfo) -> Markup {
    let place = place(name, path, version);
    let axes: Vec<String> = (0..info.shape().len())
        .map(|axis| {
            info.dims.as_ref().and_then(|dims| dims.get(axis)).cloned().unwrap_or_else(|| format!("axis {axis}"))
        })
        .collect();
    let (others, shown) = info.shape().split_at(info.shape().len().saturating_sub(2));
    let units = info.attrs.get("units").and_then(|units| units.as_str()).unwrap_or_default();
    html! {
        div #viewer data-place=(place) data-rows=(shown[0]) data-columns=(shown[1]) data-units=(units)
            data-row-axis=(axes[others.len()]) data-column-axis=(axes[others.len() + 1]) {
            @for (axis, len) in axes.iter().zip(others) {
                label.axis {
                    span { (axis) }
                    input type="range" min="0" max=(len.saturating_sub(1)) value="0" aria-label=(axis) autocomplete="off";
                    output { "0 of " (len) }
                }
            }
            div.stage tabindex="0" role="img" aria-label=(format!("{path}, moved with the arrow keys, + and -")) {}
            p.status role="status" {}
            div.colours {
                label { "from " input.low type="text" inputmode="decimal" size="10" autocomplete="off"; }
                img.bar alt="colours";
                label { "to " input.high type="text" inputmode="decimal" size="10" autocomplete="off"; }
                select aria-label="colours" autocomplete="off" {
                    @for map in Map::value_variants() {
                        @if let Some(value) = map.to_possible_value() { option { (value.get_name()) } }
                    }
                }
                button.limits type="button" { "Colours of this part" }
                button.in type="button" { "Zoom in" }
                button.out type="button" { "Zoom out" }
                button.all type="button" { "All" }
            }
        }
    }
}

/// The style of all pages, and of the viewer.
pub(super) fn style() -> Answer {
    Answer::new(Kind::Style, format!("{}{}", page::STYLE, include_str!("viewer.css")))
}

/// The picture beside the title.
pub(super) fn icon() -> Answer {
    Answer::new(Kind::Svg, include_str!("icon.svg"))
}

/// The script of the viewer.
pub(super) fn script() -> Answer {
    Answer::new(Kind::Script, include_str!("viewer.js"))
}

fn value_address(name: &str) -> String {
    format!("/value/{}", encoded(name))
}

fn array_address(name: &str, path: &str) -> String {
    format!("/array/{}?path={}", encoded(name), parameter(path))
}

/// An array of a version, as the end of an address.
fn place(name: &str, path: &str, version: &Version) -> String {
    format!("{}?path={}&version={version}", encoded(name), parameter(path))
}

/// The beginning of a text. Writing more is an error.
struct Short {
    text: Vec<u8>,
    is_cut: bool,
}

impl Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let kept = bytes.len().min(MOST_TREE - self.text.len());
        self.text.extend_from_slice(&bytes[..kept]);
        if kept < bytes.len() {
            // An error, so that nothing more is written.
            self.is_cut = true;
            return Err(io::Error::other("the text is long enough"));
        }
        Ok(kept)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
