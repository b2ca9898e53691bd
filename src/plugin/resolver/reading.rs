//! Reads during a walk: plain arrays and the objects of other serializers, some at a time, in parallel.

use crate::engine::{Job, run};
use crate::error::Result;
use crate::lock::Mutex;
use crate::plugin::document::elements::PlainElements;
use crate::plugin::external::user_serializer::Object;
use crate::task::expecting;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The entries of a manifest of one kind, in the order in which a walk comes to them.
pub(in crate::plugin) struct Listed<E> {
    entries: Vec<E>,
    positions: HashMap<String, usize>,
}

impl<E: Clone> Listed<E> {
    pub(in crate::plugin) fn new(entries: &[E], file_of: impl Fn(&E) -> &str) -> Self {
        let positions = entries.iter().enumerate().map(|(position, entry)| (file_of(entry).to_owned(), position));
        Self { positions: positions.collect(), entries: entries.to_vec() }
    }

    pub(in crate::plugin) fn entries(&self) -> &[E] {
        &self.entries
    }

    pub(in crate::plugin) fn get(&self, file: &str) -> Option<&E> {
        self.entries.get(*self.positions.get(file)?)
    }

    /// Those that come after that of a file.
    pub(in crate::plugin) fn after(&self, file: &str) -> &[E] {
        let after = self.positions.get(file).and_then(|position| self.entries.get(position + 1..));
        after.unwrap_or_default()
    }
}

/// What was read, or why not.
pub(in crate::plugin) enum Read {
    Array(Result<Arc<PlainElements>>),
    Object(Result<Object>),
}

struct Item {
    file: String,
    bytes: usize,
    read: Box<dyn FnOnce() -> Read + Send>,
}

/// Things to be read together.
#[derive(Default)]
pub(crate) struct ReadBatch {
    items: Vec<Item>,
    concurrency: usize,
}

impl ReadBatch {
    /// Nothing yet. `concurrency` items are read at the same time.
    pub(in crate::plugin) fn at_a_time(concurrency: usize) -> Self {
        Self { items: Vec::new(), concurrency }
    }

    pub(in crate::plugin) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds something to read. `bytes` is the memory that it takes while it is read.
    pub(in crate::plugin) fn add(&mut self, file: &str, bytes: usize, read: impl FnOnce() -> Read + Send + 'static) {
        self.items.push(Item { file: file.to_owned(), bytes, read: Box::new(read) });
    }

    /// The files that are read.
    pub(in crate::plugin) fn files(&self) -> HashSet<String> {
        self.items.iter().map(|item| item.file.clone()).collect()
    }

    /// The memory that everything takes.
    pub(in crate::plugin) fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.bytes as u64).fold(0, u64::saturating_add)
    }

    /// Adds what another has.
    pub(in crate::plugin) fn append(&mut self, mut other: Self) {
        self.items.append(&mut other.items);
        self.concurrency = self.concurrency.max(other.concurrency);
    }

    /// Reads everything; what fails, fails where it is used.
    pub(crate) fn run(self) -> Result<ReadItems> {
        let read = Mutex::new(Vec::with_capacity(self.items.len()));
        let bytes = self.bytes();
        let jobs = self.items.into_iter().map(|item| Job { bytes: item.bytes, work: item });
        let read_one = |item: Item| {
            let result = (item.read)();
            read.lock().push((item.file, result));
            Ok(())
        };
        expecting(bytes, || run(self.concurrency, jobs, read_one))?;
        Ok(ReadItems(read.into_inner()))
    }
}

/// What a reading has brought, by file.
pub(crate) struct ReadItems(pub(in crate::plugin) Vec<(String, Read)>);
