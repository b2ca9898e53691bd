//! `ls`, `tree` and `du`: from the manifests alone.

use super::{Call, print_json, select};
use crate::arguments::Sort;
use crate::fault::Outcome;
use crate::text;
use arraystow::{ListEntry, Storage};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

pub(super) fn ls(call: &Call, place: &str, glob: &str, long: bool, sort: Sort, reverse: bool) -> Outcome<()> {
    let storage = call.existing(place)?;
    let mut entries = select(&storage, glob)?;
    if !long && sort != Sort::Size {
        order(&mut entries, sort, reverse, |entry| entry, |entry| entry.bytes);
        return if call.json { print_json(&entries) } else { names(call, &entries) };
    }
    let mut sized = entries.into_iter().map(|entry| Sized::of(&storage, entry)).collect::<Outcome<Vec<_>>>()?;
    order(&mut sized, sort, reverse, |sized| &sized.entry, Sized::bytes);
    if call.json {
        return print_json(&sized);
    }
    if !long {
        return names(call, &sized.into_iter().map(|sized| sized.entry).collect::<Vec<_>>());
    }
    call.print(|out| {
        for Sized { entry, arrays, array_bytes, .. } in &sized {
            let (time, document) = (text::time(entry.modified), text::bytes(entry.bytes));
            let array_bytes = text::bytes(*array_bytes);
            writeln!(out, "{time:20}  {document:>9}  {arrays:>5} arrays {array_bytes:>9}  {}", entry.name)?;
        }
        Ok(())
    })
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
    fn of(storage: &Storage, entry: ListEntry) -> Outcome<Self> {
        let info = storage.info(&entry.name)?;
        let external = info.external_objects.iter().map(|object| object.bytes).fold(0, u64::saturating_add);
        Ok(Self {
            entry,
            arrays: info.arrays.len(),
            array_bytes: info.array_bytes(),
            external_objects: info.external_objects.len(),
            external_bytes: external,
        })
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
    let root = Branch::of(&storage, glob)?;
    if call.json { print_json(&root) } else { call.print(|out| draw(&storage, &root, out)) }
}

/// Draws the tree of the values that a glob selects.
pub(super) fn draw_tree(storage: &Storage, glob: &str, out: &mut dyn Write) -> Outcome<()> {
    draw(storage, &Branch::of(storage, glob)?, out)
}

fn draw(storage: &Storage, root: &Branch, out: &mut dyn Write) -> Outcome<()> {
    writeln!(out, "{}", storage.location())?;
    print(out, root, "")
}

impl Branch {
    fn of(storage: &Storage, glob: &str) -> Outcome<Self> {
        let mut root = Self::default();
        for entry in select(storage, glob)? {
            let info = storage.info(&entry.name)?;
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
        Ok(root)
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
    for entry in select(&storage, glob)? {
        let workflow = entry.name.rsplit_once('/').map_or("", |(workflow, _)| workflow).to_owned();
        let sized = Sized::of(&storage, entry)?;
        let usage = workflows.entry(workflow.clone()).or_insert_with(|| Usage { workflow, ..Usage::default() });
        usage.values += 1;
        usage.document_bytes = usage.document_bytes.saturating_add(sized.entry.bytes);
        usage.array_bytes = usage.array_bytes.saturating_add(sized.array_bytes);
        usage.external_bytes = usage.external_bytes.saturating_add(sized.external_bytes);
    }
    if call.json {
        return print_json(&workflows.values().collect::<Vec<_>>());
    }
    call.print(|out| {
        for usage in workflows.values() {
            let name = if usage.workflow.is_empty() { "." } else { &usage.workflow };
            writeln!(out, "{:>9}  {:>6} values  {name}", text::bytes(usage.bytes()), usage.values)?;
        }
        let all = workflows.values().map(Usage::bytes).fold(0, u64::saturating_add);
        let values: usize = workflows.values().map(|usage| usage.values).sum();
        Ok(writeln!(out, "{:>9}  {values:>6} values  in total", text::bytes(all))?)
    })
}
