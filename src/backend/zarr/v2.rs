//! The metadata of version 2: `.zarray`.

use super::description::Description;
use super::extension::Extension;
use super::fill::Fill;
use super::found::{FoundMetadata, check_axes};
use super::json::{Members, Wanted, lengths, shown, unreadable};
use super::keys::Keys;
use super::new::codec_of_v2;
use super::pipeline::{MOST_CODECS, Packing, Pipeline, too_many};
use super::types;
use super::uneven::FoundChunks;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::Value;

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
            "the metadata in .zarray are of version {} of Zarr, and that file is version 2's",
            shown(&format)
        )));
    }
    let shape = lengths("`shape`", &members.need("shape")?)?;
    check_axes(&shape)?;
    let chunks = FoundChunks::Equal(lengths("`chunks`", &members.need("chunks")?)?);
    let dtype = members.need("dtype")?;
    let (data_type, packing) = types::read_v2(&dtype)?;
    let fill = Fill::read(ZarrVersion::V2, &data_type, &members.take("fill_value").unwrap_or_default())?;
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
    let filters = members.take("filters").unwrap_or_default();
    let compressor = members.take("compressor").unwrap_or_default();
    let is_plain = packing == Packing::LittleEndian && order.is_none() && filters.is_null();
    let codec = Some(&compressor).filter(|_| is_plain && description.is_some()).and_then(codec_of_v2);
    let pipeline = Pipeline::read_v2(codecs(filters, compressor)?, packing, order)?;
    let keys = Keys { with_prefix: false, separator };
    Ok(FoundMetadata { shape, chunks, data_type, pipeline, codec, sharding: None, fill, keys, description })
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
