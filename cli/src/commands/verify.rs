//! `verify`: values compared with what was saved.

use super::{Call, print_json, select};
use crate::fault::{Fault, Outcome};
use crate::terminal::{sum, watched};
use arraystow::{Verification, VerifyDepth};
use std::io::Write;

pub(super) fn run(call: &Call, place: &str, glob: &str, depth: VerifyDepth) -> Outcome<()> {
    let storage = call.existing(place)?;
    let found: Vec<Verification> = watched(call.quiet, || {
        if glob == "**" {
            return Ok(storage.verify_all(depth)?);
        }
        let entries = select(&storage, glob)?;
        entries.iter().map(|entry| Ok(storage.verify(&entry.name, depth)?)).collect()
    })?;
    let faults = found.iter().flat_map(|value| &value.faults);
    if call.json {
        print_json(&found)?;
    } else {
        let mut out = std::io::stdout().lock();
        for fault in faults.clone() {
            writeln!(out, "{fault}")?;
        }
        let bytes = found.iter().map(|value| value.bytes).fold(0, u64::saturating_add);
        let damaged = found.iter().filter(|value| !value.is_sound()).count();
        let unchecked: usize = found.iter().map(|value| value.unchecked).sum();
        call.done(&format!("{}: {damaged} damaged", sum(found.len(), "values", bytes)));
        if unchecked > 0 {
            call.done(&format!("{unchecked} arrays have no checksums: damage in them cannot be detected"));
        }
    }
    if faults.count() == 0 { Ok(()) } else { Err(Fault::Found) }
}
