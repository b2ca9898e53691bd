//! Objects that are copied from one storage to another as they are, without their serializers.

use crate::error::{Error, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::{Entry, ObjectEntry};
use crate::plugin::external::destination::Destination;
use crate::plugin::external::files::write_files;
use crate::plugin::external::planned::Planned;
use crate::plugin::external::registry::{Object, ObjectSerializer};
use crate::protocol::Protocols;
use crate::protocol::files::{FileReader, Files};

/// Copies files.
pub(crate) struct Copies;

/// One object and where it lies.
pub(crate) struct CopiedObject {
    pub(crate) from: Files,
    pub(crate) entry: ObjectEntry,
}

impl ObjectSerializer for Copies {
    fn write(&self, objects: &[&Planned], to: &mut Destination<'_>) -> Result<Vec<Entry>> {
        write_files(objects, to, |object, _, protocols| {
            let copied = object.downcast_ref().ok_or_else(|| Error::invalid("an object is none that is copied"))?;
            copy(copied, protocols)
        })
    }

    fn read(&self, _: &PersistentId, _: &Protocols) -> Result<Object> {
        Err(Error::invalid("an object that is only copied is not read"))
    }

    fn remove(&self, _: &PersistentId, _: &Protocols) -> Result<()> {
        Err(Error::invalid("an object that is only copied is not removed"))
    }

    fn files(&self, object: &Object) -> Vec<String> {
        let copied = object.downcast_ref::<CopiedObject>();
        copied.iter().flat_map(|copied| copied.entry.files.iter().map(|file| file.name.clone())).collect()
    }
}

fn copy(copied: &CopiedObject, protocols: &Protocols) -> Result<()> {
    for file in &copied.entry.files {
        let mut reader = FileReader::open_expecting(copied.from.clone(), &file.name, Some(file.summary()?))?;
        let mut writer = protocols.create_file(&file.name)?;
        if let Err(error) = std::io::copy(&mut reader, &mut writer) {
            return Err(match error.downcast::<Error>() {
                Ok(error) => error,
                Err(error) => Error::io("the file cannot be copied", error),
            });
        }
        writer.finish()?;
    }
    Ok(())
}
