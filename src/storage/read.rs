//! Reading a document's head, wherever it is.

use super::name::{Name, Workflow};
use super::place::{Document, Place};
use super::version::Version;
use crate::engine::{Job, Origin, StoredArray, run};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin;
use crate::plugin::{
    END_BYTES, Head, Manifest, Named, START_BYTES, begins_as_document, ends_as_document, read_body, read_head,
};
use crate::task::{check_cancelled, unstoppable};
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

/// The manifest of a document that is to be removed; an empty one if it is so damaged that nothing can be known of its
/// arrays. Whether such a document is `only` the version that is to be removed cannot be known either.
pub(super) fn removable(place: &dyn Place, name: &Name, only: Option<&Version>) -> Result<Manifest> {
    let is_damaged = |mut document: Document| plugin::is_damaged(&mut document.contents, place.limits());
    match head(place, name) {
        Ok(head) => Ok(head.manifest),
        Err(error) if only.is_none() && error.is_corrupt() && place.open(name).is_ok_and(is_damaged) => {
            Ok(Manifest::new(Vec::new()))
        }
        Err(error) => Err(error),
    }
}

/// Whether what is under that name begins as a document of arraystow's, or is cut before it could.
pub(super) fn is_ours(place: &dyn Place, name: &Name) -> bool {
    unstoppable(|| {
        place
            .open(name)
            .is_ok_and(|mut document| start(&mut document.contents).is_ok_and(|start| begins_as_document(&start)))
    })
}

/// Whether what is under that name certainly is not a document.
pub(super) fn is_foreign(place: &dyn Place, name: &Name) -> bool {
    let looks = |document: Document| {
        let Document { mut contents, bytes, .. } = document;
        looks_as_document(&mut contents, bytes, |contents, skipped| {
            io::copy(&mut contents.take(skipped), &mut io::sink()).map(drop)
        })
    };
    unstoppable(|| place.open(name).is_ok_and(|document| looks(document).is_ok_and(|ours| !ours)))
}

/// Whether a file of this length looks like a document of arraystow or of FunctionFuse. `skip` skips bytes.
pub(super) fn looks_as_document<R: Read>(
    contents: &mut R,
    bytes: u64,
    skip: impl FnOnce(&mut R, u64) -> io::Result<()>,
) -> io::Result<bool> {
    let start = start(contents)?;
    if begins_as_document(&start) {
        return Ok(true);
    }
    let Some(between) = bytes.checked_sub(START_BYTES + END_BYTES) else {
        // A short pickle: its end is in what was read.
        let mut whole = start.clone();
        contents.take(END_BYTES).read_to_end(&mut whole)?;
        let end = whole.len().saturating_sub(END_BYTES as usize);
        return Ok(ends_as_document(&start, &whole[end..]));
    };
    skip(contents, between)?;
    let mut end = Vec::new();
    contents.take(END_BYTES).read_to_end(&mut end)?;
    Ok(ends_as_document(&start, &end))
}

fn start(contents: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    contents.take(START_BYTES).read_to_end(&mut start)?;
    Ok(start)
}

/// Looks at the arrays that a document without a manifest names: their data types, shapes and chunks, many at a time.
/// What cannot be read is an error where it is used.
pub(super) fn look_at_arrays(place: &dyn Place, workflow: &Workflow, manifest: &mut Manifest) -> Result<()> {
    if !manifest.is_bare() {
        return Ok(());
    }
    let backend = place.backend(workflow);
    let jobs = manifest.arrays.iter_mut().map(|work| Job { work, bytes: 0 });
    run(backend.concurrency(), jobs, |entry| {
        let file = entry.id.file().to_owned();
        match StoredArray::open(backend.clone(), file, Origin::default()).and_then(|array| array.reader().cloned()) {
            Ok(reader) => {
                entry.labels = reader.labels().clone();
                entry.data_type = reader.data_type().to_string();
                entry.chunks = reader.grid().runs();
                entry.bytes = reader.stored_bytes();
                entry.codec = reader.codec().map(|codec| codec.to_string());
                entry.format = Some(reader.format().to_string());
                entry.named = Some(Named::Read);
            }
            Err(error) => {
                check_cancelled()?;
                let error = if error.is_not_found() { error.with_kind(ErrorKind::Gone) } else { error };
                entry.named = Some(Named::Unreadable(error));
            }
        }
        Ok(())
    })
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
