//! `import`: arrays of another program as a value.

use super::{Call, is_url, npy};
use crate::fault::{Fault, Outcome};
use crate::text::clean;
#[cfg(feature = "zarr")]
use arraystow::ZarrStore;
use arraystow::{AnyArray, FoundArray, FoundArrays, Hdf5File, Value};
use std::fs::File;
use std::io::Read;

pub(super) fn run(call: &Call, source: &str, place: &str, name: &str, array: &str, force: bool) -> Outcome<()> {
    let storage = call.open(place)?;
    let (found, report) = call.watched(|| {
        let found = match beginning(source)? {
            Some(beginning) if beginning.starts_with(b"\x93NUMPY") => Value::Array(npy::read(source)?),
            Some(_) => {
                let file = Hdf5File::open(source)?;
                arrays(array, |path| file.array(path), |path| file.arrays(path))?
            }
            None => zarr(call, source, array)?,
        };
        let report = if force { storage.save(name, &found)? } else { storage.create(name, &found)? };
        Ok((found, report))
    })?;
    if call.json {
        return super::print_json(&report);
    }
    let what = match &found {
        // Types have names that a file gives them.
        Value::Array(array) => clean(&format!("{array:?}")),
        arrays => format!("{} arrays", count(arrays)),
    };
    call.done(&format!("{name}: {what}; {report}"));
    Ok(())
}

/// The array at a path of a file or store. Of a group, its only array, or a map from the names of its arrays, in which
/// groups are maps.
fn arrays(
    at: &str,
    open: impl Fn(&str) -> arraystow::Result<AnyArray>,
    list: impl Fn(&str) -> arraystow::Result<FoundArrays>,
) -> Outcome<Value> {
    const CURE: &str = "choose another group or array with --array";
    let error = match open(at) {
        Ok(array) => return Ok(Value::Array(array)),
        // It may be a group.
        Err(error) => error,
    };
    let Ok(FoundArrays { mut arrays, is_complete, .. }) = list(at) else { return Err(error.into()) };
    if !is_complete {
        return Err(Fault::Other(format!("{at:?} has too many arrays to be listed: {CURE}")));
    }
    arrays.retain(|array| !array.is_only_length);
    match &arrays[..] {
        [] => return Err(error.into()),
        [only] => return Ok(Value::Array(open(&only.path)?)),
        _ => {}
    }
    let mut root = Vec::new();
    for FoundArray { path, form, .. } in arrays {
        let opened = form.and_then(|_| open(&path));
        let array = opened.map_err(|error| Fault::Other(format!("{path:?} cannot be read: {error}; {CURE}")))?;
        let within = path.trim_matches('/').strip_prefix(at.trim_matches('/')).unwrap_or(&path);
        insert(&mut root, within.trim_matches('/'), array);
    }
    Ok(Value::Map(root))
}

/// Puts an array into the groups of its path.
fn insert(entries: &mut Vec<(Value, Value)>, path: &str, array: AnyArray) {
    let Some((group, rest)) = path.split_once('/') else {
        entries.push((path.into(), Value::Array(array)));
        return;
    };
    let known = entries.iter().position(|(key, value)| key.as_text() == Some(group) && matches!(value, Value::Map(_)));
    let at = known.unwrap_or_else(|| {
        entries.push((group.into(), Value::Map(Vec::new())));
        entries.len() - 1
    });
    if let (_, Value::Map(entries)) = &mut entries[at] {
        insert(entries, rest, array);
    }
}

/// How many arrays there are.
fn count(value: &Value) -> usize {
    match value {
        Value::Map(entries) => entries.iter().map(|(_, value)| count(value)).sum(),
        _ => 1,
    }
}

#[cfg(feature = "zarr")]
fn zarr(call: &Call, source: &str, array: &str) -> Outcome<Value> {
    let store = open(call, source)?;
    arrays(array, |path| store.array(path), |path| store.arrays(path))
}

/// A store in a folder, or in an object store with its options.
#[cfg(feature = "zarr")]
fn open(call: &Call, source: &str) -> Outcome<ZarrStore> {
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
    if is_url(source) {
        return Ok(ZarrStore::open_with(source, call.options.clone())?);
    }
    // Only object stores have options.
    let _ = call;
    Ok(ZarrStore::open(source)?)
}

#[cfg(not(feature = "zarr"))]
fn zarr(_: &Call, _: &str, _: &str) -> Outcome<Value> {
    Err(crate::fault::lacks("zarr"))
}

/// The first bytes of a file; none for folders and URLs.
fn beginning(source: &str) -> Outcome<Option<Vec<u8>>> {
    let wrong = |error: std::io::Error| Fault::Other(format!("{source}: {error}"));
    if is_url(source) || std::fs::metadata(source).map_err(wrong)?.is_dir() {
        return Ok(None);
    }
    let mut beginning = Vec::new();
    File::open(source).and_then(|file| file.take(6).read_to_end(&mut beginning)).map_err(wrong)?;
    Ok(Some(beginning))
}
