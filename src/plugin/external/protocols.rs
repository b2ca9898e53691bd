//! What `Protocols` do with arrays and objects of user serializers.

use crate::backend::for_protocols;
use crate::error::Result;
use crate::plugin::document::id::PersistentId;
use crate::plugin::external::registry::Registry;
use crate::plugin::external::shared_file;
use crate::plugin::external::user_serializer::PersistentSerializer;
use crate::protocol::{Protocols, no_protocol};
use std::sync::Arc;

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
    /// `NotFound` if it is not there (object stores do not always report it); `Unsupported` if its serializer is not registered;
    /// whatever keeps it from being removed.
    pub fn remove_object(&self, id: &PersistentId) -> Result<()> {
        let removed = match id {
            id if id.is_array() => {
                for_protocols(self).ok_or_else(no_protocol).and_then(|backend| backend.remove(id.file()))
            }
            id if id.is_shared() => shared_file::remove(id, self),
            id => return Registry::of(self).of_id(id)?.remove(id, self).map_err(|error| error.in_array(id.file())),
        };
        removed.map_err(|error| error.in_array(id.file()))
    }
}
