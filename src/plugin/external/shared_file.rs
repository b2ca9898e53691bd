//! The shared values of a value that the user's own serializer writes: a document of their own, in a file beside the arrays.

use crate::error::{Error, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::frame::{encode, read_body, read_head};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::Manifest;
use crate::plugin::document::pieces::Pieces;
use crate::plugin::external::planned::SharedBody;
use crate::protocol::Protocols;
use std::io::{BufReader, Write};

/// Reads the shared values of a file.
pub(in crate::plugin) fn read(file: &str, protocols: &Protocols) -> Result<Pieces> {
    let limits = protocols.limits();
    let mut input = BufReader::new(protocols.open_file(file)?);
    let mut read = || {
        let head = read_head(&mut input, &limits)?.document()?;
        let body = read_body(&head, &mut input, &limits)?;
        let parts = head.manifest.shared.ok_or_else(|| Error::corrupt("the file has no shared values"))?;
        Pieces::new(body, head.format, parts)
    };
    read().map_err(|error| error.in_array(file))
}

/// Writes shared values to their file.
pub(in crate::plugin) fn write(body: &SharedBody, id: &PersistentId, protocols: &Protocols) -> Result<()> {
    let manifest = Manifest::new(Vec::new()).with_shared(Some(body.parts));
    let document = encode(Format::Cbor, &manifest, &body.bytes, &protocols.limits())?;
    let mut file = protocols.create_file(id.file())?;
    file.write_all(&document).map_err(|error| match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::io("the shared values cannot be written", error),
    })?;
    file.finish()
}

/// Removes the file that a reference to a shared value names.
pub(in crate::plugin) fn remove(id: &PersistentId, protocols: &Protocols) -> Result<()> {
    protocols.remove_file(file_of(id.file()).map_or(id.file(), |(file, _)| file))
}

/// The file and the number in a reference to a value that is beside the document.
pub(in crate::plugin) fn file_of(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once('_')
}
