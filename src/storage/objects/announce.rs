//! Saves in progress: an object that names the arrays being written, renewed as long as the save lives.
//!
//! A sweep leaves the arrays of a lease alone until it was not renewed for a long time: the save is then dead.

use crate::error::{Error, ErrorKind, Result};
use crate::protocol::{Objects, Replace, handle};
use crate::storage::place::Announced;
use bytes::Bytes;
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

/// The folder of the leases, beside the arrays.
const SAVING: &str = ".saving";
const RENEWED_EVERY: Duration = Duration::from_secs(60);

#[derive(Clone, Serialize)]
struct Contents {
    version: u32,
    document: String,
    arrays: Vec<String>,
    /// Seconds since 1970, by the writer's clock; the object's own time is the store's.
    renewed: u64,
}

impl Contents {
    fn bytes(&self) -> Result<Bytes> {
        let renewed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        serde_json::to_vec(&Self { renewed, ..self.clone() })
            .map(Bytes::from)
            .map_err(|error| Error::new(ErrorKind::Serde, "cannot write a record").with_source(error))
    }
}

/// A lease; given back when dropped.
pub(super) struct Lease {
    objects: Objects,
    key: String,
    renewing: JoinHandle<()>,
    ended: bool,
}

impl Lease {
    pub(super) fn begin(objects: Objects, document: &str, arrays: &[&str]) -> Result<Self> {
        let key = format!("{SAVING}/{}", uuid::Uuid::new_v4());
        let arrays = arrays.iter().map(|array| (*array).to_owned()).collect();
        let contents = Contents { version: 1, document: document.to_owned(), arrays, renewed: 0 };
        if let Err(error) = objects.put(&key, contents.bytes()?, Replace::Any) {
            // It may be there for all that.
            let unclear = error.kind() == ErrorKind::Io && objects.remove(&key).is_err();
            let left = unclear.then(|| objects.describe(&key));
            return Err(error.leaving(left));
        }
        let (renewed, renewed_key) = (objects.clone(), key.clone());
        let renewing = handle()?.spawn(async move {
            loop {
                tokio::time::sleep(RENEWED_EVERY).await;
                // One that fails is made up for by the next.
                if let Ok(bytes) = contents.bytes() {
                    let _ = renewed.clone().putting(renewed_key.clone(), bytes, Replace::Any).await;
                }
            }
        });
        Ok(Self { objects, key, renewing, ended: false })
    }
}

impl Lease {
    fn give_back(&mut self) -> Result<()> {
        self.renewing.abort();
        if std::mem::replace(&mut self.ended, true) { Ok(()) } else { self.objects.remove(&self.key) }
    }
}

impl Announced for Lease {
    fn end(mut self: Box<Self>) -> Option<String> {
        self.give_back().err().map(|_| self.objects.describe(&self.key))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = self.give_back();
    }
}
