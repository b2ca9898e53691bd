//! Loading: one read of the document; the arrays are lazy.

use super::Storage;
use super::name::Name;
use super::place::Document;
use super::read::{head, located};
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
        let name = Name::parse(name)?;
        let mut attempt = 1;
        loop {
            let mut document = self.place.open(&name).map_err(|error| error.in_document(name.as_str()))?;
            let head = read_head(&mut document.contents).map_err(|error| located(error, &*self.place, &name))?;
            match self.load_from(&name, &head, document) {
                // Somebody replaced the document between its reading and that of its arrays.
                Err(error) if error.is_gone() && attempt < MOST_ATTEMPTS && self.was_replaced(&name, &head)? => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    fn load_from<T: DeserializeOwned>(&self, name: &Name, head: &Head, mut document: Document) -> Result<T> {
        let body = read_body(head, &mut document.contents).map_err(|error| located(error, &*self.place, name))?;
        let backend = Some(self.place.backend(name.workflow()));
        let resolver = Resolver::new(backend, Some(name.as_str().to_owned()), &head.manifest)?;
        read_document(&body, head.format, Rc::new(resolver)).map_err(|error| error.in_document(name.as_str()))
    }

    fn was_replaced(&self, name: &Name, before: &Head) -> Result<bool> {
        Ok(head(&*self.place, name)?.manifest.write_id != before.manifest.write_id)
    }
}
