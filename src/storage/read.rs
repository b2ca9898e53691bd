//! Reading a document's head, wherever it is.

use super::name::{Name, Workflow};
use super::place::{Contents, Document, Only, Place};
use crate::engine::{Job, Origin, StoredArray, run};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin;
use crate::plugin::{
    END_BYTES, Head, Manifest, Named, START_BYTES, begins_as_document, begins_as_pickle, ends_as_document, read_body,
    read_head,
};
use crate::task::{check_cancelled, unstoppable};
use std::collections::HashSet;
use std::io::{self, Read, SeekFrom};
use std::ops::ControlFlow;

/// The length of an id, which is a UUID.
const ID_BYTES: usize = 36;
/// What is read of a file at a time.
const PIECE: u64 = 1 << 18;

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
/// arrays. Whether such a document is the version that is to be removed cannot be known either.
pub(super) fn removable(place: &dyn Place, name: &Name, only: Only<'_>) -> Result<Manifest> {
    let is_damaged = |mut document: Document| plugin::is_damaged(&mut document.contents, place.limits());
    let error = match head(place, name) {
        Ok(head) => return Ok(head.manifest),
        Err(error) => error,
    };
    match only {
        Only::Listed if is_no_document(&error, place, name) => Err(error.with_kind(ErrorKind::NotFound)),
        Only::Named | Only::Listed
            if error.is_corrupt() && is_ours(place, name) && place.open(name).is_ok_and(is_damaged) =>
        {
            Ok(Manifest::new(Vec::new()))
        }
        _ => Err(error),
    }
}

/// Whether what is under that name begins as a document of arraystow's, is cut before it could, or was one.
pub(super) fn is_ours(place: &dyn Place, name: &Name) -> bool {
    unstoppable(|| {
        let contents = place.look_at(name);
        contents.is_ok_and(|mut contents| was_document(&mut contents, place.limits()).unwrap_or(false))
    })
}

/// Whether what is under that name certainly is not a document.
pub(super) fn is_foreign(place: &dyn Place, name: &Name) -> bool {
    unstoppable(|| {
        let contents = place.look_at(name);
        contents.is_ok_and(|mut contents| looks_as_document(&mut contents, place.limits()).is_ok_and(|ours| !ours))
    })
}

/// Whether the reason of an error about what was listed is that it is no document.
pub(super) fn is_no_document(error: &Error, place: &dyn Place, name: &Name) -> bool {
    matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Limit) && is_foreign(place, name)
}

/// Whether a file looks like a document of arraystow or of FunctionFuse.
pub(super) fn looks_as_document(contents: &mut impl Contents, limits: &Limits) -> io::Result<bool> {
    if was_document(contents, limits)? {
        return Ok(true);
    }
    let start = start(contents)?;
    let len = contents.seek(SeekFrom::End(0))?;
    contents.seek(SeekFrom::Start(len.saturating_sub(END_BYTES)))?;
    let mut end = Vec::new();
    contents.by_ref().take(END_BYTES).read_to_end(&mut end)?;
    Ok(ends_as_document(&start, &end))
}

/// Whether a file begins as a document of arraystow, or nearly, or has nothing but zeros: that is what a power cut may
/// leave of a document that was not synced.
pub(super) fn was_document(contents: &mut impl Contents, limits: &Limits) -> io::Result<bool> {
    let is_blank = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let start = start(contents)?;
    if begins_as_document(&start) || !is_blank(&start) {
        return Ok(begins_as_document(&start));
    }
    if contents.seek(SeekFrom::End(0))? > limits.most_document_bytes() {
        return Ok(false);
    }
    contents.rewind()?;
    pieces(contents, 0, |piece| if is_blank(piece) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
}

/// Those of these ids that a file mentions which is no document. None if it may be a document, or a damaged one.
pub(super) fn mentioned_beside(place: &dyn Place, name: &Name, ids: &HashSet<&str>) -> Option<HashSet<String>> {
    let mut contents = place.look_at(name).ok()?;
    let contents = &mut contents;
    if begins_as_pickle(&start(contents).ok()?) || looks_as_document(contents, place.limits()).ok()? {
        return None;
    }
    let mut found = HashSet::new();
    // No document is longer.
    if ids.is_empty() || contents.seek(SeekFrom::End(0)).ok()? > place.limits().most_document_bytes() {
        return Some(found);
    }
    contents.rewind().ok()?;
    let searched = pieces(contents, ID_BYTES - 1, |piece| {
        let texts = piece.windows(ID_BYTES).filter(|text| text[8] == b'-').filter_map(|text| str::from_utf8(text).ok());
        found.extend(texts.filter(|text| ids.contains(text)).map(str::to_owned));
        if check_cancelled().is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    searched.is_ok_and(|to_the_end| to_the_end).then_some(found)
}

/// Reads a file from here on, piece by piece. Each begins with so many of the last bytes before it. Returns whether the
/// end was reached.
fn pieces(
    contents: &mut impl Contents,
    again: usize,
    mut look: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<bool> {
    let mut piece = Vec::new();
    loop {
        piece.drain(..piece.len().saturating_sub(again));
        if contents.by_ref().take(PIECE).read_to_end(&mut piece)? == 0 {
            return Ok(true);
        }
        if look(&piece).is_break() {
            return Ok(false);
        }
    }
}

fn start(contents: &mut impl Contents) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    contents.rewind()?;
    contents.by_ref().take(START_BYTES).read_to_end(&mut start)?;
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
