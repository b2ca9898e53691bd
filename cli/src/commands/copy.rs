//! `cp` and `mv`: values of one place to another. `rename`: within one place.

use super::{Call, print_json, select};
use crate::fault::{Fault, Outcome};
use crate::terminal::{confirm, watched};
use crate::text;
use arraystow::{ListEntry, SaveReport, Storage, VerifyDepth};
use serde::Serialize;

/// What was done with one value.
#[derive(Serialize)]
struct Copied {
    name: String,
    report: SaveReport,
}

pub(super) fn cp(call: &Call, from: &str, to: &str, glob: &str) -> Outcome<()> {
    let (here, there) = (call.existing(from)?, call.open(to)?);
    let entries = select(&here, glob)?;
    let copied: Vec<_> =
        watched(call.quiet, || entries.iter().map(|entry| copy(call, &here, &there, entry)).collect())?;
    finish(call, &copied, "copied")
}

pub(super) fn mv(call: &Call, from: &str, to: &str, glob: &str, yes: bool) -> Outcome<()> {
    let (here, there) = (call.existing(from)?, call.open(to)?);
    let entries = select(&here, glob)?;
    confirm(yes, &format!("move {} values from {from} to {to}", entries.len()))?;
    let moved = watched(call.quiet, || {
        let mut moved = Vec::with_capacity(entries.len());
        for entry in &entries {
            let before = here.version(&entry.name)?;
            let copied = copy(call, &here, &there, entry)?;
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
    let report = watched(call.quiet, || Ok(storage.rename(name, new_name)?))?;
    if call.json {
        return print_json(&report);
    }
    call.done(&format!("{name} is now {new_name}: {report}"));
    Ok(())
}

fn copy(call: &Call, here: &Storage, there: &Storage, entry: &ListEntry) -> Outcome<Copied> {
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
