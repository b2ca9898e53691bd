//! Loading: one read of the document; the arrays are lazy.

use super::Storage;
use super::missing::open;
use super::name::Name;
use super::read::{head, located};
use crate::engine::{Edition, Origin, offload};
use crate::error::Result;
use crate::plugin::{Head, Resolver, read_body, read_document, read_head};
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// How often a document is read again because one of its arrays had just been removed by whoever replaced it.
const MOST_ATTEMPTS: usize = 5;

impl Storage {
    /// The object of that name. Its chunked arrays are lazy: none of them is opened, let alone read, before its data is
    /// asked for. Plain `ndarray` fields are read whole.
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if it is damaged; `Serde` if it is not one of this type;
    /// `TypeMismatch` if an array is of another data type or rank; `Gone` or `Corrupt` if a plain field's array is
    /// missing or damaged. The error names the place in the object, the array and the file.
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        self.load_one(&Name::parse(name)?).map(|(value, _)| value)
    }

    /// The object and its document's write id.
    pub(super) fn load_one<T: DeserializeOwned>(&self, name: &Name) -> Result<(T, String)> {
        let mut attempt = 1;
        loop {
            let fetched = self.fetch(name)?;
            let write_id = fetched.head.manifest.write_id().to_owned();
            match fetched.walk(name) {
                Err(error) if error.is_gone() && attempt < MOST_ATTEMPTS && self.was_replaced(name, &write_id)? => {
                    attempt += 1;
                }
                result => return result.map(|value| (value, write_id)),
            }
        }
    }

    /// As [`load`](Self::load), without blocking the executor that waits for it; see [`save_async`](Self::save_async).
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_async<T: DeserializeOwned>(&self, name: &str) -> impl Future<Output = Result<T>> + use<T> {
        let (storage, name) = (self.clone(), Name::parse(name));
        async move { storage.load_one_async(name?).await.map(|(value, _)| value) }
    }

    /// As `load_one`, without blocking.
    pub(super) async fn load_one_async<T: DeserializeOwned>(self, name: Name) -> Result<(T, String)> {
        let mut attempt = 1;
        loop {
            let (own, own_name) = (self.clone(), name.clone());
            let fetched = offload(move |_| own.fetch(&own_name)).await?;
            let write_id = fetched.head.manifest.write_id().to_owned();
            let error = match fetched.walk(&name) {
                Err(error) if error.is_gone() && attempt < MOST_ATTEMPTS => error,
                result => return result.map(|value| (value, write_id)),
            };
            let (own, own_name, replaced) = (self.clone(), name.clone(), write_id);
            if !offload(move |_| own.was_replaced(&own_name, &replaced)).await? {
                return Err(error);
            }
            attempt += 1;
        }
    }

    /// Reads everything that a load reads.
    fn fetch(&self, name: &Name) -> Result<Fetched> {
        let mut document = open(&*self.place, name)?;
        let head = read_head(&mut document.contents, self.place.limits())
            .map_err(|error| located(error, &*self.place, name))?;
        let body = read_body(&head, &mut document.contents, self.place.limits())
            .map_err(|error| located(error, &*self.place, name))?;
        let edition = Edition::new(self.place.identity(name), head.manifest.write_id());
        let origin = Origin { document: Some(name.as_str().to_owned()), path: None, edition: Some(edition) };
        let resolver = Resolver::new(&self.protocols(name.workflow()), origin, &head.manifest)?;
        Ok(Fetched { head, body, resolver })
    }

    /// Whether somebody replaced the document between its reading and that of its arrays.
    pub(super) fn was_replaced(&self, name: &Name, write_id: &str) -> Result<bool> {
        Ok(head(&*self.place, name)?.manifest.write_id() != write_id)
    }
}

/// A document that was read, its plain arrays included.
struct Fetched {
    head: Head,
    body: Vec<u8>,
    resolver: Resolver,
}

impl Fetched {
    /// The serde walk: no I/O.
    fn walk<T: DeserializeOwned>(self, name: &Name) -> Result<T> {
        let value = read_document(self.body, &self.head, Rc::new(self.resolver));
        value.map_err(|error| error.in_document(name.as_str()))
    }
}
