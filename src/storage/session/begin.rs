//! Beginning a session: the walk of a save, and the arrays that the value has.

use super::not_here;
use super::open::Session;
use super::record::{Lease, Record, Renewing};
use super::state::{Header, Pending, State};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::plugin::{Incomplete, Manifest, PendingArray, PlanSettings, write_durably};
use crate::storage::Storage;
use crate::storage::intent::Intent;
use crate::storage::place::{Before, Expected, replaced};
use crate::storage::save::PlannedSave;
use crate::storage::sources::Sources;
use crate::storage::version::Version;
use crate::task::{check_cancelled, unstoppable};
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;

impl Storage {
    /// Begins to save a value whose [pending](crate::ChunkedArray::pending) arrays are written by several threads,
    /// processes or machines. The whole value becomes visible when the session is [committed](Session::commit).
    ///
    /// This is the first half of a [`save`](Self::save): the value is serialized, and its other arrays are written. The
    /// old value stays as it is until the commit.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{ChunkedArray, Slot};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Survey {
    ///     name: String,
    ///     height: ChunkedArray<f32>,
    /// }
    ///
    /// let survey = Survey { name: "a ramp".into(), height: ChunkedArray::pending(&[720, 1440], &[180, 360])? };
    /// let session = storage.begin("global/ramp", &survey)?;
    /// let ticket = session.ticket("height")?; // goes to the workers, as plain data
    ///
    /// let slot: Slot<f32> = storage.slot(&ticket)?;
    /// let work = slot.regions(4).into_iter().map(|region| {
    ///     let slot = slot.clone();
    ///     std::thread::spawn(move || slot.write(&region, ndarray::ArrayD::ones(region.shape()).view()))
    /// });
    /// let work: Vec<_> = work.collect();
    /// let receipts = work.into_iter().map(|thread| thread.join().unwrap()).collect::<Result<Vec<_>, _>>()?;
    ///
    /// session.commit(receipts)?;
    /// assert_eq!(storage.load::<Survey>("global/ramp")?.height.sum()?, 720.0 * 1440.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`save`](Self::save); `InvalidInput` if the value has no pending array; `Unsupported` if a pending array
    /// cannot be stored here.
    pub fn begin<T: ?Sized + Serialize>(&self, name: &str, value: &T) -> Result<Session> {
        self.plan_session(name, value)?.begin()
    }

    /// The walk: no I/O.
    pub(in crate::storage) fn plan_session<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> Result<PlannedSession> {
        let settings = PlanSettings { incomplete: Incomplete::Pending, ..PlanSettings::default() };
        self.plan_walk(name, value, Intent::Replace, settings).map(PlannedSession)
    }
}

/// A session that has not touched anything yet.
pub(in crate::storage) struct PlannedSession(PlannedSave);

impl PlannedSession {
    pub(in crate::storage) fn begin(mut self) -> Result<Session> {
        let name = self.0.name.clone();
        self.begin_session().map_err(|error| error.in_document(name.as_str()))
    }

    fn begin_session(&mut self) -> Result<Session> {
        check_cancelled()?;
        let PlannedSave { storage, name, .. } = &self.0;
        let (storage, name) = (storage.clone(), name.clone());
        let (place, workflow) = (&*storage.place, name.workflow());
        let before = storage.replaceable(&name)?;
        let expects = self.expects(&before)?;
        let (backend, protocols) = (place.backend(workflow), storage.protocols(workflow));
        let ids: Vec<String> = self.0.plan.ids().map(str::to_owned).collect();
        let to_write = self.0.plan.to_write().map(str::to_owned).collect();
        let pending = self.0.plan.take_pending(&protocols, &*backend)?;
        if pending.is_empty() {
            let text = "no array of the value is pending, so nothing is left to be written: use `save`, or make an array with \
                        ChunkedArray::pending";
            return Err(Error::invalid(text));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let record = Record::new(place.bytes(workflow)?, &id)?;
        let lease = Lease::new(name.as_str(), to_write, storage.session_lease);
        let folder = place.with_folder(&name)?;
        let leased = record.put_lease(&lease);
        drop(folder);
        // From now on, since the other arrays may take longer than a lease lasts.
        let renewing = leased.and_then(|()| Renewing::begin(record.clone(), lease));
        let mut renewing = renewing.map_err(|error| ended(&record, error))?;
        match self.write(&backend, &before, &ids, pending, expects, &renewing) {
            Ok(state) => {
                renewing.opened(&state);
                Ok(Session::new(storage, name, id, state, record, renewing))
            }
            Err(error) => {
                renewing.stop();
                Err(ended(&record, error))
            }
        }
    }

    /// The version that the value is based on, if it is based on one.
    fn expects(&self, before: &Before) -> Result<Option<Version>> {
        let sources = Sources::of(&self.0.plan, &self.0.storage.place.identity(&self.0.name));
        let found = before.manifest.as_ref();
        let is_there = |file: &str| found.is_some_and(|manifest| manifest.has(file));
        if self.0.plan.objects.iter().any(|planned| planned.kept && !is_there(planned.id.file())) {
            return Err(replaced());
        }
        match self.0.expected(before, &sources)? {
            Expected::Written(write_id) => Ok(Some(Version::of(write_id))),
            Expected::Anything | Expected::Nothing => Ok(None),
        }
    }

    /// Lays the pending arrays out, writes the others, and then the state.
    fn write(
        &self,
        backend: &Arc<dyn Backend>,
        before: &Before,
        ids: &[String],
        arrays: Vec<PendingArray>,
        expects: Option<Version>,
        renewing: &Renewing,
    ) -> Result<State> {
        let PlannedSave { storage, name, plan, format, body, early, .. } = &self.0;
        let place = &*storage.place;
        let shared = backend.shared().ok_or_else(not_here)?;
        let (mut entries, mut pending) = (Vec::new(), Vec::new());
        for PendingArray { mut entry, spec } in arrays {
            let file = entry.id.file().to_owned();
            let form = shared.lay_out(&file, &spec);
            let form = form.map_err(|error| error.at_path(entry.path()).in_array(&file))?;
            entry.format = backend.noted_format(form.format).map(|format| format.to_string());
            pending.push(Pending { array: file, form });
            entries.push(entry);
        }
        let protocols = storage.protocols(name.workflow());
        let written = write_durably(plan, &protocols, before.manifest.as_ref(), &mut early.lock().stored)?;
        let manifest = written.manifest().with_shared(plan.shared.parts());
        let manifest: Manifest = manifest.with_pending(ids, entries.into_iter());
        let kept: HashSet<String> =
            plan.objects.iter().filter(|planned| planned.kept).map(|planned| planned.id.file().to_owned()).collect();
        let header = Header::new(name.as_str(), expects, kept, pending);
        let state = State { format: *format, manifest, body: body.clone(), header };
        let put = state.bytes(place.limits()).and_then(|bytes| {
            check_cancelled()?;
            renewing.record().put_state(bytes)?;
            // A sweep may have taken the arrays before.
            renewing.check()
        });
        match put {
            Ok(()) => {
                written.keep();
                Ok(state)
            }
            Err(error) => Err(written.discard(error)),
        }
    }
}

/// Ends a session that could not be begun. Returns the error.
fn ended(record: &Record, error: Error) -> Error {
    let left = unstoppable(|| record.end()).is_err().then(|| record.location());
    error.leaving(left)
}
