//! The interface for users: a serializer for one type of objects, and its form inside the crate.

use crate::error::panic_text;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::external::external_files::ExternalFiles;
use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Any error of a [`PersistentSerializer`].
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A serializer for the external objects of one type: parts of a value that are stored in files of their own beside the
/// document.
///
/// An instance is registered with a storage ([`StorageBuilder::serializer`](crate::StorageBuilder::serializer)) or with
/// [`Protocols::with_serializer`](crate::Protocols::with_serializer). Its fields are its configuration. A document
/// contains only [`NAME`](Self::NAME) and [`VERSION`](Self::VERSION), so [`read`](Self::read) must not depend on a
/// configuration that may differ later. Everything that it needs must be in the files.
///
/// A save has two phases:
///
/// 1. The value is serialized. An object of this type is cloned and gets an id. The clone should be cheap (use an `Arc`
///    for large parts).
/// 2. [`write`](Self::write) is called for each object, on any thread, for many objects at once.
///
/// A load calls [`read`](Self::read) when it reaches the object, on any thread, and perhaps earlier for objects that
/// follow. Objects for which the loaded type has no field are not read. A panic in these functions becomes an error of
/// kind `UserCode`.
///
/// The manifest lists the files of each object with their checksums. Therefore a value can be removed, copied and
/// verified without the serializer, a failed save removes what was written, and a sweep finds what a killed save has
/// left.
///
/// See [the module](crate::persistent) for an example.
pub trait PersistentSerializer: Send + Sync + 'static {
    /// The type of the objects.
    type Object: Clone + Send + Sync + 'static;

    /// The name by which documents refer to this serializer. It must never change. Include a domain or a crate's name,
    /// so that no two serializers have the same name.
    const NAME: &'static str;

    /// The version of what [`write`](Self::write) writes, which is part of the id. An object with another major version
    /// (the number before the first dot) is not passed to [`read`](Self::read).
    const VERSION: &'static str = "1.0.0";

    /// Writes an object to files.
    ///
    /// # Errors
    /// Any. The save fails with it.
    fn write(&self, object: &Self::Object, files: &ExternalFiles) -> Result<(), BoxError>;

    /// Returns the object in these files. It may be lazy: it keeps a clone of `files`, and opens them when they are
    /// needed.
    ///
    /// # Errors
    /// Any. A load that reaches the object fails with it.
    fn read(&self, files: &ExternalFiles) -> Result<Self::Object, BoxError>;

    /// Removes the files of an object. Only [`Protocols::remove_object`](crate::Protocols::remove_object) calls this,
    /// for documents without a manifest.
    ///
    /// # Errors
    /// Any.
    fn remove(&self, files: &ExternalFiles) -> Result<(), BoxError>;

    /// Returns an identity that all handles on one object share, and that no other object has while one of them is
    /// alive: the address in an `Arc`, for example. Such an object is written once, however often it occurs. By
    /// default, each occurrence is written. See [`persistent`](crate::persistent) for an example of a serializer.
    #[must_use]
    fn identity(&self, object: &Self::Object) -> Option<usize> {
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
    fn read(&self, files: &ExternalFiles) -> Result<Object>;
    fn remove(&self, files: &ExternalFiles) -> Result<()>;
}

/// A handle on an object, with its serializer.
pub(crate) trait UserObject: Send + Sync {
    fn write(&self, files: &ExternalFiles) -> Result<()>;
}

pub(in crate::plugin) struct Registered<P>(pub(in crate::plugin) Arc<P>);

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
        self.0.identity(object.downcast_ref()?)
    }

    fn handle(&self, object: &dyn Any) -> Option<Box<dyn UserObject>> {
        let object = object.downcast_ref::<P::Object>()?.clone();
        Some(Box::new(WithSerializer { serializer: self.0.clone(), object }))
    }

    fn read(&self, files: &ExternalFiles) -> Result<Object> {
        calling::<P, _>("reads", || self.0.read(files)).map(|object| Arc::new(object) as Object)
    }

    fn remove(&self, files: &ExternalFiles) -> Result<()> {
        calling::<P, _>("removes", || self.0.remove(files))
    }
}

struct WithSerializer<P: PersistentSerializer> {
    serializer: Arc<P>,
    object: P::Object,
}

impl<P: PersistentSerializer> UserObject for WithSerializer<P> {
    fn write(&self, files: &ExternalFiles) -> Result<()> {
        calling::<P, _>("writes", || self.serializer.write(&self.object, files))
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

/// A serializer's error. One of arraystow's may be deep inside: an `io::Error` of a file, in an error of some file
/// format.
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
