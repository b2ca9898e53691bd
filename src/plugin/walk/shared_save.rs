//! Shared values on their way out: numbered when they are met, written from a queue after the root.

use crate::error::{Error, Result};
use crate::plugin::document::frame::Format;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::path::{KeyText, Path};
use crate::plugin::document::pieces::{Met, ROOT, SharedParts, place, write};
use crate::plugin::external::shared_file;
use crate::plugin::fields::shared::{STRONG, VERSION};
use crate::plugin::walk::circle;
use crate::plugin::walk::context::saving;
use crate::plugin::walk::options::Options;
use crate::plugin::walk::saving::SaveState;
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
    /// Into a file beside the arrays: the format is the user's.
    Beside,
}

/// The shared values that a walk met.
pub(in crate::plugin) struct SharedSave {
    /// In which the pieces are written.
    format: Format,
    /// The file for them, if they are not to follow the root.
    beside: Option<PersistentId>,
    /// By address and type. The values hold their allocations, so that no address is used again.
    numbers: HashMap<(usize, TypeId), usize>,
    /// The one of number `n` is at `n - 1`.
    values: Vec<Planned>,
    queue: VecDeque<usize>,
    /// Which one is being walked, and its place.
    current: usize,
    place: String,
    /// Who holds whom.
    edges: Vec<(usize, usize)>,
    written: Vec<u8>,
}

struct Planned {
    held: Held,
    /// Where it was first met strongly.
    met: Met,
    /// The options of the field there.
    options: Options,
    /// Its piece in `written`.
    piece: Range<usize>,
}

#[derive(Clone)]
enum Held {
    /// Met by weak references only, so far.
    Weakly {
        _value: Rc<dyn Any>,
    },
    Strongly(Rc<dyn Value>),
}

/// A value of a type that is forgotten.
trait Value {
    fn write(&self, met: (usize, &str), format: Format, path: &Path<'_>, into: Vec<u8>) -> Result<Vec<u8>, String>;
}

impl<T: Serialize> Value for Arc<T> {
    fn write(&self, met: (usize, &str), format: Format, path: &Path<'_>, into: Vec<u8>) -> Result<Vec<u8>, String> {
        write(&**self, Some(met), format, path, into)
    }
}

struct Place<'a>(&'a str);

impl KeyText for Place<'_> {
    fn text(&self) -> String {
        self.0.to_owned()
    }
}

impl SharedSave {
    pub(in crate::plugin) fn new(place: SharedPlace) -> Self {
        let (format, beside) = match place {
            SharedPlace::Body(format) => (format, None),
            SharedPlace::Beside => (Format::Cbor, Some(PersistentId::fresh_of(STRONG, VERSION))),
        };
        Self {
            format,
            beside,
            numbers: HashMap::new(),
            values: Vec::new(),
            queue: VecDeque::new(),
            current: ROOT,
            place: String::new(),
            edges: Vec::new(),
            written: Vec::new(),
        }
    }

    /// The name of the file for them, if they are not to follow the root.
    pub(in crate::plugin) fn file(&self) -> Option<String> {
        self.beside.as_ref().map(|id| id.file().to_owned())
    }

    /// The number of a value that was met at a place; the first time it is put into the queue.
    pub(in crate::plugin) fn meet<T>(&mut self, value: &Arc<T>, path: String, options: Options) -> usize
    where
        T: Serialize + 'static,
    {
        let number = self.number(value);
        self.edges.push((self.current, number));
        let planned = &mut self.values[number - 1];
        if let Held::Weakly { .. } = planned.held {
            let step = path.strip_prefix(&self.place).unwrap_or(&path);
            planned.met = (self.current, step.to_owned());
            planned.held = Held::Strongly(Rc::new(value.clone()));
            planned.options = options;
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
                let held = Held::Weakly { _value: Rc::new(value.clone()) };
                let (met, options) = ((ROOT, String::new()), Options::default());
                self.values.push(Planned { held, met, options, piece: 0..0 });
                *new.insert(self.values.len())
            }
        }
    }

    fn place(&self, number: usize) -> String {
        place(number, |number| self.values.get(number.checked_sub(1)?).map(|planned| planned.met.clone()))
    }

    fn next(&mut self) -> Option<Next> {
        let (number, format) = (self.queue.pop_front()?, self.format);
        let Planned { held, met, options, .. } = self.values.get(number - 1)?;
        let Held::Strongly(value) = held else { return None };
        let (value, met, options) = (value.clone(), met.clone(), *options);
        self.current = number;
        self.place = self.place(number);
        let written = std::mem::take(&mut self.written);
        Some(Next { value, met, options, format, place: self.place.clone(), written })
    }

    fn done(&mut self, start: usize, written: Vec<u8>) {
        if let Some(planned) = self.values.get_mut(self.current.wrapping_sub(1)) {
            planned.piece = start..written.len();
        }
        self.written = written;
    }

    /// What follows the root in the body, or is to be written beside it.
    pub(in crate::plugin) fn finish(self) -> Result<(SharedPlan, Option<crate::plugin::walk::saving::Planned>)> {
        let format = self.format;
        if self.values.is_empty() {
            return Ok((SharedPlan::default(), None));
        }
        if let Some(circle) = circle::find(self.values.len(), &self.edges) {
            return Err(self.circle(&circle));
        }
        let lengths: Vec<_> = self.values.iter().map(|planned| planned.piece.len()).collect();
        let mut bytes = write(&lengths, None, format, &Path::Root, Vec::new())
            .map_err(|error| Error::invalid(format!("the table of shared values cannot be written: {error}")))?;
        let table = bytes.len() as u64;
        bytes.reserve_exact(self.written.len());
        for planned in &self.values {
            bytes.extend_from_slice(&self.written[planned.piece.clone()]);
        }
        let parts = SharedParts { root: 0, table };
        Ok(match self.beside {
            Some(id) => (SharedPlan::default(), Some(shared_file::planned(id, shared_file::Body { parts, bytes }))),
            None => (SharedPlan { parts: Some(parts), bytes }, None),
        })
    }

    fn circle(&self, circle: &[usize]) -> Error {
        const MOST: usize = 6;
        let shown = |number: &usize| match self.place(*number) {
            place if place.is_empty() => "the object itself".to_owned(),
            place => place,
        };
        let mut places: Vec<_> = circle.iter().take(MOST).map(shown).collect();
        if circle.len() > MOST {
            places.push(format!("({} more)", circle.len() - MOST));
        }
        let error = Error::unsupported(format!(
            "shared values hold one another in a circle, so that they would never be freed and could not be loaded: {} and \
             back; make one of these references a WeakShared",
            places.join(" -> ")
        ));
        match circle.first() {
            Some(first) => error.at_path(&self.place(*first)),
            None => error,
        }
    }
}

struct Next {
    value: Rc<dyn Value>,
    met: Met,
    options: Options,
    format: Format,
    place: String,
    written: Vec<u8>,
}

/// Writes the pieces of all that was met, and of what is met meanwhile. Gives what the format says and the place.
pub(in crate::plugin) fn walk() -> Result<(), (String, String)> {
    let begin = |state: &mut SaveState| {
        let next = state.shared.next()?;
        state.options().put(next.options);
        Some(next)
    };
    while let Some(next) = saving(begin).map_err(|error| (error.to_string(), String::new()))? {
        let start = next.written.len();
        let place = Place(&next.place);
        let met = (next.met.0, next.met.1.as_str());
        let written = next.value.write(met, next.format, &Path::Shared(&place), next.written);
        let done = written.map(|written| saving(|state| state.shared.done(start, written)));
        if let Err(text) | Ok(Err(text)) = done.map(|done| done.map_err(|error| error.to_string())) {
            return Err((text, next.place));
        }
    }
    Ok(())
}

/// What a body has beside the root.
#[derive(Default)]
pub(crate) struct SharedPlan {
    parts: Option<SharedParts>,
    /// Table and pieces, until they are part of the body.
    bytes: Vec<u8>,
}

impl SharedPlan {
    /// Of a body that is written already.
    pub(crate) fn of(parts: Option<SharedParts>) -> Self {
        Self { parts, bytes: Vec::new() }
    }

    /// Appends table and pieces to the root.
    pub(in crate::plugin) fn append_to(&mut self, body: &mut Vec<u8>) {
        if let Some(parts) = &mut self.parts {
            parts.root = body.len() as u64;
            body.append(&mut self.bytes);
        }
    }

    /// What the manifest says of it.
    pub(crate) fn parts(&self) -> Option<SharedParts> {
        self.parts
    }
}
