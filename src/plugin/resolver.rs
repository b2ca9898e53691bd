//! From the ids in a document to arrays, for one load.

use super::ahead::{Judgement, Walk};
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
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// So many of the arrays that follow in the document are looked at for those that will be asked for.
const MOST_AHEAD: usize = 1024;
/// What is read ahead is at most so many times as large as what was asked for before: a type may ask for something lazily, or
/// not at all, of which that cannot be known.
const TIMES_AHEAD: u64 = 2;

/// Builds the arrays of one document: each id one array, however often it is met. Plain fields are read when the walk comes to
/// the first of them, and with it those that it will come to; everything else is not even opened.
pub(crate) struct Resolver {
    backend: Option<Arc<dyn Backend>>,
    objects: ObjectReader,
    /// What all arrays have in common.
    origin: Origin,
    /// Without a manifest (a bare document) headers are read when the walk meets an id.
    listed: Option<Listed>,
    arrays: RefCell<HashMap<String, Arc<dyn ErasedArray>>>,
    whole: RefCell<HashMap<String, Whole>>,
    /// Memory for plain arrays, which will be there together.
    room: Cell<u64>,
    /// Bytes of the plain arrays that were asked for.
    asked: Cell<u64>,
    /// What is to be read before the walk is tried again, if it must not wait.
    postponed: Option<RefCell<Reading>>,
}

/// The arrays of a manifest, in the order in which a walk comes to them.
struct Listed {
    entries: Vec<ManifestEntry>,
    positions: HashMap<String, usize>,
    any_plain: bool,
}

/// All elements of an array that was read.
struct Whole {
    elements: Result<Arc<PlainElements>>,
    /// Whether it was asked for.
    asked: bool,
}

/// Plain arrays to be read together, in parallel.
#[derive(Default)]
pub(crate) struct Reading {
    arrays: Vec<(String, Arc<dyn ErasedArray>)>,
    concurrency: usize,
}

type ReadArrays = Vec<(String, Result<Arc<PlainElements>>)>;

impl Reading {
    /// Reads them; what fails, fails where it is used.
    pub(crate) fn run(self) -> Result<ReadArrays> {
        let read = Mutex::new(Vec::with_capacity(self.arrays.len()));
        let jobs = self.arrays.into_iter().map(|work| Job { bytes: byte_len(&*work.1), work });
        run(self.concurrency, jobs, |(file, array)| {
            let elements = elements_of(&*array);
            read.lock().unwrap_or_else(PoisonError::into_inner).push((file, elements));
            Ok(())
        })?;
        Ok(read.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

fn byte_len(array: &dyn ErasedArray) -> usize {
    array.grid().len().saturating_mul(array.data_type().size())
}

impl Resolver {
    /// For a document without a manifest.
    pub(crate) fn bare(protocols: &Protocols) -> Self {
        Self {
            backend: for_protocols(protocols),
            objects: ObjectReader::bare(protocols.clone()),
            origin: Origin::default(),
            listed: None,
            arrays: RefCell::default(),
            whole: RefCell::default(),
            room: Cell::new(machine_memory()),
            asked: Cell::new(0),
            postponed: None,
        }
    }

    /// For a document of this manifest. Reads the objects of other serializers now; what fails there fails only where it is
    /// used.
    pub(crate) fn new(protocols: &Protocols, origin: Origin, manifest: &Manifest) -> Result<Self> {
        let entries = manifest.arrays.clone();
        let numbered = entries.iter().enumerate();
        let positions = numbered.map(|(position, entry)| (entry.id.file().to_owned(), position)).collect();
        let any_plain = entries.iter().any(|entry| entry.plain);
        let mut resolver = Self::bare(protocols);
        resolver.origin = origin;
        resolver.listed = Some(Listed { entries, positions, any_plain });
        resolver.objects.read_all(&manifest.objects)?;
        Ok(resolver)
    }

    /// Whether there are plain arrays.
    pub(crate) fn has_plain(&self) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.any_plain)
    }

    /// For a walk that must not wait: where it comes to plain arrays that are to be read, it fails.
    pub(crate) fn postponing(self) -> Self {
        Self { postponed: Some(RefCell::default()), ..self }
    }

    /// What such a walk has come to, or all that is left. It is to be tried again when this was [read](Self::take_in),
    /// whatever its result.
    pub(crate) fn postponed(&self, all: bool) -> Option<Reading> {
        let mut postponed = self.postponed.as_ref()?.take();
        if postponed.arrays.is_empty() {
            return None;
        }
        if all && let Some(listed) = &self.listed {
            for entry in listed.entries.iter().filter(|entry| entry.plain) {
                self.add(&entry.id, &mut postponed);
            }
        }
        Some(postponed)
    }

    /// Takes in what was read.
    pub(crate) fn take_in(&self, read: ReadArrays) {
        let whole = |(file, elements)| (file, Whole { elements, asked: false });
        self.whole.borrow_mut().extend(read.into_iter().map(whole));
    }

    /// Names the array or object, and the document.
    fn locate(&self, id: &PersistentId, error: Error) -> Error {
        let error = error.in_array(id.file());
        match &self.origin.document {
            Some(document) => error.in_document(document),
            None => error,
        }
    }

    /// The array of this id, and others that the walk will ask for.
    fn wanted(&self, id: &PersistentId, walk: Option<&Walk>) -> Reading {
        let concurrency = self.backend.as_ref().map_or(1, |backend| backend.concurrency());
        let mut reading = Reading { arrays: Vec::new(), concurrency };
        self.add(id, &mut reading);
        let (Some(walk), Some(listed)) = (walk, &self.listed) else { return reading };
        let Some(position) = listed.positions.get(id.file()) else { return reading };
        // Where each wait is long, or the walk begins anew after it, more is guessed.
        let is_far = concurrency > 1 || self.postponed.is_some();
        let judgement = if is_far { Judgement::Lenient } else { Judgement::Strict };
        let mut left = self.asked.get().saturating_mul(TIMES_AHEAD);
        // Others only if they are asked for as plain ones.
        let is_plain = listed.entries.get(*position).is_none_or(|entry| entry.plain);
        let following = listed.entries.iter().skip(position + 1).filter(|entry| entry.plain || !is_plain);
        for entry in following.take(MOST_AHEAD).filter(|entry| walk.leads_to(entry.path(), judgement)) {
            let Ok(array) = self.array(&entry.id) else { continue };
            match left.checked_sub(byte_len(&*array) as u64) {
                Some(rest) => left = rest,
                None => break,
            }
            self.add(&entry.id, &mut reading);
        }
        reading
    }

    /// Adds an array, unless it was read already or cannot be.
    fn add(&self, id: &PersistentId, reading: &mut Reading) {
        let file = id.file();
        if self.whole.borrow().contains_key(file) {
            return;
        }
        let array = self.array(id).and_then(|array| match self.room.get().checked_sub(byte_len(&*array) as u64) {
            Some(left) => {
                self.room.set(left);
                Ok(array)
            }
            None => Err(too_large(&*array)),
        });
        match array {
            Ok(array) => reading.arrays.push((file.to_owned(), array)),
            Err(error) => self.take_in(vec![(file.to_owned(), Err(error))]),
        }
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
        let (stored, data_type, grid) = match &self.listed {
            Some(Listed { entries, positions, .. }) => {
                let entry = positions.get(id.file()).and_then(|position| entries.get(*position)).ok_or_else(|| {
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

    fn reads_ahead(&self) -> bool {
        self.has_plain()
    }

    fn known(&self, id: &PersistentId) -> Option<Result<Arc<PlainElements>>> {
        let mut read = self.whole.borrow_mut();
        let whole = read.get_mut(id.file())?;
        if !std::mem::replace(&mut whole.asked, true)
            && let Ok(elements) = &whole.elements
        {
            self.asked.set(self.asked.get().saturating_add(elements.byte_len() as u64));
        }
        Some(whole.elements.clone())
    }

    fn whole(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Arc<PlainElements>> {
        let reading = self.wanted(id, walk);
        if let Some(postponed) = &self.postponed
            && !reading.arrays.is_empty()
        {
            let mut postponed = postponed.borrow_mut();
            postponed.concurrency = reading.concurrency;
            postponed.arrays.extend(reading.arrays);
            return Err(Error::invalid("an array is read before the object is read once more"));
        }
        self.take_in(reading.run()?);
        self.known(id).unwrap_or_else(|| Err(Error::invalid("an array was not read")))
    }

    fn object(&self, id: &PersistentId) -> Result<Object> {
        self.objects.object(id).map_err(|error| self.locate(id, error))
    }

    fn shared(&self, file: &str) -> Result<Pieces> {
        if self.listed.is_some() {
            return Err(Error::corrupt("a reference to a shared value that is not in this document"));
        }
        self.objects.shared(file)
    }
}
