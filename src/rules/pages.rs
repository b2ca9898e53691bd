//! Pages: their links lead somewhere, the tests that they name exist, and their lines are short.

use super::{Result, files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// The most columns of a line of prose.
const MOST_COLUMNS: usize = 120;

/// Pages that tests write, in whole or in part.
const WRITTEN: [&str; 3] = ["docs/foreign.md", "docs/formats.md", "docs/readers.md"];

/// The pages at the root and in `docs`.
fn pages() -> Result<Vec<(PathBuf, String)>> {
    let mut pages = files("docs", &["md"])?;
    for page in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        pages.push((page.into(), std::fs::read_to_string(root().join(page))?));
    }
    Ok(pages)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines outside blocks of code, with their numbers.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter_map(|(_, line)| line.strip_prefix('#'));
    headings.map(|heading| anchor(heading.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

/// Removes code spans, in which brackets are no links.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// Where the links of a page lead: `[text](place)`, and the definitions `[label]: place`. Then the labels that are used
/// in `[text][label]`, and those that are defined.
fn links(text: &str) -> (Vec<String>, Vec<String>, BTreeSet<String>) {
    let (mut places, mut used, mut defined) = (Vec::new(), Vec::new(), BTreeSet::new());
    // A link may go on in the next line.
    let lines: Vec<_> = prose(text).into_iter().map(|(_, line)| line).collect();
    for line in &lines {
        if let Some((label, place)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            defined.insert(label.to_owned());
            places.push(place.to_owned());
        }
    }
    let joined = without_code(&lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "));
    for (at, _) in joined.match_indices("](") {
        places.extend(joined[at + 2..].split_once(')').map(|(place, _)| place.to_owned()));
    }
    for (at, _) in joined.match_indices("][") {
        used.extend(joined[at + 2..].split_once(']').map(|(label, _)| label.to_owned()));
    }
    (places, used, defined)
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn links_lead_somewhere() -> Result<()> {
    let pages: BTreeMap<PathBuf, String> = pages()?.into_iter().collect();
    let mut wrong = Vec::new();
    for (page, text) in &pages {
        let (places, used, defined) = links(text);
        for label in used.iter().filter(|label| !defined.contains(*label)) {
            wrong.push(format!("{}: [{label}] is not defined", page.display()));
        }
        for place in places.iter().filter(|place| !place.contains("://")) {
            let (file, fragment) = place.split_once('#').map_or((place.as_str(), None), |(file, at)| (file, Some(at)));
            let target = match file {
                "" => page.clone(),
                file => plain(&page.parent().unwrap_or(Path::new("")).join(file)),
            };
            if !root().join(&target).exists() {
                wrong.push(format!("{}: {place} does not exist", page.display()));
            }
            let known = |fragment| pages.get(&target).is_none_or(|text| anchors(text).contains(fragment));
            if fragment.is_some_and(|fragment| !known(fragment)) {
                wrong.push(format!("{}: {place} is not a heading", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// A page is a module of the documentation, in `src/pages.rs`, and has a line in the guide. There, labels of links are
/// names of pages, and headings that links lead to are listed.
#[test]
fn every_page_is_in_the_documentation_and_in_the_guide() -> Result<()> {
    let modules = std::fs::read_to_string(root().join("src/pages.rs"))?;
    let guide = std::fs::read_to_string(root().join("docs/guide.md"))?;
    let mut wrong = Vec::new();
    for (page, text) in files("docs", &["md"])? {
        let name = page.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if !modules.contains(&format!(": \"{name}\", \"")) {
            wrong.push(format!("src/pages.rs has no {name}"));
        }
        if name != "guide" && !guide.contains(&format!("[{name}]: {name}.md\n")) {
            wrong.push(format!("docs/guide.md has no link to {name}"));
        }
        for (line, definition) in prose(&text) {
            let Some((label, place)) = definition.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) else {
                continue;
            };
            let (file, anchor) = place.split_once('#').unwrap_or((place, ""));
            let right = match (file.strip_suffix(".md"), anchor) {
                (None, _) => continue,
                (Some(path), _) if path.starts_with("..") => modules.contains(&format!("\"[{label}]: https://")),
                (Some(file), "") => label == file,
                (Some(file), anchor) => {
                    label == format!("{file} {anchor}") && modules.contains(&format!("\"{file}\" \"{anchor}\" "))
                }
            };
            if !right {
                wrong.push(format!("{}:{line}: {definition}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "see src/pages.rs:\n{}", wrong.join("\n"));
    Ok(())
}

/// The code spans of the guarantees that name a test: `program`, or `program::module::function`.
#[test]
fn tests_that_are_named_exist() -> Result<()> {
    let page = std::fs::read_to_string(root().join("docs/guarantees.md"))?;
    let programs: BTreeSet<String> = std::fs::read_dir(root().join("tests"))?
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(ToOwned::to_owned))
        .collect();
    let (mut named, mut missing) = (0, Vec::new());
    for (line, text) in prose(&page) {
        for span in text.split('`').skip(1).step_by(2) {
            let segments: Vec<_> = span.split("::").collect();
            let is_path = span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | ':'));
            if is_path && segments.len() > 1 && programs.contains(segments[0]) {
                named += 1;
                if !exists(&segments)? {
                    missing.push(format!("docs/guarantees.md:{line}: {span}"));
                }
            }
            if (span.starts_with("tests/") || span.starts_with("scripts/")) && !root().join(span).exists() {
                missing.push(format!("docs/guarantees.md:{line}: {span}"));
            }
        }
    }
    assert!(missing.is_empty(), "these tests do not exist:\n{}", missing.join("\n"));
    assert!(named > 40, "only {named} tests are named");
    Ok(())
}

/// Whether the segments name a module of the tests, or a function in one.
fn exists(segments: &[&str]) -> Result<bool> {
    let module = |segments: &[&str]| {
        let path = root().join("tests").join(segments.join("/"));
        [path.join("mod.rs"), path.join("main.rs"), path.with_extension("rs")].into_iter().find(|path| path.exists())
    };
    if module(segments).is_some() {
        return Ok(true);
    }
    let [parents @ .., last] = segments else { return Ok(false) };
    let Some(file) = module(parents) else { return Ok(false) };
    let text = std::fs::read_to_string(file)?;
    Ok(text.contains(&format!("fn {last}(")) || text.contains(&format!("mod {last} {{")))
}

#[test]
fn lines_of_prose_have_at_most_120_columns() -> Result<()> {
    let mut long = Vec::new();
    for (page, text) in pages()? {
        if WRITTEN.iter().any(|written| page == Path::new(written)) {
            continue;
        }
        for (line, text) in prose(&text) {
            let columns = text.chars().count();
            if columns > MOST_COLUMNS && !text.trim_start().starts_with('|') {
                long.push(format!("{}:{line}: {columns} columns", page.display()));
            }
        }
    }
    assert!(long.is_empty(), "wrap these lines:\n{}", long.join("\n"));
    Ok(())
}

/// The page of errors has a heading for each kind.
#[test]
fn every_kind_of_error_is_explained() -> Result<()> {
    let kinds = std::fs::read_to_string(root().join("src/error/kind.rs"))?;
    let variants = kinds.split_once("pub enum ErrorKind {").and_then(|(_, rest)| rest.split_once("\n}"));
    let (variants, _) = variants.ok_or("there is no ErrorKind")?;
    let kinds = variants.lines().filter_map(|line| line.trim().strip_suffix(',').filter(|kind| !kind.contains(' ')));
    let page = std::fs::read_to_string(root().join("docs/faq.md"))?;
    let headings: BTreeSet<&str> = prose(&page).into_iter().map(|(_, line)| line).collect();
    let missing: Vec<_> = kinds.clone().filter(|kind| !headings.contains(&*format!("### `{kind}`"))).collect();
    assert!(missing.is_empty(), "docs/faq.md does not explain {missing:?}");
    assert!(kinds.count() > 10);
    Ok(())
}

/// The page about other tools quotes two numbers of the benchmarks.
#[test]
fn quoted_benchmarks_are_those_of_their_page() -> Result<()> {
    let benchmarks = std::fs::read_to_string(root().join("docs/benchmarks.md"))?;
    let quoting = std::fs::read_to_string(root().join("docs/when-not.md"))?.replace("\n  ", " ");
    let (_, case) = benchmarks.split_once("### many-arrays:").ok_or("there is no such case")?;
    let ratio = |side: &str| -> Result<f64> {
        let row = case.lines().find(|line| line.starts_with(&format!("| {side} |"))).ok_or("there is no such row")?;
        let number =
            row.split('|').nth(3).and_then(|cell| cell.trim().strip_suffix(" x")).ok_or("there is no ratio")?;
        Ok(number.parse()?)
    };
    for (side, words) in [("h5py", "h5py with one file"), ("joblib", "joblib")] {
        let quoted = format!("{:.1} times as long as {words}", ratio(side)?);
        assert!(quoting.contains(&quoted), "docs/when-not.md does not have {quoted:?}");
    }
    Ok(())
}

#[test]
fn readme_is_short() -> Result<()> {
    let text = std::fs::read_to_string(root().join("README.md"))?;
    let (lines, words) = (text.lines().count(), text.split_whitespace().count());
    assert!(lines <= 110 && words <= 700, "README.md has {lines} lines and {words} words, of at most 110 and 700");
    Ok(())
}

#[test]
fn anchors_are_those_of_github() {
    assert_eq!(anchor("Swaps, moves, and handles on replaced arrays"), "swaps-moves-and-handles-on-replaced-arrays");
    assert_eq!(anchor("`verify` and HDF5"), "verify-and-hdf5");
}
