//! Turns the ids in a document into arrays, for one load.

mod ahead;
mod elements;
mod known;
mod objects;
pub(in crate::plugin) mod reading;

use crate::array::{ErasedArray, machine_memory};
use crate::backend::Backend;
use crate::engine::{Free, Origin, StoredArray};
use crate::error::{Error, Result};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::{ArrayEntry, Manifest, ObjectEntry};
use crate::plugin::document::pieces::Pieces;
use crate::plugin::external::arrays::{open, typed};
use crate::plugin::external::protocols::{Protocols, no_protocol};
use crate::plugin::external::user_serializer::Object;
use crate::plugin::resolver::ahead::{Distance, ReadAhead};
use crate::plugin::resolver::elements::{elements_of, too_large};
use crate::plugin::resolver::known::KnownItems;
use crate::plugin::resolver::objects::ObjectReader;
use crate::plugin::resolver::reading::{Listed, Read, ReadBatch, ReadItems};
use crate::plugin::walk::ahead::Walk;
use crate::plugin::walk::loading::ArrayResolver;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The bytes from which an array is read by itself, right into the memory of the value. Smaller ones are read beside
/// others.
const DIRECT_BYTES: usize = 16 << 20;

/// Builds the arrays of one document: each id one array, however often it is met. Plain fields, and objects of other
/// serializers, are read when the walk comes to one, and with it those that it will come to; everything else is not
/// even opened.
pub(crate) struct Resolver {
    backend: Option<Arc<dyn Backend>>,
    objects: ObjectReader,
    /// What all arrays have in common.
    origin: Origin,
    /// Without a manifest (a bare document) headers are read when the walk meets an id.
    listed: Option<Listed<ArrayEntry>>,
    arrays: RefCell<HashMap<String, Arc<dyn ErasedArray>>>,
    wholes: KnownItems<Arc<PlainElements>>,
    /// Bytes of the copies that the value has of arrays that are in several places.
    copied: Cell<u64>,
    /// The arrays that a type took over or read itself, by their file names.
    taken: RefCell<HashSet<String>>,
    read_objects: KnownItems<Object>,
    /// Whether there is anything to be read.
    reads_ahead: bool,
    /// Memory for plain arrays, which will be there together.
    room: Cell<u64>,
    ahead: ReadAhead,
    /// What is to be read before the walk is tried again, if it must not wait.
    postponed: Option<RefCell<ReadBatch>>,
}

impl Resolver {
    /// For a document without a manifest.
    pub(crate) fn bare(protocols: &Protocols) -> Self {
        Self {
            backend: protocols.backend(),
            objects: ObjectReader::bare(protocols.clone()),
            origin: Origin::default(),
            listed: None,
            arrays: RefCell::default(),
            wholes: KnownItems::default(),
            copied: Cell::new(0),
            taken: RefCell::default(),
            read_objects: KnownItems::default(),
            reads_ahead: false,
            room: Cell::new(machine_memory()),
            ahead: ReadAhead::default(),
            postponed: None,
        }
    }

    /// For a document of this manifest. Nothing is read yet.
    pub(crate) fn new(protocols: &Protocols, origin: Origin, manifest: &Manifest) -> Self {
        let mut resolver = Self::bare(protocols);
        resolver.origin = origin;
        resolver.listed = Some(Listed::new(&manifest.arrays, |entry| entry.id.file()));
        if manifest.is_bare() {
            resolver.objects.name(&manifest.objects);
        } else {
            resolver.objects.list(&manifest.objects);
        }
        resolver.reads_ahead = manifest.arrays.iter().any(|entry| entry.plain) || !manifest.objects.is_empty();
        resolver
    }

    /// For a walk that must not wait: where it comes to something that is to be read, it fails.
    pub(crate) fn postponing(self) -> Self {
        Self { postponed: Some(RefCell::default()), ..self }
    }

    /// What such a walk has come to, or all that is left. It is to be tried again when this was [read](Self::take_in),
    /// whatever its result.
    pub(crate) fn postponed(&self, all: bool) -> Option<ReadBatch> {
        let mut postponed = self.postponed.as_ref()?.take();
        self.wholes.begin_walk();
        self.copied.set(0);
        if postponed.is_empty() {
            return None;
        }
        if all {
            let arrays = self.listed.iter().flat_map(|listed| listed.entries().iter().filter(|entry| entry.plain));
            arrays.for_each(|entry| self.add(&entry.id, &mut postponed));
            let objects = self.objects.listed().map_or(&[][..], Listed::entries);
            objects.iter().for_each(|entry| self.add_object(entry, &mut postponed));
        }
        Some(postponed)
    }

    /// Takes in what was read.
    pub(crate) fn take_in(&self, read: ReadItems) {
        for (file, read) in read.0 {
            match read {
                Read::Array(value) => self.wholes.insert(file, value),
                Read::Object(value) => self.read_objects.insert(file, value),
            }
        }
    }

    /// Reads now, or when the walk has been given up.
    fn read(&self, reading: ReadBatch) -> Result<()> {
        match &self.postponed {
            Some(postponed) if !reading.is_empty() => {
                postponed.borrow_mut().append(reading);
                Err(Error::invalid("this is read before the walk is made once more"))
            }
            _ => {
                self.take_in(reading.run()?);
                Ok(())
            }
        }
    }

    /// Names the array or object, and the document.
    fn locate(&self, id: &PersistentId, error: Error) -> Error {
        let error = error.in_array(id.file());
        match &self.origin.document {
            Some(document) => error.in_document(document),
            None => error,
        }
    }

    /// How many arrays are read at the same time.
    fn concurrency(&self) -> usize {
        self.backend.as_ref().map_or(1, |backend| backend.concurrency())
    }

    /// The array of this id, and others that the walk will ask for.
    fn wanted(&self, id: &PersistentId, walk: Option<&Walk>) -> ReadBatch {
        let mut reading = ReadBatch::at_a_time(self.concurrency());
        self.add(id, &mut reading);
        if let Some(walk) = walk {
            self.add_following(id, walk, &mut reading);
        }
        reading
    }

    fn distance(&self, concurrency: usize) -> Distance {
        match concurrency {
            _ if self.postponed.is_some() => Distance::Again,
            0 | 1 => Distance::Near,
            _ => Distance::Far,
        }
    }

    /// Adds what the walk will ask for after an array.
    fn add_following(&self, id: &PersistentId, walk: &Walk, reading: &mut ReadBatch) {
        let Some(listed) = &self.listed else { return };
        // Others only if they are asked for as plain ones.
        let is_plain = listed.get(id.file()).is_none_or(|entry| entry.plain);
        let following = listed.after(id.file()).iter().filter(|entry| entry.plain || !is_plain);
        let taken = self.taken.borrow();
        let is_new = |file: &str| !taken.contains(file) && !self.wholes.contains(file) && !self.ahead.is_coming(file);
        let following = following.filter(|entry| is_new(entry.id.file()));
        let bytes = |entry: &ArrayEntry| Some(self.array(&entry.id).ok()?.byte_len() as u64);
        let distance = self.distance(self.concurrency());
        let entries = self.ahead.likely(following, walk, distance, ArrayEntry::path, bytes);
        drop(taken);
        for entry in entries {
            self.add(&entry.id, reading);
        }
    }

    /// Begins to read what the walk will ask for after an array, if a processor is free.
    fn read_on(&self, id: &PersistentId, walk: &Walk) {
        if self.postponed.is_some() || !self.ahead.may_begin() {
            return;
        }
        let Some(free) = Free::processor(self.concurrency()) else { return };
        let mut batch = ReadBatch::at_a_time(self.concurrency());
        self.add_following(id, walk, &mut batch);
        let bytes = batch.bytes();
        if !batch.is_empty() && !self.ahead.begin(free, batch) {
            self.room.set(self.room.get().saturating_add(bytes));
        }
    }

    /// Whether the document has an array in one place only, so that a walk that is made once comes to it once.
    fn is_met_once(&self, file: &str) -> bool {
        let entry = self.listed.as_ref().and_then(|listed| listed.get(file));
        self.postponed.is_none() && entry.is_some_and(|entry| entry.paths.len() == 1)
    }

    /// Adds an array, unless it was read already or cannot be.
    fn add(&self, id: &PersistentId, reading: &mut ReadBatch) {
        let file = id.file();
        if self.wholes.contains(file) {
            return;
        }
        let array = self.array(id).and_then(|array| match self.room.get().checked_sub(array.byte_len() as u64) {
            Some(left) => {
                self.room.set(left);
                Ok(array)
            }
            None => Err(too_large(&*array)),
        });
        match array {
            Ok(array) => reading.add(file, array.byte_len(), move || Read::Array(elements_of(&array))),
            Err(error) => self.take_in(ReadItems(vec![(file.to_owned(), Read::Array(Err(error)))])),
        }
    }

    /// The object of this id, and others that the walk will ask for.
    fn wanted_objects(&self, id: &PersistentId, entry: Option<&ObjectEntry>, walk: Option<&Walk>) -> ReadBatch {
        let concurrency = self.objects.concurrency();
        let mut reading = ReadBatch::at_a_time(concurrency);
        self.objects.add(id, entry, &mut reading);
        if let (Some(walk), Some(listed)) = (walk, self.objects.listed()) {
            let following = listed.after(id.file()).iter();
            let (distance, bytes) = (self.distance(concurrency), |entry: &ObjectEntry| Some(entry.bytes()));
            for entry in self.ahead.likely(following, walk, distance, ObjectEntry::path, bytes) {
                self.add_object(entry, &mut reading);
            }
        }
        reading
    }

    /// Adds an object, unless it was read already.
    fn add_object(&self, entry: &ObjectEntry, reading: &mut ReadBatch) {
        if !self.read_objects.contains(entry.id.file()) {
            self.objects.add(&entry.id, Some(entry), reading);
        }
    }

    /// Counts a copy: a few bytes of a document can name one array in very many places.
    fn copy(&self, id: &PersistentId, elements: Arc<PlainElements>) -> Result<Arc<PlainElements>> {
        let copied = self.copied.get().saturating_add(elements.byte_len() as u64);
        if copied > self.room.get() {
            return Err(too_large(&*self.array(id)?));
        }
        self.copied.set(copied);
        Ok(elements)
    }

    /// The array of this id; the same one each time.
    pub(crate) fn array(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
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
            Some(listed) => {
                let entry = listed
                    .get(id.file())
                    .ok_or_else(|| Error::corrupt("the document names an array that its manifest does not have"))?;
                origin.path = entry.paths.first().cloned();
                let expected = entry.expected()?;
                let (data_type, grid) = (expected.data_type.clone(), expected.grid.clone());
                (StoredArray::lazy(backend, name, expected, origin).held(), data_type, grid)
            }
            None => {
                return open(backend, id);
            }
        };
        typed(data_type, grid, Arc::new(stored))
    }
}

impl ArrayResolver for Resolver {
    fn chunked(&self, id: &PersistentId) -> Result<Arc<dyn ErasedArray>> {
        self.array(id)
    }

    fn names(&self, id: &PersistentId) -> bool {
        match &self.listed {
            Some(listed) if id.is_array() => listed.get(id.file()).is_some(),
            Some(_) => self.objects.names(id.file()),
            None => id.is_array(),
        }
    }

    fn reads_ahead(&self) -> bool {
        self.reads_ahead
    }

    fn known(&self, id: &PersistentId) -> Option<Result<Arc<PlainElements>>> {
        let note = |elements: &Arc<PlainElements>| self.ahead.note(elements.byte_len() as u64);
        let (elements, is_again) = self.wholes.ask(id.file(), note)?;
        let elements = if is_again { elements.and_then(|elements| self.copy(id, elements)) } else { elements };
        // What is not asked for again is not kept: the value has a copy of its own.
        if self.is_met_once(id.file()) {
            self.wholes.remove(id.file());
            self.taken.borrow_mut().insert(id.file().to_owned());
        }
        Some(elements)
    }

    fn whole(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Arc<PlainElements>> {
        match self.ahead.receive(id.file()) {
            Some(read) => self.take_in(read?),
            None => self.read(self.wanted(id, walk))?,
        }
        let elements = self.known(id).unwrap_or_else(|| Err(Error::invalid("an array was not read")))?;
        if let Some(walk) = walk {
            self.read_on(id, walk);
        }
        Ok(elements)
    }

    fn take(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Arc<PlainElements>> {
        let elements = match self.known(id) {
            Some(known) => known?,
            None => self.whole(id, walk)?,
        };
        // What was read is not read again where the walk begins again. What is asked for twice stays, too.
        if self.postponed.is_none() && self.taken.borrow_mut().insert(id.file().to_owned()) {
            self.wholes.remove(id.file());
        }
        Ok(elements)
    }

    fn begin_direct(&self, id: &PersistentId) -> Result<bool> {
        if self.postponed.is_some() || self.wholes.contains(id.file()) {
            return Ok(false);
        }
        let array = self.array(id)?;
        let bytes = array.byte_len();
        if bytes < DIRECT_BYTES || !self.taken.borrow_mut().insert(id.file().to_owned()) {
            return Ok(false);
        }
        match self.room.get().checked_sub(bytes as u64) {
            Some(left) => self.room.set(left),
            None => return Err(too_large(&*array)),
        }
        Ok(true)
    }

    fn object(&self, id: &PersistentId, walk: Option<&Walk>) -> Result<Object> {
        let locate = |error| self.locate(id, error);
        let entry = self.objects.entry(id).map_err(locate)?;
        let bytes = entry.map_or(0, ObjectEntry::bytes);
        let known = || self.read_objects.ask(id.file(), |_| self.ahead.note(bytes)).map(|(object, _)| object);
        let object = match known() {
            Some(known) => known,
            None => {
                self.read(self.wanted_objects(id, entry, walk)).map_err(locate)?;
                known().unwrap_or_else(|| Err(Error::invalid("an object was not read")))
            }
        };
        object.map_err(locate)
    }

    fn shared(&self, file: &str) -> Result<Pieces> {
        if self.listed.is_some() {
            return Err(Error::corrupt("a reference to a shared value that is not in this document"));
        }
        self.objects.shared(file)
    }
}
