//! Loading: one read of the document; the arrays are lazy.

use super::Storage;
use super::missing::open;
use super::name::Name;
use super::place::Stamp;
use super::read::{head, look_at_arrays};
use crate::engine::{Edition, Origin};
use crate::error::{Error, Result};
use crate::plugin::{Head, ReadBatch, Resolver, read_document};
use crate::task::{Scope, check_cancelled};
use crate::trace::in_span;
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// How often a document is read because it was replaced meanwhile, and one of its arrays removed.
const MOST_ATTEMPTS: usize = 5;

/// How often a walk that must not wait is made until everything that is left is read at once.
const MOST_WALKS: usize = 16;

impl Storage {
    /// Loads the value with this name. Its chunked arrays are lazy: none of them is opened before its elements are
    /// needed. Plain `ndarray` fields are read as a whole, but only those that the type has. So a type with a few of
    /// the fields loads a small part of a large value.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use ndarray::{Array1, Array3};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize)]
    /// struct State {
    ///     time: f64,
    ///     level: Array1<f64>,
    ///     velocity: Array3<f64>,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Levels {
    ///     time: f64,
    ///     level: Array1<f64>,
    /// }
    ///
    /// let state = State { time: 0.5, level: Array1::zeros(1000), velocity: Array3::zeros((30, 40, 50)) };
    /// storage.save("state", &state)?;
    /// let levels: Levels = storage.load("state")?; // no byte of `velocity` is read
    /// assert_eq!((levels.time, levels.level.len()), (0.5, 1000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if it is damaged; `Serde` if it does not match the type;
    /// `TypeMismatch` if an array has another data type or number of axes; `Gone` or `Corrupt` if a plain field's array
    /// is missing or damaged. The error names the place in the value, the array and the file.
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        in_span!("load", document = name; self.load_one(&Name::parse(name)?).map(|(value, _)| value))
    }

    /// The value and its document's write id.
    pub(super) fn load_one<T: DeserializeOwned>(&self, name: &Name) -> Result<(T, String)> {
        self.load_stamped(name).map(|(value, write_id, _)| (value, write_id))
    }

    /// The same, with the stamp of the document that was read.
    pub(super) fn load_stamped<T: DeserializeOwned>(&self, name: &Name) -> Result<(T, String, Option<Stamp>)> {
        let loaded = self.read_current(name, || {
            let fetched = self.fetch(name)?;
            let (write_id, stamp) = (fetched.head.manifest.write_id().to_owned(), fetched.stamp.clone());
            let loaded = fetched.walk(name);
            let gone = loaded.as_ref().is_err_and(Error::is_gone).then(|| write_id.clone());
            Ok((loaded.map(|value| (value, write_id, stamp)), gone))
        })?;
        if loaded.is_err() {
            // What a `Deserialize` makes of a read that was cancelled is not the reason.
            check_cancelled()?;
        }
        loaded
    }

    /// Reads a document and what belongs to it. `read` also returns the write id of a document of which something was
    /// gone. If that document was replaced meanwhile, the one in its place is read.
    pub(super) fn read_current<R>(
        &self,
        name: &Name,
        mut read: impl FnMut() -> Result<(R, Option<String>)>,
    ) -> Result<R> {
        for _ in 1..MOST_ATTEMPTS {
            match read()? {
                (_, Some(gone)) if self.was_replaced(name, &gone)? => {}
                (found, _) => return Ok(found),
            }
        }
        read().map(|(found, _)| found)
    }

    /// As `load_one`, without blocking.
    pub(super) async fn load_one_async<T: DeserializeOwned>(self, name: Name, scope: Scope) -> Result<(T, String)> {
        let mut attempt = 1;
        loop {
            let (own, own_name) = (self.clone(), name.clone());
            let fetched = scope.offload(move || own.fetch(&own_name)).await?;
            let write_id = fetched.head.manifest.write_id().to_owned();
            let error = match fetched.walk_async(&name, &scope).await {
                Err(error) if error.is_gone() && attempt < MOST_ATTEMPTS => error,
                result => return result.map(|value| (value, write_id)),
            };
            let (own, own_name, replaced) = (self.clone(), name.clone(), write_id);
            if !scope.offload(move || own.was_replaced(&own_name, &replaced)).await? {
                return Err(error);
            }
            attempt += 1;
        }
    }

    /// Reads everything that a load reads.
    pub(super) fn fetch(&self, name: &Name) -> Result<Fetched> {
        check_cancelled()?;
        let mut document = open(&*self.place, name)?;
        let mut head = document.head(&*self.place, name)?;
        look_at_arrays(&*self.place, name.workflow(), &mut head.manifest)?;
        let body = document.body(&head, &*self.place, name)?;
        let edition = Edition::new(self.place.identity(name), head.manifest.write_id());
        let origin = Origin { document: Some(name.as_str().to_owned()), path: None, edition: Some(edition) };
        let resolver = Resolver::new(&self.protocols(name.workflow()), origin, &head.manifest);
        Ok(Fetched { head, body, resolver, stamp: document.stamp })
    }

    /// Whether the document is no longer that of this write id.
    pub(super) fn was_replaced(&self, name: &Name, write_id: &str) -> Result<bool> {
        Ok(head(&*self.place, name)?.manifest.write_id() != write_id)
    }
}

/// A document that was read.
pub(super) struct Fetched {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
    pub(super) resolver: Resolver,
    pub(super) stamp: Option<Stamp>,
}

/// What comes of a walk that must not wait.
enum Attempt<T> {
    Done(Result<T>),
    /// It is to be made again when this was read.
    Again(Box<Fetched>, ReadBatch),
}

impl Fetched {
    /// The serde walk, which reads the plain arrays and external objects that it comes to.
    pub(super) fn walk<T: DeserializeOwned>(self, name: &Name) -> Result<T> {
        let value = read_document(self.body, &self.head, Rc::new(self.resolver));
        value.map_err(|error| error.in_document(name.as_str()))
    }

    /// The same without I/O on this thread.
    async fn walk_async<T: DeserializeOwned>(self, name: &Name, scope: &Scope) -> Result<T> {
        let mut fetched = Self { resolver: self.resolver.postponing(), ..self };
        let mut attempt = 1;
        loop {
            let (again, reading) = match fetched.attempt(name, attempt >= MOST_WALKS) {
                Attempt::Done(result) => return result,
                Attempt::Again(again, reading) => (again, reading),
            };
            fetched = *again;
            fetched.resolver.take_in(scope.offload(move || reading.run()).await?);
            attempt += 1;
        }
    }

    fn attempt<T: DeserializeOwned>(self, name: &Name, is_last: bool) -> Attempt<T> {
        if self.head.manifest.is_empty() {
            return Attempt::Done(self.walk(name));
        }
        let Self { head, body, resolver, stamp } = self;
        let resolver = Rc::new(resolver);
        let value = read_document(body.clone(), &head, resolver.clone());
        if let Some(reading) = resolver.postponed(is_last)
            && let Ok(resolver) = Rc::try_unwrap(resolver)
        {
            return Attempt::Again(Box::new(Self { head, body, resolver, stamp }), reading);
        }
        Attempt::Done(value.map_err(|error| error.in_document(name.as_str())))
    }
}
