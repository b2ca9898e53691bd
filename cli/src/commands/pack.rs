//! `pack` and `unpack`: a value as one HDF5 file, and back.

use super::{Call, print_json};
use crate::fault::{Fault, Outcome};
use crate::terminal::watched;
use crate::text;
use arraystow::{PackedFile, Value};
use serde_json::json;
use std::path::Path;

pub(super) fn pack(call: &Call, place: &str, name: &str, file: &Path, force: bool) -> Outcome<()> {
    let storage = call.existing(place)?;
    if !force && file.exists() {
        return Err(Fault::Usage(format!("{} exists: add --force to replace it", file.display())));
    }
    let arrays = storage.info(name)?.arrays.len();
    let bytes = watched(call.quiet, || Ok(storage.pack(name, file)?))?;
    if call.json {
        return print_json(&json!({ "file": file, "bytes": bytes, "arrays": arrays }));
    }
    call.done(&format!("{}: {arrays} arrays, {}", file.display(), text::bytes(bytes)));
    Ok(())
}

pub(super) fn unpack(call: &Call, file: &Path, place: &str, name: &str, force: bool) -> Outcome<()> {
    let storage = call.open(place)?;
    let report = watched(call.quiet, || {
        let value: Value = PackedFile::open(file)?.load()?;
        Ok(if force { storage.save(name, &value)? } else { storage.create(name, &value)? })
    })?;
    if call.json {
        return print_json(&report);
    }
    call.done(&format!("{name}: {report}"));
    Ok(())
}
