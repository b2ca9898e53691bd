//! Writes an object of a store piece by piece: a small one with one request, a large one in parts, a few at a time.

use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::protocol::{Objects, Replace, handle, wait};
use object_store::WriteMultipart;

/// The bytes of a part, and the most bytes that are held before the first part is sent. S3 allows 10,000 parts: 80 GB.
const PART: usize = 8 << 20;
/// The most parts that are sent at a time.
const UNDER_WAY: usize = 4;

pub(super) struct Upload {
    objects: Objects,
    key: String,
    /// All bytes, as long as they are less than a part.
    start: Vec<u8>,
    /// Behind a lock, because `FileWriter` is `Sync`, whatever the features are, and this is not.
    parts: Mutex<Option<WriteMultipart>>,
}

impl Upload {
    pub(super) fn begin(objects: Objects, key: &str) -> Self {
        Self { objects, key: key.to_owned(), start: Vec::new(), parts: Mutex::new(None) }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut parts = match self.parts.lock().take() {
            Some(parts) => parts,
            None if self.start.len() + bytes.len() < PART => {
                self.start.extend_from_slice(bytes);
                return Ok(());
            }
            None => {
                let upload = wait(self.objects.clone().beginning_parts(self.key.clone()))?;
                let mut parts = WriteMultipart::new_with_chunk_size(upload, PART);
                let _entered = handle()?.enter();
                parts.write(&std::mem::take(&mut self.start));
                parts
            }
        };
        {
            let _entered = handle()?.enter();
            parts.write(bytes);
        }
        let (objects, key) = (self.objects.clone(), self.key.clone());
        let (parts, room) = wait(async move {
            let room = parts.wait_for_capacity(UNDER_WAY).await.map_err(|error| objects.not_written(&key, error));
            Ok((parts, room))
        })?;
        *self.parts.lock() = Some(parts);
        room
    }

    pub(super) fn finish(self) -> Result<()> {
        let Self { objects, key, start, parts } = self;
        let Some(parts) = parts.into_inner() else { return objects.put(&key, start.into(), Replace::Any) };
        wait(async move { parts.finish().await.map(drop).map_err(|error| objects.not_written(&key, error)) })
    }

    /// Aborts the upload. If this fails, the store keeps the parts, which no listing shows, until a lifecycle rule of
    /// the bucket removes them.
    pub(super) fn abandon(self) {
        let Some(parts) = self.parts.into_inner() else { return };
        let _ = wait(async move { parts.abort().await.map_err(|_| Error::new(ErrorKind::Io, "not aborted")) });
    }
}
