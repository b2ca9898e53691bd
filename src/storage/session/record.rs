//! What is in a storage of a session: a lease, which is renewed as long as a program holds the session, and the state,
//! from which another program resumes it.
//!
//! The lease is there before the first array, and the state after the last. As long as there is a state the session is
//! open. It is removed before anything else, so a program that announces the arrays and then still finds the state
//! knows that no removal of them has begun which did not see the announcement.

use super::state::State;
use crate::backend::{Form, is_id};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::protocol::store::ByteStore;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The folder of the sessions, beside the arrays; records of saves are there too.
const SAVING: &str = ".saving";
const LEASE: &str = "lease";
const STATE: &str = "state";
const VERSION: u32 = 1;
/// A few hundred thousand arrays in one session.
const MOST_LEASE_BYTES: u64 = 64 << 20;

/// What a session keeps from a sweep.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Lease {
    version: u32,
    pub(super) document: String,
    pub(super) arrays: Vec<String>,
    /// Milliseconds after which, without being renewed, it is over.
    lasts: u64,
    /// Seconds since 1970, by the writer's clock, for people who look at it.
    renewed: u64,
    /// Whether there was a state when it was written. If there is none now, the session is over.
    #[serde(default)]
    open: bool,
    /// For each pending array the hash of its form, since tickets may come from anywhere.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    forms: BTreeMap<String, String>,
}

impl Lease {
    pub(super) fn new(document: &str, arrays: Vec<String>, lasts: Duration) -> Self {
        let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        Self {
            version: VERSION,
            document: document.to_owned(),
            arrays,
            lasts,
            renewed: 0,
            open: false,
            forms: BTreeMap::new(),
        }
    }

    /// The lease of a session that has a state.
    pub(super) fn opened(self) -> Self {
        Self { open: true, ..self }
    }

    fn with_forms(self, state: &State) -> Self {
        let pending = state.header.pending.iter();
        let forms = pending.map(|pending| (pending.array.clone(), pending.form.hash())).collect();
        Self { forms, ..self }
    }

    /// Fails for an array that the session does not have, or has in another form.
    pub(super) fn check_form(&self, array: &str, form: &Form) -> Result<()> {
        if !self.arrays.iter().any(|own| own == array) {
            return Err(Error::invalid("the ticket names an array that the session does not have"));
        }
        // Older versions have written no forms.
        if !self.forms.is_empty() && self.forms.get(array) != Some(&form.hash()) {
            let text = "the ticket is not the one that the session gave: its array is not pending, or has another form";
            return Err(Error::invalid(text));
        }
        Ok(())
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let lease: Self = serde_json::from_slice(bytes)
            .map_err(|error| Error::corrupt("the lease of a session cannot be read").with_source(error))?;
        if lease.version == VERSION {
            return Ok(lease);
        }
        Err(Error::unsupported("a newer arraystow has written the lease of a session: update this program"))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let renewed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        serde_json::to_vec(&Self { renewed, ..self.clone() })
            .map_err(|error| Error::new(ErrorKind::Serde, "cannot write the lease of a session").with_source(error))
    }

    fn lasts(&self) -> Duration {
        Duration::from_millis(self.lasts)
    }
}

/// Where a session is.
#[derive(Clone)]
pub(super) struct Record {
    store: Arc<dyn ByteStore>,
    folder: String,
}

impl Record {
    /// The record of the session with this id, which may come from anywhere.
    pub(super) fn new(store: Arc<dyn ByteStore>, id: &str) -> Result<Self> {
        if !is_id(id) {
            return Err(Error::new(ErrorKind::InvalidName, format!("{id:?} is not the id of a session")));
        }
        Ok(Self { store, folder: format!("{SAVING}/{id}") })
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// A folder for temporary files, which goes with the session.
    pub(super) fn scratch(&self) -> &str {
        &self.folder
    }

    pub(super) fn location(&self) -> String {
        self.store.describe(&self.folder)
    }

    pub(super) fn put_lease(&self, lease: &Lease) -> Result<()> {
        self.store.put(&self.key(LEASE), lease.bytes()?)
    }

    /// The lease, if there is a session.
    pub(super) fn lease(&self) -> Result<Lease> {
        match self.store.get(&self.key(LEASE), MOST_LEASE_BYTES) {
            Ok(bytes) => Lease::read(&bytes).map_err(|error| error.at_location(self.location())),
            Err(error) if error.is_not_found() => Err(over()),
            Err(error) => Err(error),
        }
    }

    /// For how long the lease was not renewed.
    pub(super) fn is_expired(&self, lease: &Lease) -> Result<bool> {
        // What its clock is read with may go with the session.
        let ages = self.store.ages(&self.folder);
        let ages = ages.or_else(|error| self.check_open().and(Err(error)))?;
        let age = ages.into_iter().find(|(name, _)| name == LEASE).map(|(_, age)| age);
        Ok(age.is_none_or(|age| age > lease.lasts()))
    }

    /// The lease of a session that may still be committed.
    fn alive(&self) -> Result<Option<Lease>> {
        let lease = self.lease()?;
        if lease.open {
            self.check_open()?;
        }
        Ok((!self.is_expired(&lease)?).then_some(lease))
    }

    /// Fails if there is no lease any more.
    fn check_leased(&self) -> Result<()> {
        if self.store.exists(&self.key(LEASE))? { Ok(()) } else { Err(over().at_location(self.location())) }
    }

    /// Opens the session to other programs.
    pub(super) fn put_state(&self, state: Vec<u8>) -> Result<()> {
        self.store.put(&self.key(STATE), state)?;
        self.store.sync()
    }

    pub(super) fn state(&self, most: u64) -> Result<Vec<u8>> {
        match self.store.get(&self.key(STATE), most) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) if error.is_not_found() => Err(over()),
            Err(error) => Err(error),
        }
    }

    /// Fails if the session is over.
    pub(super) fn check_open(&self) -> Result<()> {
        if self.store.exists(&self.key(STATE))? { Ok(()) } else { Err(over().at_location(self.location())) }
    }

    /// Removes the session. The state does not come back with a power cut: arrays may be removed after it.
    pub(super) fn end(&self) -> Result<()> {
        self.store.remove_all(&[self.key(STATE)])?;
        self.store.sync_removals(&self.folder)?;
        // Another program may look at its age, for which it makes a file.
        let remove = || self.store.remove_below(&self.folder);
        remove().or_else(|_| remove()).or_else(|_| remove())
    }

    fn bytes(&self) -> u64 {
        self.store.below_is(&self.folder).map_or(0, |below| below.bytes)
    }
}

/// The error for a session that is over.
fn over() -> Error {
    Error::new(
        ErrorKind::Gone,
        "the session is over: it was committed or abandoned, or a sweep has removed it after its lease had expired; \
            begin a new one",
    )
}

/// Renews a lease on a thread of its own, until it is dropped.
pub(super) struct Renewing {
    record: Record,
    lease: Arc<Mutex<Lease>>,
    /// Set if the lease had run out before it was renewed, or was gone: a sweep may have taken the arrays.
    is_over: Arc<AtomicBool>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Renewing {
    pub(super) fn begin(record: Record, lease: Lease) -> Result<Self> {
        let (stop, stopped) = channel::<()>();
        let (lasts, is_over) = (lease.lasts(), Arc::new(AtomicBool::new(false)));
        let lease = Arc::new(Mutex::new(lease));
        let renewer = Renewer { record: record.clone(), lease: lease.clone(), lasts };
        let is_over_there = is_over.clone();
        let renew = move || {
            let mut last = (Instant::now(), SystemTime::now());
            while matches!(stopped.recv_timeout(lasts / 5), Err(RecvTimeoutError::Timeout)) {
                match renewer.renew(last) {
                    Ok(at) => last = at,
                    Err(error) if error.is_gone() => return is_over_there.store(true, Ordering::Release),
                    // A renewal that fails is made up for by the next.
                    Err(_) => {}
                }
            }
        };
        let thread = std::thread::Builder::new().name("arraystow-session".into()).spawn(renew);
        let thread =
            thread.map_err(|error| Error::io("no thread can be started to renew the session's lease", error))?;
        Ok(Self { record, lease, is_over, stop: Some(stop), thread: Some(thread) })
    }

    /// Renews a lease from now on with what is known of this state.
    pub(super) fn opened(&self, state: &State) {
        let mut lease = self.lease.lock();
        *lease = lease.clone().opened().with_forms(state);
        // If this fails, the next renewal makes up for it.
        let _ = self.record.put_lease(&lease);
    }

    /// Where the session is.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Fails if a sweep may have found that the lease had run out.
    pub(super) fn check(&self) -> Result<()> {
        if self.is_over.load(Ordering::Acquire) {
            return Err(over().at_location(self.record.location()));
        }
        self.record.check_leased()
    }

    /// Stops, and waits for a renewal that is under way.
    pub(super) fn stop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread renews.
struct Renewer {
    record: Record,
    lease: Arc<Mutex<Lease>>,
    lasts: Duration,
}

impl Renewer {
    /// Renews the lease that was last renewed at this time. Returns the new time.
    ///
    /// # Errors
    /// `Gone` if it has run out, or the session has ended.
    fn renew(&self, last: (Instant, SystemTime)) -> Result<(Instant, SystemTime)> {
        // Once it has run out it is over for good: a sweep may be at work.
        if last.0.elapsed() > self.lasts {
            return Err(over());
        }
        // The machine has slept, or its clock was set.
        if self.has_run_out(last) && self.record.is_expired(&self.lease.lock().clone())? {
            return Err(over());
        }
        let now = (Instant::now(), SystemTime::now());
        let lease = self.lease.lock();
        if lease.open { self.record.check_open() } else { self.record.check_leased() }?;
        self.record.put_lease(&lease)?;
        Ok(now)
    }

    fn has_run_out(&self, (instant, time): (Instant, SystemTime)) -> bool {
        instant.elapsed() > self.lasts || time.elapsed().is_ok_and(|age| age > self.lasts)
    }
}

/// The sessions of a workflow.
#[derive(Default)]
pub(in crate::storage) struct Sessions {
    /// The arrays of those that may still be committed.
    pub(in crate::storage) arrays: HashSet<String>,
    /// The others.
    pub(in crate::storage) dead: Vec<DeadSession>,
}

/// A session that is left over.
pub(in crate::storage) struct DeadSession {
    record: Record,
    /// What it is called beside the arrays.
    pub(in crate::storage) file: String,
    pub(in crate::storage) bytes: u64,
}

impl DeadSession {
    pub(in crate::storage) fn location(&self) -> String {
        self.record.location()
    }

    pub(in crate::storage) fn remove(&self) -> Result<()> {
        self.record.end()
    }
}

impl Sessions {
    /// Ends the sessions that have written one of these arrays, which a document names or has named: they were
    /// committed, perhaps by a program that was killed before it ended them. If the document gets another name, or its
    /// arrays are removed, it must not be committed once more.
    pub(in crate::storage) fn end_committed(store: &Arc<dyn ByteStore>, is_named: impl Fn(&str) -> bool) -> Result<()> {
        for id in store.folders(SAVING)?.into_iter().filter(|folder| is_id(folder)) {
            let record = Record::new(store.clone(), &id)?;
            match record.lease() {
                Ok(lease) if lease.arrays.iter().any(|array| is_named(array)) => record.end()?,
                Ok(_) => {}
                Err(error) if error.is_gone() || error.is_not_found() => {}
                // It cannot be committed.
                Err(error) if error.is_corrupt() && record.check_open().is_err_and(|error| error.is_gone()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Looks at all sessions of a workflow.
    pub(in crate::storage) fn read(store: &Arc<dyn ByteStore>) -> Result<Self> {
        let mut sessions = Self::default();
        for id in store.folders(SAVING)?.into_iter().filter(|folder| is_id(folder)) {
            let record = Record::new(store.clone(), &id)?;
            let alive = match record.alive() {
                Ok(alive) => alive,
                // It has ended, or a program that writes for it was killed.
                Err(error) if error.is_gone() || error.is_not_found() => None,
                Err(_) if record.lease().is_err_and(|error| error.is_gone()) => None,
                // A power cut may have emptied the lease of a storage that is not synced.
                Err(error) if error.is_corrupt() && record.check_open().is_err_and(|error| error.is_gone()) => None,
                Err(error) => return Err(error),
            };
            match alive {
                Some(lease) => sessions.arrays.extend(lease.arrays),
                None => {
                    let (file, bytes) = (record.folder.clone(), record.bytes());
                    sessions.dead.push(DeadSession { record, file, bytes });
                }
            }
        }
        Ok(sessions)
    }
}
