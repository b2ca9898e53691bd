//! One HDF5 file with all arrays of a value: groups mirror the value's paths, and plain values are attributes.
//!
//! What arraystow needs to read it back is in the group `arraystow`: the document, links from the arrays' ids to their
//! datasets, the checksums of each array, and a hash of the whole file, its seal.

use super::attributes;
use super::create::{self, Home};
use super::description::{PACK_GROUP, PACKED_ARRAYS};
use super::fault::io_error;
use super::file::File;
use super::header::Wanted;
use super::library;
use super::packed_values::{self, EncodedValue, NamedAxes, ObjectPath, PlainValue};
use super::place::Location;
use super::reader::Reader;
use super::writer::Writer;
use crate::array::{Codec, DataType};
use crate::backend::{ArrayReader, ArraySpec, ArrayWriter, Backend, Check, Linked, ListedArray, layout};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::lock::Mutex;
use crate::protocol::{ArrayFormat, DiskFile, FileBytes, OneFile};
use crate::task::{check_cancelled, counted};
use std::any::Any;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

const DOCUMENT: &str = "document";
const SEAL: &str = "seal";
/// Characters of a hash in hexadecimal.
const SEAL_BYTES: usize = 64;
/// Read at a time.
const PIECE: usize = 1 << 20;

/// A file that is being packed.
pub(crate) struct NewPack {
    file: Arc<File>,
    bytes: Arc<FileBytes>,
    /// Axes with names, which are noted until all datasets are there.
    axes: Mutex<Vec<NamedAxes>>,
}

impl NewPack {
    /// Begins with an empty file.
    pub(crate) fn create(file: DiskFile) -> Result<Arc<Self>> {
        let bytes = Arc::new(FileBytes::Local(file));
        let file = Arc::new(File::create(bytes.clone())?);
        Ok(Arc::new(Self { file, bytes, axes: Mutex::default() }))
    }

    /// Makes a group, and those that it is in, unless they are there.
    pub(crate) fn group(&self, path: &[String]) -> Result<()> {
        self.file.call(|root| create::groups(root, path).map(drop))
    }

    /// Adds a plain value: to the group of its path as an attribute, or as a dataset if it is long.
    pub(crate) fn value(&self, path: &[String], value: &PlainValue) -> Result<()> {
        let Some((name, group)) = path.split_last() else { return Ok(()) };
        let name = attributes::c_string(name)?;
        let address = self.file.call(|root| {
            let EncodedValue { value_type, shape, bytes } = EncodedValue::of(value)?;
            let group = create::groups(root, group)?;
            let group = group.as_ref().unwrap_or(root);
            if !value.is_dataset() {
                match packed_values::c_strings(value) {
                    // Python reads them as strings, and those of a fixed length as bytes.
                    Some(texts) => attributes::write_texts(group, &name, shape, &texts)?,
                    None => attributes::write(group, &name, &value_type, shape, &bytes)?,
                }
                return Ok(None);
            }
            let address = create::in_one_piece(group, &name, &value_type, shape)?;
            Ok(Some((address, bytes)))
        })?;
        address.map_or(Ok(()), |(address, bytes)| self.write_at(address, &bytes))
    }

    /// Gives a dataset or a group another name.
    pub(crate) fn link(&self, to: &[String], path: &[String], is_hard: bool) -> Result<()> {
        let Some((name, group)) = path.split_last() else { return Ok(()) };
        let name = attributes::c_string(name)?;
        self.file.call(|root| {
            let group = create::groups(root, group)?;
            create::link(root, &attributes::c_path(to)?, group.as_ref().unwrap_or(root), &name, is_hard)
        })
    }

    /// Writes the document, the names of axes, and the hash of all, and makes the file durable. `paths` are those of
    /// the arrays, by their ids.
    pub(crate) fn finish(self: Arc<Self>, document: &[u8], paths: &HashMap<String, ObjectPath>) -> Result<u64> {
        let own = |name: &str| [PACK_GROUP.to_owned(), name.to_owned()];
        let axes = std::mem::take(&mut *self.axes.lock());
        self.file.call(|root| packed_values::write(root, axes))?;
        for (id, path) in paths {
            let [group, arrays] = own(PACKED_ARRAYS);
            self.link(path, &[group, arrays, id.clone()], false)?;
        }
        let document_at = self.piece(&own(DOCUMENT), document.len())?;
        let seal_at = self.piece(&own(SEAL), SEAL_BYTES)?;
        let Some(Self { file, bytes, .. }) = Arc::into_inner(self) else {
            return Err(Error::invalid("an array of the packed file is still being written"));
        };
        let Some(file) = Arc::into_inner(file) else {
            return Err(Error::invalid("a dataset of the packed file is still open"));
        };
        file.close()?;
        let written = |error| io_error("the packed file cannot be written", error);
        bytes.write_all_at(document, document_at).map_err(written)?;
        let len = bytes.len().map_err(written)?;
        let seal = hash(&bytes, len, seal_at)?;
        bytes.write_all_at(seal.as_bytes(), seal_at).map_err(written)?;
        bytes.sync(crate::protocol::Durability::Synced).map_err(written)?;
        Ok(len)
    }

    /// Makes a dataset of bytes, which are written later; gives its address.
    fn piece(&self, path: &[String], len: usize) -> Result<u64> {
        let Some((name, group)) = path.split_last() else { return Err(Error::invalid("a dataset has no name")) };
        let name = attributes::c_string(name)?;
        self.file.call(|root| {
            let group = create::groups(root, group)?;
            let byte = super::types::create(&DataType::UInt8)?;
            create::in_one_piece(group.as_ref().unwrap_or(root), &name, &byte, &[len])
        })
    }

    fn write_at(&self, address: u64, bytes: &[u8]) -> Result<()> {
        let written = self.bytes.write_all_at(bytes, address);
        written.map_err(|error| io_error("the packed file cannot be written", error))
    }
}

/// The hash of a file, except for the hash itself.
fn hash(bytes: &FileBytes, len: u64, seal_at: u64) -> Result<String> {
    let mut hasher = blake3::Hasher::new_derive_key("arraystow 2026 packed HDF5 file");
    hasher.update(&len.to_le_bytes());
    hasher.update(&seal_at.to_le_bytes());
    let mut piece = vec![0; PIECE];
    let parts = [(0, seal_at.min(len)), (seal_at.saturating_add(SEAL_BYTES as u64), len)];
    counted(usize::try_from(len).unwrap_or(usize::MAX), |done| {
        for (mut at, end) in parts {
            while at < end {
                check_cancelled()?;
                let piece_len = usize::try_from(end - at).map_or(PIECE, |left| left.min(PIECE));
                let piece = &mut piece[..piece_len];
                bytes.read_exact_at(piece, at).map_err(|error| io_error("the file cannot be read", error))?;
                hasher.update(piece);
                done.add(piece_len);
                at += piece_len as u64;
            }
        }
        Ok(())
    })?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The arrays of a packed file.
pub(crate) struct PackedArrays {
    location: Location,
    limits: Limits,
    /// While it is being made: where arrays go, by their ids.
    new: Option<(Arc<NewPack>, HashMap<String, ObjectPath>)>,
}

impl PackedArrays {
    /// For the arrays of a new file, which is at this path for now.
    pub(crate) fn of_new(
        path: PathBuf,
        limits: Limits,
        pack: Arc<NewPack>,
        paths: HashMap<String, ObjectPath>,
    ) -> Self {
        Self { location: Location::new(Arc::new(OneFile::new(path)), ""), limits, new: Some((pack, paths)) }
    }

    /// Opens a packed file, and compares it with its hash. Returns its document, too.
    pub(crate) fn open(path: PathBuf, limits: Limits) -> Result<(Self, Vec<u8>)> {
        let location = Location::new(Arc::new(OneFile::new(path)), "");
        let packed = Self { location, limits, new: None };
        let document = library::on_large_stack(|| packed.check()).map_err(|error| packed.location.locate(error))?;
        Ok((packed, document))
    }

    fn check(&self) -> Result<Vec<u8>> {
        let bytes = Arc::new(self.location.open()?);
        let len = bytes.len().map_err(|error| io_error("the length of the file cannot be read", error))?;
        let seal = self.own(&bytes, SEAL, SEAL_BYTES as u64)?;
        let (seal_at, sealed) = seal.one_piece()?;
        if sealed.len() != SEAL_BYTES || hash(&bytes, len, seal_at)?.as_bytes() != sealed {
            return Err(Error::corrupt(
                "the packed file is not as it was written: it was changed or is damaged; restore it from a copy, or \
                 import its arrays one by one",
            ));
        }
        let (_, document) = self.own(&bytes, DOCUMENT, self.limits.most_document_bytes())?.one_piece()?;
        Ok(document)
    }

    /// A dataset of bytes in the group that is arraystow's own.
    fn own(&self, bytes: &Arc<FileBytes>, name: &str, most: u64) -> Result<Reader> {
        let path = format!("/{PACK_GROUP}/{name}");
        let opened = Reader::wanted(self.location.clone(), bytes, &self.limits, Wanted::Dataset(&path));
        let reader = opened.map_err(|error| match error.is_not_found() {
            true => {
                Error::invalid("arraystow has not packed this file, which has no document: import its arrays instead")
            }
            false => error,
        })?;
        if reader.data_type() != DataType::UInt8 || reader.grid().len() as u64 > most {
            return Err(Error::corrupt(format!("the dataset {path:?} is not what arraystow has packed")));
        }
        Ok(reader)
    }

    fn read_only() -> Error {
        Error::unsupported("arrays cannot be added to a packed file")
    }
}

impl Backend for PackedArrays {
    fn format(&self) -> ArrayFormat {
        ArrayFormat::Hdf5
    }

    fn create(&self, name: &str, spec: &ArraySpec) -> Result<Box<dyn ArrayWriter>> {
        let Some((pack, paths)) = &self.new else { return Err(Self::read_only()) };
        let path = paths.get(name).ok_or_else(|| Error::invalid("the array has no place in the packed file"))?;
        if let Some(dims) = spec.meta.labels.dims() {
            let axes = NamedAxes { path: path.clone(), dims: dims.to_vec(), shape: spec.grid.shape().to_vec() };
            pack.axes.lock().push(axes);
        }
        let home = Home::Packed { path, id: name };
        Ok(Box::new(Writer::packed(self.location.clone(), &self.limits, spec, &pack.file, &pack.bytes, home)?))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ArrayReader>> {
        let bytes = Arc::new(self.location.open()?);
        Ok(Arc::new(Reader::wanted(self.location.clone(), &bytes, &self.limits, Wanted::Packed(name))?))
    }

    fn stored_bytes(&self, name: &str) -> Result<u64> {
        Ok(self.open(name)?.stored_bytes())
    }

    fn contains(&self, name: &str) -> Result<bool> {
        match self.open(name) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The file is removed as a whole.
    fn remove(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<ListedArray>> {
        Ok(Vec::new())
    }

    fn link(&self, _: &dyn Backend, _: &str, _: &str, _: &Check<'_>) -> Result<Option<Linked>> {
        Ok(None)
    }

    fn holder(&self, _: &str) -> Option<&dyn Backend> {
        Some(self)
    }

    fn check_codec(&self, codec: Codec) -> Result<()> {
        super::description::check_codec(codec)
    }

    /// h5py and viewers have no other filter.
    fn default_codec(&self) -> Codec {
        Codec::gzip(4).unwrap_or(Codec::NONE)
    }

    fn keeps_codec(&self, _: &str, codec: Codec) -> Result<bool> {
        use crate::array::CodecKind;
        Ok(matches!(codec.kind(), CodecKind::None | CodecKind::Gzip(_)))
    }

    fn check_data_type(&self, data_type: &DataType) -> Result<()> {
        data_type.check()
    }

    fn form(&self, spec: &ArraySpec) -> Result<(usize, u64)> {
        let layout = layout::of(spec, &self.limits)?;
        Ok((layout.grid.chunk_count(), 0))
    }

    fn writes_as(&self, _: &dyn Backend) -> bool {
        false
    }

    fn is_local(&self) -> bool {
        true
    }

    fn identity(&self, _: &str) -> Option<String> {
        None
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn describe(&self, _: &str) -> String {
        self.location.describe()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
