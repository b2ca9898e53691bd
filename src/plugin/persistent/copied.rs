//! Objects that are copied from one storage to another as they are, without their serializers.

use super::registry::{Object, ObjectSerializer};
use crate::error::{Error, Result};
use crate::plugin::PersistentId;
use crate::plugin::manifest::ObjectEntry;
use crate::protocol::Protocols;
use crate::protocol::files::{FileReader, Files};
use std::any::{Any, TypeId};

/// One object and where it lies.
pub(crate) struct CopiedObject {
    pub(crate) from: Files,
    pub(crate) entry: ObjectEntry,
}

impl ObjectSerializer for CopiedObject {
    fn name(&self) -> &str {
        self.entry.id.name()
    }

    fn version(&self) -> &str {
        self.entry.id.version()
    }

    fn object_type(&self) -> TypeId {
        TypeId::of::<()>()
    }

    fn identity(&self, _: &dyn Any) -> Option<usize> {
        None
    }

    fn handle(&self, _: &dyn Any) -> Option<Object> {
        None
    }

    fn write(&self, _: &Object, _: &PersistentId, protocols: &Protocols) -> Result<()> {
        for file in &self.entry.files {
            let mut reader = FileReader::open_expecting(self.from.clone(), &file.name, Some(file.summary()?))?;
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

    fn read(&self, _: &PersistentId, _: &Protocols) -> Result<Object> {
        Err(Error::invalid("an object that is only copied is not read"))
    }

    fn remove(&self, _: &PersistentId, _: &Protocols) -> Result<()> {
        Ok(())
    }

    fn files(&self) -> Vec<String> {
        self.entry.files.iter().map(|file| file.name.clone()).collect()
    }
}
