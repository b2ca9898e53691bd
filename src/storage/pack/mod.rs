//! Packing: a value as one HDF5 file whose groups mirror the value's paths, and the way back.

mod layout;

use super::Storage;
use super::copy::stored_arrays;
use super::load::Fetched;
use super::name::Name;
use crate::backend::{Backend, NewPack, PackedArrays};
use crate::engine::unblock;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::{
    EarlyStored, Protocols, SavePlan, SharedPlan, Value, encode, from_slice, read_document, write_durably,
};
use crate::protocol::{DiskFile, Durability, disk, regular_file};
use crate::trace::in_span;
use layout::PackLayout;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

impl Storage {
    /// Writes the value with this name to one HDF5 file, which h5py and other programs read: to archive it, or to send
    /// it to a colleague. No Rust type is needed. Returns the length of the file.
    ///
    /// The groups of the file mirror the value's paths: `runs[3].field` is the dataset `runs/3/field`. Arrays have
    /// their attributes, and their named axes are dimension scales. Plain numbers and strings, and lists of them, are
    /// attributes of their groups, or datasets if they have more than 4 KiB. An array that occurs several times is one
    /// dataset with several names. The group `arraystow` has the document, checksums and a hash of the file, with which
    /// [`PackedFile`] reads the value back.
    ///
    /// Arrays that are compressed with another codec than gzip are compressed with gzip, which every HDF5 program
    /// reads. Memory is bounded by chunks, and by the document. The default [`Limits`] hold for the file, whatever
    /// those of the storage are, so that [`PackedFile`] reads it.
    ///
    /// The file is written under a temporary name and renamed when it is durable. A file with this name is replaced.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("survey.h5");
    /// # let storage = arraystow::Storage::open(folder.path().join("storage"))?;
    /// use arraystow::{Hdf5File, PackedFile, Value};
    /// use ndarray::Array2;
    /// use std::collections::BTreeMap;
    ///
    /// storage.save("survey", &BTreeMap::from([("north", vec![Array2::<f32>::ones((100, 200))])]))?;
    /// storage.pack("survey", &path)?;
    ///
    /// // As any program sees it:
    /// assert_eq!(Hdf5File::open(&path)?.array("/north/0")?.shape(), [100, 200]);
    /// // As it was saved:
    /// let packed = PackedFile::open(&path)?;
    /// println!("{}", packed.location());
    /// storage.save("again", &packed.load::<Value>()?)?;
    /// # let again: BTreeMap<String, Vec<Array2<f32>>> = storage.load("again")?;
    /// # assert_eq!(again["north"][0].sum(), 20_000.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`load`](Self::load) that do not depend on a type; `Unsupported` for an external object, and for
    /// an array that HDF5 files cannot have; `Limit` for a document of more than 1 GiB; `Io` or a related kind if the
    /// file cannot be written. The error names the path in the value. Nothing is left of the file then.
    /// `UnknownOutcome` if the file was written, and its folder cannot be synced.
    pub fn pack(&self, name: &str, file: impl AsRef<Path>) -> Result<u64> {
        let (name, file) = (Name::parse(name)?, file.as_ref());
        let packed = in_span!("pack", document = name.as_str(); self.read_current(&name, || {
            let packed = self.pack_once(&name, file)?;
            let gone = packed.as_ref().err().filter(|(error, _)| error.is_gone()).map(|(_, write_id)| write_id.clone());
            Ok((packed.map_err(|(error, _)| error), gone))
        }));
        packed.flatten().map_err(|error| error.in_document(name.as_str()))
    }

    /// The async form of [`pack`](Self::pack).
    ///
    /// # Errors
    /// As for [`pack`](Self::pack).
    pub fn pack_async<P: AsRef<Path>>(&self, name: &str, file: P) -> impl Future<Output = Result<u64>> + Send + use<P> {
        let (storage, name, file) = (self.clone(), name.to_owned(), file.as_ref().to_owned());
        unblock(move || storage.pack(&name, file))
    }

    /// Packs the document that is there now. An error has its write id.
    fn pack_once(&self, name: &Name, file: &Path) -> Result<Result<u64, (Error, String)>> {
        let fetched = self.fetch(name)?;
        let write_id = fetched.head.manifest.write_id().to_owned();
        if let Some(object) = fetched.head.manifest.objects.first() {
            let serializer = object.id.name();
            let text = format!("an external object of the serializer {serializer:?} cannot be packed: copy the value");
            return Ok(Err((Error::unsupported(text).at_path(object.path()).in_array(object.id.file()), write_id)));
        }
        let packed = TemporaryFile::beside(file).and_then(|temporary| {
            let bytes = self.write_pack(name, fetched, &temporary)?;
            temporary.rename(file)?;
            Ok(bytes)
        });
        Ok(packed.map_err(|error| (error.at_location(file.display().to_string()), write_id)))
    }

    fn write_pack(&self, name: &Name, fetched: Fetched, temporary: &TemporaryFile) -> Result<u64> {
        let Fetched { head, body, resolver, .. } = fetched;
        let place = &*self.place;
        let objects = stored_arrays(&head.manifest, &place.backend(name.workflow()), name.as_str())?;
        let value: Value = read_document(body.clone(), &head, Rc::new(resolver))?;
        let layout = PackLayout::of(&value)?;
        drop(value);
        let pack = NewPack::create(temporary.create()?)?;
        for group in &layout.groups {
            pack.group(group)?;
        }
        for (path, value) in &layout.values {
            pack.value(path, value).map_err(|error| error.at_path(&path.join(".")))?;
        }
        // Those with which it will be read. A chunk that they do not allow is divided.
        let limits = Limits::default();
        let arrays = PackedArrays::of_new(temporary.path.clone(), limits, pack.clone(), layout.arrays.clone());
        let protocols = Protocols::of_place(Arc::new(arrays), limits);
        let plan = SavePlan {
            objects,
            shared: SharedPlan::of(head.manifest.shared),
            document: Some(name.as_str().to_owned()),
        };
        let written = write_durably(&plan, &protocols, None, &mut EarlyStored::default())?;
        let manifest = written.manifest().with_shared(plan.shared.parts());
        written.keep();
        drop(protocols);
        for (to, path, is_hard) in &layout.links {
            pack.link(to, path, *is_hard)?;
        }
        let document = encode(head.format, &manifest, &body, &limits).map_err(|error| match error.kind() {
            ErrorKind::Limit => {
                let text = "the document is too large for a packed file, which is read with the default limits: move large \
                            parts into arrays, divide the value, or copy it to another storage";
                Error::limit(text).with_source(error)
            }
            _ => error,
        })?;
        pack.finish(&document, &layout.arrays)
    }
}

/// A file that is removed unless it is renamed.
struct TemporaryFile {
    path: PathBuf,
    is_done: Cell<bool>,
}

impl TemporaryFile {
    /// For a file of another name in the same folder.
    fn beside(file: &Path) -> Result<Self> {
        let Some(name) = file.file_name() else {
            return Err(Error::invalid(format!("{} is not the name of a file", file.display())));
        };
        let mut own = std::ffi::OsString::from(".");
        own.push(name);
        own.push(format!(".{}.part", uuid::Uuid::new_v4()));
        Ok(Self { path: file.with_file_name(own), is_done: false.into() })
    }

    fn create(&self) -> Result<DiskFile> {
        DiskFile::create(&self.path).map_err(|error| self.failed("the file cannot be made", error))
    }

    fn rename(self, to: &Path) -> Result<()> {
        disk::rename(&self.path, to).map_err(|error| self.failed("the file cannot be given its name", error))?;
        self.is_done.set(true);
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        disk::sync_folder(folder, Durability::Synced).map_err(|error| {
            let text =
                "the file was written, but it is not certain that a power cut would not take its name: pack again";
            let error = Error::io(text, error).with_kind(ErrorKind::UnknownOutcome);
            error.at_location(to.display().to_string())
        })
    }

    fn failed(&self, what: &str, error: std::io::Error) -> Error {
        Error::io(what, error).at_location(self.path.display().to_string())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.is_done.get() {
            let _ = disk::remove_file(&self.path);
        }
    }
}

/// A file that [`Storage::pack`] has written, with a value. See there for an example.
#[derive(Clone)]
#[must_use]
pub struct PackedFile {
    document: Arc<Vec<u8>>,
    protocols: Protocols,
    location: String,
}

impl PackedFile {
    /// Opens the packed file at this path, reads all of it once and compares it with its hash. See [`Storage::pack`]
    /// for an example.
    ///
    /// # Errors
    /// `NotFound` if there is no such file; `InvalidInput` if it is not a packed file; `Corrupt` if it is not as it was
    /// written: truncated, changed or damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = regular_file(path.as_ref(), "a packed file")?;
        let location = path.display().to_string();
        let limits = Limits::default();
        let (arrays, document) = PackedArrays::open(path, limits)?;
        let arrays: Arc<dyn Backend> = Arc::new(arrays);
        Ok(Self { document: Arc::new(document), protocols: Protocols::of_place(arrays, limits), location })
    }

    /// Returns the file's absolute path. See [`Storage::pack`] for an example.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Loads the value. Its chunked arrays are lazy and read from the file, as [`Storage::load`] loads them. A
    /// [`Value`](crate::Value) takes any value.
    ///
    /// # Errors
    /// As for [`Storage::load`].
    pub fn load<T: DeserializeOwned>(&self) -> Result<T> {
        from_slice(&self.document, &self.protocols).map_err(|error| error.at_location(self.location.clone()))
    }

    /// The async form of [`open`](Self::open). See [`Storage::pack`] for an example.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_async<P: AsRef<Path>>(path: P) -> impl Future<Output = Result<Self>> + Send + use<P> {
        let path = path.as_ref().to_owned();
        unblock(move || Self::open(path))
    }

    /// The async form of [`load`](Self::load). See [`Storage::pack`] for an example.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_async<T: DeserializeOwned + Send + 'static>(&self) -> impl Future<Output = Result<T>> + Send + use<T> {
        let packed = self.clone();
        unblock(move || packed.load())
    }
}

impl fmt::Debug for PackedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackedFile").field("location", &self.location).finish_non_exhaustive()
    }
}
