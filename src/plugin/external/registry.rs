//! The serializers that are known to a save or a load: by the type of their objects on the way out, by the name in an id on
//! the way in.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::id::{PersistentId, is_name};
use crate::plugin::document::manifest::Entry;
use crate::plugin::document::names::ARRAYS;
use crate::plugin::document::names::{SHARED, WEAK_SHARED};
use crate::plugin::external::arrays::Arrays;
use crate::plugin::external::destination::Destination;
use crate::plugin::external::planned::Planned;
use crate::plugin::external::registered::{PersistentSerializer, Registered};
use crate::plugin::external::shared_file::SharedFiles;
use crate::protocol::Protocols;
use once_cell::sync::Lazy;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// An object whose type only its serializer knows.
pub(crate) type Object = Arc<dyn Any + Send + Sync>;

/// A serializer of objects that are kept outside the document: of arrays, of what a user has registered, of what is copied.
pub(crate) trait ObjectSerializer: Send + Sync {
    /// Writes objects of this serializer, many at once. Tells the destination what it has written as soon as it is there;
    /// after an error that is removed.
    fn write(&self, objects: &[&Planned], to: &mut Destination<'_>) -> Result<Vec<Entry>>;
    /// The object of an id, for a document that has no manifest to tell more.
    fn read(&self, id: &PersistentId, protocols: &Protocols) -> Result<Object>;
    /// Removes what belongs to an id, for a document that has no manifest.
    fn remove(&self, id: &PersistentId, protocols: &Protocols) -> Result<()>;
    /// The files that an object will have, where that is known beforehand.
    fn files(&self, object: &Object) -> Vec<String> {
        let _ = object;
        Vec::new()
    }
}

/// A serializer that a user has registered.
pub(crate) trait UserSerializer: ObjectSerializer {
    fn name(&self) -> &'static str;
    fn version(&self) -> &'static str;
    fn object_type(&self) -> TypeId;
    /// What tells the object from others, as long as the handle is there.
    fn identity(&self, object: &dyn Any) -> Option<usize>;
    /// A handle on the object that outlives the walk.
    fn handle(&self, object: &dyn Any) -> Option<Object>;
    /// The same serializer, where only objects are of interest.
    fn erased(self: Arc<Self>) -> Arc<dyn ObjectSerializer>;
}

/// The registered serializers. A clone shares them.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    by_name: HashMap<&'static str, Arc<dyn UserSerializer>>,
    by_type: HashMap<TypeId, Arc<dyn UserSerializer>>,
}

/// The names of serializers that need no registration.
const OWN: [&str; 3] = [ARRAYS, SHARED, WEAK_SHARED];

/// That of the arrays, which needs no registration.
static ARRAY_SERIALIZER: Lazy<Arc<dyn ObjectSerializer>> = Lazy::new(|| Arc::new(Arrays));

/// The serializer of arrays.
pub(crate) fn array_serializer() -> Arc<dyn ObjectSerializer> {
    ARRAY_SERIALIZER.clone()
}

impl Registry {
    /// Of these protocols.
    pub(crate) fn of(protocols: &Protocols) -> Self {
        let registered = protocols.serializers().and_then(|serializers| serializers.downcast_ref::<Self>());
        registered.cloned().unwrap_or_default()
    }

    pub(crate) fn add<P: PersistentSerializer>(&mut self) {
        let serializer: Arc<dyn UserSerializer> = Arc::new(Registered::<P>(PhantomData));
        self.by_type.insert(serializer.object_type(), serializer.clone());
        self.by_name.insert(P::NAME, serializer);
    }

    /// Refuses names that cannot stand in an id.
    pub(crate) fn check(&self) -> Result<()> {
        match self.by_name.keys().find(|name| !is_name(name) || OWN.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::new(
                ErrorKind::InvalidName,
                format!(
                    "{name:?} cannot be the NAME of a serializer: it has 1 to 128 characters, none of them a control \
                     character, and is none of {OWN:?}"
                ),
            )),
        }
    }

    /// The serializer of objects of this type.
    pub(crate) fn of_type(&self, object_type: TypeId, type_name: &str) -> Result<&Arc<dyn UserSerializer>> {
        self.check()?;
        self.by_type.get(&object_type).ok_or_else(|| {
            Error::unsupported(format!(
                "no serializer is registered for {type_name}: use Storage::builder(..).serializer::<..>() or \
                 Protocols::with_serializer::<..>()"
            ))
        })
    }

    /// The serializer of this name.
    pub(crate) fn of_id(&self, id: &PersistentId) -> Result<Arc<dyn ObjectSerializer>> {
        if id.is_array() {
            return Ok(array_serializer());
        }
        if matches!(id.name(), SHARED | WEAK_SHARED) {
            return Ok(Arc::new(SharedFiles));
        }
        let serializer = self.by_name.get(id.name()).ok_or_else(|| no_serializer(id))?;
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        if major(serializer.version()) == major(id.version()) {
            return Ok(serializer.clone().erased());
        }
        Err(Error::unsupported(format!(
            "an object that the serializer {:?} has written in version {:?}; the one registered here has version {:?}",
            id.name(),
            id.version(),
            serializer.version()
        )))
    }
}

/// The error about an object whose serializer is not there.
fn no_serializer(id: &PersistentId) -> Error {
    Error::unsupported(format!(
        "an object of the serializer {:?}, which is not known here: register it, with \
         Storage::builder(..).serializer::<..>() or Protocols::with_serializer::<..>()",
        id.name()
    ))
}

impl Protocols {
    /// Registers a serializer for the objects of one type; one that is registered for the same type or under the same name
    /// is replaced. See [`persistent`](crate::persistent).
    #[must_use]
    pub fn with_serializer<P: PersistentSerializer>(mut self) -> Self {
        let mut registry = Registry::of(&self);
        registry.add::<P>();
        self.set_serializers(Arc::new(registry));
        self
    }

    /// Removes what belongs to a persistent id: an array, or an object of a registered serializer. For documents without a
    /// manifest, such as [`serialize`](crate::serialize) makes with a format of one's own; a storage removes by itself.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use arraystow::{ChunkedArray, LocalFiles, PersistentId, Protocols};
    ///
    /// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
    /// let ramp = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..1000), &[100])?;
    /// let mut json = Vec::new();
    /// arraystow::serialize(&ramp, &mut serde_json::Serializer::new(&mut json), &protocols)?;
    ///
    /// let id: PersistentId = serde_json::from_slice(&json)?;
    /// protocols.remove_object(&id)?;
    /// assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if it is not there (object stores do not always tell); `Unsupported` if its serializer is not registered;
    /// whatever keeps it from being removed.
    pub fn remove_object(&self, id: &PersistentId) -> Result<()> {
        let serializer = Registry::of(self).of_id(id)?;
        serializer.remove(id, self).map_err(|error| error.in_array(id.file()))
    }
}
