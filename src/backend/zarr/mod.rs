//! Zarr arrays in a folder or an object store: a group `dask_arrays`, in it an array for each name.
//!
//! zarrs encodes. What is read is understood here, all of it or not at all (`facts`), and decoded within bounds
//! (`decode`): zarrs leaves out codecs that say that they need not be understood. Of an object store, a chunk is one
//! PUT or one GET, many at a time, and there is no HEAD. Beside an array of arraystow lies an object with the length
//! and the checksum of each chunk (`table`).

mod apart;
mod axes;
mod chunks;
mod codec;
mod decode;
mod description;
mod extension;
mod facts;
mod fetch;
mod fill;
mod fill_json;
mod foreign;
mod found;
mod group;
mod json;
mod keys;
mod metadata;
mod new;
mod others_labels;
mod pipeline;
mod reader;
mod repair;
mod seal;
mod sharded;
mod shards;
mod shared;
mod table;
mod text;
mod texts;
mod types;
mod uneven;
mod utf32;
mod v2;
mod v3;
mod writer;

pub(crate) use foreign::ForeignZarr;

use super::{
    ArrayReader, ArraySpec, ArrayWriter, Backend, Check, GROUP, Linked, ListedArray, Misread, Opening, SharedArrays,
    StoredSummary, is_id, layout,
};
use crate::array::{Codec, CodecKind, DataType};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::store::{ByteStore, Copied, copy_below};
use crate::protocol::{ArrayFormat, ZarrOptions, ZarrVersion};
use fetch::fetch_metadata;
use metadata::Metadata;
use once_cell::sync::OnceCell;
use reader::Reader;
use std::any::Any;
use std::sync::Arc;
use writer::Writer;

/// Arrays as Zarr in a folder, local or of an object store.
pub(crate) struct ZarrArrays {
    store: Arc<dyn ByteStore>,
    options: ZarrOptions,
    limits: Limits,
    /// The version of the group, once it is known that there is one.
    group: OnceCell<ZarrVersion>,
}

impl ZarrArrays {
    pub(crate) fn new(store: Arc<dyn ByteStore>, options: ZarrOptions, limits: Limits) -> Self {
        Self { store, options, limits, group: OnceCell::new() }
    }

    /// The metadata of either version, without which there is no array.
    fn markers(name: &str) -> [String; 2] {
        let marker = |version| format!("{}/{}", Self::key(name), metadata::array_name(version));
        [marker(ZarrVersion::V3), marker(ZarrVersion::V2)]
    }

    /// The version of the group, which is made if there is none, for the array of that name.
    fn version(&self, name: &str) -> Result<ZarrVersion> {
        let ensure = || group::ensure(&*self.store, self.options.version, &Self::key(name));
        self.group.get_or_try_init(ensure).copied()
    }

    fn key(name: &str) -> String {
        format!("{GROUP}/{name}")
    }
}

impl Backend for ZarrArrays {
    fn format(&self) -> ArrayFormat {
        ArrayFormat::Zarr
    }

    fn create(&self, name: &str, spec: &ArraySpec) -> Result<Box<dyn ArrayWriter>> {
        let version = self.version(name)?;
        let options = ZarrOptions { version, ..self.options };
        let locate = |error: Error| error.at_location(self.describe(name));
        Ok(Box::new(Writer::create(self.store.clone(), Self::key(name), options, &self.limits, spec).map_err(locate)?))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ArrayReader>> {
        let opened = Reader::open(self.store.clone(), Self::key(name), &self.limits, false);
        Ok(Arc::new(opened.map_err(|error| error.at_location(self.describe(name)))?))
    }

    fn open_with(&self, name: &str, opening: &Opening) -> Result<Arc<dyn ArrayReader>> {
        let (metadata, table) = (Metadata::of(opening), Some(opening.checksums.clone().into()));
        let opened = Reader::of(self.store.clone(), Self::key(name), &self.limits, false, &metadata, table);
        Ok(Arc::new(opened.map_err(|error| error.at_location(self.describe(name)))?))
    }

    fn stored_bytes(&self, name: &str) -> Result<u64> {
        let below = self.store.below_is(&Self::key(name))?;
        if below.count > 0 {
            return Ok(below.bytes);
        }
        Err(Error::new(ErrorKind::NotFound, "there is no Zarr array of that name").at_location(self.describe(name)))
    }

    fn contains(&self, name: &str) -> Result<bool> {
        let [v3, v2] = Self::markers(name);
        Ok(self.store.exists(&v3)? || self.store.exists(&v2)?)
    }

    fn remove(&self, name: &str) -> Result<()> {
        // First what makes it an array: a reader that finds a part missing then distinguishes an array that is gone
        // from a damaged one.
        self.store.remove_all(&Self::markers(name))?;
        self.store.remove_below(&Self::key(name))
    }

    fn list(&self) -> Result<Vec<ListedArray>> {
        let names = self.store.folders(GROUP)?.into_iter().filter(|name| is_id(name));
        Ok(names.map(|name| ListedArray { location: self.describe(&name), name, bytes: None }).collect())
    }

    fn clear(&self) -> Result<()> {
        let is_group = |(key, _): &(String, u64)| group::FILES.contains(&&**key);
        if self.store.folders(GROUP)?.is_empty() && self.store.keys_below(GROUP)?.iter().all(is_group) {
            self.store.remove_below(GROUP)?;
        }
        Ok(())
    }

    fn holder(&self, _: &str) -> Option<&dyn Backend> {
        Some(self)
    }

    fn check_codec(&self, _: Codec) -> Result<()> {
        Ok(())
    }

    fn keeps_codec(&self, name: &str, codec: Codec) -> Result<bool> {
        Ok(!matches!(codec.kind(), CodecKind::Pcodec(_)) || self.version(name)? == ZarrVersion::V3)
    }

    fn check_data_type(&self, data_type: &DataType) -> Result<()> {
        data_type.check()?;
        types::write(self.options.version, data_type).map(drop)
    }

    fn form(&self, spec: &ArraySpec) -> Result<(usize, u64)> {
        let chunks = layout::of(spec, &self.limits)?.grid.chunk_count();
        let objects = writer::layout_of(spec, self.options, &self.limits)?.grid.chunk_count();
        // Beside them, the metadata and the checksums; in version 2 the attributes.
        let beside = if self.options.version == ZarrVersion::V2 { 3 } else { 2 };
        Ok((chunks, (objects as u64).saturating_add(beside)))
    }

    fn link(&self, other: &dyn Backend, from: &str, to: &str, check: &Check<'_>) -> Result<Option<Linked>> {
        let other = other.holder(from).and_then(|other| other.as_any().downcast_ref::<Self>());
        let Some(other) = other else { return Ok(None) };
        let reader = other.open(from)?;
        check(&*reader)?;
        let Some(digest) = reader.digest().map(str::to_owned) else { return Ok(None) };
        // Without a group, and in one of another version, other readers would not find the array.
        let version = self.version(to)?;
        let marker = format!("{}/{}", Self::key(from), metadata::array_name(version));
        if !other.store.exists(&marker)? {
            return Ok(None);
        }
        let copied = copy_below(&*other.store, &Self::key(from), &*self.store, &Self::key(to));
        // An array that was removed meanwhile may have been copied in part only.
        let copied = copied.and_then(|copied| match other.store.exists(&marker)? {
            true => Ok(copied),
            false => {
                Err(Error::new(ErrorKind::NotFound, "the array is being removed").at_location(other.describe(from)))
            }
        });
        let error = match copied {
            Ok(Copied { below, was_read }) if below.bytes >= reader.stored_bytes() => {
                let summary = StoredSummary {
                    bytes: reader.stored_bytes(),
                    codec: reader.codec(),
                    digest,
                    rest: None,
                    opening: None,
                };
                return Ok(Some(Linked { summary, copied: was_read }));
            }
            // A part is missing: reading it chunk by chunk shows which.
            Ok(_) => None,
            Err(error) => Some(error),
        };
        match (self.remove(to), error) {
            (Ok(()), None) => Ok(None),
            (Ok(()), Some(error)) => Err(error),
            (Err(failed), error) => Err(error.unwrap_or(failed).leaving([self.describe(to)])),
        }
    }

    fn misread(&self, name: &str) -> Result<Misread> {
        let misread = fetch_metadata(&*self.store, &Self::key(name)).and_then(|metadata| metadata.misread());
        misread.map_err(|error| error.at_location(self.describe(name)))
    }

    fn repair(&self, name: &str) -> Result<()> {
        let key = Self::key(name);
        let repair = || {
            let metadata = fetch_metadata(&*self.store, &key)?;
            let repair = metadata.repair(name)?;
            // The attributes first: a repair that is cut off after them is completed by the next one.
            let attributes = repair.attributes.map(|bytes| (metadata::ATTRIBUTES_NAME, bytes));
            let array = repair.array.map(|bytes| (metadata::array_name(metadata.version), bytes));
            attributes
                .into_iter()
                .chain(array)
                .try_for_each(|(object, bytes)| self.store.put(&format!("{key}/{object}"), bytes))?;
            self.store.sync()
        };
        repair().map_err(|error| error.at_location(self.describe(name)))
    }

    fn writes_as(&self, other: &dyn Backend) -> bool {
        let other = other.as_any().downcast_ref::<Self>();
        other.is_some_and(|other| self.options == other.options && self.store.writes_as(&*other.store))
    }

    fn is_local(&self) -> bool {
        self.store.is_local()
    }

    fn identity(&self, name: &str) -> Option<String> {
        Some(self.store.identity(&Self::key(name)))
    }

    fn sync(&self) -> Result<()> {
        self.store.sync()
    }

    fn describe(&self, name: &str) -> String {
        self.store.describe(&Self::key(name))
    }

    fn default_codec(&self) -> Codec {
        Codec::BLOSC
    }

    fn concurrency(&self) -> usize {
        self.store.concurrency()
    }

    fn shared(&self) -> Option<&dyn SharedArrays> {
        Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
