//! Objects that are copied from one storage to another as they are, without their serializers.

use crate::error::{Error, Result};
use crate::plugin::external::external_files::ExternalFiles;
use crate::plugin::external::planned::CopiedObject;
use crate::protocol::files::FileReader;

/// Copies the files of an object.
pub(in crate::plugin) fn write(copied: &CopiedObject, files: &ExternalFiles) -> Result<()> {
    for file in &copied.entry.files {
        let mut reader = FileReader::open(copied.from.clone(), &file.name, Some(file.summary()?))?;
        let mut writer = files.create_named(&file.name)?;
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
