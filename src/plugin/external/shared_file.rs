//! The shared values of a value that the user's own serializer writes: a separate document, in a file beside the
//! arrays.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::plugin::document::body_format::Format;
use crate::plugin::document::frame::{encode, read_body, read_head};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::Manifest;
use crate::plugin::document::pieces::Pieces;
use crate::plugin::external::external_files::ExternalFiles;
use crate::plugin::external::planned::SharedBody;
use crate::protocol::files::{FileReader, Files};
use std::io::{BufReader, Write};

/// Reads the shared values of a file.
pub(in crate::plugin) fn read(file: &str, files: Files, limits: &Limits) -> Result<Pieces> {
    let mut input = BufReader::new(FileReader::open(files, file, None)?);
    let mut read = || {
        let head = read_head(&mut input, limits)?.document()?;
        let body = read_body(&head, &mut input, limits)?;
        let parts = head.manifest.shared.ok_or_else(|| Error::corrupt("the file has no shared values"))?;
        Pieces::new(body, head.format, parts)
    };
    read().map_err(|error| error.in_array(file))
}

/// Writes shared values to their file.
pub(in crate::plugin) fn write(body: &SharedBody, files: &ExternalFiles) -> Result<()> {
    let manifest = Manifest::new(Vec::new()).with_shared(Some(body.parts));
    let document = encode(Format::Cbor, &manifest, &body.bytes, files.limits())?;
    let mut file = files.create("")?;
    file.write_all(&document).map_err(|error| match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::io("the shared values cannot be written", error),
    })?;
    file.finish()
}

/// Removes the file that a reference to a shared value names.
pub(in crate::plugin) fn remove(id: &PersistentId, files: &Files) -> Result<()> {
    files.remove(file_of(id.file()).map_or(id.file(), |(file, _)| file))
}

/// The file and the number in a reference to a value that is beside the document.
pub(in crate::plugin) fn file_of(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once('_')
}
