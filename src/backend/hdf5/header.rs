//! Everything about an array except its elements, which is read and checked once, when the array is opened.
//!
//! Files of arraystow must be what their description says, down to the last checksum. Files of other programs (h5py's,
//! dask's, FunctionFuse's) are taken as they are, within bounds.

use super::description::{
    ATTRIBUTE, CHECKSUMS, CHECKSUMS_1, DATASET, Described, Description, GROUP, PACK_GROUP, PACKED_ARRAYS,
    PACKED_CHECKSUMS, digest,
};
use super::elements::{ByteOrder, StoredElements};
use super::fault::io_error;
use super::file::File;
use super::fill::{Fill, fill};
use super::filters::{self, Pipeline};
use super::heap_texts;
use super::index::{Extent, Index, inside};
use super::inspect::{self, Storage};
use super::library::{self, Handle};
use super::links::{self, ObjectKind};
use super::others_labels;
use super::paths;
use super::reading::WatchedFile;
use super::recognize::recognize;
use super::stretch;
use super::types;
use super::watch::TextFill;
use crate::array::{ChunkGrid, Codec, DataType, Labels, StoredLayout};
use crate::backend::found::ArrayForm;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::FileBytes;
use std::sync::Arc;

/// HDF5's limit on a dataset in its own header.
const LARGEST_COMPACT: usize = 1 << 16;

pub(super) struct Header {
    pub(super) elements: StoredElements,
    pub(super) grid: ChunkGrid,
    pub(super) labels: Labels,
    pub(super) layout: StoredLayout,
    /// Bytes of a full chunk in memory.
    pub(super) chunk_bytes: usize,
    /// Bytes of a full chunk in the file, its filters undone.
    pub(super) stored_chunk_bytes: usize,
    pub(super) pipeline: Pipeline,
    pub(super) index: Index,
    /// Of the strings of a chunk, if they have any length; and where addresses in global heaps count from.
    pub(super) most_text_bytes: usize,
    pub(super) heap_base: Option<u64>,
    /// One element of memory, for what was never written; of strings of any length a packed one.
    pub(super) fill: Vec<u8>,
    pub(super) file_len: u64,
    pub(super) seal: Option<Seal>,
}

/// What only files of arraystow have.
pub(super) struct Seal {
    pub(super) codec: Codec,
    pub(super) checksums: Vec<u32>,
    pub(super) digest: String,
}

/// A packed string of no bytes.
const EMPTY_TEXT: [u8; 4] = [0; 4];

/// Where the strings of a file that is open are.
struct TextHeaps<'a> {
    bytes: &'a FileBytes,
    reading: Option<&'a WatchedFile>,
}

impl TextHeaps<'_> {
    /// The packed string that represents those of a dataset that were never written.
    fn fill(&self, dataset: &Handle, limits: &Limits) -> Result<Vec<u8>> {
        let Some(reading) = self.reading else { return Ok(EMPTY_TEXT.to_vec()) };
        match reading.text_fill(links::address(dataset)?) {
            Some(TextFill(place)) => {
                heap_texts::fill_text(self.bytes, reading.heap_base(), &place, limits.most_chunk_bytes())
            }
            None => Ok(EMPTY_TEXT.to_vec()),
        }
    }
}

/// The properties of a dataset, without its index and its description.
struct Facts {
    elements: StoredElements,
    storage: Storage,
    layout: StoredLayout,
    chunk_bytes: usize,
    stored_chunk_bytes: usize,
    filters: Vec<filters::Named>,
    pipeline: Pipeline,
    file_len: u64,
}

/// Which dataset of a file is read.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// That of an array of arraystow, or of FunctionFuse.
    Array,
    /// The one at this path.
    Dataset(&'a str),
    /// That of the array of this id in a packed file.
    Packed(&'a str),
}

/// Reads the header of the file.
pub(super) fn read(bytes: &Arc<FileBytes>, limits: &Limits, wanted: Wanted<'_>) -> Result<Header> {
    library::on_large_stack(|| read_file(bytes, limits, wanted))
}

fn read_file(bytes: &Arc<FileBytes>, limits: &Limits, wanted: Wanted<'_>) -> Result<Header> {
    let file_len = bytes.len().map_err(|error| io_error("the length of the file cannot be read", error))?;
    let file = File::open(bytes.clone(), limits).map_err(not_hdf5)?;
    let heaps = TextHeaps { bytes, reading: file.reading() };
    let read = file.call(|file| read_dataset(file, file_len, limits, wanted, &heaps));
    let (mut header, description) = read.map_err(|error| damaged(error, "the file is damaged"))?;
    if let (Wanted::Dataset(path), None) = (wanted, &description) {
        header.labels = others_labels::read(&file, path, header.layout.grid.ndim(), &header.elements);
    }
    header.heap_base = file.reading().and_then(WatchedFile::heap_base);
    file.close()?;
    // Past libhdf5's lock.
    if let Some(found) = description {
        header.seal = Some(found.seal(bytes, header.layout.grid.chunk_count())?);
    }
    Ok(header)
}

/// The error for a file that libhdf5 cannot open.
pub(super) fn not_hdf5(error: Error) -> Error {
    damaged(error, "this is not an HDF5 file, or it is damaged")
}

/// What libhdf5 finds wrong with a file that could be read is a fault of the file.
pub(super) fn damaged(error: Error, what: &str) -> Error {
    if error.kind() == ErrorKind::Io && error.get_ref().is_none() {
        Error::corrupt(format!("{what}; restore it from a copy: {error}"))
    } else {
        error
    }
}

/// What a file of arraystow has, before its checksums are read.
struct Unsealed {
    description: Vec<u8>,
    codec: Codec,
    /// Where the checksums are; none if there are none.
    checksums: Option<u64>,
}

/// The header; and what else there is if the file is one of arraystow's.
fn read_dataset(
    file: &Handle,
    file_len: u64,
    limits: &Limits,
    wanted: Wanted<'_>,
    heaps: &TextHeaps<'_>,
) -> Result<(Header, Option<Unsealed>)> {
    let (dataset, may_be_described) = open(file, wanted)?;
    let properties = inspect::properties(&dataset)?;
    let description = if may_be_described { inspect::text_attribute(&dataset, ATTRIBUTE)? } else { None };
    let said = description.as_deref().and_then(Description::composite_type);
    let mut facts = Facts::read(&dataset, &properties, file_len, limits, said.as_ref())?;
    let index = facts.index(&dataset, &properties, limits)?;
    let fill = if facts.elements.data_type.is_text() {
        let complete = index.first_missing(facts.layout.grid.chunk_count()).is_none();
        if complete { EMPTY_TEXT.to_vec() } else { heaps.fill(&dataset, limits)? }
    } else {
        facts.fill(&dataset, &properties, &index)?
    };
    let mut grid = facts.layout.grid.clone();
    let (mut labels, mut unsealed) = (Labels::NONE, None);
    if let Some(description) = description {
        let described = facts.described(&description)?;
        (grid, labels) = (described.grid, described.labels);
        facts.elements.data_type = described.data_type;
        let count = facts.layout.grid.chunk_count();
        if let Some(missing) = index.first_missing(count) {
            return Err(Error::corrupt(format!(
                "chunk {missing} of {count} is not in the file; restore it from a copy"
            )));
        }
        let checksums = match count {
            0 => None,
            _ => Some(checksums_address(file, wanted, described.checksums_beside, count, file_len)?),
        };
        unsealed = Some(Unsealed { description, codec: described.codec, checksums });
    } else if let Wanted::Packed(_) = wanted {
        return Err(Error::corrupt("the packed array has lost its description; restore the file from a copy"));
    }
    let Facts { elements, layout, chunk_bytes, stored_chunk_bytes, pipeline, .. } = facts;
    let seal = None;
    let header = Header {
        elements,
        grid,
        labels,
        layout,
        chunk_bytes,
        stored_chunk_bytes,
        pipeline,
        index,
        most_text_bytes: limits.most_chunk_bytes(),
        heap_base: None,
        fill,
        file_len,
        seal,
    };
    Ok((header, unsealed))
}

/// Opens the dataset; returns whether it is where arrays of arraystow have theirs, which may have a description.
fn open(file: &Handle, wanted: Wanted<'_>) -> Result<(Handle, bool)> {
    let own = match wanted {
        Wanted::Packed(id) => Some(packed_path(PACKED_ARRAYS, id)),
        Wanted::Array | Wanted::Dataset(_) => None,
    };
    let path = match wanted {
        Wanted::Packed(_) => own.as_deref().unwrap_or_default(),
        Wanted::Dataset(path) if !paths::steps(path).map(str::as_bytes).eq([DATASET.to_bytes()]) => path,
        _ => {
            let dataset = inspect::open_dataset(file, DATASET)?;
            let missing =
                || Error::corrupt(format!("the file has no dataset {DATASET:?}: it is not an array of arraystow"));
            return dataset.map(|dataset| (dataset, true)).ok_or_else(missing);
        }
    };
    let object = paths::open(file, path)?;
    let what = match object.kind {
        ObjectKind::Dataset => return Ok((object.handle, own.is_some())),
        ObjectKind::Group => "a group: name a dataset in it",
        ObjectKind::Other => "a named data type, not a dataset",
    };
    Err(Error::invalid(format!("{path:?} is {what}")))
}

/// The path of something that a packed file has for the array of an id.
fn packed_path(what: &str, id: &str) -> String {
    format!("/{}/{what}/{id}", PACK_GROUP)
}

/// The data type, shape and chunks of a dataset.
pub(super) fn form(dataset: &Handle, file_len: u64, limits: &Limits) -> Result<ArrayForm> {
    let facts = Facts::read(dataset, &inspect::properties(dataset)?, file_len, limits, None)?;
    Ok(ArrayForm { data_type: facts.elements.data_type, grid: facts.layout.grid })
}

impl Facts {
    /// `said` is the data type that the description names. The type of a record with the members `re` and `im` could be
    /// that of complex numbers, too.
    fn read(
        dataset: &Handle,
        properties: &Handle,
        file_len: u64,
        limits: &Limits,
        said: Option<&DataType>,
    ) -> Result<Self> {
        // First of all: to ask a view of other files for its shape would open them.
        let storage = inspect::storage(properties)?;
        let file_type = inspect::element_type(dataset)?;
        let elements = match said {
            Some(said) if types::is_written_as(said, &file_type)? => StoredElements::bytes(types::stored(said)),
            _ => recognize(&file_type)?,
        };
        let shape = inspect::shape(dataset)?;
        let filters = inspect::filters(properties)?;
        let pipeline = Pipeline::new(&filters, elements.size)?;
        let layout = match storage {
            Storage::Chunked => {
                let chunk_shape = inspect::chunk_shape(properties)?;
                let grid =
                    ChunkGrid::regular(&shape, &chunk_shape).map_err(|error| error.with_kind(ErrorKind::Corrupt))?;
                StoredLayout { grid, chunk_shape, parts: None }
            }
            Storage::Contiguous | Storage::Compact => stretch::stretches(&shape, elements.size)?,
        };
        let chunk_bytes = |size| limits.check_chunk(&layout.chunk_shape, layout.chunk_bytes(size));
        let (chunk_bytes, stored_chunk_bytes) = (chunk_bytes(elements.data_type.size())?, chunk_bytes(elements.size)?);
        let largest = elements.size.max(elements.data_type.size());
        if layout.grid.len().checked_mul(largest).is_none() {
            return Err(Error::limit(format!("an array of shape {shape:?} is larger than this machine can count")));
        }
        Ok(Self { elements, storage, layout, chunk_bytes, stored_chunk_bytes, filters, pipeline, file_len })
    }

    fn index(&self, dataset: &Handle, properties: &Handle, limits: &Limits) -> Result<Index> {
        let len = self.layout.grid.len() * self.elements.size;
        // More are refused instead of walking through them under libhdf5's lock.
        limits.check_chunks(self.layout.grid.chunk_count())?;
        match self.storage {
            Storage::Chunked => {
                let extent = Extent {
                    layout: &self.layout,
                    chunk_bytes: self.stored_chunk_bytes,
                    pipeline: &self.pipeline,
                    edges_are_unfiltered: inspect::edges_are_unfiltered(properties)?,
                    file_len: self.file_len,
                };
                Index::of_chunks(dataset, &extent)
            }
            _ if !self.pipeline.is_empty() => Err(Error::corrupt("a dataset without chunks cannot have filters")),
            Storage::Contiguous => match inspect::address(dataset)?.filter(|_| len > 0) {
                None => Ok(Index::Empty),
                Some(address) => {
                    inside(address, len as u128, self.file_len)?;
                    Ok(Index::Contiguous(address))
                }
            },
            Storage::Compact if self.elements.data_type.is_text() => Err(Error::unsupported(
                "the dataset keeps strings of variable length in its header, which arraystow does not read; write it \
                    in chunks",
            )),
            Storage::Compact if len > LARGEST_COMPACT => Err(Error::corrupt(format!(
                "the dataset claims to have {len} bytes in its header, which is impossible"
            ))),
            Storage::Compact => {
                Ok(Index::Inline(inspect::read_compact(dataset, &inspect::element_type(dataset)?, len)?))
            }
        }
    }

    /// The element that represents those that were never written.
    fn fill(&self, dataset: &Handle, properties: &Handle, index: &Index) -> Result<Vec<u8>> {
        let mut element = vec![0; self.elements.data_type.size()];
        match fill(properties, &inspect::element_type(dataset)?, self.elements.size)? {
            Fill::Zero => {}
            Fill::Value(stored) => self.elements.decode(&stored, &mut element)?,
            // So does libhdf5; where some chunks were written, it gives zeros for the others.
            Fill::Undefined if !self.layout.grid.is_empty() && index.has_no_chunk() => {
                return Err(Error::unsupported(
                    "the dataset was never written and has no fill value, so it has no elements; write it first",
                ));
            }
            Fill::Undefined => {}
        }
        Ok(element)
    }

    /// What the description of an array of arraystow says, which must fit.
    fn described(&self, json: &[u8]) -> Result<Described> {
        let data_type = &self.elements.data_type;
        let described = Description::read(json, data_type, &self.layout)?;
        let codec = described.codec;
        if self.filters != filters::of_codec(codec, data_type.size()) || !self.elements.are_plain() {
            return Err(Error::corrupt(format!(
                "the dataset is not encoded as the attribute `arraystow` says ({codec:?}); restore the file from a copy"
            )));
        }
        Ok(described)
    }
}

/// Where the checksums of an array of arraystow are.
fn checksums_address(file: &Handle, wanted: Wanted<'_>, beside: bool, count: usize, file_len: u64) -> Result<u64> {
    let damaged = |what: &str| Error::corrupt(format!("the array's checksums {what}; restore the file from a copy"));
    let dataset = if let Wanted::Packed(id) = wanted {
        let object = paths::open(file, &packed_path(PACKED_CHECKSUMS, id))?;
        (object.kind == ObjectKind::Dataset).then_some(object.handle)
    } else if beside {
        inspect::open_dataset(file, CHECKSUMS_1)?
    } else {
        let group = inspect::open_group(file, GROUP)?;
        group.map_or(Ok(None), |group| inspect::open_dataset(&group, CHECKSUMS))?
    };
    let dataset = dataset.ok_or_else(|| damaged("are missing"))?;
    let storage = inspect::storage(&inspect::properties(&dataset)?)?;
    let elements = recognize(&inspect::element_type(&dataset)?)?;
    if storage != Storage::Contiguous || elements != StoredElements::real(DataType::UInt32, 4, ByteOrder::Little) {
        return Err(damaged("are not stored as they should be"));
    }
    if inspect::shape(&dataset)? != [count] {
        return Err(damaged("are those of another array"));
    }
    let address = inspect::address(&dataset)?.ok_or_else(|| damaged("were never written"))?;
    inside(address, count as u128 * size_of::<u32>() as u128, file_len)?;
    Ok(address)
}

impl Unsealed {
    /// Reads the checksums of `count` chunks.
    fn seal(self, bytes: &FileBytes, count: usize) -> Result<Seal> {
        let mut checksums = Vec::new();
        if let Some(address) = self.checksums {
            // The file is at least that long.
            checksums.try_reserve_exact(count).map_err(|_| Error::limit("there is no memory for the checksums"))?;
            checksums.resize(count, 0_u32);
            bytes
                .read_exact_at(bytemuck::cast_slice_mut(&mut checksums), address)
                .map_err(|error| io_error("the checksums cannot be read", error))?;
        }
        let digest = digest(&self.description, &checksums);
        Ok(Seal { codec: self.codec, checksums, digest })
    }
}
