//! Chunks that pass through an expression unchanged. Their stored bytes are taken over, with their checksums: nothing
//! is decoded, computed or encoded.

use super::saved::Saved;
use super::stored::StoredArray;
use crate::array::{Codec, ErasedArray, Region, StoredBytes as _};
use crate::backend::{ArrayReader, ArrayWriter, Backend, Carried};
use crate::error::{ErrorKind, Result};
use crate::lock::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Takes over chunks of arrays that are stored.
pub(super) struct Carrier<'a> {
    backend: &'a dyn Backend,
    /// Where arrays that are not stored ones were saved, by their addresses.
    saved: Mutex<HashMap<usize, Option<Arc<StoredArray>>>>,
}

impl<'a> Carrier<'a> {
    /// Takes over what is written to `backend`. The arrays must live as long as this.
    pub(super) fn new(backend: &'a dyn Backend) -> Self {
        Self { backend, saved: Mutex::default() }
    }

    /// Gives `writer` the chunk with this number if `region` of the array, which is the chunk, is stored somewhere as
    /// the writer would store it.
    pub(super) fn carry(
        &self,
        writer: &dyn ArrayWriter,
        number: usize,
        array: &Arc<dyn ErasedArray>,
        region: &Region,
    ) -> Result<Carried> {
        let missing = array.missing();
        let fits = |stored: &StoredArray| match &missing {
            Some(missing) => stored.labels().missing(&array.data_type()) == *missing,
            None => true,
        };
        let (mut array, mut region) = (array.clone(), region.clone());
        loop {
            if let Some(stored) = as_stored(&*array) {
                if !fits(&stored) {
                    return Ok(Carried::No);
                }
                // What is read from there cannot be computed otherwise.
                return take(&stored, &region, writer, number);
            }
            if let Some(stored) = self.saved(&*array).filter(|stored| fits(stored)) {
                match take(&stored, &region, writer, number) {
                    Ok(Carried::No) => {}
                    // Removed or damaged meanwhile: it can be computed.
                    Err(error) if matches!(error.kind(), ErrorKind::Gone | ErrorKind::Corrupt) => {}
                    carried => return carried,
                }
            }
            match array.passed_on(&region) {
                Some(input) => (array, region) = input,
                None => return Ok(Carried::No),
            }
        }
    }

    /// The newest place where the array was saved, if it is still there.
    fn saved(&self, array: &dyn ErasedArray) -> Option<Arc<StoredArray>> {
        let mut saved = self.saved.lock();
        saved.entry(array.address()).or_insert_with(|| newest(array, self.backend)).clone()
    }
}

/// Whether chunks of the array may be taken over from a place where it, or an input, was saved.
pub(super) fn was_saved(array: &dyn ErasedArray, seen: &mut HashSet<usize>) -> bool {
    if !seen.insert(array.address()) {
        return false;
    }
    let mut found = !array.notes().all().is_empty();
    array.inputs(&mut |input, _| found = found || was_saved(input, seen));
    found
}

/// What a later version of a stored array keeps of it.
#[derive(Default)]
pub(crate) struct Kept {
    /// The codec, if nothing else is chosen. None if the backend cannot write such an array with it.
    pub(crate) codec: Option<Codec>,
    /// The shape of the stored chunks, without which no chunk could be taken over.
    pub(crate) chunk: Option<Vec<usize>>,
}

/// What the array of that name is to keep: if it is a later version of one that is stored, or was saved.
pub(crate) fn kept(array: &Arc<dyn ErasedArray>, backend: &dyn Backend, name: &str) -> Result<Kept> {
    let mut array = array.clone();
    let mut kept = Kept::default();
    loop {
        if let Some(stored) = as_stored(&*array) {
            let reader = stored.reader()?;
            if reader.format() != backend.format() {
                return Ok(kept);
            }
            kept.chunk = kept.chunk.or_else(|| Some(chunk_of(&**reader)));
            if let Some(codec) = reader.codec()
                && backend.keeps_codec(name, codec)?
            {
                kept.codec = Some(codec);
            }
            return Ok(kept);
        }
        if kept.chunk.is_none()
            && let Some(saved) = newest(&*array, backend)
        {
            kept.chunk = saved.reader().ok().map(|reader| chunk_of(&**reader));
        }
        match array.version_of() {
            Some(before) => array = before,
            None => return Ok(kept),
        }
    }
}

/// The shape of the chunks that are encoded one by one.
fn chunk_of(reader: &dyn ArrayReader) -> Vec<usize> {
    let layout = reader.layout();
    layout.parts.as_ref().unwrap_or(&layout.chunk_shape).clone()
}

fn as_stored(array: &dyn ErasedArray) -> Option<Arc<StoredArray>> {
    array.stored()?.into_any().downcast().ok()
}

fn newest(array: &dyn ErasedArray, backend: &dyn Backend) -> Option<Arc<StoredArray>> {
    array.notes().all().iter().find_map(|note| {
        let saved = note.downcast_ref::<Saved>().filter(|saved| backend.writes_as(&*saved.backend))?;
        let stored = saved.stored();
        stored.reader().is_ok().then(|| Arc::new(stored))
    })
}

/// Gives the writer a stored chunk, if it is exactly this region and stored as the writer would store it.
fn take(stored: &StoredArray, region: &Region, writer: &dyn ArrayWriter, number: usize) -> Result<Carried> {
    let reader = stored.reader()?;
    let (layout, own) = (reader.layout(), writer.layout());
    if layout.chunk_shape != own.chunk_shape || layout.parts != own.parts {
        return Ok(Carried::No);
    }
    // A chunk at an edge is filled up. It has the shape of the region here as there, so it is filled up alike.
    let Some(chunk) = layout.grid.exact_chunk(region) else { return Ok(Carried::No) };
    writer.carry(number, &**reader, chunk).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::Corrupt => stored.in_file(error),
        _ => error,
    })
}
