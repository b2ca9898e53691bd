//! The head of a document, which is made from the body where there is none.

use crate::array::Labels;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::plugin::document::frame::{self, Head, OpenedDocument};
use crate::plugin::document::manifest::{ArrayEntry, Manifest, ManifestEntry, Named, ObjectEntry};
use crate::plugin::format::pickle::{self, FoundId};
use std::collections::BTreeMap;
use std::io::Read;

/// Reads a document up to its body. A document of FunctionFuse has no manifest: it is made from the ids in the pickle,
/// and only has the names of the arrays.
pub(crate) fn read_head(input: &mut impl Read, limits: &Limits) -> Result<Head> {
    let (body, sha1) = match frame::read_head(input, limits)? {
        OpenedDocument::Document(head) => return Ok(*head),
        OpenedDocument::Pickle(body, sha1) => (body, sha1),
    };
    let ids = pickle::ids(&body).map_err(Error::corrupt)?;
    // Different for each content.
    let write_id: String = sha1.iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = Manifest::bare(write_id, ids.into_iter().map(named).collect());
    Ok(Head::of_pickle(body, manifest))
}

fn named(FoundId { id, paths, plain }: FoundId) -> ManifestEntry {
    if !id.is_array() {
        return ManifestEntry::Object(ObjectEntry::new(id, paths, BTreeMap::new()));
    }
    ManifestEntry::Array(ArrayEntry {
        labels: Labels::NONE,
        id,
        paths,
        data_type: String::new(),
        chunks: Vec::new(),
        bytes: 0,
        codec: None,
        digest: String::new(),
        rest: None,
        opening: None,
        format: None,
        plain,
        named: Some(Named::Unread),
    })
}
