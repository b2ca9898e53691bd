//! Taking up a session of another program.

use super::open::Session;
use super::record::{Record, Renewing};
use super::state::State;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::Storage;
use crate::storage::name::Name;
use crate::task::unstoppable;

impl Storage {
    /// Resumes a session that another program has begun, on any machine, whether that program was killed or still runs.
    /// [`Session::missing`] returns what is not yet written, if the receipts were kept.
    ///
    /// Two programs may hold a session at the same time. If both commit it, the value is committed once.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # use arraystow::{ChunkedArray, Slot};
    /// let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100], &[50])?)?;
    /// let id = session.id().to_owned();
    /// drop(session); // the session stays
    ///
    /// let session = storage.resume("ramp", &id)?;
    /// assert_eq!((session.name(), session.id()), ("ramp", id.as_str()));
    /// assert_eq!(session.missing([])?.len(), 1);
    /// # session.abandon()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Gone` if the session is over; `InvalidName` if the string is not an id; `Conflict` if the session belongs to a
    /// value with another name; `Corrupt` if it is damaged.
    pub fn resume(&self, name: &str, id: &str) -> Result<Session> {
        let name = Name::parse(name)?;
        self.resume_session(&name, id).map_err(|error| error.in_document(name.as_str()))
    }

    fn resume_session(&self, name: &Name, id: &str) -> Result<Session> {
        let record = Record::new(self.place.bytes(name.workflow())?, id)?;
        let lease = record.lease()?;
        if record.is_expired(&lease)? {
            let text = "the session was not renewed within its lease, so a sweep may be removing it: begin a new one";
            return Err(Error::new(ErrorKind::Gone, text).at_location(record.location()));
        }
        let lease = lease.opened();
        record.put_lease(&lease)?;
        let limits = self.place.limits();
        let bytes = record.state(State::most_bytes(limits)).inspect_err(|error| {
            // It has ended since the lease was read, and has got another one.
            if error.is_gone() {
                let _ = unstoppable(|| record.end());
            }
        })?;
        let state = State::read(&bytes, limits).map_err(|error| error.at_location(record.location()))?;
        if state.header.document != name.as_str() {
            let other = &state.header.document;
            return Err(Error::new(ErrorKind::Conflict, format!("the session belongs to the value {other:?}")));
        }
        let renewing = Renewing::begin(record.clone(), lease)?;
        renewing.opened(&state);
        Ok(Session::new(self.clone(), name.clone(), id.to_owned(), state, record, renewing))
    }
}
