//! Fetches the metadata of an array, and the table of its checksums.

use super::metadata::{ATTRIBUTES_NAME, MOST_BYTES, Metadata, array_name};
use super::table::NAME;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::ZarrVersion;
use crate::protocol::store::ByteStore;
use bytes::Bytes;

/// The key of something that is below another; below the empty key lies everything.
pub(super) fn below(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}/{name}") }
}

/// The metadata of either version.
pub(super) fn fetch_metadata(store: &dyn ByteStore, key: &str) -> Result<Metadata> {
    let get = |name: &str| match store.get(&below(key, name), MOST_BYTES) {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    };
    if let Some(array) = get(array_name(ZarrVersion::V3))? {
        return Ok(Metadata { version: ZarrVersion::V3, array, attributes: None });
    }
    let array = get(array_name(ZarrVersion::V2))?.ok_or_else(no_array)?;
    Ok(Metadata { version: ZarrVersion::V2, array, attributes: get(ATTRIBUTES_NAME)? })
}

fn no_array() -> Error {
    Error::new(ErrorKind::NotFound, "there is no Zarr array of that name")
}

/// The metadata of either version and the table, asked for at the same time.
pub(super) fn fetch(store: &dyn ByteStore, key: &str, limits: &Limits) -> Result<(Metadata, Option<Bytes>)> {
    let wanted = |name: &str, most: u64| (below(key, name), most);
    let metadata = |name: &str| wanted(name, MOST_BYTES);
    let two = |both: Vec<Option<Bytes>>| {
        let mut both = both.into_iter();
        (both.next().flatten(), both.next().flatten())
    };
    let array_and_table = [metadata(array_name(ZarrVersion::V3)), wanted(NAME, limits.most_table_bytes())];
    let (v3, table) = two(store.get_each(&array_and_table)?);
    if let Some(array) = v3 {
        return Ok((Metadata { version: ZarrVersion::V3, array: array.to_vec(), attributes: None }, table));
    }
    let of_v2 = [metadata(array_name(ZarrVersion::V2)), metadata(ATTRIBUTES_NAME)];
    let (v2, attributes) = two(store.get_each(&of_v2)?);
    let array = v2.ok_or_else(no_array)?;
    let attributes = attributes.map(|attributes| attributes.to_vec());
    // One whose metadata alone are lost is damaged, not gone.
    Ok((Metadata { version: ZarrVersion::V2, array: array.to_vec(), attributes }, table))
}
