//! `ls`, `tree` and `du`: from the manifests alone.

use super::{Call, is_url, print_json, select};
use crate::arguments::Sort;
use crate::fault::Outcome;
use crate::text;
use arraystow::{Error, ListEntry, Storage};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::SystemTime;

pub(super) fn ls(call: &Call, place: &str, glob: &str, long: bool, sort: Sort, reverse: bool) -> Outcome<()> {
    let storage = call.existing(place)?;
    let mut entries = call.looked(|| select(&storage, glob))?;
    if !long && sort != Sort::Size {
        order(&mut entries, sort, reverse, |entry| entry, |entry| entry.bytes);
        if call.json {
            return print_json(&entries.into_iter().map(with_json).collect::<Vec<_>>());
        }
        return names(call, &entries);
    }
    let (mut sized, errors) = call.looked(|| each(call, place, entries, |entry| Sized::of(&storage, entry)))?;
    order(&mut sized, sort, reverse, |sized| &sized.entry, Sized::bytes);
    if call.json {
        let entries = sized.into_iter().map(|sized| Sized { entry: with_json(sized.entry), ..sized });
        print_json(&entries.collect::<Vec<_>>())?;
    } else if !long {
        names(call, &sized.into_iter().map(|sized| sized.entry).collect::<Vec<_>>())?;
    } else {
        call.print(|out| sized.iter().try_for_each(|sized| sized.print(out)))?;
    }
    call.end(errors)
}

/// Looks at each value, and returns what was found and the errors of the others. A value that was removed in the
/// meantime is left out.
fn each<T: Send>(
    call: &Call,
    place: &str,
    entries: Vec<ListEntry>,
    look: impl Fn(&ListEntry) -> arraystow::Result<T> + Sync,
) -> Outcome<(Vec<T>, Vec<Error>)> {
    call.progress.begin(entries.len(), 0);
    let look = |entry: &ListEntry| {
        let found = look(entry);
        call.progress.finish_one(0);
        found
    };
    let (mut found, mut errors) = (Vec::with_capacity(entries.len()), Vec::new());
    for one in call.progress.each(is_url(place), &entries, look, |_| ()) {
        match one {
            Ok(one) => found.push(one),
            Err(error) if error.is_not_found() => {}
            Err(error) if error.is_cancelled() => return Err(error.into()),
            Err(error) => errors.push(error),
        }
    }
    Ok((found, errors))
}

/// An entry that has JSON: a time before 1970 has none.
pub(super) fn with_json(mut entry: ListEntry) -> ListEntry {
    entry.modified = entry.modified.filter(|time| *time >= SystemTime::UNIX_EPOCH);
    entry
}

fn names(call: &Call, entries: &[ListEntry]) -> Outcome<()> {
    call.print(|out| Ok(entries.iter().try_for_each(|entry| writeln!(out, "{}", entry.name))?))
}

/// A value, with the bytes of its arrays.
#[derive(Serialize)]
struct Sized {
    #[serde(flatten)]
    entry: ListEntry,
    arrays: usize,
    array_bytes: u64,
    external_objects: usize,
    external_bytes: u64,
}

impl Sized {
    fn of(storage: &Storage, entry: &ListEntry) -> arraystow::Result<Self> {
        let info = storage.info(&entry.name)?;
        let external = info.external_objects.iter().map(|object| object.bytes).fold(0, u64::saturating_add);
        Ok(Self {
            entry: entry.clone(),
            arrays: info.arrays.len(),
            array_bytes: info.array_bytes(),
            external_objects: info.external_objects.len(),
            external_bytes: external,
        })
    }

    fn print(&self, out: &mut dyn Write) -> Outcome<()> {
        let Self { entry, arrays, array_bytes, .. } = self;
        let (time, document) = (text::time(entry.modified), text::bytes(entry.bytes));
        let array_bytes = text::bytes(*array_bytes);
        Ok(writeln!(out, "{time:20}  {document:>9}  {arrays:>5} arrays {array_bytes:>9}  {}", entry.name)?)
    }

    fn bytes(&self) -> u64 {
        self.entry.bytes.saturating_add(self.array_bytes).saturating_add(self.external_bytes)
    }
}

fn order<T>(entries: &mut [T], sort: Sort, reverse: bool, entry: impl Fn(&T) -> &ListEntry, bytes: impl Fn(&T) -> u64) {
    match sort {
        Sort::Name => entries.sort_by(|a, b| entry(a).name.cmp(&entry(b).name)),
        Sort::Time => entries.sort_by_key(|one| Reverse(entry(one).modified)),
        Sort::Size => entries.sort_by_key(|one| Reverse(bytes(one))),
    }
    if reverse {
        entries.reverse();
    }
}

/// A workflow: the values and workflows in it.
#[derive(Default, Serialize)]
struct Branch {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    workflows: BTreeMap<String, Branch>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, Vec<String>>,
}

pub(super) fn tree(call: &Call, place: &str, glob: &str) -> Outcome<()> {
    let storage = call.existing(place)?;
    let (root, errors) = call.looked(|| Branch::of(call, place, &storage, glob))?;
    if call.json {
        print_json(&root)?;
    } else {
        call.print(|out| draw(&storage, &root, out))?;
    }
    call.end(errors)
}

/// Draws the tree of the values that a glob selects.
pub(super) fn draw_tree(call: &Call, place: &str, storage: &Storage, glob: &str, out: &mut dyn Write) -> Outcome<()> {
    let (root, errors) = Branch::of(call, place, storage, glob)?;
    draw(storage, &root, out)?;
    call.end(errors)
}

fn draw(storage: &Storage, root: &Branch, out: &mut dyn Write) -> Outcome<()> {
    writeln!(out, "{}", storage.location())?;
    print(out, root, "")
}

impl Branch {
    /// The tree of the values that a glob selects, and the errors of those that cannot be read.
    fn of(call: &Call, place: &str, storage: &Storage, glob: &str) -> Outcome<(Self, Vec<Error>)> {
        let mut root = Self::default();
        let look = |entry: &ListEntry| storage.info(&entry.name).map(|info| (entry.clone(), info));
        let (infos, errors) = each(call, place, select(storage, glob)?, look)?;
        for (entry, info) in infos {
            let arrays = info.arrays.iter().map(|array| {
                let path = array.paths.first().map_or("", String::as_str);
                format!("{}{}{}", text::clean(path), if path.is_empty() { "" } else { ": " }, text::array(array))
            });
            let (workflow, name) = entry.name.rsplit_once('/').unwrap_or(("", &entry.name));
            let segments = workflow.split('/').filter(|segment| !segment.is_empty());
            let branch =
                segments.fold(&mut root, |branch, segment| branch.workflows.entry(segment.to_owned()).or_default());
            branch.values.insert(name.to_owned(), arrays.collect());
        }
        Ok((root, errors))
    }
}

fn print(out: &mut dyn Write, branch: &Branch, indent: &str) -> Outcome<()> {
    let count = branch.workflows.len() + branch.values.len();
    let edges = (1..=count).map(|number| if number == count { ("└── ", "    ") } else { ("├── ", "│   ") });
    let mut edges = edges.collect::<Vec<_>>().into_iter();
    for (name, workflow) in &branch.workflows {
        let (edge, below) = edges.next().unwrap_or_default();
        writeln!(out, "{indent}{edge}{name}/")?;
        print(out, workflow, &format!("{indent}{below}"))?;
    }
    for (name, arrays) in &branch.values {
        let (edge, below) = edges.next().unwrap_or_default();
        writeln!(out, "{indent}{edge}{name}")?;
        for (number, array) in arrays.iter().enumerate() {
            let edge = if number + 1 == arrays.len() { "└── " } else { "├── " };
            writeln!(out, "{indent}{below}{edge}{array}")?;
        }
    }
    Ok(())
}

/// What the values of one workflow take.
#[derive(Default, Serialize)]
struct Usage {
    workflow: String,
    values: usize,
    document_bytes: u64,
    array_bytes: u64,
    external_bytes: u64,
}

impl Usage {
    fn bytes(&self) -> u64 {
        self.document_bytes.saturating_add(self.array_bytes).saturating_add(self.external_bytes)
    }
}

pub(super) fn du(call: &Call, place: &str, glob: &str) -> Outcome<()> {
    let storage = call.existing(place)?;
    let mut workflows: BTreeMap<String, Usage> = BTreeMap::new();
    let look = |entry: &ListEntry| Sized::of(&storage, entry);
    let (all, errors) = call.looked(|| each(call, place, select(&storage, glob)?, look))?;
    for sized in all {
        let workflow = sized.entry.name.rsplit_once('/').map_or("", |(workflow, _)| workflow).to_owned();
        let usage = workflows.entry(workflow.clone()).or_insert_with(|| Usage { workflow, ..Usage::default() });
        usage.values += 1;
        usage.document_bytes = usage.document_bytes.saturating_add(sized.entry.bytes);
        usage.array_bytes = usage.array_bytes.saturating_add(sized.array_bytes);
        usage.external_bytes = usage.external_bytes.saturating_add(sized.external_bytes);
    }
    if call.json {
        print_json(&workflows.values().collect::<Vec<_>>())?;
        return call.end(errors);
    }
    call.print(|out| {
        for usage in workflows.values() {
            let name = if usage.workflow.is_empty() { "." } else { &usage.workflow };
            writeln!(out, "{:>9}  {:>6} values  {name}", text::bytes(usage.bytes()), usage.values)?;
        }
        let all = workflows.values().map(Usage::bytes).fold(0, u64::saturating_add);
        let values: usize = workflows.values().map(|usage| usage.values).sum();
        Ok(writeln!(out, "{:>9}  {values:>6} values  in total", text::bytes(all))?)
    })?;
    call.end(errors)
}
