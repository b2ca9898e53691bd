//! The end of a session: the commit of every save, once the receipts have proved that every chunk is there.

use super::not_here;
use super::open::{Held, Session};
use super::receipt::Receipt;
use crate::array::Region;
use crate::engine::{Job, run};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::plugin::{Manifest, SavePlan, Tally};
use crate::storage::early::EarlySave;
use crate::storage::intent::Intent;
use crate::storage::leftover::Remains;
use crate::storage::read::head;
use crate::storage::report::SaveReport;
use crate::storage::save::PlannedSave;
use crate::storage::version::Version;
use crate::task::{check_cancelled, unstoppable};
use std::collections::HashSet;
use std::sync::atomic::Ordering;

impl Session {
    /// Makes the value visible, in one step, if the receipts cover every chunk of every pending array, each with one
    /// set of checksums. No chunk is read for this, except in a store that ignores the conditions of a put: there a
    /// late writer may have replaced a chunk, so all chunks are read once. See
    /// [`Storage::begin`](crate::Storage::begin) for an example.
    ///
    /// This is the second half of a [`save`](crate::Storage::save), with the same promises. It can be called again
    /// after an error, by any program. Once the value is committed, it returns the same version. After a success, the
    /// session is over.
    ///
    /// # Errors
    /// `InvalidInput` if chunks are missing: the error names the first of them, and [`missing`](Self::missing) returns
    /// all; `Conflict` if two attempts have written different bytes of a chunk, which the error names; `Gone` if the
    /// session is over; the errors of [`save`](crate::Storage::save). The session continues after an error, except
    /// after `Gone`.
    pub fn commit(&self, receipts: impl IntoIterator<Item = Receipt>) -> Result<SaveReport> {
        let held = self.held();
        let mut merged = Receipt::new(&held.id);
        let merge = |receipt| merged.merge(receipt);
        let committed = receipts.into_iter().try_for_each(merge).and_then(|()| held.commit(&merged));
        committed.map_err(|error| error.in_document(held.name.as_str()))
    }

    /// Compares the stored chunks with the receipts, by their lengths. This lists the arrays and reads none of them;
    /// [`verify`](crate::Storage::verify) reads a committed value.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # use arraystow::{ChunkedArray, Region, Slot};
    /// # let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100], &[50])?)?;
    /// # let slot: Slot<f32> = storage.slot(&session.ticket("")?)?;
    /// let whole = Region::new([0], [100])?;
    /// let receipts = vec![slot.write(&whole, ndarray::Array1::zeros(100).view())?];
    /// session.check(&receipts)?;
    /// session.commit(receipts)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`commit`](Self::commit), and `Conflict` for a chunk that is missing or has another length.
    pub fn check<'a>(&self, receipts: impl IntoIterator<Item = &'a Receipt>) -> Result<()> {
        let held = self.held();
        let mut merged = Receipt::new(&held.id);
        let check = || {
            receipts.into_iter().try_for_each(|receipt| merged.merge_ref(receipt))?;
            held.check_whole(&merged)?;
            held.check_lengths(&merged)
        };
        check().map_err(|error: Error| error.in_document(held.name.as_str()))
    }

    /// Ends the session without a commit: removes it, and the arrays that were written for it. An existing value with
    /// that name is not changed. Workers that still write for the session fail.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # use arraystow::{ChunkedArray, Slot};
    /// let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100], &[50])?)?;
    /// let ticket = session.ticket("")?;
    /// session.abandon()?;
    /// assert!(storage.slot::<f32>(&ticket).unwrap_err().is_gone());
    /// assert_eq!(storage.sweep()?.leftovers().count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Io` or `PermissionDenied` if something cannot be removed. A sweep finds what is left. `UnknownOutcome` after a
    /// commit with an unknown outcome, if the value is not there: the store may still carry it out, so the arrays stay
    /// until a sweep finds them when the lease is over.
    pub fn abandon(self) -> Result<()> {
        let held = self.held();
        let arrays = held.state.manifest.files().filter(|file| !held.state.header.kept.contains(*file));
        let arrays = arrays.map(|file| Remains::Array(file.to_owned()));
        let files = held.state.manifest.objects.iter().flat_map(|entry| &entry.files);
        let these: HashSet<Remains> = arrays.chain(files.map(|file| Remains::File(file.name.clone()))).collect();
        let abandoned = unstoppable(|| {
            held.check_known()?;
            held.end()?;
            held.storage.place.remove_leftovers(held.name.workflow(), &these).map(drop)
        });
        abandoned.map_err(|error| error.in_document(held.name.as_str()))
    }
}

impl Held {
    fn end(&self) -> Result<()> {
        self.renewing.lock().stop();
        self.record.end()
    }

    fn commit(&self, receipt: &Receipt) -> Result<SaveReport> {
        check_cancelled()?;
        if let Some(report) = self.committed()? {
            // The program that committed it was killed before it ended the session.
            let _ = unstoppable(|| self.end());
            return Ok(report);
        }
        self.record.check_open()?;
        self.check_whole(receipt)?;
        if !self.storage.place.keeps_first(&self.name, self.record.scratch())? {
            self.check_contents(receipt)?;
        }
        let report = match self.planned(receipt)?.carry_out() {
            Ok(report) => report,
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::UnknownOutcome) => {
                match self.committed() {
                    // By another program, or by this one, whose answer was lost.
                    Ok(Some(report)) => report,
                    _ => {
                        let is_unknown = error.is_unknown_outcome();
                        self.is_unknown.fetch_or(is_unknown, Ordering::AcqRel);
                        return Err(error);
                    }
                }
            }
            Err(error) => return Err(error),
        };
        let _ = unstoppable(|| self.end());
        Ok(report)
    }

    /// Fails if a commit may still be carried out.
    fn check_known(&self) -> Result<()> {
        if !self.is_unknown.load(Ordering::Acquire) || self.committed()?.is_some() {
            return Ok(());
        }
        let text = "the outcome of the last commit is unknown, and the store may still carry it out, so nothing was removed: \
            commit again, or leave the session to a sweep";
        Err(Error::new(ErrorKind::UnknownOutcome, text).at_location(self.record.location()))
    }

    /// The report of an earlier commit.
    fn committed(&self) -> Result<Option<SaveReport>> {
        let found = match head(&*self.storage.place, &self.name) {
            Ok(head) => head.manifest,
            Err(error) if error.is_not_found() || error.is_corrupt() => return Ok(None),
            Err(error) => return Err(error),
        };
        // Perhaps it was changed since then, and has another version now.
        let version = || Version::of(self.state.manifest.write_id());
        Ok(self.is_of_this(&found).then(|| SaveReport::new(version(), &[], Tally::default())))
    }

    fn is_of_this(&self, manifest: &Manifest) -> bool {
        self.state.header.pending.iter().any(|pending| manifest.has(&pending.array))
    }

    /// Fails unless the receipts have every chunk once.
    fn check_whole(&self, receipt: &Receipt) -> Result<()> {
        self.check_arrays(receipt)?;
        for (pending, path) in self.pending() {
            let located = |error: Error| error.at_path(path).in_array(&pending.array);
            let grid = pending.form.layout(self.storage.place.limits())?.grid;
            let (mut missing, mut first) = (0_usize, None);
            for number in 0..grid.chunk_count() {
                match receipt.rows(&pending.array, number).map_or(Ok(None), |rows| rows.sums()) {
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        missing += 1;
                        first = first.or(Some(number));
                    }
                    Err(attempts) => return Err(located(contradiction(number, &grid.chunk_region(number)?, attempts))),
                }
            }
            if let Some(first) = first {
                let (count, region) = (grid.chunk_count(), grid.chunk_region(first)?);
                let (start, shape) = (region.start(), region.shape());
                return Err(located(Error::invalid(format!(
                    "{missing} of the {count} chunks of a pending array are missing, the first of them at start {start:?}, \
                     shape {shape:?}: write them and commit with their receipts too; Session::missing lists all of them"
                ))));
            }
        }
        Ok(())
    }

    fn check_lengths(&self, receipt: &Receipt) -> Result<()> {
        let backend = self.storage.place.backend(self.name.workflow());
        let shared = backend.shared().ok_or_else(not_here)?;
        for (pending, path) in self.pending() {
            let array = pending.array.as_str();
            let checked = shared.check_lengths(array, &pending.form, &|number| self.sums(receipt, array, number));
            checked.map_err(|error| error.at_path(path).in_array(array))?;
        }
        Ok(())
    }

    /// Reads all chunks of the pending arrays and compares them with the receipts.
    fn check_contents(&self, receipt: &Receipt) -> Result<()> {
        for (pending, path) in self.pending() {
            let array = pending.array.as_str();
            let checked = self.look(array, &pending.form, &|number, region, found| {
                if found == self.sums(receipt, array, number) {
                    return Ok(());
                }
                let (start, shape) = (region.start(), region.shape());
                let text = format!(
                    "chunk {number} (start {start:?}, shape {shape:?}) does not have the bytes of its receipt, since \
                        another attempt has replaced them, which this store does not prevent: write it again"
                );
                Err(Error::new(ErrorKind::Conflict, text))
            });
            checked.map_err(|error| error.at_path(path).in_array(array))?;
        }
        Ok(())
    }

    /// Completes the arrays. What is left is the commit of a save whose arrays are all written.
    fn planned(&self, receipt: &Receipt) -> Result<PlannedSave> {
        let (place, name) = (&*self.storage.place, &self.name);
        let backend = place.backend(name.workflow());
        let shared = backend.shared().ok_or_else(not_here)?;
        let completed = Mutex::new(Vec::new());
        let jobs: Vec<_> = self.pending().map(|work| Job { work, bytes: 0 }).collect();
        run(backend.concurrency(), jobs.into_iter(), |(pending, path)| {
            let array = pending.array.as_str();
            let complete = || {
                let entry = self.state.manifest.entry(array);
                let entry = entry.ok_or_else(|| Error::corrupt("the session has lost an array"))?;
                let spec = entry.spec(&pending.form, name.as_str())?;
                shared.complete(array, &spec, &pending.form, &|number| self.sums(receipt, array, number))
            };
            let summary = complete().map_err(|error: Error| error.at_path(path).in_array(array))?;
            completed.lock().push((array, summary));
            Ok(())
        })?;
        let mut manifest = self.state.manifest.clone();
        for (array, summary) in completed.into_inner() {
            manifest.completed(array, summary)?;
        }
        let header = &self.state.header;
        let plan = SavePlan::of_written(name.as_str(), &manifest, &header.kept);
        backend.sync().map_err(|error| plan.locate(error))?;
        let record = self.record.clone();
        let pending: Vec<String> = header.pending.iter().map(|pending| pending.array.clone()).collect();
        let still = move |present: Option<&Manifest>| {
            if present.is_some_and(|present| pending.iter().any(|array| present.has(array))) {
                let text =
                    "another program has committed the session at the same moment: commit again to get its version";
                return Err(Error::new(ErrorKind::Conflict, text));
            }
            record.check_open()
        };
        Ok(PlannedSave {
            storage: self.storage.clone(),
            name: name.clone(),
            format: self.state.format,
            body: self.state.body.clone(),
            plan,
            intent: header.expects.clone().map_or(Intent::Replace, Intent::ReplaceVersion),
            early: Mutex::new(EarlySave::then(still, self.state.manifest.write_id())),
        })
    }
}

fn contradiction(number: usize, region: &Region, (first, second): (&str, &str)) -> Error {
    let (start, shape) = (region.start(), region.shape());
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the attempts {first} and {second} have written different bytes of chunk {number} (start {start:?}, shape \
             {shape:?}): leave out the receipt of the one whose bytes are not stored"
        ),
    )
}
