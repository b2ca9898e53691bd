//! From the ids in a document to arrays, for one load.

use super::load::ArrayResolver;
use super::manifest::{Manifest, ManifestEntry};
use super::persistent::{AnyArray, Object, ObjectReader};
use super::shared::Pieces;
use super::{PersistentId, PlainElements};
use crate::array::{ChunkedArray, DataType, ErasedArray, StoredBytes, machine_memory, with_element};
use crate::backend::{Backend, for_protocols};
use crate::engine::{Job, Origin, StoredArray, run};
use crate::error::{Error, Result};
use crate::protocol::{Protocols, no_protocol};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Builds the arrays of one document: each id one array, however often it is met. Plain fields are read beforehand, in
/// parallel; everything else is not even opened.
pub(crate) struct Resolver {
    backend: Option<Arc<dyn Backend>>,
    objects: ObjectReader,
    /// What all arrays have in common.
    origin: Origin,
    /// Without a manifest (a bare document) headers are read when the walk meets an id.
    manifest: Option<HashMap<String, ManifestEntry>>,
    arrays: RefCell<HashMap<String, Arc<dyn ErasedArray>>>,
    whole: RefCell<HashMap<String, Result<Arc<PlainElements>>>>,
}

impl Resolver {
    /// For a document without a manifest.
    pub(crate) fn bare(protocols: &Protocols) -> Self {
        Self {
            backend: for_protocols(protocols),
            objects: ObjectReader::bare(protocols.clone()),
            origin: Origin::default(),
            manifest: None,
            arrays: RefCell::default(),
            whole: RefCell::default(),
        }
    }

    /// For a document of this manifest. Reads the plain fields and the objects of other serializers now; what fails there
    /// fails only where it is used.
    pub(crate) fn new(protocols: &Protocols, origin: Origin, manifest: &Manifest) -> Result<Self> {
        let entries = manifest.arrays.iter().map(|entry| (entry.id.file().to_owned(), entry.clone())).collect();
        let mut resolver = Self::bare(protocols);
        resolver.origin = origin;
        resolver.manifest = Some(entries);
        resolver.read_plain(manifest)?;
        resolver.objects.read_all(&manifest.objects)?;
        Ok(resolver)
    }

    /// Names the array or object, and the document.
    fn locate(&self, id: &PersistentId, error: Error) -> Error {
        let error = error.in_array(id.file());
        match &self.origin.document {
            Some(document) => error.in_document(document),
            None => error,
        }
    }

    fn read_plain(&self, manifest: &Manifest) -> Result<()> {
        let mut jobs = Vec::new();
        // All of them will be in memory together.
        let mut room = machine_memory();
        for entry in manifest.arrays.iter().filter(|entry| entry.plain) {
            match self.array(&entry.id) {
                Ok(array) => {
                    let bytes = array.grid().len().saturating_mul(array.data_type().size());
                    let Some(left) = room.checked_sub(bytes as u64) else {
                        let error = too_large(&*array);
                        self.whole.borrow_mut().insert(entry.id.file().to_owned(), Err(error));
                        continue;
                    };
                    room = left;
                    jobs.push(Job { work: (entry.id.file(), array), bytes });
                }
                Err(error) => {
                    self.whole.borrow_mut().insert(entry.id.file().to_owned(), Err(error));
                }
            }
        }
        let read = Mutex::new(Vec::with_capacity(jobs.len()));
        let concurrency = self.backend.as_ref().map_or(1, |backend| backend.concurrency());
        run(concurrency, jobs.into_iter(), |(file, array)| {
            let elements = elements_of(&*array);
            read.lock().unwrap_or_else(PoisonError::into_inner).push((file.to_owned(), elements));
            Ok(())
        })?;
        self.whole.borrow_mut().extend(read.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn array(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
        if let Some(array) = self.arrays.borrow().get(id.file()) {
            return Ok(array.clone());
        }
        let array = self.build(id).map_err(|error| self.locate(id, error))?;
        self.arrays.borrow_mut().insert(id.file().to_owned(), array.clone());
        Ok(array)
    }

    fn build(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
        if !id.is_array() {
            return Err(Error::unsupported(format!(
                "an object of the serializer {:?} is stored where the type asks for an array",
                id.name()
            )));
        }
        let backend = self.backend.clone().ok_or_else(no_protocol)?;
        let mut origin = self.origin.clone();
        let name = id.file().to_owned();
        let (stored, data_type, grid) = match &self.manifest {
            Some(entries) => {
                let entry = entries.get(id.file()).ok_or_else(|| {
                    Error::corrupt("the object names an array that the document's manifest does not have")
                })?;
                origin.path = entry.paths.first().cloned();
                let expected = entry.expected()?;
                let (data_type, grid) = (expected.data_type, expected.grid.clone());
                (StoredArray::lazy(backend, name, expected, origin), data_type, grid)
            }
            None => {
                let object = self.objects.read(id)?;
                let any = object.downcast_ref::<AnyArray>().ok_or_else(|| Error::invalid("an array is none"))?;
                return Ok(any.array.clone());
            }
        };
        Ok(typed(data_type, grid, Arc::new(stored)))
    }
}

/// The typed array of stored bytes, with its type forgotten again.
pub(crate) fn typed(data_type: DataType, grid: crate::ChunkGrid, stored: Arc<dyn StoredBytes>) -> Arc<dyn ErasedArray> {
    with_element!(data_type, T => Arc::new(ChunkedArray::<T>::from_stored(grid, stored)))
}

/// The error about plain arrays that do not fit into memory.
fn too_large(array: &dyn ErasedArray) -> Error {
    let error = Error::limit(format!(
        "an array of shape {:?} and type {} does not fit into memory, beside the object's other plain arrays; load it as \
         a ChunkedArray",
        array.grid().shape(),
        array.data_type()
    ));
    match array.stored() {
        Some(stored) => stored.locate(error),
        None => error,
    }
}

fn elements_of(array: &dyn ErasedArray) -> Result<Arc<PlainElements>> {
    with_element!(array.data_type(), T => match array.as_any().downcast_ref::<ChunkedArray<T>>() {
        Some(array) => Ok(Arc::new(PlainElements::from_array(array.compute()?))),
        None => Err(Error::invalid("an array is not of its own data type")),
    })
}

impl ArrayResolver for Resolver {
    fn chunked(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
        self.array(id)
    }

    fn whole(&self, id: &PersistentId) -> Result<Arc<PlainElements>> {
        if let Some(elements) = self.whole.borrow().get(id.file()) {
            return elements.clone();
        }
        let elements = self.array(id).and_then(|array| elements_of(&*array));
        self.whole.borrow_mut().insert(id.file().to_owned(), elements.clone());
        elements
    }

    fn object(&self, id: &PersistentId) -> Result<Object> {
        self.objects.object(id).map_err(|error| self.locate(id, error))
    }

    fn shared(&self, file: &str) -> Result<Pieces> {
        if self.manifest.is_some() {
            return Err(Error::corrupt("a reference to a shared value that is not in this document"));
        }
        self.objects.shared(file)
    }
}
