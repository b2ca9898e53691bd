//! Writing a file from beginning to end.

use super::place::{Files, Sink};
use super::{BLOCK, FileSummary, Ledger};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use std::io::{self, Write};
use std::sync::Arc;

/// The bytes that are written together, because serializers write a few bytes at a time.
const BUFFER: usize = BLOCK;

/// A new file of an external object, from [`ExternalFiles::create`](crate::persistent::ExternalFiles::create).
///
/// It is written from beginning to end, in bounded memory. [`finish`](Self::finish) completes it. A file that is
/// dropped before that is removed.
pub struct FileWriter {
    files: Files,
    name: String,
    ledger: Arc<Ledger>,
    /// `None` once the file is finished or given up.
    sink: Option<Sink>,
    /// At most one block.
    buffer: Vec<u8>,
    summary: FileSummary,
    /// Why nothing more can be written.
    failure: Option<Error>,
}

impl FileWriter {
    pub(crate) fn create(files: Files, name: &str, ledger: Arc<Ledger>) -> Result<Self> {
        ledger.begin(name)?;
        // A file that existed before does not belong to this object.
        let sink = Some(files.create(name).inspect_err(|_| ledger.forget(name))?);
        let (buffer, summary) = (Vec::new(), FileSummary::default());
        Ok(Self { files, name: name.to_owned(), ledger, sink, buffer, summary, failure: None })
    }

    /// Writes the remaining bytes and makes the file durable. Without this call, the file is not kept. See
    /// [`persistent`](crate::persistent) for an example.
    ///
    /// # Errors
    /// `Io` or a related kind if the disk or the network fails.
    pub fn finish(mut self) -> Result<()> {
        let written = match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.hand_on(),
        };
        let sink = self.sink.take().ok_or_else(|| Error::invalid("the file is already finished"))?;
        let ended = written.and_then(|()| match &sink {
            Sink::File(file) => {
                self.files.sync_file(file).map_err(|error| self.files.failed("made durable", &self.name, error))
            }
            #[cfg(feature = "object-store")]
            Sink::Object(_) => Ok(()),
        });
        let ended = match sink {
            Sink::File(file) => {
                drop(file);
                ended
            }
            #[cfg(feature = "object-store")]
            Sink::Object(upload) => match ended {
                Ok(()) => upload.finish(),
                Err(error) => {
                    upload.abandon();
                    Err(error)
                }
            },
        };
        match &ended {
            Ok(()) => self.ledger.finish(&self.name, std::mem::take(&mut self.summary)),
            Err(_) => drop(self.files.remove(&self.name)),
        }
        ended
    }

    /// Writes a block, or the last piece, through the protocol.
    fn hand_on(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        check_cancelled()?;
        let offset = self.summary.bytes;
        match &mut self.sink {
            Some(Sink::File(file)) => {
                let written = file.write_all_at(&self.buffer, offset);
                written.map_err(|error| self.files.failed("written", &self.name, error))?;
            }
            #[cfg(feature = "object-store")]
            Some(Sink::Object(upload)) => upload.write(&self.buffer)?,
            None => return Err(Error::invalid("the file is already finished")),
        }
        self.summary.checksums.push(crc32c::crc32c(&self.buffer));
        self.summary.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

impl Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(failure) = &self.failure {
            return Err(io::Error::other(failure.clone()));
        }
        let count = bytes.len().min(BUFFER - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..count]);
        if self.buffer.len() == BUFFER
            && let Err(error) = self.hand_on()
        {
            self.failure = Some(error.clone());
            return Err(io::Error::other(error));
        }
        Ok(count)
    }

    /// Does nothing: a file exists only after [`finish`](Self::finish).
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        let Some(sink) = self.sink.take() else { return };
        match sink {
            Sink::File(file) => drop(file),
            #[cfg(feature = "object-store")]
            Sink::Object(upload) => upload.abandon(),
        }
        let _ = self.files.remove(&self.name);
    }
}

impl std::fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileWriter").field("file", &self.files.describe(&self.name)).finish_non_exhaustive()
    }
}
