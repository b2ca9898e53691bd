//! Reading a document's head, wherever it lies.

use super::name::{Name, Workflow};
use super::place::{Document, Place};
use crate::error::{Error, Result};
use crate::plugin;
use crate::plugin::{Head, MAGIC_BYTES, Manifest, begins_as_document, read_body, read_head};
use crate::task::unstoppable;
use std::io::{self, Read};

/// All of a document that can be known without a Rust type.
pub(super) fn head(place: &dyn Place, name: &Name) -> Result<Head> {
    place.open(name).map_err(|error| error.in_document(name.as_str()))?.head(place, name)
}

impl Document {
    /// Reads the head, with which the document begins.
    pub(super) fn head(&mut self, place: &dyn Place, name: &Name) -> Result<Head> {
        read_head(&mut self.contents, place.limits()).map_err(|error| located(error, place, name))
    }

    /// Reads the body, which follows the head.
    pub(super) fn body(&mut self, head: &Head, place: &dyn Place, name: &Name) -> Result<Vec<u8>> {
        read_body(head, &mut self.contents, place.limits()).map_err(|error| located(error, place, name))
    }
}

/// Adds to an error which document it is about.
pub(super) fn located(error: Error, place: &dyn Place, name: &Name) -> Error {
    error.in_document(name.as_str()).at_location(place.describe(name))
}

/// The manifest of a document that is to be removed; an empty one if it is so damaged that nothing can be known of its arrays.
pub(super) fn removable(place: &dyn Place, name: &Name) -> Result<Manifest> {
    let is_damaged = |mut document: Document| plugin::is_damaged(&mut document.contents, place.limits());
    match head(place, name) {
        Ok(head) => Ok(head.manifest),
        Err(error) if error.is_corrupt() && place.open(name).is_ok_and(is_damaged) => Ok(Manifest::new(Vec::new())),
        Err(error) => Err(error),
    }
}

/// Whether what lies under that name begins as a document, or is cut before it could.
pub(super) fn is_ours(place: &dyn Place, name: &Name) -> bool {
    unstoppable(|| place.open(name).is_ok_and(|document| begins(document.contents).is_ok_and(|ours| ours)))
}

/// Whether what lies under that name certainly is not a document.
pub(super) fn is_foreign(place: &dyn Place, name: &Name) -> bool {
    unstoppable(|| place.open(name).is_ok_and(|document| begins(document.contents).is_ok_and(|ours| !ours)))
}

/// Whether a file begins as a document.
pub(super) fn begins(contents: impl Read) -> io::Result<bool> {
    let mut start = Vec::new();
    contents.take(MAGIC_BYTES).read_to_end(&mut start)?;
    Ok(begins_as_document(&start))
}

/// Where everything is that belongs to a document.
pub(super) fn locations(place: &dyn Place, workflow: &Workflow, manifest: &Manifest) -> Vec<String> {
    let backend = place.backend(workflow);
    let arrays = manifest.arrays.iter().map(|entry| backend.describe(entry.id.file()));
    let files = place.protocols(workflow).files();
    let names = manifest.objects.iter().flat_map(|entry| entry.files.iter().map(|file| &file.name));
    let objects = files.iter().flat_map(|files| names.clone().map(|name| files.describe(name)));
    arrays.chain(objects).collect()
}
