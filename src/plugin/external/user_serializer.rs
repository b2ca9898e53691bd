//! The interface for users: a serializer of one type of objects, and what the crate makes of it.

use crate::array::panic_text;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::id::PersistentId;
use crate::protocol::Protocols;
use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Any error of a serializer of one's own.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Keeps the objects of one type in files beside the document.
///
/// The functions work in two phases. A save walks the object graph first; an object of this type is cloned there, which
/// should be cheap (a handle on what is large, as an `Arc`), and gets an id. [`write`](Self::write) comes after the walk,
/// on any thread, for many objects at once; a load calls [`read`](Self::read) when its walk comes to the object, on any thread,
/// perhaps for others that the walk will come to as well. What the type does not ask for is not read. A panic in them becomes
/// an error.
///
/// Files are made with [`Protocols::create_file`] and named after the id; the document's manifest lists them with their
/// checksums. So a document is removed, copied and verified without the serializer, a save that fails removes what was
/// written, and a sweep finds what a killed one left.
///
/// See [the module](crate::persistent) for an example.
pub trait PersistentSerializer: Send + Sync + 'static {
    /// The type of the objects.
    type Object: Clone + Send + Sync + 'static;

    /// The name by which documents refer to this serializer: for good. A domain or a crate in it keeps it from meeting
    /// another.
    const NAME: &'static str;

    /// The version of what [`write`](Self::write) writes; the id has it. A document with another major number (what is
    /// before the first dot) is not given to [`read`](Self::read).
    const VERSION: &'static str = "1.0.0";

    /// Writes an object to files named after the id.
    ///
    /// # Errors
    /// Any; the save fails with it.
    fn write(object: &Self::Object, id: &PersistentId, protocols: &Protocols) -> Result<(), BoxError>;

    /// The object of that id. Lazy, where it can be: the protocols may be kept, to open the files when they are needed.
    ///
    /// # Errors
    /// Any; a load that comes to the object fails with it.
    fn read(id: &PersistentId, protocols: &Protocols) -> Result<Self::Object, BoxError>;

    /// Removes the files of that id. Documents with a manifest do without: this is for
    /// [`Protocols::remove_object`].
    ///
    /// # Errors
    /// Any.
    fn remove(id: &PersistentId, protocols: &Protocols) -> Result<(), BoxError>;

    /// What two handles on one object have in common and no other object has, as long as one of them lives: the address in
    /// an `Arc`. The object is then written once, however often it is met. By default nothing: each is written.
    #[must_use]
    fn identity(object: &Self::Object) -> Option<usize> {
        let _ = object;
        None
    }
}

/// An object whose type only its serializer knows.
pub(crate) type Object = Arc<dyn Any + Send + Sync>;

/// A serializer that a user has registered, with its type forgotten.
pub(crate) trait UserSerializer: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> &'static str;
    fn object_type(&self) -> TypeId;
    /// What distinguishes the object from others, as long as a handle on it lives.
    fn identity(&self, object: &dyn Any) -> Option<usize>;
    /// A handle on an object of its type that outlives the walk.
    fn handle(&self, object: &dyn Any) -> Option<Box<dyn UserObject>>;
    fn read(&self, id: &PersistentId, protocols: &Protocols) -> Result<Object>;
    fn remove(&self, id: &PersistentId, protocols: &Protocols) -> Result<()>;
}

/// A handle on an object, which knows its serializer.
pub(crate) trait UserObject: Send + Sync {
    fn write(&self, id: &PersistentId, protocols: &Protocols) -> Result<()>;
}

pub(in crate::plugin) struct Registered<P>(pub(in crate::plugin) PhantomData<fn() -> P>);

impl<P: PersistentSerializer> UserSerializer for Registered<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> &'static str {
        P::VERSION
    }

    fn object_type(&self) -> TypeId {
        TypeId::of::<P::Object>()
    }

    fn identity(&self, object: &dyn Any) -> Option<usize> {
        P::identity(object.downcast_ref()?)
    }

    fn handle(&self, object: &dyn Any) -> Option<Box<dyn UserObject>> {
        object.downcast_ref::<P::Object>().map(|object| Box::new(Handle::<P>(object.clone())) as Box<dyn UserObject>)
    }

    fn read(&self, id: &PersistentId, protocols: &Protocols) -> Result<Object> {
        calling::<P, _>("reads", || P::read(id, protocols)).map(|object| Arc::new(object) as Object)
    }

    fn remove(&self, id: &PersistentId, protocols: &Protocols) -> Result<()> {
        calling::<P, _>("removes", || P::remove(id, protocols))
    }
}

struct Handle<P: PersistentSerializer>(P::Object);

impl<P: PersistentSerializer> UserObject for Handle<P> {
    fn write(&self, id: &PersistentId, protocols: &Protocols) -> Result<()> {
        calling::<P, _>("writes", || P::write(&self.0, id, protocols))
    }
}

fn calling<P: PersistentSerializer, R>(what: &str, call: impl FnOnce() -> Result<R, BoxError>) -> Result<R> {
    let name = P::NAME;
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| failed(name, error)),
        Err(panic) => {
            let text = panic_text(&*panic);
            Err(Error::new(ErrorKind::UserCode, format!("the serializer {name:?} panicked where it {what}: {text}")))
        }
    }
}

/// A serializer's error. One of arraystow's may be deep inside: an `io::Error` of a file, in an error of some file format.
fn failed(name: &str, error: BoxError) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(error) => return *error,
        Err(error) => error,
    };
    let ours = ours(&*error);
    let kind = ours.map_or(ErrorKind::UserCode, Error::kind);
    let location = ours.and_then(Error::location).map(str::to_owned);
    let failed = Error::new(kind, format!("the serializer {name:?} failed")).with_source(error);
    match location {
        Some(location) => failed.at_location(location),
        None => failed,
    }
}

fn ours<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    if let Some(ours) = error.downcast_ref::<Error>() {
        return Some(ours);
    }
    // `source` of an `io::Error` returns the source of what it holds, not what it holds.
    let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match held {
        Some(held) => ours(held as &(dyn std::error::Error + 'static)),
        None => error.source().and_then(ours),
    }
}
