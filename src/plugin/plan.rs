//! The plan of a save: the arrays that a walk met, and the walk itself.

use super::PersistentId;
use super::context::{Level, push};
use super::load::is_told;
use super::path::Path;
use super::persistent::{Object, ObjectSerializer, Registry};
use super::plain::PlainElements;
use super::ser::Serializer;
use crate::array::ErasedArray;
use crate::error::{Error, ErrorKind, Result};
use serde::Serialize;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// An array to be written, under the id that the document has for it.
pub(crate) struct PlannedArray {
    pub(crate) id: PersistentId,
    /// Every place in the object where it was met.
    pub(crate) paths: Vec<String>,
    pub(crate) array: Arc<dyn ErasedArray>,
    /// A plain `ndarray` field.
    pub(crate) plain: bool,
    /// It stays where it is.
    pub(crate) kept: bool,
}

/// Another object to be written, by its serializer.
pub(crate) struct PlannedObject {
    pub(crate) id: PersistentId,
    /// Every place in the object graph where it was met.
    pub(crate) paths: Vec<String>,
    pub(crate) object: Object,
    pub(crate) serializer: Arc<dyn ObjectSerializer>,
}

impl PlannedObject {
    /// The first path, for messages.
    pub(super) fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }
}

/// What is to be written before the document.
pub(crate) struct SavePlan {
    pub(crate) arrays: Vec<PlannedArray>,
    pub(crate) objects: Vec<PlannedObject>,
}

impl SavePlan {
    /// The ids of everything.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let arrays = self.arrays.iter().map(|planned| planned.id.file());
        arrays.chain(self.objects.iter().map(|planned| planned.id.file()))
    }

    /// The ids of all that a save writes.
    pub(crate) fn to_write(&self) -> impl Iterator<Item = &str> {
        let arrays = self.arrays.iter().filter(|planned| !planned.kept).map(|planned| planned.id.file());
        arrays.chain(self.objects.iter().map(|planned| planned.id.file()))
    }
}

/// Tells the id of an array that stays where it is.
pub(crate) type Keep = Rc<dyn Fn(&dyn ErasedArray) -> Option<PersistentId>>;

/// How a plan is made.
pub(crate) struct PlanSettings {
    /// Plain arrays of fewer bytes stay in the document.
    pub(crate) inline_below: usize,
    pub(crate) keep: Option<Keep>,
    /// Serializers of other objects than arrays.
    pub(crate) registry: Registry,
}

impl Default for PlanSettings {
    fn default() -> Self {
        Self { inline_below: 4096, keep: None, registry: Registry::default() }
    }
}

/// Walks the value once; nothing is written. `text` tells what the format's errors say.
pub(crate) fn plan<T, S>(
    value: &T,
    serializer: S,
    settings: PlanSettings,
    text: impl FnOnce(&S::Error) -> String,
) -> Result<(S::Ok, SavePlan)>
where
    T: Serialize + ?Sized,
    S: serde::Serializer,
{
    let guard = push(Level::Save(Box::new(SaveState::new(settings))));
    let result = value.serialize(Serializer::new(serializer, &Path::Root));
    let Some(Level::Save(state)) = guard.pop() else {
        return Err(Error::new(ErrorKind::Serde, "the value's Serialize implementation left a walk unfinished"));
    };
    match result {
        Ok(output) => Ok((output, SavePlan { arrays: state.arrays, objects: state.objects })),
        Err(error) => Err(state.explain(&text(&error))),
    }
}

/// A save in progress.
pub(super) struct SaveState {
    settings: PlanSettings,
    arrays: Vec<PlannedArray>,
    objects: Vec<PlannedObject>,
    /// Other objects by type and identity, where their serializer tells it; the plan holds them too.
    known_objects: HashMap<(TypeId, usize), usize>,
    /// Chunked arrays by identity; the plan holds them, so that no address is used again.
    chunked: HashMap<usize, usize>,
    /// Plain arrays, which have no identity but their place and content: a format may walk twice.
    plain: HashMap<String, Vec<(Arc<PlainElements>, usize)>>,
    /// Where the walk is, as told by our Serializer to the chunked array that follows.
    place: Option<String>,
    error: Option<Error>,
}

impl SaveState {
    fn new(settings: PlanSettings) -> Self {
        let (objects, known_objects) = (Vec::new(), HashMap::new());
        Self {
            settings,
            arrays: Vec::new(),
            objects,
            known_objects,
            chunked: HashMap::new(),
            plain: HashMap::new(),
            place: None,
            error: None,
        }
    }

    pub(super) fn inline_below(&self) -> usize {
        self.settings.inline_below
    }

    pub(super) fn set_place(&mut self, place: String) {
        self.place = Some(place);
    }

    /// The place of the array that is met now; not known if another serializer stands in between.
    pub(super) fn take_place(&mut self) -> String {
        self.place.take().unwrap_or_else(|| "?".to_owned())
    }

    pub(super) fn add_chunked(
        &mut self,
        array: &dyn ErasedArray,
        clone: impl FnOnce() -> Arc<dyn ErasedArray>,
    ) -> Result<PersistentId> {
        let path = self.take_place();
        if let Some(index) = self.chunked.get(&array.address()) {
            let planned = &mut self.arrays[*index];
            if !planned.paths.contains(&path) {
                planned.paths.push(path);
            }
            return Ok(planned.id.clone());
        }
        if let Some(error) = array.failure() {
            return Err(error.at_path(&path));
        }
        let kept = self.settings.keep.as_ref().and_then(|keep| keep(array));
        self.chunked.insert(array.address(), self.arrays.len());
        Ok(self.add(kept, path, clone(), false))
    }

    pub(super) fn add_plain(&mut self, elements: PlainElements, path: String) -> Result<PersistentId> {
        let same_place = self.plain.entry(path.clone()).or_default();
        if let Some((_, index)) = same_place.iter().find(|(known, _)| known.is_same(&elements)) {
            return Ok(self.arrays[*index].id.clone());
        }
        let elements = Arc::new(elements);
        let array = elements.to_chunked().map_err(|error| error.at_path(&path))?;
        same_place.push((elements, self.arrays.len()));
        Ok(self.add(None, path, array, true))
    }

    /// An object that is no array, as its registered serializer tells.
    pub(super) fn add_object<T: Any>(&mut self, object: &T, type_name: &str) -> Result<PersistentId> {
        let path = self.take_place();
        let of_type = self.settings.registry.of_type(TypeId::of::<T>(), type_name);
        let serializer = of_type.map_err(|error| error.at_path(&path))?.clone();
        let identity = serializer.identity(object).map(|identity| (TypeId::of::<T>(), identity));
        if let Some(index) = identity.and_then(|identity| self.known_objects.get(&identity)) {
            let planned = &mut self.objects[*index];
            if !planned.paths.contains(&path) {
                planned.paths.push(path);
            }
            return Ok(planned.id.clone());
        }
        let handle = serializer.handle(object);
        let object = handle.ok_or_else(|| Error::invalid("a serializer does not know its own type").at_path(&path))?;
        let id = PersistentId::fresh_of(serializer.name(), serializer.version());
        if let Some(identity) = identity {
            self.known_objects.insert(identity, self.objects.len());
        }
        self.objects.push(PlannedObject { id: id.clone(), paths: vec![path], object, serializer });
        Ok(id)
    }

    fn add(
        &mut self,
        kept: Option<PersistentId>,
        path: String,
        array: Arc<dyn ErasedArray>,
        plain: bool,
    ) -> PersistentId {
        let is_kept = kept.is_some();
        let id = kept.unwrap_or_else(PersistentId::fresh);
        self.arrays.push(PlannedArray { id: id.clone(), paths: vec![path], array, plain, kept: is_kept });
        id
    }

    pub(super) fn keep_error(&mut self, error: &Error) {
        self.error.get_or_insert_with(|| error.clone());
    }

    /// The error of the walk: an array's own, if that is what the format tells of. Some formats forget what they were
    /// told; then both errors are told.
    fn explain(self, text: &str) -> Error {
        const FAILED: &str = "the value cannot be serialized";
        match self.error {
            Some(error) if is_told(&error, text) => error,
            Some(error) => error.context(format!("{FAILED}: {text}; it came to an array that cannot be saved")),
            None => Error::new(ErrorKind::Serde, format!("{FAILED}: {text}")),
        }
    }
}
