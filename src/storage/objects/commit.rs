//! The one step in which a document comes: a put on the condition that nothing has changed since the last look.

use super::{Expected, Name, NewDocument, ObjectFolder, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{Manifest, is_magic, read_head};
use crate::protocol::{Replace, Version};
use bytes::Bytes;

/// How often the put is tried again because somebody else was faster.
const MOST_ATTEMPTS: usize = 20;

/// What is under a name.
struct Current {
    version: Version,
    /// Of a document that can be read.
    manifest: Option<Manifest>,
}

impl ObjectFolder {
    pub(super) fn commit_document(&self, name: &Name, document: &NewDocument<'_>, expected: Expected<'_>) -> Outcome {
        let conditions = match self.heeds_conditions(name) {
            Ok(conditions) => conditions,
            Err(error) => return Outcome::Refused(error),
        };
        let contents = Bytes::copy_from_slice(document.bytes);
        for _ in 0..MOST_ATTEMPTS {
            let current = match self.current(name) {
                Ok(current) => current,
                Err(error) => return Outcome::Refused(error),
            };
            // A damaged document is one too.
            let found =
                current.as_ref().map(|current| current.manifest.as_ref().map_or("", |manifest| &manifest.write_id));
            if let Err(error) = expected.check(found) {
                return Outcome::Refused(error);
            }
            let replace = match &current {
                _ if !conditions => Replace::Any,
                None => Replace::Nothing,
                Some(current) => Replace::Version(current.version.clone()),
            };
            let replaced = current.and_then(|current| current.manifest);
            let Err(error) = self.objects.put(name.as_str(), contents.clone(), replace) else {
                return Outcome::Done(replaced);
            };
            // A put whose answer was lost is tried again by the client, and then refused: by our own document.
            match (self.current(name), error.kind()) {
                (Ok(Some(current)), _) if current.is(document.write_id) => return Outcome::Done(replaced),
                (Ok(_), ErrorKind::Conflict | ErrorKind::AlreadyExists | ErrorKind::NotFound) => {}
                (_, ErrorKind::PermissionDenied) => return Outcome::Refused(error),
                _ => return Outcome::Unknown(unknown(error)),
            }
        }
        Outcome::Refused(Error::new(
            ErrorKind::Conflict,
            format!(
                "somebody else replaced the document each of the {MOST_ATTEMPTS} times that this save tried to; save again"
            ),
        ))
    }

    fn current(&self, name: &Name) -> Result<Option<Current>> {
        let (contents, version) = match self.get_document(name) {
            Ok(got) => got,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        match read_head(&mut contents.as_ref(), &self.limits) {
            Ok(head) => Ok(Some(Current { version, manifest: Some(head.manifest) })),
            // A damaged document of ours may be replaced.
            Err(error) if error.is_corrupt() && contents.get(..8).is_some_and(is_magic) => {
                Ok(Some(Current { version, manifest: None }))
            }
            Err(error) => Err(error.at_location(self.objects.describe(name.as_str()))),
        }
    }

    /// Whether the store heeds `If-None-Match` and `If-Match`. Some take them and overwrite all the same; then two saves
    /// at the same time both succeed, the last one stays, and arrays of the other are left behind.
    fn heeds_conditions(&self, name: &Name) -> Result<bool> {
        let probe = || {
            let objects = self.arrays(name.workflow())?;
            let key = format!(".probe-{}", uuid::Uuid::new_v4());
            let put =
                |contents: &'static str, replace| objects.put(&key, Bytes::from_static(contents.as_bytes()), replace);
            let refused = |result: Result<()>| match result {
                Ok(()) => Ok(false),
                Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::Conflict) => Ok(true),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(error),
                // Not implemented, or not understood.
                Err(_) => Ok(false),
            };
            put("first", Replace::Any)?;
            let (_, version) = objects.get(&key, 1024)?;
            put("second", Replace::Any)?;
            let heeds = refused(put("none may be", Replace::Nothing))
                .and_then(|heeds| Ok(heeds && refused(put("the first may be", Replace::Version(version)))?));
            let _ = objects.remove(&key);
            heeds
        };
        self.heeds_conditions.get_or_try_init(probe).copied()
    }
}

impl Current {
    fn is(&self, write_id: &str) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| manifest.write_id == write_id)
    }
}

fn unknown(error: Error) -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        "the store did not answer, so it is not known whether the document was replaced; nothing was removed. Load it to see",
    )
    .with_source(error)
}
