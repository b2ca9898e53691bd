//! The state of a session, from which any program resumes it: a header, then the document with its pending arrays.

use crate::backend::Form;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::{Format, Manifest, encode, read_body, read_head};
use crate::storage::version::Version;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

const VERSION: u32 = 1;

/// All that is needed to commit.
pub(super) struct State {
    pub(super) format: Format,
    pub(super) manifest: Manifest,
    pub(super) body: Vec<u8>,
    pub(super) header: Header,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    version: u32,
    pub(super) document: String,
    /// The version that the value is based on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expects: Option<Version>,
    /// What belongs to that version and stays where it is.
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    pub(super) kept: HashSet<String>,
    pub(super) pending: Vec<Pending>,
}

/// An array whose chunks others write.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) array: String,
    pub(super) form: Form,
}

impl Header {
    pub(super) fn new(document: &str, expects: Option<Version>, kept: HashSet<String>, pending: Vec<Pending>) -> Self {
        Self { version: VERSION, document: document.to_owned(), expects, kept, pending }
    }
}

impl State {
    pub(super) fn bytes(&self, limits: &Limits) -> Result<Vec<u8>> {
        let header = serde_json::to_vec(&self.header)
            .map_err(|error| Error::new(ErrorKind::Serde, "cannot write the state of a session").with_source(error))?;
        let document = encode(self.format, &self.manifest, &self.body, limits)?;
        Ok([&(header.len() as u64).to_le_bytes(), header.as_slice(), &document].concat())
    }

    /// The most bytes of a state.
    pub(super) fn most_bytes(limits: &Limits) -> u64 {
        limits.most_document_bytes().saturating_mul(2)
    }

    /// Reads a state, which may be of unknown origin.
    pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let damaged = || Error::corrupt("the state of the session is damaged");
        let (len, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
        let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| damaged())?;
        let (header, mut document) = rest.split_at_checked(len).ok_or_else(damaged)?;
        let header: Header = serde_json::from_slice(header).map_err(|error| damaged().with_source(error))?;
        if header.version != VERSION {
            return Err(Error::unsupported("a newer arraystow has begun the session: update this program"));
        }
        let head = read_head(&mut document, limits)?;
        let body = read_body(&head, &mut document, limits)?;
        if header.pending.iter().any(|pending| head.manifest.entry(&pending.array).is_none()) {
            return Err(damaged());
        }
        Ok(Self { format: head.format, manifest: head.manifest, body, header })
    }
}
