//! The manifest: a document's list of its arrays.
//!
//! Operations that need no Rust type (remove, info, copy) read only the manifest. It does not grow with the number of
//! chunks.

use crate::array::{ChunkGrid, DataType, Labels, few};
use crate::backend::Opening;
use crate::engine::Expected;
use crate::error::{Error, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::pieces::SharedParts;
use crate::protocol::ArrayFormat;
use crate::protocol::files::{BLOCK, FileSummary, is_file_of};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

/// The most bytes of metadata and checksums of arrays that a manifest has.
const MOST_CARRIED: usize = 64 << 10;

/// As many axes as HDF5 has.
const MOST_AXES: usize = 32;

/// The arrays of one document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Distinguishes this writing of the document from every other: what a compare-and-swap compares.
    write_id: String,
    pub(crate) arrays: Vec<ArrayEntry>,
    /// What other serializers have written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) objects: Vec<ObjectEntry>,
    /// How the body is divided, if shared values follow the object there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shared: Option<SharedParts>,
    /// Whether the document has no manifest: this one was made of the ids in its body.
    #[serde(skip)]
    is_bare: bool,
    #[serde(skip)]
    arrays_by_file: ByFile,
    #[serde(skip)]
    objects_by_file: ByFile,
}

/// The positions of the entries of a list, in the order of their file names. Made when an entry is first looked for: a
/// document may have many thousands, each of which is looked for when it is saved again.
#[derive(Clone, Debug, Default)]
struct ByFile(OnceLock<Vec<usize>>);

impl ByFile {
    fn find<'a, E>(&self, entries: &'a [E], file_of: impl Fn(&E) -> &str, file: &str) -> Option<&'a E> {
        let name_at = |position: usize| entries.get(position).map_or("", &file_of);
        let positions = self.0.get_or_init(|| {
            let mut positions: Vec<usize> = (0..entries.len()).collect();
            positions.sort_unstable_by(|a, b| name_at(*a).cmp(name_at(*b)));
            positions
        });
        let found = positions.binary_search_by(|position| name_at(*position).cmp(file)).ok()?;
        entries.get(*positions.get(found)?)
    }
}

/// One array of a document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ArrayEntry {
    pub(crate) id: PersistentId,
    /// Every place in the value where the array is.
    pub(crate) paths: Vec<String>,
    pub(crate) data_type: String,
    /// Per axis runs of equal chunks: `[length, how often]`. The shape is their sum.
    #[serde(deserialize_with = "axes")]
    pub(crate) chunks: Vec<Vec<(usize, usize)>>,
    /// Names of axes, attributes, fill value, if there are any.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub(crate) labels: Labels,
    /// Bytes stored.
    pub(crate) bytes: u64,
    /// How its chunks are compressed; older documents do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) codec: Option<String>,
    /// A hash of the array's metadata and of its chunks' checksums.
    pub(crate) digest: String,
    /// A hash of what neither the digest nor the checksums cover; arrays of the first version have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rest: Option<String>,
    /// Its metadata and checksums, of a small array in an object store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opening: Option<Box<Opening>>,
    /// The format that the array is stored in; none for HDF5 in files and Zarr in object stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<String>,
    /// A plain `ndarray` field, which a load needs as a whole.
    #[serde(default)]
    pub(crate) plain: bool,
    /// For an array that its document only names: what is known about it.
    #[serde(skip)]
    pub(crate) named: Option<Named>,
}

/// What is known about an array that a document without a manifest names.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    /// Nothing yet.
    Unread,
    /// The stored array: the entry has its properties, except for a digest.
    Read,
    /// Why nothing is.
    Unreadable(Error),
}

/// One object of a document, as its serializer has written it.
#[derive(Clone, Debug)]
pub(crate) enum ManifestEntry {
    Array(ArrayEntry),
    Object(ObjectEntry),
}

/// One object of a document, in files of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ObjectEntry {
    pub(crate) id: PersistentId,
    /// Every place in the value where it is.
    pub(crate) paths: Vec<String>,
    /// Every file or key that it owns.
    pub(crate) files: Vec<FileEntry>,
}

/// A file of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// The CRC-32C of each MiB, eight hexadecimal digits each.
    checksums: String,
}

impl Manifest {
    pub(crate) fn new(entries: Vec<ManifestEntry>) -> Self {
        let write_id = uuid::Uuid::new_v4().to_string();
        let mut manifest = Self {
            write_id,
            arrays: Vec::new(),
            objects: Vec::new(),
            shared: None,
            is_bare: false,
            arrays_by_file: ByFile::default(),
            objects_by_file: ByFile::default(),
        };
        let mut carried = 0;
        for entry in entries {
            match entry {
                ManifestEntry::Array(mut entry) => {
                    // A value with many arrays is not asked for one chunk.
                    carried += entry.opening.as_ref().map_or(0, |opening| opening.len());
                    entry.opening = entry.opening.filter(|_| carried <= MOST_CARRIED);
                    manifest.arrays.push(entry);
                }
                ManifestEntry::Object(entry) => manifest.objects.push(entry),
            }
        }
        manifest
    }

    /// Replaces the manifest of a document that has none.
    pub(in crate::plugin) fn bare(write_id: String, entries: Vec<ManifestEntry>) -> Self {
        Self { write_id, is_bare: true, ..Self::new(entries) }
    }

    /// Whether the document has no manifest.
    pub(crate) fn is_bare(&self) -> bool {
        self.is_bare
    }

    /// The manifest of a body with this division.
    pub(crate) fn with_shared(self, shared: Option<SharedParts>) -> Self {
        Self { shared, ..self }
    }

    /// With another id of the version, if there is one.
    pub(crate) fn with_write_id(self, write_id: Option<String>) -> Self {
        Self { write_id: write_id.unwrap_or(self.write_id), ..self }
    }

    pub(crate) fn write_id(&self) -> &str {
        &self.write_id
    }

    /// The manifest of these bytes, which may be hostile.
    pub(in crate::plugin) fn read(bytes: &[u8]) -> Result<Self> {
        let manifest: Self = cbor4ii::serde::from_slice(bytes)
            .map_err(|error| Error::corrupt(format!("the manifest cannot be read: {error}")))?;
        let mut files = HashSet::with_capacity(manifest.arrays.len());
        // A plain array that is named a thousand times must not be read a thousand times.
        if let Some(twice) = manifest.files().find(|file| !files.insert(*file)) {
            return Err(Error::corrupt("the manifest lists an array or object twice").in_array(twice));
        }
        manifest.objects.iter().try_for_each(ObjectEntry::check)?;
        Ok(manifest)
    }

    /// Whether it has neither arrays nor external objects.
    pub(crate) fn is_empty(&self) -> bool {
        self.arrays.is_empty() && self.objects.is_empty()
    }

    /// The file names of all ids.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.arrays.iter().map(|entry| entry.id.file()).chain(self.objects.iter().map(|entry| entry.id.file()))
    }

    pub(crate) fn object(&self, file: &str) -> Option<&ObjectEntry> {
        self.objects_by_file.find(&self.objects, |entry| entry.id.file(), file)
    }

    /// Whether it has an array or object of that file name.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.entry(file).is_some() || self.object(file).is_some()
    }

    pub(crate) fn entry(&self, file: &str) -> Option<&ArrayEntry> {
        self.arrays_by_file.find(&self.arrays, |entry| entry.id.file(), file)
    }
}

impl ObjectEntry {
    pub(crate) fn new(id: PersistentId, paths: Vec<String>, files: BTreeMap<String, FileSummary>) -> Self {
        let entry = |(name, summary): (String, FileSummary)| FileEntry {
            name,
            bytes: summary.bytes,
            checksums: summary.checksums.iter().map(|sum| format!("{sum:08x}")).collect(),
        };
        Self { id, paths, files: files.into_iter().map(entry).collect() }
    }

    /// The first path, for messages.
    pub(crate) fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    /// Bytes of all its files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)
    }

    /// Fails for names that could lead to other files, and checksums that do not fit.
    fn check(&self) -> Result<()> {
        let mut names = HashSet::new();
        for file in &self.files {
            if !is_file_of(self.id.file(), &file.name) || !names.insert(&file.name) {
                let text = format!("the manifest has {:?} among the files of an object", file.name);
                return Err(Error::corrupt(text).in_array(self.id.file()));
            }
            file.summary().map_err(|error| error.in_array(self.id.file()))?;
        }
        if self.id.is_array() {
            return Err(Error::corrupt("the manifest has an array among the external objects").in_array(self.id.file()));
        }
        Ok(())
    }

    /// What must be in its files.
    pub(crate) fn expected(&self) -> Result<BTreeMap<String, FileSummary>> {
        self.files.iter().map(|file| Ok((file.name.clone(), file.summary()?))).collect()
    }
}

impl FileEntry {
    /// What must be in the file.
    pub(crate) fn summary(&self) -> Result<FileSummary> {
        let blocks = self.bytes.div_ceil(BLOCK as u64);
        let digits = self.checksums.as_bytes();
        let is_hex = self.checksums.bytes().all(|digit| digit.is_ascii_hexdigit());
        let sum = |digits: &[u8]| u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok();
        let checksums: Option<Vec<u32>> = digits.chunks(8).map(sum).collect();
        match checksums {
            Some(checksums) if is_hex && digits.len() as u64 == blocks.saturating_mul(8) => {
                Ok(FileSummary { bytes: self.bytes, checksums })
            }
            _ => Err(Error::corrupt(format!("the manifest's checksums of the file {} do not fit it", self.name))),
        }
    }
}

impl ArrayEntry {
    /// The first path, for messages.
    pub(crate) fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    fn grid(&self) -> Result<ChunkGrid> {
        ChunkGrid::from_runs(&self.chunks)
            .map_err(|error| Error::corrupt(format!("the manifest has invalid chunks: {error}")))
    }

    /// What the stored array must be.
    pub(crate) fn expected(&self) -> Result<Expected> {
        let data_type = DataType::from_name(&self.data_type).ok_or_else(|| {
            Error::unsupported(format!("the data type {:?} is not known to this version", self.data_type))
        });
        let locate = |error: Error| error.at_path(self.path()).in_array(self.id.file());
        match &self.named {
            Some(Named::Unread) => return Err(locate(Error::invalid("the array was not looked at"))),
            Some(Named::Unreadable(error)) => return Err(locate(error.clone())),
            Some(Named::Read) | None => {}
        }
        let format = self.format.as_ref().map(|format| {
            format.parse::<ArrayFormat>().map_err(|_| {
                Error::unsupported(format!("the format {format:?} of the array is not known to this version"))
            })
        });
        let (data_type, grid) = (data_type.map_err(locate)?, self.grid().map_err(locate)?);
        self.labels.check(grid.ndim(), &data_type).map_err(|error| {
            locate(Error::corrupt(format!("the manifest has invalid names or attributes: {error}")))
        })?;
        Ok(Expected {
            format: format.transpose().map_err(locate)?,
            data_type,
            grid,
            labels: self.labels.clone(),
            digest: self.named.is_none().then(|| self.digest.clone()),
            rest: self.rest.clone(),
            opening: self.opening.clone().map(Arc::from),
        })
    }
}

/// Reads the chunks of at most as many axes as HDF5 has. A hostile manifest can hold many empty lists, each a byte.
fn axes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<(usize, usize)>>, D::Error> {
    few::<_, MOST_AXES, D>(deserializer)
}
