//! `cp` and `mv`: values of one place to another. `rename`: within one place.

use super::{Call, diff, is_url, print_json, select};
use crate::fault::{Fault, Outcome};
use crate::terminal::confirm;
use crate::text;
use arraystow::{ArrayInfo, ListEntry, SaveReport, Storage, ValueInfo, VerifyDepth};
use serde::Serialize;

/// What was done with one value.
#[derive(Serialize)]
struct Copied {
    name: String,
    report: SaveReport,
}

impl Copied {
    /// What is said of it.
    #[allow(clippy::unnecessary_wraps, reason = "of others, nothing is said")]
    fn text(&self) -> Option<String> {
        Some(format!("{}: {}", self.name, self.report))
    }
}

pub(super) fn cp(call: &Call, from: &str, to: &str, glob: &str, force: bool) -> Outcome<()> {
    let (here, there) = (call.existing(from)?, call.open(to)?);
    let in_store = is_url(from) || is_url(to);
    let copied = call.watched(|| {
        let entries = select(&here, glob)?;
        // Before the first one is copied.
        check_all(call, in_store, &here, &there, &entries, force)?;
        let sized = sized(call, in_store, &here, entries)?;
        let copy = |(entry, bytes): &(ListEntry, u64)| {
            let copied = copy(&here, &there, entry, force);
            call.progress.finish_one(*bytes);
            copied
        };
        call.each_said(in_store, &sized, copy, Copied::text)
    })?;
    finish(call, &copied, "copied")
}

pub(super) fn mv(call: &Call, from: &str, to: &str, glob: &str, yes: bool, force: bool) -> Outcome<()> {
    let (here, there) = (call.existing(from)?, call.open(to)?);
    let in_store = is_url(from) || is_url(to);
    let entries = call.looked(|| {
        let entries = select(&here, glob)?;
        check_all(call, in_store, &here, &there, &entries, force)?;
        Ok(entries)
    })?;
    confirm(yes, &format!("move {} values from {from} to {to}", entries.len()))?;
    let moved = call.watched(|| {
        // One after the other, so that an interrupted move has few values at both places.
        let one = |(entry, bytes): &(ListEntry, u64)| {
            let before = here.version(&entry.name)?;
            let copied = copy(&here, &there, entry, force)?;
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
            call.progress.finish_one(*bytes);
            Ok(copied)
        };
        call.each_said(false, &sized(call, in_store, &here, entries)?, one, Copied::text)
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

fn check_all(
    call: &Call,
    in_store: bool,
    here: &Storage,
    there: &Storage,
    entries: &[ListEntry],
    force: bool,
) -> Outcome<()> {
    call.each(in_store, entries, |entry| check(here, there, &entry.name, force)).map(drop)
}

/// The values with the bytes of their arrays, which the bar shows together.
fn sized(call: &Call, in_store: bool, here: &Storage, entries: Vec<ListEntry>) -> Outcome<Vec<(ListEntry, u64)>> {
    let bytes: Vec<u64> = match call.progress.is_shown() {
        // What cannot be read is an error of its copy.
        true => call.each(in_store, &entries, |entry| Ok(here.info(&entry.name).map_or(0, |info| bytes(&info))))?,
        false => vec![0; entries.len()],
    };
    call.progress.begin(entries.len(), bytes.iter().copied().fold(0, u64::saturating_add));
    Ok(entries.into_iter().zip(bytes).collect())
}

/// Bytes of the elements of all arrays.
fn bytes(info: &ValueInfo) -> u64 {
    info.arrays.iter().map(text::element_bytes).fold(0, u64::saturating_add)
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

fn copy(here: &Storage, there: &Storage, entry: &ListEntry, force: bool) -> Outcome<Copied> {
    // Again: the copies before this one may have taken long.
    check(here, there, &entry.name, force)?;
    let report = here.copy(&entry.name, there)?;
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
