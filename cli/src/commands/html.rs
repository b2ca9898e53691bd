//! `show --html`: a value as one page for a browser, which needs no other file and no script.

use super::Call;
use crate::fault::Outcome;
use crate::files;
use crate::page::{self, Pictures};
use crate::tree::Printer;
use crate::values::{part, read};
use arraystow::{AnyArray, ArrayInfo, Storage, Value, ValueInfo};
use maud::{Markup, PreEscaped, html};
use std::path::Path;

/// Arrays with pictures; those after them have their facts only.
const MOST_PICTURES: usize = 100;
/// The page may load nothing, and run nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

pub(super) fn run(call: &Call, place: &str, name: &str, path: Option<&str>, file: &Path, force: bool) -> Outcome<()> {
    files::check(file, force)?;
    let storage = call.existing(place)?;
    let (value, info) = read(&storage, name)?;
    let path = path.unwrap_or_default();
    let part = part(&value, name, path)?;
    let mut tree = Vec::new();
    Printer::new(&mut tree, &info).print(part)?;
    let tree = String::from_utf8_lossy(&tree);
    let sections = call.watched(|| sections(&storage, name, &value, &info, path))?;
    let title = if path.is_empty() { name.to_owned() } else { format!("{name}: {path}") };
    let head = html! {
        meta http-equiv="Content-Security-Policy" content=(POLICY);
        style { (PreEscaped(page::STYLE)) }
    };
    let body = html! {
        pre { (tree) }
        @for section in sections { (section) }
    };
    let page = page::document(&title, &head, &body);
    files::write(file, force, page.as_bytes())?;
    call.wrote(file)
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
            let elements = match value.find(path).map(Value::resolved) {
                Some(Value::Array(elements)) if number < MOST_PICTURES => Some(elements),
                _ => None,
            };
            let seen = elements.map(|elements| seen(storage, name, path, array, elements)).transpose()?;
            Ok(html! {
                section {
                    h2 { (page::heading(path)) }
                    (page::facts(array))
                    (seen.unwrap_or_default())
                }
            })
        })
        .collect()
}

/// What needs the elements: pictures of numbers, the chunks, a corner.
fn seen(storage: &Storage, name: &str, path: &str, info: &ArrayInfo, array: &AnyArray) -> Outcome<Markup> {
    if array.is_empty() {
        return Ok(html! { p { "no elements" } });
    }
    let pictures = match Pictures::read(storage, name, path, info, array)? {
        Some(pictures) => html! {
            div.picture { (PreEscaped(pictures.picture()?)) }
            @if let Some(histogram) = pictures.histogram()? { div.picture { (PreEscaped(histogram)) } }
        },
        None => html! {},
    };
    Ok(html! {
        div.pictures { (pictures) (page::chunks(info)) }
        (page::corner(array)?)
    })
}
