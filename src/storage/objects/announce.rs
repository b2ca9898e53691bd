//! Saves in progress: an object that names the arrays being written, a lease, renewed as long as the save lives.
//!
//! A sweep leaves the arrays of a lease alone until it was not renewed for as long as it was to last: the save is then
//! dead. A save that finds its own lease run out, because the machine slept or the store could not be reached, does not
//! commit.
//!
//! Ids of arrays are made for one save and never used again, but for those of copies, which have them from elsewhere. A
//! copy that was killed is made again with the same ids; so removals of a document and sweeps have leases too, and a
//! copy waits for them or is refused.

use super::renewing::{Moment, Renewing};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::{Objects, Replace};
use crate::storage::place::{Announced, Claim};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a save may be silent before a sweep takes it for dead.
pub(in crate::storage) const DEFAULT_LEASE: Duration = Duration::from_secs(15 * 60);
/// The folder of the leases, beside the arrays.
const SAVING: &str = ".saving";
/// Of a lease; a few hundred thousand arrays in one save.
pub(super) const LONGEST: u64 = 64 << 20;
const VERSION: u32 = 1;
/// How the names of the leases of copies begin, before what those of the document begin with.
const COPY: &str = "copy-";
/// How the names of leases begin for arrays that are left to their holders.
const LEFT: &str = "left-";
/// How those of sweeps begin.
const SWEEP: &str = "sweep-";
/// How long, and how often, a save waits for another writer that is in the way.
pub(super) const WAIT: Duration = Duration::from_millis(100);
pub(super) const MOST_WAITS: usize = 20;
/// Objects that a sweep makes to learn the store's time.
const CLOCK: &str = "clock-";

#[derive(Clone, Serialize, Deserialize)]
struct Contents {
    version: u32,
    document: String,
    arrays: Vec<String>,
    /// Milliseconds after which, without being renewed, the lease is over.
    lasts: u64,
    /// Seconds since 1970, by the writer's clock, for people who look at it; the object's own time is the store's, and
    /// counts.
    renewed: u64,
}

impl Contents {
    fn new(document: &str, arrays: &[&str], lasts: Duration) -> Self {
        Self {
            version: VERSION,
            document: document.to_owned(),
            arrays: arrays.iter().map(|array| (*array).to_owned()).collect(),
            lasts: u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX),
            renewed: 0,
        }
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let contents: Self = serde_json::from_slice(bytes).map_err(|error| {
            Error::corrupt("the record of a save in progress cannot be read; remove it if no save is in progress")
                .with_source(error)
        })?;
        if contents.version == VERSION {
            return Ok(contents);
        }
        Err(Error::unsupported("a newer arraystow has written the record of a save in progress: update this program"))
    }

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
    lasts: Duration,
    renewing: Renewing,
    ended: bool,
}

/// How the names of all leases for one document begin.
fn prefix(document: &str) -> String {
    let hash = blake3::hash(document.as_bytes()).to_hex();
    format!("{}-", &hash[..16])
}

/// An object to try out what the store can do: its key and contents. To a sweep it is a lease.
pub(super) fn probe(lasts: Duration) -> Result<(String, Bytes)> {
    Ok((format!("{SAVING}/probe-{}", uuid::Uuid::new_v4()), Contents::new("", &[], lasts).bytes()?))
}

impl Lease {
    pub(super) fn begin(
        objects: Objects,
        document: &str,
        arrays: &[&str],
        claim: Claim,
        lasts: Duration,
    ) -> Result<Self> {
        // What is left to holders is in the way only of a copy that brings it again: no document is called so.
        let (kind, owner) = match claim {
            Claim::Fresh => ("", document.to_owned()),
            Claim::Copied => (COPY, document.to_owned()),
            Claim::Left => (LEFT, format!("{LEFT}:{document}")),
        };
        let lease = Self::put(objects, &format!("{kind}{}", prefix(document)), &owner, arrays, lasts)?;
        if claim == Claim::Copied {
            lease.refuse_others(document, Some(arrays))?;
        }
        Ok(lease)
    }

    /// Of a save that keeps arrays, in a store that ignores conditions: a program that removes or replaces the document
    /// meanwhile sees that they are wanted, and a writer that has begun already is seen.
    pub(super) fn keeping(objects: Objects, document: &str, arrays: &[&str], lasts: Duration) -> Result<Self> {
        let lease = Self::put(objects, &prefix(document), document, arrays, lasts)?;
        lease.refuse_others(document, None)?;
        Ok(lease)
    }

    /// Of a sweep that is about to remove these.
    pub(super) fn sweeping(objects: Objects, arrays: &[&str], lasts: Duration) -> Result<Self> {
        Self::put(objects, SWEEP, "", arrays, lasts)
    }

    fn put(objects: Objects, prefix: &str, document: &str, arrays: &[&str], lasts: Duration) -> Result<Self> {
        // The time in a queue would count as age.
        let objects = objects.urgent();
        let key = format!("{SAVING}/{prefix}{}", uuid::Uuid::new_v4());
        let contents = Contents::new(document, arrays, lasts);
        let begun = Moment::now();
        if let Err(error) = objects.put(&key, contents.bytes()?, Replace::Any) {
            // It may be there for all that.
            let unclear = error.kind() == ErrorKind::Io && objects.remove(&key).is_err();
            let left = unclear.then(|| objects.describe(&key));
            return Err(error.leaving(left));
        }
        let renewing = Renewing::begin(objects.clone(), key.clone(), move || contents.bytes(), lasts, begun)?;
        Ok(Self { objects, key, lasts, renewing, ended: false })
    }

    /// Fails for a document that another writer is saving, copying or removing right now, and with the arrays of a copy
    /// whose ids another copy or a sweep has to do with.
    ///
    /// Each of them puts its lease before it looks at those of others, and acts after the look. Of two, one at least
    /// looks after both leases are there, and sees the other: a copy gives way, a sweep or a removal leaves the arrays
    /// alone. What was over before the look, when the other lease was given back, has done all that it does.
    fn refuse_others(&self, document: &str, copied: Option<&[&str]>) -> Result<()> {
        let arrays: HashSet<&str> = copied.into_iter().flatten().copied().collect();
        let own = prefix(document);
        let is_one = |name: &str| {
            let of_ids = copied.is_some() && [SWEEP, COPY, LEFT].iter().any(|kind| name.starts_with(kind));
            of_ids || name.strip_prefix(COPY).unwrap_or(name).starts_with(&own)
        };
        for attempt in 0..MOST_WAITS {
            let others = Leases::read_others(&self.objects, is_one, &[&self.key])?.alive;
            let mut in_the_way = others.iter().filter(|other| {
                other.document == document || other.arrays.iter().any(|array| arrays.contains(array.as_str()))
            });
            match in_the_way.next() {
                None => return Ok(()),
                // It does not wait, and is soon over.
                Some(other) if other.document.is_empty() && attempt + 1 < MOST_WAITS => std::thread::sleep(WAIT),
                Some(_) => break,
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "another writer is saving, copying, removing or sweeping the same value right now; wait for it to end and try again",
        ))
    }

    /// Gives many back, of one workflow. What cannot be given back runs out.
    pub(super) fn end_all(mut leases: Vec<Self>) {
        leases.iter().for_each(|lease| lease.renewing.stop());
        for lease in &mut leases {
            lease.renewing.end();
            lease.ended = true;
        }
        let keys: Vec<String> = leases.iter().map(|lease| lease.key.clone()).collect();
        if let Some(first) = leases.first() {
            let _ = first.objects.remove_all(&keys);
        }
    }

    fn give_back(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(());
        }
        self.renewing.end();
        self.objects.remove(&self.key)
    }
}

impl Announced for Lease {
    fn check(&self) -> Result<()> {
        // Half of it is left for the commit.
        if !self.renewing.is_older_than(self.lasts / 2) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "it was interrupted for longer than its lease allows, so a sweep may have removed its arrays: try again",
        ))
    }

    fn key(&self) -> Option<&str> {
        Some(&self.key)
    }

    fn end(mut self: Box<Self>) -> Option<String> {
        self.give_back().err().map(|_| self.objects.describe(&self.key))
    }

    /// Lets it run out instead of giving it back: what was asked of the store may still happen.
    fn leave(mut self: Box<Self>) -> Option<String> {
        self.renewing.stop();
        self.ended = true;
        Some(self.objects.describe(&self.key))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = self.give_back();
    }
}

/// The leases of a workflow.
#[derive(Default)]
pub(super) struct Leases {
    alive: Vec<Contents>,
    /// The keys of those that have run out, with their lengths.
    pub(super) dead: Vec<(String, u64)>,
}

impl Leases {
    /// Reads the leases of saves, copies and removals of one document, but the own.
    pub(super) fn of_document(objects: &Objects, document: &str, own: Option<&str>) -> Result<Self> {
        Self::of_documents(objects, std::iter::once(document), own.as_slice())
    }

    /// The same for many documents and own leases.
    pub(super) fn of_documents<'a>(
        objects: &Objects,
        documents: impl Iterator<Item = &'a str>,
        own: &[&str],
    ) -> Result<Self> {
        let prefixes: HashSet<String> = documents.map(prefix).collect();
        let is_one = |name: &str| {
            let name = name.strip_prefix(COPY).unwrap_or(name);
            name.find('-').is_some_and(|end| prefixes.contains(&name[..=end]))
        };
        Self::read_others(objects, is_one, own)
    }

    /// Reads all leases but those of sweeps that are alive: two of them may remove the same.
    pub(super) fn read(objects: &Objects) -> Result<Self> {
        let mut leases = Self::read_others(objects, |_| true, &[])?;
        leases.alive.retain(|lease| !lease.document.is_empty());
        Ok(leases)
    }

    /// Reads the leases of these names, but those of the own keys. Age is by the store's own time.
    fn read_others(objects: &Objects, is_one: impl Fn(&str) -> bool, own: &[&str]) -> Result<Self> {
        let mut leases = Self::default();
        let key_of = |name: &str| format!("{SAVING}/{name}");
        let own: HashSet<&str> = own.iter().copied().collect();
        let is_wanted = |name: &str| is_one(name) && !own.contains(key_of(name).as_str());
        if !objects.list(SAVING)?.objects.iter().any(|(name, _)| is_wanted(name)) {
            return Ok(leases);
        }
        let clock = format!("{CLOCK}{}", uuid::Uuid::new_v4());
        objects.put(&format!("{SAVING}/{clock}"), Bytes::new(), Replace::Any)?;
        let listed = objects.list(SAVING);
        let _ = objects.remove(&format!("{SAVING}/{clock}"));
        let listed = listed?.objects;
        let now = listed.iter().find(|(name, _)| *name == clock).map(|(_, meta)| meta.last_modified);
        let now = now.ok_or_else(|| {
            Error::new(
                ErrorKind::Io,
                "the store does not list what was just written to it; saves in progress cannot be seen there",
            )
            .at_location(objects.describe(SAVING))
        })?;
        for (name, meta) in listed.into_iter().filter(|(name, _)| *name != clock && is_wanted(name)) {
            let key = key_of(&name);
            let age = (now - meta.last_modified).to_std().unwrap_or_default();
            if name.starts_with(CLOCK) {
                if age > DEFAULT_LEASE {
                    leases.dead.push((key, meta.size));
                }
                continue;
            }
            let contents = match objects.get(&key, LONGEST) {
                Ok((bytes, _)) => Contents::read(&bytes),
                // Its save has just come to its end.
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error),
            };
            let contents = contents.map_err(|error| error.at_location(objects.describe(&key)))?;
            if age > Duration::from_millis(contents.lasts) {
                leases.dead.push((key, meta.size));
            } else {
                leases.alive.push(contents);
            }
        }
        Ok(leases)
    }

    /// The arrays of saves that are alive.
    pub(super) fn arrays(&self) -> HashSet<String> {
        self.alive.iter().flat_map(|lease| lease.arrays.iter().cloned()).collect()
    }
}
