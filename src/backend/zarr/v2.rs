//! The metadata of version 2: `.zarray`.

use super::description::Description;
use super::extension::Extension;
use super::fill::Fill;
use super::found::{FoundMetadata, check_axes};
use super::json::{Members, Wanted, lengths, shown, unreadable};
use super::keys::Keys;
use super::new::{codec_of_v2, filters_v2};
use super::pipeline::{MOST_CODECS, Packing, Pipeline, TEXTS, too_many};
use super::types;
use super::uneven::FoundChunks;
use crate::array::DataType;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::{Value, json};

/// What is read. Other members mean nothing.
pub(super) const WANTED: Wanted = Wanted {
    known: &[
        "zarr_format",
        "shape",
        "chunks",
        "dtype",
        "compressor",
        "fill_value",
        "filters",
        "order",
        "dimension_separator",
    ],
    attributes: None,
};

pub(super) fn read(mut members: Members, description: Option<Description>) -> Result<FoundMetadata> {
    let format = members.need("zarr_format")?;
    if format != 2 {
        return Err(Error::unsupported(format!(
            "the metadata in .zarray are of Zarr version {}, but that file belongs to version 2",
            shown(&format)
        )));
    }
    let shape = lengths("`shape`", &members.need("shape")?)?;
    check_axes(&shape)?;
    let chunks = FoundChunks::Equal(lengths("`chunks`", &members.need("chunks")?)?);
    let dtype = members.need("dtype")?;
    let mut filters = members.take("filters").unwrap_or_default();
    let (data_type, packing) =
        if dtype == types::OBJECTS { (DataType::String, Packing::Texts) } else { types::read_v2(&dtype)? };
    let has_own_filters = filters == filters_v2(&data_type);
    if data_type.is_text() {
        filters = without_texts(filters)?;
    }
    let fill = members.take("fill_value").unwrap_or_default();
    let is_utf32 = matches!(packing, Packing::Utf32Little | Packing::Utf32Big);
    let fill =
        if is_utf32 { Fill::of_utf32(&data_type, &fill) } else { Fill::read(ZarrVersion::V2, &data_type, &fill) }?;
    let order = members.need("order")?;
    let order = match order.as_str() {
        Some("C") => None,
        Some("F") => Some((0..shape.len()).rev().collect()).filter(|_| shape.len() > 1),
        _ => return Err(Error::unsupported(format!("the array's elements are in the order {}", shown(&order)))),
    };
    let separator = members.take("dimension_separator").unwrap_or_default();
    let separator = match separator.as_str() {
        Some("/") => "/",
        Some(".") => ".",
        None if separator.is_null() => ".",
        _ => {
            return Err(Error::unsupported(format!("the array has the dimension separator {}", shown(&separator))));
        }
    };
    let compressor = members.take("compressor").unwrap_or_default();
    let is_plain = matches!(packing, Packing::LittleEndian | Packing::Texts) && order.is_none() && has_own_filters;
    let is_own = is_plain && description.is_some();
    let codec = Some(&compressor).filter(|_| is_own).and_then(|compressor| codec_of_v2(compressor, &data_type));
    let pipeline = Pipeline::read_v2(codecs(filters, compressor)?, packing, order)?;
    let keys = Keys { with_prefix: false, separator };
    Ok(FoundMetadata { shape, chunks, data_type, pipeline, codec, sharding: None, fill, keys, description })
}

/// The filters behind the one that makes bytes of strings, which must be the first.
fn without_texts(filters: Value) -> Result<Value> {
    let mut filters = match filters {
        Value::Array(filters) => filters,
        _ => Vec::new(),
    };
    if filters.first().is_some_and(|first| *first == json!({"id": TEXTS})) {
        filters.remove(0);
        return Ok(Value::Array(filters));
    }
    Err(Error::unsupported(format!(
        "the array holds Python objects ({:?}) that are not strings: arraystow reads only those that the filter \
            {TEXTS:?} has encoded",
        types::OBJECTS
    )))
}

/// The filters and the compressor.
fn codecs(filters: Value, compressor: Value) -> Result<Vec<Extension>> {
    let filters = match filters {
        Value::Null => Vec::new(),
        Value::Array(filters) => filters,
        other => return Err(unreadable(&format!("`filters` is not a list, but {}", shown(&other)))),
    };
    let compressor = Some(compressor).filter(|compressor| !compressor.is_null());
    if filters.len() + usize::from(compressor.is_some()) > MOST_CODECS {
        return Err(too_many());
    }
    let filters = filters.into_iter().map(|filter| Extension::read_v2("filter", filter));
    filters.chain(compressor.map(|compressor| Extension::read_v2("compressor", compressor))).collect()
}
