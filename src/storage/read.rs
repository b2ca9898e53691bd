//! Reading a document's head, wherever it lies.

use super::name::Name;
use super::place::Place;
use crate::error::{Error, Result};
use crate::plugin::{Head, Manifest, is_magic, read_head};
use std::io::Read;

/// All of a document that can be known without a Rust type.
pub(super) fn head(place: &dyn Place, name: &Name) -> Result<Head> {
    let mut document = place.open(name).map_err(|error| error.in_document(name.as_str()))?;
    read_head(&mut document.contents, place.limits()).map_err(|error| located(error, place, name))
}

/// Adds to an error which document it is about.
pub(super) fn located(error: Error, place: &dyn Place, name: &Name) -> Error {
    error.in_document(name.as_str()).at_location(place.describe(name))
}

/// Whether what lies under that name at least begins as a document of ours.
pub(super) fn is_ours(place: &dyn Place, name: &Name) -> bool {
    let mut start = Vec::new();
    let read = place.open(name).map(|document| document.contents.take(8).read_to_end(&mut start));
    matches!(read, Ok(Ok(_))) && is_magic(&start)
}

/// Where everything is that belongs to a document.
pub(super) fn locations(place: &dyn Place, workflow: &str, manifest: &Manifest) -> Vec<String> {
    let backend = place.backend(workflow);
    let arrays = manifest.arrays.iter().map(|entry| backend.describe(entry.id.file()));
    let files = place.protocols(workflow).files();
    let names = manifest.objects.iter().flat_map(|entry| entry.files.iter().map(|file| &file.name));
    let objects = files.iter().flat_map(|files| names.clone().map(|name| files.describe(name)));
    arrays.chain(objects).collect()
}
