//! Files that are complete when they have their names.

use crate::fault::{Fault, Outcome};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A hidden file beside the one that is to be written. It is removed, unless it gets the name.
pub(crate) struct NewFile {
    file: PathBuf,
    fresh: PathBuf,
    force: bool,
    has_name: bool,
}

/// Fails if there is such a file, without `--force`. The end of the writing looks again.
pub(crate) fn check(file: &Path, force: bool) -> Outcome<()> {
    if !force && file.exists() { Err(exists(file)) } else { Ok(()) }
}

/// Writes a file.
pub(crate) fn write(file: &Path, force: bool, bytes: &[u8]) -> Outcome<()> {
    let (new, mut out) = NewFile::create(file, force)?;
    out.write_all(bytes).and_then(|()| out.sync_all()).map_err(|error| wrong(file, &error))?;
    new.finish()
}

impl NewFile {
    /// Creates the hidden file, which no other process has.
    pub(crate) fn create(file: &Path, force: bool) -> Outcome<(Self, File)> {
        const MOST_TRIES: u32 = 100;
        for number in 0.. {
            let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
            let fresh = file.with_file_name(format!(".arraystow-{}-{time:x}-{number}.part", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&fresh) {
                Ok(out) => return Ok((Self { file: file.to_owned(), fresh, force, has_name: false }, out)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < MOST_TRIES => {}
                Err(error) => return Err(wrong(file, &error)),
            }
        }
        Err(exists(file))
    }

    /// The hidden file.
    pub(crate) fn path(&self) -> &Path {
        &self.fresh
    }

    /// Gives the file its name. Without `--force`, a file that has the name by now stays.
    pub(crate) fn finish(mut self) -> Outcome<()> {
        let Self { file, fresh, .. } = &self;
        if self.force {
            fs::rename(fresh, file).map_err(|error| wrong(file, &error))?;
        } else {
            match fs::hard_link(fresh, file) {
                // The hidden name goes with this.
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(file)),
                // The file system has no links.
                Err(_) if file.symlink_metadata().is_ok() => return Err(exists(file)),
                Err(_) => fs::rename(fresh, file).map_err(|error| wrong(file, &error))?,
            }
        }
        self.has_name = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.has_name {
            let _ = fs::remove_file(&self.fresh);
        }
    }
}

fn exists(file: &Path) -> Fault {
    Fault::Usage(format!("{} exists: add --force to replace it", file.display()))
}

fn wrong(file: &Path, error: &std::io::Error) -> Fault {
    Fault::Other(format!("{}: {error}", file.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_appears_in_the_meantime_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        let (new, mut out) = NewFile::create(&file, false).unwrap();
        out.write_all(b"new").unwrap();
        assert!(!file.exists() && new.path().exists());
        fs::write(&file, "mine").unwrap();
        assert!(matches!(new.finish(), Err(Fault::Usage(_))));
        assert_eq!(
            (fs::read_to_string(&file).unwrap().as_str(), names(folder.path())),
            ("mine", vec!["a.json".to_owned()])
        );
        write(&file, true, b"forced").unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), names(folder.path()).len()), ("forced", 1));
    }

    #[test]
    fn two_writers_have_a_file_each() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        // A file of the user's own.
        fs::write(folder.path().join("a.json.part"), "mine").unwrap();
        let (first, mut one) = NewFile::create(&file, false).unwrap();
        let (second, mut other) = NewFile::create(&file, false).unwrap();
        one.write_all(b"first").unwrap();
        other.write_all(b"second").unwrap();
        first.finish().unwrap();
        assert!(matches!(second.finish(), Err(Fault::Usage(_))));
        assert_eq!(fs::read_to_string(&file).unwrap(), "first");
        assert_eq!(names(folder.path()), ["a.json", "a.json.part"]);
    }
}
