//! `pack` and `unpack`: a value as one HDF5 file, and back.

use super::{Call, print_json};
use crate::fault::Outcome;
use crate::files::{self, NewFile};
use crate::text;
use arraystow::{PackedFile, Value};
use serde_json::json;
use std::path::Path;

pub(super) fn pack(call: &Call, place: &str, name: &str, file: &Path, force: bool) -> Outcome<()> {
    let storage = call.existing(place)?;
    files::check(file, force)?;
    let arrays = storage.info(name)?.arrays.len();
    let bytes = call.watched(|| {
        if force {
            return Ok(storage.pack(name, file)?);
        }
        // Packed beside its name: a file that gets the name in the meantime is not replaced.
        let (new, _) = NewFile::create(file, force)?;
        let bytes = storage.pack(name, new.path())?;
        new.finish()?;
        Ok(bytes)
    })?;
    if call.json {
        // A path need not be Unicode.
        return print_json(&json!({ "file": file.to_string_lossy(), "bytes": bytes, "arrays": arrays }));
    }
    call.done(&format!("{}: {arrays} arrays, {}", file.display(), text::bytes(bytes)));
    Ok(())
}

pub(super) fn unpack(call: &Call, file: &Path, place: &str, name: &str, force: bool) -> Outcome<()> {
    let storage = call.open(place)?;
    let report = call.watched(|| {
        let value: Value = PackedFile::open(file)?.load()?;
        Ok(if force { storage.save(name, &value)? } else { storage.create(name, &value)? })
    })?;
    if call.json {
        return print_json(&report);
    }
    call.done(&format!("{name}: {report}"));
    Ok(())
}
