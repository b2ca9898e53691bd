//! The group that the arrays of a workflow are in, so that Zarr's readers find them by name.

use super::metadata::MOST_BYTES;
use crate::backend::GROUP;
use crate::error::Result;
use crate::protocol::ZarrVersion;
use crate::protocol::store::ByteStore;

const V3: (&str, &str) = ("zarr.json", r#"{"zarr_format":3,"node_type":"group","attributes":{}}"#);
const V2: (&str, &str) = (".zgroup", r#"{"zarr_format":2}"#);

/// The files of a group.
pub(super) const FILES: [&str; 2] = [V3.0, V2.0];

/// Makes the group if there is none, for the array of this key. Returns the version of the group, in which its arrays
/// are written.
pub(super) fn ensure(store: &dyn ByteStore, version: ZarrVersion, array: &str) -> Result<ZarrVersion> {
    let exists = |name: &str| match store.get(&format!("{GROUP}/{name}"), MOST_BYTES) {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    };
    // A group may be of both versions; then the one that was asked for is as good as the other.
    let (wanted, other, other_version) = match version {
        ZarrVersion::V3 => (V3, V2, ZarrVersion::V2),
        ZarrVersion::V2 => (V2, V3, ZarrVersion::V3),
    };
    if exists(wanted.0)? {
        return Ok(version);
    }
    if exists(other.0)? {
        return Ok(other_version);
    }
    // Another save may make it at the same time: both write the same.
    store.put_through(array, &format!("{GROUP}/{}", wanted.0), wanted.1.as_bytes().to_vec())?;
    Ok(version)
}
