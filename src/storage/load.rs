//! Loading: one read of the document; the arrays are lazy.

use super::Storage;
use super::durable::located;
use super::name::{ARRAYS, Name};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::plugin::{Head, Resolver, read_body, read_document, read_head};
use crate::protocol::LocalFiles;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::BufReader;
use std::rc::Rc;
use std::sync::Arc;

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
            let mut file = self.open_document(&name)?;
            let head = read_head(&mut file).map_err(|error| self.in_document(error, &name))?;
            match self.load_from(&name, &head, &mut file) {
                // Somebody replaced the document between its reading and that of its arrays.
                Err(error) if error.is_gone() && attempt < MOST_ATTEMPTS && self.was_replaced(&name, &head)? => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    fn load_from<T: DeserializeOwned>(&self, name: &Name, head: &Head, file: &mut BufReader<File>) -> Result<T> {
        let body = read_body(head, file).map_err(|error| self.in_document(error, name))?;
        let backend = Some(self.backend(name.workflow()));
        let resolver = Resolver::new(backend, Some(name.as_str().to_owned()), &head.manifest)?;
        read_document(&body, head.format, Rc::new(resolver)).map_err(|error| error.in_document(name.as_str()))
    }

    fn was_replaced(&self, name: &Name, head: &Head) -> Result<bool> {
        Ok(self.head(name)?.manifest.write_id != head.manifest.write_id)
    }

    /// The document's head: all that can be known without a Rust type.
    pub(super) fn head(&self, name: &Name) -> Result<Head> {
        let mut file = self.open_document(name)?;
        read_head(&mut file).map_err(|error| self.in_document(error, name))
    }

    pub(super) fn open_document(&self, name: &Name) -> Result<BufReader<File>> {
        let path = self.document(name);
        let missing = |error: std::io::Error| {
            let what = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no document of that name",
                _ => "cannot open the document",
            };
            located(what, &path)(error).in_document(name.as_str())
        };
        let file = File::open(&path).map_err(missing)?;
        if file.metadata().map_err(located("cannot open the document", &path))?.is_dir() {
            return Err(Error::new(crate::ErrorKind::NotFound, "there is a workflow of that name, but no document")
                .in_document(name.as_str()));
        }
        Ok(BufReader::with_capacity(1 << 16, file))
    }

    pub(super) fn in_document(&self, error: Error, name: &Name) -> Error {
        error.in_document(name.as_str()).at_location(self.document(name).display().to_string())
    }

    /// The arrays of a workflow.
    pub(super) fn backend(&self, workflow: &str) -> Arc<dyn Backend> {
        let files = LocalFiles::unchecked(self.workflow(workflow).join(ARRAYS));
        Arc::new(crate::backend::Hdf5Files::new(Arc::new(files)))
    }
}
