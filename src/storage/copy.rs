//! Copying an object from one storage to another, without any Rust type.

use super::Storage;
use super::intent::Intent;
use super::missing::open;
use super::name::Name;
use super::read::look_at_arrays;
use super::report::SaveReport;
use super::save::PlannedSave;
use crate::array::ArrayMeta;
use crate::backend::Backend;
use crate::engine::{Origin, StoredArray};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use crate::plugin::{CopiedObject, External, InFiles, Manifest, Planned, PlannedArray, SavePlan, SharedPlan, typed};
use crate::trace::in_span;
use std::sync::Arc;

impl Storage {
    /// Copies the value with this name into another storage, under the same name. A value that already exists there is
    /// replaced. No Rust type is needed.
    ///
    /// Arrays keep their ids and their logical chunks, and are copied chunk by chunk, in bounded memory. The other
    /// storage determines how they are stored and compressed. Within one file system they are linked, and within one
    /// object store the server copies them. Arrays that the other storage already has from an earlier copy are not
    /// copied again. If the value is replaced while it is copied, the value in its place is copied.
    ///
    /// ```
    /// # let (here, there) = (tempfile::tempdir()?, tempfile::tempdir()?);
    /// use arraystow::Storage;
    ///
    /// let here = Storage::open(here.path())?;
    /// let there = Storage::open(there.path())?;
    /// here.save("answers/all", &ndarray::Array1::from_elem(10_000, 42))?;
    /// here.copy("answers/all", &there)?;
    /// assert_eq!(there.load::<ndarray::Array1<i32>>("answers/all")?[9_999], 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`load`](Self::load) that do not depend on a type, and those of [`save`](Self::save);
    /// `InvalidInput` if both are the same storage.
    pub fn copy(&self, name: &str, other: &Self) -> Result<SaveReport> {
        let name = Name::parse(name)?;
        let copied = in_span!("copy", document = name.as_str(); {
            if self.place.identity(&name) == other.place.identity(&name) {
                let text = "a copy within one storage: load the value and save it under another name";
                return Err(Error::invalid(text).in_document(name.as_str()));
            }
            self.read_current(&name, || {
                let (planned, write_id) = self.plan_copy(&name, other, &name, Intent::Copy)?;
                let copied = planned.carry_out();
                let gone = copied.as_ref().is_err_and(Error::is_gone).then_some(write_id);
                Ok((copied, gone))
            })
        });
        copied.flatten().map_err(|error| error.in_document(name.as_str()))
    }

    /// A copy under a name whose workflow has no arrays of these ids, and the write id of what is copied.
    pub(super) fn plan_copy(
        &self,
        name: &Name,
        other: &Self,
        new: &Name,
        intent: Intent,
    ) -> Result<(PlannedSave, String)> {
        let mut document = open(&*self.place, name)?;
        let mut head = document.head(&*self.place, name)?;
        look_at_arrays(&*self.place, name.workflow(), &mut head.manifest)?;
        if let Some(object) = head.manifest.objects.first().filter(|_| head.manifest.is_bare()) {
            let text = format!(
                "the document does not list the files of an object of the serializer \
                {:?}",
                object.id.name()
            );
            return Err(Error::unsupported(text).at_path(object.path()).in_array(object.id.file()));
        }
        let body = document.body(&head, &*self.place, name)?;
        let write_id = head.manifest.write_id().to_owned();
        let backend = self.place.backend(name.workflow());
        let mut objects = stored_arrays(&head.manifest, &backend, name.as_str())?;
        let files = self.place.protocols(name.workflow()).files()?;
        objects.extend(head.manifest.objects.into_iter().map(|entry| Planned {
            id: entry.id.clone(),
            paths: entry.paths.clone(),
            external: External::Files(InFiles::Copy(CopiedObject { from: files.clone(), entry })),
            kept: false,
        }));
        let plan = SavePlan { objects, shared: SharedPlan::of(head.manifest.shared), document: None };
        let (storage, name, early) = (other.clone(), new.clone(), Mutex::default());
        Ok((PlannedSave { storage, name, format: head.format, body, plan, intent, early }, write_id))
    }
}

/// The arrays of a document, as they are to be written elsewhere under the same ids.
pub(super) fn stored_arrays(manifest: &Manifest, backend: &Arc<dyn Backend>, document: &str) -> Result<Vec<Planned>> {
    let planned = manifest.arrays.iter().map(|entry| {
        let expected = entry.expected()?;
        let (document, path) = (Some(document.to_owned()), entry.paths.first().cloned());
        let origin = Origin { document, path, ..Origin::default() };
        let (data_type, grid) = (expected.data_type.clone(), expected.grid.clone());
        let stored = StoredArray::lazy(backend.clone(), entry.id.file().to_owned(), expected, origin).held();
        let array = typed(data_type, grid, Arc::new(stored))?;
        Ok(Planned {
            id: entry.id.clone(),
            paths: entry.paths.clone(),
            external: External::Array(PlannedArray { array, meta: ArrayMeta::default(), plain: entry.plain }),
            // What is there already is seen when the copy is carried out.
            kept: false,
        })
    });
    planned.collect()
}
