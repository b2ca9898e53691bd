//! The serializers that are registered for a save or a load. They are found by the type of their objects when these are
//! written, and by the name in an id when they are read.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::id::{PersistentId, is_name};
use crate::plugin::document::names::{ARRAYS, SHARED, WEAK_SHARED};
use crate::plugin::external::user_serializer::{PersistentSerializer, Registered, UserSerializer};
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

/// The registered serializers. A clone shares them.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    by_name: HashMap<&'static str, Arc<dyn UserSerializer>>,
    by_type: HashMap<TypeId, Arc<dyn UserSerializer>>,
}

/// The names of serializers that need no registration.
const OWN: [&str; 3] = [ARRAYS, SHARED, WEAK_SHARED];

impl Registry {
    /// Adds a serializer, which replaces one for the same type or of the same name.
    pub(crate) fn add<P: PersistentSerializer>(&mut self, serializer: P) {
        let serializer: Arc<dyn UserSerializer> = Arc::new(Registered(Arc::new(serializer)));
        // Its objects could be saved, and not loaded.
        self.by_type.retain(|_, known| known.name() != P::NAME);
        self.by_type.insert(serializer.object_type(), serializer.clone());
        self.by_name.insert(P::NAME, serializer);
    }

    /// Fails for names that cannot be in an id.
    pub(crate) fn check(&self) -> Result<()> {
        match self.by_name.keys().find(|name| !is_name(name) || OWN.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::new(
                ErrorKind::InvalidName,
                format!(
                    "{name:?} cannot be the NAME of a serializer: it has 1 to 128 characters, none of them a control \
                        character, and is not one of {OWN:?}"
                ),
            )),
        }
    }

    /// The serializer of objects of this type.
    pub(crate) fn of_type(&self, object_type: TypeId, type_name: &str) -> Result<&Arc<dyn UserSerializer>> {
        self.check()?;
        self.by_type.get(&object_type).ok_or_else(|| {
            Error::unsupported(format!(
                "no serializer is registered for {type_name}: use Storage::builder(..).serializer(..) or \
                 Protocols::with_serializer(..)"
            ))
        })
    }

    /// The serializer of this name.
    pub(crate) fn of_id(&self, id: &PersistentId) -> Result<&dyn UserSerializer> {
        if id.is_shared() {
            return Err(Error::invalid("shared values have no type of their own: load them within their object"));
        }
        let serializer = self.by_name.get(id.name()).ok_or_else(|| no_serializer(id))?;
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        if major(serializer.version()) == major(id.version()) {
            return Ok(&**serializer);
        }
        Err(Error::unsupported(format!(
            "the object was written by version {1:?} of the serializer {0:?}, and version {2:?} is registered here",
            id.name(),
            id.version(),
            serializer.version()
        )))
    }
}

/// The error for an object whose serializer is not there.
fn no_serializer(id: &PersistentId) -> Error {
    Error::unsupported(format!(
        "the object was written by the serializer {:?}, which is not registered: register it with \
         Storage::builder(..).serializer(..) or Protocols::with_serializer(..)",
        id.name()
    ))
}
