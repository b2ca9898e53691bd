//! Pending arrays that programs without this library fill, such as zarr-python.

use super::not_here;
use super::open::{Held, Session};
use super::receipt::Receipt;
use crate::array::Region;
use crate::backend::{Form, Sums};
use crate::engine::{Job, run};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use std::sync::Arc;

impl Session {
    /// Writes the metadata of a pending array, so that other programs can open it and write its chunks: zarr-python on
    /// a cluster, for example. Returns the array's path, or its URL without credentials. [`adopt`](Self::adopt) takes
    /// over what they have written.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::ChunkedArray;
    ///
    /// let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100], &[50])?)?;
    /// let location = session.expose("")?;
    /// // In Python: zarr.open_array(location, mode="r+", config={"write_empty_chunks": True})[:] = ...
    /// assert!(std::path::Path::new(&location).join("zarr.json").exists());
    /// # session.abandon()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Chunks with only the fill value must be written too: zarr-python omits them unless `write_empty_chunks` is set.
    ///
    /// # Errors
    /// `NotFound` if there is no pending array; `Gone` if the session is over; any error of writing the metadata.
    pub fn expose(&self, path: &str) -> Result<String> {
        let held = self.held();
        let expose = || {
            held.record.check_open()?;
            let pending = held.pending_at(path)?;
            let entry = held.state.manifest.entry(&pending.array);
            let entry = entry.ok_or_else(|| Error::corrupt("the session has lost an array"))?;
            let backend = held.storage.place.backend(held.name.workflow());
            let spec = entry.spec(&pending.form, held.name.as_str())?;
            backend.shared().ok_or_else(not_here)?.expose(&pending.array, &spec, &pending.form)?;
            Ok(backend.describe(&pending.array))
        };
        expose().map_err(|error: Error| error.at_path(path).in_document(held.name.as_str()))
    }

    /// Returns the receipt for the stored chunks of a pending array, whatever program has written them. Each chunk is
    /// read once for its checksum, and is not decoded. No program may write to the array after this call.
    ///
    /// This is for arrays that programs without receipts have filled; see [`expose`](Self::expose). It also covers the
    /// chunks of workers whose receipts were lost.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{ChunkedArray, Region, Slot};
    ///
    /// let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100], &[50])?)?;
    /// let slot: Slot<f32> = storage.slot(&session.ticket("")?)?;
    /// slot.write(&Region::new([0], [50])?, ndarray::Array1::zeros(50).view())?; // the receipt is lost
    ///
    /// let receipt = session.adopt("")?;
    /// assert_eq!(receipt.chunk_count(), 1);
    /// assert_eq!(session.missing([&receipt])?[0].region, Region::new([50], [50])?);
    /// # session.abandon()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no pending array; `Gone` if the session is over; `Corrupt` for a shard without a correct
    /// index; any error of reading a chunk.
    pub fn adopt(&self, path: &str) -> Result<Receipt> {
        let held = self.held();
        let adopt = || {
            held.record.check_open()?;
            let pending = held.pending_at(path)?;
            let attempt: Arc<str> = uuid::Uuid::new_v4().to_string().into();
            let found = Mutex::new(Vec::new());
            held.look(&pending.array, &pending.form, &|number, _, sums| {
                found.lock().extend(sums.map(|sums| (number as u64, sums)));
                Ok(())
            })?;
            held.make_durable(&pending.array, &pending.form, found.lock().iter().map(|(number, _)| *number))?;
            Ok(Receipt::of(&held.id, &pending.array, &attempt, found.into_inner()))
        };
        adopt().map_err(|error: Error| error.at_path(path).in_document(held.name.as_str()))
    }
}

/// Gets the number and region of a chunk, and the checksums of its stored bytes, if it is there.
type Look<'a> = dyn Fn(usize, &Region, Option<Sums>) -> Result<()> + Sync + 'a;

impl Held {
    /// Makes chunks durable that other programs have written, which may not have synced them.
    fn make_durable(&self, array: &str, form: &Form, chunks: impl Iterator<Item = u64>) -> Result<()> {
        let backend = self.storage.place.backend(self.name.workflow());
        let shared = backend.shared().ok_or_else(not_here)?;
        let slot = shared.slot(array, form, self.record.scratch(), "")?;
        for number in chunks {
            slot.take_in(usize::try_from(number).unwrap_or(usize::MAX))?;
        }
        slot.settle()
    }

    /// Shows the checksums of the stored bytes of each chunk of a pending array.
    pub(super) fn look(&self, array: &str, form: &Form, visit: &Look<'_>) -> Result<()> {
        let backend = self.storage.place.backend(self.name.workflow());
        let shared = backend.shared().ok_or_else(not_here)?;
        let layout = form.layout(self.storage.place.limits())?;
        let slot = shared.slot(array, form, self.record.scratch(), "")?;
        let bytes = layout.chunk_bytes(form.data_type.size()).unwrap_or(usize::MAX);
        let jobs = (0..layout.grid.chunk_count()).map(|work| Job { work, bytes });
        run(slot.concurrency(), jobs, |number| visit(number, &layout.grid.chunk_region(number)?, slot.look(number)?))
    }
}
