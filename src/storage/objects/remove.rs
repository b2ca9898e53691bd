//! Removing documents: many requests at a time, and those that can be made for many keys, for a thousand.

use super::announce::{Lease, Leases};
use super::commit::Own;
use super::{Name, ObjectFolder};
use crate::engine::{Job, run};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::plugin::Manifest;
use crate::protocol::CONCURRENCY;
use crate::storage::missing::{RemovalResults, sorted};
use crate::storage::place::{Announced, Claim, Hold, Only, Removal, Superseded, check_version};
use crate::storage::read::{locations, removable};
use std::collections::HashSet;

/// The leases of many removals, given back together.
struct Many(Vec<Lease>);

impl Hold for Many {
    fn is_over(&self) -> bool {
        self.0.iter().any(|lease| lease.check().is_err())
    }
}

impl Drop for Many {
    fn drop(&mut self) {
        Lease::end_all(std::mem::take(&mut self.0));
    }
}

/// A document about to be removed.
struct Going<'a> {
    name: &'a Name,
    manifest: Manifest,
    /// A copy that begins meanwhile finds the lease and waits. Without arrays none is needed.
    lease: Option<Lease>,
}

impl ObjectFolder {
    /// Removes documents of one workflow.
    pub(super) fn remove_documents<'a>(&'a self, names: &'a [Name], only: Only<'_>) -> Result<Removal<'a>> {
        let looked: Mutex<Vec<Option<Result<Going<'_>>>>> = Mutex::new(names.iter().map(|_| None).collect());
        let jobs = names.iter().enumerate().map(|work| Job { work, bytes: 0 });
        run(CONCURRENCY / 4, jobs, |(index, name)| {
            let going = self.look(name, only);
            looked.lock()[index] = Some(going);
            Ok(())
        })?;
        let looked = looked.into_inner();
        let RemovalResults { there: mut going, missing, failed } = sorted(looked.into_iter().flatten());
        let unclear = self.remove_names(&mut going).err();
        Ok(Removal { missing, failed: unclear.or(failed), superseded: self.supersede_all(going) })
    }

    fn look<'a>(&self, name: &'a Name, only: Only<'_>) -> Result<Going<'a>> {
        let manifest = removable(self, name, only)?;
        check_version(&manifest, only).map_err(|error| error.in_document(name.as_str()))?;
        let begin = || {
            let objects = self.arrays(name.workflow())?;
            Lease::begin(objects, name.as_str(), &[], Claim::Fresh, self.lease)
        };
        let lease = if manifest.is_empty() { None } else { Some(begin()) };
        let lease = lease.transpose().map_err(|error| error.in_document(name.as_str()))?;
        Ok(Going { name, manifest, lease })
    }

    /// Removes the documents; those that remain, or may remain, are taken off the list.
    fn remove_names(&self, going: &mut Vec<Going<'_>>) -> Result<()> {
        let keys: Vec<String> = going.iter().map(|going| going.name.as_str().to_owned()).collect();
        let Err(error) = self.objects.remove_all(&keys) else { return Ok(()) };
        let is_refused = error.kind() == ErrorKind::PermissionDenied;
        let mut unclear = None;
        // Each may have been removed, and only the answer been lost.
        going.retain(|going| {
            let is_gone = self.get_document(going.name).is_err_and(|error| error.is_not_found());
            if !is_gone {
                unclear.get_or_insert_with(|| (going.name, locations(self, going.name.workflow(), &going.manifest)));
            }
            is_gone
        });
        match unclear {
            None => Ok(()),
            Some((name, _)) if is_refused => Err(error.in_document(name.as_str())),
            Some((name, arrays)) => {
                let text = "it is not known whether the document was removed; its arrays were not";
                let error = Error::new(ErrorKind::UnknownOutcome, text).with_source(error);
                Err(error.in_document(name.as_str()).leaving(arrays))
            }
        }
    }

    /// What becomes of the arrays of documents that were removed: of all together, if there is no other lease of one of
    /// the documents.
    fn supersede_all<'a>(&'a self, going: Vec<Going<'a>>) -> Box<dyn Iterator<Item = Superseded<'a>> + 'a> {
        let Some(first) = going.iter().find(|going| going.lease.is_some()) else { return Box::new(std::iter::empty()) };
        let manifests = going.iter().map(|going| going.manifest.clone()).collect::<Vec<_>>();
        if self.end_committed(first.name.workflow(), &manifests).is_err() {
            return Box::new(std::iter::empty());
        }
        let documents = going.iter().map(|going| going.name.as_str());
        let own: Vec<&str> = going.iter().filter_map(|going| going.lease.as_ref()?.key()).collect();
        let others =
            self.arrays(first.name.workflow()).and_then(|arrays| Leases::of_documents(&arrays, documents, &own));
        // Where puts heed their conditions, no document that names the arrays has come since they were looked at.
        let is_clear = || {
            let names = going.iter().map(|going| going.name);
            self.objects.is_known_to_heed() || self.are_none(names)
        };
        if others.is_ok_and(|others| others.arrays().is_empty()) && is_clear() {
            let (manifests, leases): (Vec<_>, Vec<_>) =
                going.into_iter().map(|going| (going.manifest, going.lease)).unzip();
            let hold = Box::new(Many(leases.into_iter().flatten().collect()));
            return Box::new(std::iter::once(Superseded { manifests, staying: HashSet::new(), hold }));
        }
        let one = |Going { name, manifest, lease }| self.supersede(name, lease.map(Own::Lease), Some(manifest));
        Box::new(going.into_iter().filter_map(one))
    }

    /// Whether there is no document of any of these names.
    fn are_none<'a>(&self, names: impl Iterator<Item = &'a Name> + Send) -> bool {
        let jobs: Vec<_> = names.map(|work| Job { work, bytes: 0 }).collect();
        let looked = run(CONCURRENCY, jobs.into_iter(), |name| match self.objects.exists(name.as_str())? {
            true => Err(Error::new(ErrorKind::AlreadyExists, "there is a document again")),
            false => Ok(()),
        });
        looked.is_ok()
    }
}
