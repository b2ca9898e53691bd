//! The serializer of chunked arrays, among the others.
//!
//! A save does not come here: it writes the chunks of all arrays together, in one pool.

use super::registry::{Object, ObjectSerializer};
use crate::array::ErasedArray;
use crate::backend::{Backend, for_protocols};
use crate::engine::{Origin, StoredArray, Wanted, WriteJob, write_arrays};
use crate::error::{Error, Result};
use crate::plugin::resolver::typed;
use crate::plugin::{ARRAYS, PersistentId};
use crate::protocol::{Protocols, no_protocol};
use std::any::{Any, TypeId};
use std::sync::Arc;

/// Arrays of any element type.
pub(super) struct Arrays;

/// What the objects of this serializer are.
type AnyArray = Arc<dyn ErasedArray>;

fn backend(protocols: &Protocols) -> Result<Arc<dyn Backend>> {
    for_protocols(protocols).ok_or_else(no_protocol)
}

fn array(object: &dyn Any) -> Option<&AnyArray> {
    object.downcast_ref()
}

impl ObjectSerializer for Arrays {
    fn name(&self) -> &str {
        ARRAYS
    }

    fn version(&self) -> &str {
        super::super::id::VERSION
    }

    fn object_type(&self) -> TypeId {
        TypeId::of::<AnyArray>()
    }

    fn identity(&self, object: &dyn Any) -> Option<usize> {
        array(object).map(|array| array.address())
    }

    fn handle(&self, object: &dyn Any) -> Option<Object> {
        array(object).map(|array| Arc::new(array.clone()) as Object)
    }

    fn write(&self, object: &Object, id: &PersistentId, protocols: &Protocols) -> Result<()> {
        let array = array(&**object).ok_or_else(|| Error::invalid("an object is of another type than it was"))?;
        let backend = backend(protocols)?;
        let codec = array.codec().or(protocols.codec()).unwrap_or(backend.default_codec());
        let job = WriteJob { name: id.file().to_owned(), path: String::new(), array: array.clone(), codec };
        write_arrays(&*backend, &[job], &Wanted::default()).map(drop)
    }

    fn read(&self, id: &PersistentId, protocols: &Protocols) -> Result<Object> {
        let stored = StoredArray::open(backend(protocols)?, id.file().to_owned(), Origin::default())?;
        let reader = stored.reader()?;
        let (data_type, grid) = (reader.data_type(), reader.grid().clone());
        Ok(Arc::new(typed(data_type, grid, Arc::new(stored))))
    }

    fn remove(&self, id: &PersistentId, protocols: &Protocols) -> Result<()> {
        backend(protocols)?.remove(id.file())
    }
}
