//! Shared values of a document that has no body of ours: a document of its own, in a file beside the arrays.

use crate::error::{Error, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::frame::{encode, read_body, read_head};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::{Entry, Manifest};
use crate::plugin::document::pieces::{Pieces, SharedParts};
use crate::plugin::external::destination::Destination;
use crate::plugin::external::files::write_files;
use crate::plugin::external::planned::Planned;
use crate::plugin::external::registry::{Object, ObjectSerializer};
use crate::protocol::Protocols;
use std::io::{BufReader, Write};
use std::sync::Arc;

/// The serializer of such files.
pub(in crate::plugin) struct SharedFiles;

/// Table and pieces.
pub(in crate::plugin) struct Body {
    pub(in crate::plugin) parts: SharedParts,
    pub(in crate::plugin) bytes: Vec<u8>,
}

/// The file, to be written.
pub(in crate::plugin) fn planned(id: PersistentId, body: Body) -> Planned {
    let serializer = Arc::new(SharedFiles);
    Planned { id, paths: vec![String::new()], object: Arc::new(body), serializer, kept: false }
}

/// What a file holds.
pub(in crate::plugin) fn read(file: &str, protocols: &Protocols) -> Result<Pieces> {
    let limits = protocols.limits();
    let mut input = BufReader::new(protocols.open_file(file)?);
    let mut read = || {
        let head = read_head(&mut input, &limits)?;
        let body = read_body(&head, &mut input, &limits)?;
        let parts = head.manifest.shared.ok_or_else(|| Error::corrupt("the file has no shared values"))?;
        Pieces::new(body, head.format, parts)
    };
    read().map_err(|error| error.in_array(file))
}

impl ObjectSerializer for SharedFiles {
    fn write(&self, objects: &[&Planned], to: &mut Destination<'_>) -> Result<Vec<Entry>> {
        write_files(objects, to, |object, id, protocols| {
            let body: &Body = object.downcast_ref().ok_or_else(|| Error::invalid("shared values are none"))?;
            let manifest = Manifest::new(Vec::new()).with_shared(Some(body.parts));
            let document = encode(Format::Cbor, &manifest, &body.bytes, &protocols.limits())?;
            let mut file = protocols.create_file(id.file())?;
            file.write_all(&document).map_err(|error| match error.downcast::<Error>() {
                Ok(error) => error,
                Err(error) => Error::io("the shared values cannot be written", error),
            })?;
            file.finish()
        })
    }

    fn read(&self, _: &PersistentId, _: &Protocols) -> Result<Object> {
        Err(Error::invalid("shared values have no type of their own: load them within their object"))
    }

    fn remove(&self, id: &PersistentId, protocols: &Protocols) -> Result<()> {
        protocols.remove_file(file_of(id.file()).map_or(id.file(), |(file, _)| file))
    }
}

/// The file and the number in a reference to a value that is beside the document.
pub(in crate::plugin) fn file_of(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once('_')
}
