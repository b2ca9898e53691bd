//! Saves shared values: they are numbered when they are met, and written from a queue after the root.

use crate::error::{Error, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{SHARED, SHARED_VERSION};
use crate::plugin::document::path::Path;
use crate::plugin::document::pieces::{Met, NO_PARTS, ROOT, path_of};
use crate::plugin::walk::options::Options;
use serde::Serialize;
use std::any::{Any, TypeId};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// Where the shared values of a document go.
#[derive(Clone, Copy)]
pub(crate) enum SharedPlace {
    /// After the root in a body of this format.
    Body(Format),
    /// Into a file beside the arrays: the user brings the serializer.
    Beside,
}

/// The shared values that a walk met.
pub(in crate::plugin) struct SharedSave {
    /// The format of the pieces.
    format: Format,
    /// The file for them, if they are not to follow the root.
    beside: Option<PersistentId>,
    /// By address and type. The values hold their allocations, so that no address is used again.
    numbers: HashMap<(usize, TypeId), usize>,
    /// The one of number `n` is at `n - 1`.
    values: Vec<SharedValue>,
    queue: VecDeque<usize>,
    /// The value that is being walked, and its path.
    current: usize,
    path: String,
    /// Which value holds which.
    edges: Vec<(usize, usize)>,
    written: Vec<u8>,
}

struct SharedValue {
    held: HeldValue,
    /// Where it was first met strongly.
    met: Met,
    /// The options of the field there.
    options: Options,
    /// Its piece in `written`.
    piece: Range<usize>,
}

#[derive(Clone)]
enum HeldValue {
    /// Met by weak references only, so far.
    Weakly {
        _value: Rc<dyn Any>,
    },
    Strongly(Rc<dyn WritePiece>),
}

/// A value whose type is forgotten.
pub(in crate::plugin) trait WritePiece {
    /// Appends the value, after where it was met, or returns what the format says.
    fn write(
        &self,
        met: (usize, &str),
        format: Format,
        path: &Path<'_>,
        into: Vec<u8>,
    ) -> std::result::Result<Vec<u8>, String>;
}

/// The next value of the queue.
pub(in crate::plugin) struct NextPiece {
    pub(in crate::plugin) value: Rc<dyn WritePiece>,
    pub(in crate::plugin) met: Met,
    pub(in crate::plugin) options: Options,
    pub(in crate::plugin) format: Format,
    pub(in crate::plugin) path: String,
    /// All pieces so far.
    pub(in crate::plugin) written: Vec<u8>,
}

/// All shared values, when the queue is empty.
pub(in crate::plugin) struct WrittenPieces {
    pub(in crate::plugin) format: Format,
    pub(in crate::plugin) beside: Option<PersistentId>,
    /// In the order of their numbers.
    pub(in crate::plugin) lengths: Vec<usize>,
    pub(in crate::plugin) bytes: Vec<u8>,
}

impl SharedSave {
    pub(in crate::plugin) fn new(place: SharedPlace) -> Self {
        let (format, beside) = match place {
            SharedPlace::Body(format) => (format, None),
            SharedPlace::Beside => (Format::Cbor, Some(PersistentId::fresh_of(SHARED, SHARED_VERSION))),
        };
        Self {
            format,
            beside,
            numbers: HashMap::new(),
            values: Vec::new(),
            queue: VecDeque::new(),
            current: ROOT,
            path: String::new(),
            edges: Vec::new(),
            written: Vec::new(),
        }
    }

    /// Fails for shared values where the format has no place for them.
    pub(in crate::plugin) fn check(&self) -> Result<()> {
        if self.format == Format::Pickle { Err(Error::unsupported(NO_PARTS)) } else { Ok(()) }
    }

    /// The name of the file for them, if they are not to follow the root.
    pub(in crate::plugin) fn file(&self) -> Option<String> {
        self.beside.as_ref().map(|id| id.file().to_owned())
    }

    /// The number of a value that was met at a path. The first time, the value is put into the queue, as `piece` makes
    /// it.
    pub(in crate::plugin) fn meet<T>(
        &mut self,
        value: &Arc<T>,
        piece: impl FnOnce(&Arc<T>) -> Rc<dyn WritePiece>,
        path: String,
        options: Options,
    ) -> usize
    where
        T: Serialize + 'static,
    {
        let number = self.number(value);
        self.edges.push((self.current, number));
        let shared = &mut self.values[number - 1];
        if let HeldValue::Weakly { .. } = shared.held {
            let step = path.strip_prefix(&self.path).unwrap_or(&path);
            shared.met = (self.current, step.to_owned());
            shared.held = HeldValue::Strongly(piece(value));
            shared.options = options;
            self.queue.push_back(number);
        }
        number
    }

    /// The number of a value that a weak reference leads to.
    pub(in crate::plugin) fn meet_weakly<T: 'static>(&mut self, value: &Arc<T>) -> usize {
        self.number(value)
    }

    fn number<T: 'static>(&mut self, value: &Arc<T>) -> usize {
        match self.numbers.entry((Arc::as_ptr(value).addr(), TypeId::of::<T>())) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let held = HeldValue::Weakly { _value: Rc::new(value.clone()) };
                let (met, options) = ((ROOT, String::new()), Options::default());
                self.values.push(SharedValue { held, met, options, piece: 0..0 });
                *new.insert(self.values.len())
            }
        }
    }

    /// The path of a value in the object.
    pub(in crate::plugin) fn path(&self, number: usize) -> String {
        path_of(number, |number| self.values.get(number.checked_sub(1)?).map(|shared| shared.met.clone()))
    }

    /// Begins the next piece.
    pub(in crate::plugin) fn next(&mut self) -> Option<NextPiece> {
        let (number, format) = (self.queue.pop_front()?, self.format);
        let SharedValue { held, met, options, .. } = self.values.get(number - 1)?;
        let HeldValue::Strongly(value) = held else { return None };
        let (value, met, options) = (value.clone(), met.clone(), *options);
        self.current = number;
        self.path = self.path(number);
        let written = std::mem::take(&mut self.written);
        Some(NextPiece { value, met, options, format, path: self.path.clone(), written })
    }

    /// Ends the piece, which begins at `start` of all that is written.
    pub(in crate::plugin) fn done(&mut self, start: usize, written: Vec<u8>) {
        if let Some(shared) = self.values.get_mut(self.current.wrapping_sub(1)) {
            shared.piece = start..written.len();
        }
        self.written = written;
    }

    /// How many values there are, and which holds which; the root has the number 0.
    pub(in crate::plugin) fn graph(&self) -> (usize, &[(usize, usize)]) {
        (self.values.len(), &self.edges)
    }

    /// All pieces, if there are values.
    pub(in crate::plugin) fn into_written(self) -> Option<WrittenPieces> {
        if self.values.is_empty() {
            return None;
        }
        let lengths = self.values.iter().map(|shared| shared.piece.len()).collect();
        let mut bytes = Vec::with_capacity(self.written.len());
        for shared in &self.values {
            bytes.extend_from_slice(&self.written[shared.piece.clone()]);
        }
        Some(WrittenPieces { format: self.format, beside: self.beside, lengths, bytes })
    }
}
