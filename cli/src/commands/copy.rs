//! `cp` and `mv`: values of one place to another. `rename`: within one place.

use super::{Call, diff, print_json, select};
use crate::fault::{Fault, Outcome};
use crate::terminal::confirm;
use crate::text;
use arraystow::{ArrayInfo, ListEntry, SaveReport, Storage, VerifyDepth};
use serde::Serialize;

/// What was done with one value.
#[derive(Serialize)]
struct Copied {
    name: String,
    report: SaveReport,
}

pub(super) fn cp(call: &Call, from: &str, to: &str, glob: &str, force: bool) -> Outcome<()> {
    let (here, there) = (call.existing(from)?, call.open(to)?);
    let entries = select(&here, glob)?;
    let copied: Vec<_> = call.watched(|| {
        // Before the first one is copied.
        entries.iter().try_for_each(|entry| check(&here, &there, &entry.name, force))?;
        entries.iter().map(|entry| copy(call, &here, &there, entry, force)).collect()
    })?;
    finish(call, &copied, "copied")
}

pub(super) fn mv(call: &Call, from: &str, to: &str, glob: &str, yes: bool, force: bool) -> Outcome<()> {
    let (here, there) = (call.existing(from)?, call.open(to)?);
    let entries = select(&here, glob)?;
    entries.iter().try_for_each(|entry| check(&here, &there, &entry.name, force))?;
    confirm(yes, &format!("move {} values from {from} to {to}", entries.len()))?;
    let moved = call.watched(|| {
        let mut moved = Vec::with_capacity(entries.len());
        for entry in &entries {
            let before = here.version(&entry.name)?;
            let copied = copy(call, &here, &there, entry, force)?;
            let verified = there.verify(&entry.name, VerifyDepth::Quick)?;
            if let Some(fault) = verified.faults.into_iter().next() {
                return Err(fault.into());
            }
            match here.remove_if(&entry.name, &before) {
                Err(error) if error.is_conflict() => {
                    let text = format!("{:?} was changed in the meantime: it is still at {from}", entry.name);
                    return Err(Fault::Other(text));
                }
                removed => removed?,
            }
            moved.push(copied);
        }
        Ok(moved)
    })?;
    finish(call, &moved, "moved")
}

pub(super) fn rename(call: &Call, place: &str, name: &str, new_name: &str) -> Outcome<()> {
    let storage = call.existing(place)?;
    let report = call.watched(|| Ok(storage.rename(name, new_name)?))?;
    if call.json {
        return print_json(&report);
    }
    call.done(&format!("{name} is now {new_name}: {report}"));
    Ok(())
}

/// Fails if the other place has another value of this name, without `--force`. A copy of the value is continued.
fn check(here: &Storage, there: &Storage, name: &str, force: bool) -> Outcome<()> {
    if force || !there.contains(name)? || is_copy(here, there, name)? {
        return Ok(());
    }
    let place = there.location();
    Err(Fault::Usage(format!("{name:?} exists in {place}, and is another value: add --force to replace it")))
}

/// Whether both have the same value, whose arrays were copied from one to the other.
fn is_copy(here: &Storage, there: &Storage, name: &str) -> Outcome<bool> {
    let (one, other) = (here.info(name)?, there.info(name)?);
    let mut arrays = one.arrays.iter().zip(&other.arrays);
    let has_same = one.arrays.len() == other.arrays.len() && arrays.all(|(one, other)| is_same_array(one, other));
    if one.format != other.format || !has_same {
        return Ok(false);
    }
    match diff::are_equal((here, name), (there, name)) {
        // They are nested too deeply to be compared.
        Err(Fault::Other(_)) => Ok(false),
        found => found,
    }
}

/// Whether one is the other, or a copy of it: a copy keeps the id. Digests of two formats cannot be compared.
fn is_same_array(one: &ArrayInfo, other: &ArrayInfo) -> bool {
    let has_same_digest = one.format != other.format || one.digest == other.digest;
    one.file == other.file && one.plain == other.plain && has_same_digest
}

fn copy(call: &Call, here: &Storage, there: &Storage, entry: &ListEntry, force: bool) -> Outcome<Copied> {
    // Again: the copies before this one may have taken long.
    check(here, there, &entry.name, force)?;
    let report = here.copy(&entry.name, there)?;
    call.done(&format!("{}: {report}", entry.name));
    Ok(Copied { name: entry.name.clone(), report })
}

fn finish(call: &Call, copied: &[Copied], what: &str) -> Outcome<()> {
    if call.json {
        return print_json(&copied);
    }
    let bytes = copied.iter().map(|copied| copied.report.bytes_written).fold(0, u64::saturating_add);
    call.done(&format!("{what} {} values, {} written", copied.len(), text::bytes(bytes)));
    Ok(())
}
