//! `verify`: values compared with what was saved.

use super::{Call, is_url, print_json, select};
use crate::fault::{Fault, Outcome};
use crate::terminal::sum;
use crate::values::pattern;
use arraystow::{Verification, VerifyDepth};

pub(super) fn run(call: &Call, place: &str, glob: &str, depth: VerifyDepth) -> Outcome<()> {
    let storage = call.existing(place)?;
    let found: Vec<Verification> = call.watched(|| {
        if pattern(&storage, glob)? == "**" {
            return Ok(storage.verify_all(depth)?);
        }
        let entries = select(&storage, glob)?;
        call.progress.begin(entries.len(), 0);
        call.each(is_url(place), &entries, |entry| {
            let found = storage.verify(&entry.name, depth)?;
            call.progress.finish_one(0);
            Ok(found)
        })
    })?;
    let is_sound = found.iter().all(|value| value.faults.is_empty());
    Fault::of_found(print(call, &found), !is_sound)
}

fn print(call: &Call, found: &[Verification]) -> Outcome<()> {
    if call.json {
        return print_json(&found);
    }
    let mut faults = found.iter().flat_map(|value| &value.faults);
    call.print(|out| Ok(faults.try_for_each(|fault| writeln!(out, "{fault}"))?))?;
    let bytes = found.iter().map(|value| value.bytes).fold(0, u64::saturating_add);
    let damaged = found.iter().filter(|value| !value.is_sound()).count();
    let unchecked: usize = found.iter().map(|value| value.unchecked).sum();
    call.done(&format!("{}: {damaged} damaged", sum(found.len(), "values", bytes)));
    if unchecked > 0 {
        call.done(&format!("{unchecked} arrays have no checksums: damage in them cannot be detected"));
    }
    Ok(())
}
