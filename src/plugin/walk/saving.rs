//! A save in progress: what its walk has met so far.

use crate::array::{ArrayMeta, ErasedArray};
use crate::error::{Error, Result};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::external::early::{EarlyArray, EarlyArrays};
use crate::plugin::external::planned::{External, InFiles, Planned, PlannedArray};
use crate::plugin::external::registry::Registry;
use crate::plugin::external::user_serializer::{UserObject, UserSerializer};
use crate::plugin::walk::notes::Notes;
use crate::plugin::walk::options::InForce;
use crate::plugin::walk::shared_save::{SharedPlace, SharedSave};
use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Returns the id of an array that stays where it is.
pub(crate) type Keep = Rc<dyn Fn(&dyn ErasedArray, &ArrayMeta) -> Option<PersistentId>>;

/// Which arrays a plan may have that cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incomplete {
    /// None: the first is an error.
    Refused,
    /// Those whose elements others will bring.
    #[cfg_attr(not(feature = "zarr"), allow(dead_code, reason = "sessions need Zarr"))]
    Pending,
    /// All, because nothing will be computed.
    Listed,
}

/// How a plan is made.
pub(crate) struct PlanSettings {
    /// Plain arrays of fewer bytes stay in the document.
    pub(crate) inline_below: usize,
    pub(crate) keep: Option<Keep>,
    /// The serializers of external objects.
    pub(crate) registry: Registry,
    /// Where shared values go.
    pub(crate) shared: SharedPlace,
    /// Writes large arrays during the walk, if it may do so.
    pub(crate) early: Option<Rc<EarlyArrays>>,
    pub(crate) incomplete: Incomplete,
    /// Whether nothing of the plan is kept: the walk only measures the root.
    pub(crate) measures: bool,
}

impl Default for PlanSettings {
    fn default() -> Self {
        Self {
            inline_below: 4096,
            keep: None,
            registry: Registry::default(),
            shared: SharedPlace::Beside,
            early: None,
            incomplete: Incomplete::Refused,
            measures: false,
        }
    }
}

impl PlanSettings {
    /// The settings for a walk of the same value that only measures it.
    pub(in crate::plugin) fn again(&self) -> Self {
        Self {
            inline_below: self.inline_below,
            registry: self.registry.clone(),
            incomplete: self.incomplete,
            measures: true,
            ..Self::default()
        }
    }
}

/// Plain arrays of this many bytes are written while they are borrowed.
const LARGE: usize = 16 << 20;
/// Plain arrays of fewer bytes than that are copied, as long as all copies take no more than [`MOST_COPIED`]. Those of
/// fewer than [`MEDIUM`] always are.
const MEDIUM: usize = 256 << 10;
const MOST_COPIED: usize = 64 << 20;

/// [`LARGE`], or what a test chooses.
fn large() -> usize {
    #[cfg(feature = "faults")]
    if let Some(bytes) = crate::protocol::faults::early() {
        return bytes;
    }
    LARGE
}

/// What distinguishes one object from another.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    /// Address, chunk shape and what was chosen: the same array under different options is two.
    Array(usize, Option<Vec<usize>>, ArrayMeta),
    /// The file of an array that stays where it is, however often it was loaded.
    Kept(String),
    /// What its serializer returns as the identity of an object of this type.
    Object(TypeId, usize),
}

/// A plain array, and its place in the plan.
type KnownPlain = (Arc<dyn ErasedArray>, usize);

/// A save in progress.
pub(in crate::plugin) struct SaveState {
    settings: PlanSettings,
    objects: Vec<Planned>,
    /// What was met before; the plan and `held` hold it, so that no address is used again.
    known: HashMap<Identity, usize>,
    held: Vec<Arc<dyn Any + Send + Sync>>,
    /// All places of objects but the first of each.
    places: HashSet<(usize, String)>,
    /// Plain arrays, which have no identity but their place and content: a format may walk twice.
    plain: HashMap<String, Vec<KnownPlain>>,
    /// Bytes of the plain arrays that were copied.
    copied: usize,
    pub(in crate::plugin) shared: SharedSave,
    options: InForce,
    /// The path of the chunked array that follows; our Serializer notes it.
    place: Option<String>,
    pub(in crate::plugin) notes: Notes,
}

impl SaveState {
    pub(in crate::plugin) fn new(settings: PlanSettings) -> Self {
        let shared = SharedSave::new(settings.shared);
        let (objects, known, held, places) = (Vec::new(), HashMap::new(), Vec::new(), HashSet::new());
        let (plain, options) = (HashMap::new(), InForce::default());
        let (place, notes) = (None, Notes::default());
        Self { settings, objects, known, held, places, plain, copied: 0, shared, options, place, notes }
    }

    pub(in crate::plugin) fn inline_below(&self) -> usize {
        match (self.options.inline(), self.options.divert_all()) {
            (true, _) => usize::MAX,
            (false, true) => 0,
            (false, false) => self.settings.inline_below,
        }
    }

    /// The options of the field that the walk is in.
    pub(in crate::plugin) fn options(&mut self) -> &mut InForce {
        &mut self.options
    }

    pub(in crate::plugin) fn set_place(&mut self, place: String) {
        self.place = Some(place);
    }

    /// Whether our Serializer has noted a place for what is met now.
    pub(in crate::plugin) fn has_place(&self) -> bool {
        self.place.is_some()
    }

    /// Forgets a place that was not taken.
    pub(in crate::plugin) fn forget_place(&mut self) {
        self.place = None;
    }

    /// The place of the array that is met now. It is unknown if another serializer is in between.
    pub(in crate::plugin) fn take_place(&mut self) -> String {
        self.place.take().unwrap_or_else(|| "?".to_owned())
    }

    pub(in crate::plugin) fn add_chunked(
        &mut self,
        array: &dyn ErasedArray,
        clone: impl FnOnce() -> Arc<dyn ErasedArray>,
    ) -> Result<PersistentId> {
        self.add_lazy(array, clone, false)
    }

    /// The same, for an array in the place of a plain one.
    pub(in crate::plugin) fn add_kept_plain(
        &mut self,
        array: &dyn ErasedArray,
        clone: impl FnOnce() -> Arc<dyn ErasedArray>,
    ) -> Result<PersistentId> {
        self.add_lazy(array, clone, true)
    }

    fn add_lazy(
        &mut self,
        array: &dyn ErasedArray,
        clone: impl FnOnce() -> Arc<dyn ErasedArray>,
        plain: bool,
    ) -> Result<PersistentId> {
        let path = self.take_place();
        let clone = self.options.cut(clone()).map_err(|error| error.at_path(&path))?;
        let kept = self.settings.keep.as_ref().and_then(|keep| keep(&*clone, self.options.meta()));
        let identity = match &kept {
            Some(id) => Identity::Kept(id.file().to_owned()),
            None => {
                let meta = clone.meta().or(self.options.meta());
                Identity::Array(array.address(), clone.grid().chunk_shape(), meta)
            }
        };
        if let Some(id) = self.met(&identity, &path) {
            return Ok(id);
        }
        let may_fail = match self.settings.incomplete {
            Incomplete::Refused => false,
            Incomplete::Pending => clone.is_pending(),
            Incomplete::Listed => true,
        };
        if let Some(error) = clone.failure().filter(|_| !may_fail) {
            return Err(error.at_path(&path));
        }
        self.known.insert(identity, self.objects.len());
        // What is cut otherwise may not hold the array that it was made of.
        self.held.push(array.keep_alive());
        Ok(self.add_array(kept, path, clone, plain))
    }

    pub(in crate::plugin) fn add_plain(&mut self, elements: PlainElements, path: String) -> Result<PersistentId> {
        if let Some(id) = self.measured() {
            return Ok(id);
        }
        let same_place = self.plain.entry(path.clone()).or_default();
        if let Some((_, index)) = same_place.iter().find(|(known, _)| elements.is_same(&**known)) {
            return Ok(self.objects[*index].id.clone());
        }
        self.copied = self.copied.saturating_add(elements.byte_len());
        let whole = elements.into_chunked().map_err(|error| error.at_path(&path))?;
        let array = self.options.cut(whole.clone()).map_err(|error| error.at_path(&path))?;
        same_place.push((whole, self.objects.len()));
        Ok(self.add_array(None, path, array, true))
    }

    /// An id for a plain array that is not kept, if none is.
    pub(in crate::plugin) fn measured(&self) -> Option<PersistentId> {
        self.settings.measures.then(PersistentId::fresh)
    }

    /// What writes a plain array of this many bytes now, while it is borrowed; `None` if it is to be copied.
    pub(in crate::plugin) fn early(&self, bytes: usize) -> Option<Rc<EarlyArrays>> {
        let is_large = bytes >= large() || (bytes >= MEDIUM && self.copied.saturating_add(bytes) > MOST_COPIED);
        self.settings.early.clone().filter(|_| is_large)
    }

    /// The plain arrays that were met at a path before, with their ids.
    pub(in crate::plugin) fn plain_at(&self, path: &str) -> Vec<(Arc<dyn ErasedArray>, PersistentId)> {
        let known = self.plain.get(path).into_iter().flatten();
        known.map(|(array, index)| (array.clone(), self.objects[*index].id.clone())).collect()
    }

    /// Adds a plain array that the walk has written.
    pub(in crate::plugin) fn add_written(&mut self, written: EarlyArray, path: String) -> PersistentId {
        let EarlyArray { entry, array } = written;
        self.plain.entry(path.clone()).or_default().push((array, self.objects.len()));
        let (id, external) = (entry.id.clone(), External::Written(entry));
        self.add(Planned { id, paths: vec![path], external, kept: false })
    }

    /// The registered serializer of a type, and the place where an object of it is met now.
    pub(in crate::plugin) fn serializer_of<T: Any>(
        &mut self,
        type_name: &str,
    ) -> Result<(Arc<dyn UserSerializer>, String)> {
        let path = self.take_place();
        let of_type = self.settings.registry.of_type(TypeId::of::<T>(), type_name);
        Ok((of_type.map_err(|error| error.at_path(&path))?.clone(), path))
    }

    /// The id of a user's object, if it was met before.
    pub(in crate::plugin) fn met_object<T: Any>(
        &mut self,
        identity: Option<usize>,
        path: &str,
    ) -> Option<PersistentId> {
        self.met(&Identity::Object(TypeId::of::<T>(), identity?), path)
    }

    /// Adds a user's object that is met for the first time.
    pub(in crate::plugin) fn add_object<T: Any>(
        &mut self,
        serializer: &dyn UserSerializer,
        object: Box<dyn UserObject>,
        identity: Option<usize>,
        path: String,
    ) -> PersistentId {
        let identity = identity.map(|identity| Identity::Object(TypeId::of::<T>(), identity));
        self.known.extend(identity.map(|identity| (identity, self.objects.len())));
        let id = PersistentId::fresh_of(serializer.name(), serializer.version());
        let external = External::Files(InFiles::Object(object));
        self.add(Planned { id, paths: vec![path], external, kept: false })
    }

    /// The id of an object that is in the plan already, now met at another place.
    fn met(&mut self, identity: &Identity, path: &str) -> Option<PersistentId> {
        let index = *self.known.get(identity)?;
        let planned = &mut self.objects[index];
        // A format may walk twice; and an array may be in a hundred thousand places.
        if planned.path() != path && self.places.insert((index, path.to_owned())) {
            planned.paths.push(path.to_owned());
        }
        Some(planned.id.clone())
    }

    fn add_array(
        &mut self,
        kept: Option<PersistentId>,
        path: String,
        array: Arc<dyn ErasedArray>,
        plain: bool,
    ) -> PersistentId {
        let is_kept = kept.is_some();
        let id = kept.unwrap_or_else(PersistentId::fresh);
        let external = External::Array(PlannedArray { array, meta: self.options.meta().clone(), plain });
        self.add(Planned { id, paths: vec![path], external, kept: is_kept })
    }

    fn add(&mut self, planned: Planned) -> PersistentId {
        let id = planned.id.clone();
        self.objects.push(planned);
        id
    }

    /// The error of a walk whose format says `text`.
    pub(in crate::plugin) fn explain(self, text: &str) -> Error {
        self.notes.explain(text, false, "the value cannot be serialized", "it reached an array that cannot be saved")
    }

    /// What the walk has found.
    pub(in crate::plugin) fn into_planned(self) -> (Vec<Planned>, SharedSave) {
        (self.objects, self.shared)
    }
}
