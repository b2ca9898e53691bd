//! `import`: an array of another program as a value.

use super::{Call, is_url, npy};
use crate::fault::{Fault, Outcome};
use crate::text::clean;
#[cfg(feature = "zarr")]
use arraystow::ZarrStore;
use arraystow::{AnyArray, FoundArrays, Hdf5File};
use std::fs::File;
use std::io::Read;

pub(super) fn run(call: &Call, source: &str, place: &str, name: &str, array: &str, force: bool) -> Outcome<()> {
    let storage = call.open(place)?;
    let found = match beginning(source)? {
        Some(beginning) if beginning.starts_with(b"\x93NUMPY") => npy::read(source)?,
        Some(_) => {
            let file = Hdf5File::open(source)?;
            file.array(&one_of(array, || file.arrays(""))?)?
        }
        None => zarr(call, source, array)?,
    };
    let report =
        call.watched(|| Ok(if force { storage.save(name, &found)? } else { storage.create(name, &found)? }))?;
    if call.json {
        return super::print_json(&report);
    }
    // Types have names that a file gives them.
    call.done(&format!("{name}: {}; {report}", clean(&format!("{found:?}"))));
    Ok(())
}

#[cfg(feature = "zarr")]
fn zarr(call: &Call, source: &str, array: &str) -> Outcome<AnyArray> {
    let store = open(call, source)?;
    match store.array(array) {
        // The store itself is no array.
        Err(_) if array.is_empty() => Ok(store.array(&one_of(array, || store.arrays(""))?)?),
        found => Ok(found?),
    }
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
fn zarr(_: &Call, _: &str, _: &str) -> Outcome<AnyArray> {
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

/// The array that is asked for, or the only one that there is.
fn one_of(array: &str, all: impl FnOnce() -> arraystow::Result<FoundArrays>) -> Outcome<String> {
    if !array.is_empty() {
        return Ok(array.to_owned());
    }
    let paths: Vec<String> = all()?.arrays.into_iter().map(|found| found.path).collect();
    match <[String; 1]>::try_from(paths) {
        Ok([only]) => Ok(only),
        Err(several) => {
            Err(Fault::Usage(format!("choose one of the {} arrays with --array: {several:?}", several.len())))
        }
    }
}
