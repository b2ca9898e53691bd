//! Zarr arrays in an object store: a group `dask_arrays`, in it an array for each name.
//!
//! zarrs encodes. What is read is understood here, all of it or not at all (`facts`), and decoded within bounds (`decode`):
//! zarrs leaves out codecs that say that they need not be understood. Requests are ours: a chunk is one PUT or one GET, many at a time, and there
//! is no HEAD. Beside an array of ours lies an object with the length and the checksum of each chunk (`table`).

mod axes;
mod codec;
mod decode;
mod description;
mod extension;
mod facts;
mod fill;
mod found;
mod group;
mod json;
mod keys;
mod metadata;
mod new;
mod pipeline;
mod reader;
mod repair;
mod shards;
mod table;
mod text;
mod v2;
mod v3;
mod writer;

use super::{ArrayReader, ArraySpec, ArrayWriter, Backend, Check, Linked, Misread, StoredSummary};
use crate::array::Codec;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::{CONCURRENCY, Objects, Replace, ZarrOptions, ZarrVersion};
use once_cell::sync::OnceCell;
use reader::{Reader, fetch_metadata};
use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use writer::Writer;

/// The group, as the seed names it.
const GROUP: &str = "dask_arrays";

/// Arrays as Zarr below a folder of an object store.
pub(crate) struct ZarrArrays {
    objects: Objects,
    options: ZarrOptions,
    limits: Limits,
    /// The version of the group, once it is known that there is one.
    group: OnceCell<ZarrVersion>,
}

impl ZarrArrays {
    pub(crate) fn new(objects: Objects, options: ZarrOptions, limits: Limits) -> Self {
        Self { objects, options, limits, group: OnceCell::new() }
    }

    /// The metadata of either version, without which there is no array.
    fn markers(name: &str) -> [String; 2] {
        let marker = |version| format!("{}/{}", Self::key(name), metadata::array_name(version));
        [marker(ZarrVersion::V3), marker(ZarrVersion::V2)]
    }

    fn key(name: &str) -> String {
        format!("{GROUP}/{name}")
    }
}

impl Backend for ZarrArrays {
    fn create(&self, name: &str, spec: &ArraySpec) -> Result<Box<dyn ArrayWriter>> {
        let version = *self.group.get_or_try_init(|| group::ensure(&self.objects, self.options.version))?;
        let options = ZarrOptions { version, ..self.options };
        let locate = |error: Error| error.at_location(self.describe(name));
        Ok(Box::new(
            Writer::create(self.objects.clone(), Self::key(name), options, &self.limits, spec).map_err(locate)?,
        ))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ArrayReader>> {
        let opened = Reader::open(self.objects.clone(), Self::key(name), &self.limits);
        Ok(Arc::new(opened.map_err(|error| error.at_location(self.describe(name)))?))
    }

    fn stored_bytes(&self, name: &str) -> Result<u64> {
        let below = self.objects.below_is(&Self::key(name))?;
        if below.count > 0 {
            return Ok(below.bytes);
        }
        Err(Error::new(ErrorKind::NotFound, "there is no Zarr array of that name").at_location(self.describe(name)))
    }

    fn contains(&self, name: &str) -> Result<bool> {
        let [v3, v2] = Self::markers(name);
        Ok(self.objects.exists(&v3)? || self.objects.exists(&v2)?)
    }

    fn remove(&self, name: &str) -> Result<()> {
        // First what makes it an array: whoever finds a part missing can tell an array that is gone from a damaged one.
        self.objects.remove_all(&Self::markers(name))?;
        self.objects.remove_below(&Self::key(name))
    }

    fn link(&self, other: &dyn Backend, from: &str, to: &str, check: &Check<'_>) -> Result<Option<Linked>> {
        let Some(other) = other.as_any().downcast_ref::<Self>() else { return Ok(None) };
        let reader = other.open(from)?;
        check(&*reader)?;
        let Some(digest) = reader.digest().map(str::to_owned) else { return Ok(None) };
        // Without a group, and in one of another version, other readers would not find the array.
        let version = *self.group.get_or_try_init(|| group::ensure(&self.objects, self.options.version))?;
        let marker = format!("{}/{}", Self::key(from), metadata::array_name(version));
        if !other.objects.exists(&marker)? {
            return Ok(None);
        }
        let copied = self.objects.copy_below(&other.objects, &Self::key(from), &Self::key(to));
        // An array that was removed meanwhile may have been copied in part only.
        let copied = copied.and_then(|copied| match other.objects.exists(&marker)? {
            true => Ok(copied),
            false => {
                Err(Error::new(ErrorKind::NotFound, "the array is being removed").at_location(other.describe(from)))
            }
        });
        let error = match copied {
            Ok(copied) if copied.bytes >= reader.stored_bytes() => {
                let summary = StoredSummary { bytes: reader.stored_bytes(), digest, rest: None };
                return Ok(Some(Linked { summary, copied: false }));
            }
            // A part is missing: whoever reads it chunk by chunk finds out which.
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
        let misread = fetch_metadata(&self.objects, &Self::key(name)).and_then(|metadata| metadata.misread());
        misread.map_err(|error| error.at_location(self.describe(name)))
    }

    fn repair(&self, name: &str) -> Result<()> {
        let key = Self::key(name);
        let repair = || {
            let metadata = fetch_metadata(&self.objects, &key)?;
            let repair = metadata.repair(name)?;
            // The attributes first: a repair that is cut off after them is completed by the next one.
            let attributes = repair.attributes.map(|bytes| (metadata::ATTRIBUTES_NAME, bytes));
            let array = repair.array.map(|bytes| (metadata::array_name(metadata.version), bytes));
            attributes.into_iter().chain(array).try_for_each(|(object, bytes)| {
                self.objects.put(&format!("{key}/{object}"), bytes.into(), Replace::Any)
            })
        };
        repair().map_err(|error| error.at_location(self.describe(name)))
    }

    fn writes_as(&self, other: &dyn Backend) -> bool {
        let other = other.as_any().downcast_ref::<Self>();
        other.is_some_and(|other| self.options == other.options && self.objects.same_store(&other.objects))
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }

    fn identity(&self, name: &str) -> Option<String> {
        Some(self.objects.identity(&Self::key(name)))
    }

    fn sync(&self) -> Result<()> {
        // An object is durable when its PUT is answered.
        Ok(())
    }

    fn describe(&self, name: &str) -> String {
        self.objects.describe(&Self::key(name))
    }

    fn default_codec(&self) -> Codec {
        Codec::BLOSC
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
