//! The protocol for object stores among the protocols of a save or a load.

use super::Protocols;
use crate::backend::{Backend, ZarrArrays};
use crate::protocol::files::Files;
use crate::protocol::{ObjectStoreProtocol, Objects, S3Protocol};
use std::fmt::DebugStruct;
use std::sync::Arc;

impl Protocols {
    pub(super) fn object_files(&self) -> Option<Files> {
        self.object_store.as_ref().map(|protocol| Files::Objects(protocol.objects().clone()))
    }

    pub(super) fn object_backend(&self) -> Option<Arc<dyn Backend>> {
        let objects = Arc::new(self.object_store.as_ref()?.objects().clone());
        Some(Arc::new(ZarrArrays::new(objects, self.arrays.zarr(), self.limits)))
    }

    pub(super) fn debug_objects(&self, text: &mut DebugStruct<'_, '_>) {
        text.field("object_store", &self.object_store);
    }
}

#[cfg_attr(docsrs, doc(cfg(any(feature = "s3", feature = "gcs", feature = "azure"))))]
impl Protocols {
    /// Adds the protocol for object stores: arrays become Zarr arrays. If both protocols are set, the one for files is
    /// used. See [`ObjectStoreProtocol`] for an example.
    #[must_use]
    pub fn with_object_store(mut self, object_store: ObjectStoreProtocol) -> Self {
        self.object_store = Some(object_store);
        self
    }

    /// The same as [`with_object_store`](Self::with_object_store). See [`ObjectStoreProtocol`] for an example.
    #[must_use]
    pub fn with_s3(self, s3: S3Protocol) -> Self {
        self.with_object_store(s3)
    }

    /// The same of a storage.
    pub(crate) fn with_objects(mut self, objects: Objects) -> Self {
        self.object_store = Some(ObjectStoreProtocol::of(objects));
        self
    }

    /// Returns the protocol for object stores, if there is one. See [`with_object_store`](Self::with_object_store)
    /// for one.
    #[must_use]
    pub fn object_store(&self) -> Option<&ObjectStoreProtocol> {
        self.object_store.as_ref()
    }
}
