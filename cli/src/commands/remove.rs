//! `rm` and `sweep`.

use super::{Call, print_json, select};
use crate::fault::{Fault, Outcome, print_json_error, say};
use crate::terminal::{confirm, sum};
use crate::text;
use arraystow::Leftover;
use std::collections::BTreeSet;
use std::io::Write;

pub(super) fn rm(call: &Call, place: &str, globs: &[String], yes: bool) -> Outcome<()> {
    let storage = call.existing(place)?;
    let mut names = BTreeSet::new();
    for glob in globs {
        names.extend(select(&storage, glob)?.into_iter().map(|entry| entry.name));
    }
    if let [only] = &names.iter().collect::<Vec<_>>()[..] {
        confirm(yes, &format!("remove {only} with its arrays"))?;
    } else {
        confirm(yes, &format!("remove {} values with their arrays", names.len()))?;
    }
    call.watched(|| {
        call.progress.begin(names.len(), 0);
        names.iter().try_for_each(|name| {
            storage.remove(name)?;
            call.progress.finish_one(0);
            call.done(&format!("removed {name}"));
            Ok(())
        })
    })?;
    if call.json { print_json(&names) } else { Ok(()) }
}

pub(super) fn sweep(call: &Call, place: &str, dry_run: bool, yes: bool) -> Outcome<()> {
    let storage = call.existing(place)?;
    let found = call.looked(|| Ok(storage.sweep()?))?;
    let is_skipped = !found.skipped().is_empty();
    for error in found.skipped() {
        match call.json {
            true => print_json_error(&serde_json::to_value(error).unwrap_or_default()),
            false => say(&format!("skipped: {error}")),
        }
    }
    let (count, bytes) = (found.leftovers().count(), found.bytes());
    let printed = if dry_run || count == 0 {
        print(call, &found.leftovers().collect::<Vec<_>>())
    } else {
        confirm(yes, &format!("remove {}", sum(count, "leftovers", bytes)))?;
        print(call, &call.watched(|| Ok(found.remove()?))?.iter().collect::<Vec<_>>())
    };
    Fault::of_found(printed, is_skipped)
}

fn print(call: &Call, leftovers: &[&Leftover]) -> Outcome<()> {
    if call.json {
        return print_json(&leftovers);
    }
    let mut out = std::io::stdout().lock();
    for Leftover { kind, location, bytes, .. } in leftovers {
        writeln!(out, "{kind:15}  {:>9}  {location}", text::bytes(*bytes))?;
    }
    let bytes = leftovers.iter().map(|leftover| leftover.bytes).fold(0, u64::saturating_add);
    call.done(&sum(leftovers.len(), "leftovers", bytes));
    Ok(())
}
