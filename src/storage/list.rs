//! Listing and looking, without any Rust type.

use super::Storage;
use super::durable::located;
use super::entry::{ArrayInfo, Entry, Info};
use super::name::{ARRAYS, Name, check_workflow};
use crate::error::{Error, ErrorKind, Result};
use globset::{GlobBuilder, GlobMatcher};
use std::io;
use std::path::Path;

impl Storage {
    /// The documents whose names match a glob, in the order of their names: `*` and `?` stay within a segment, `**` goes
    /// across, `[a-c]` and `{a,b}` choose, `\` takes the next character as it is. No document is opened.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.save("global/a", &1)?;
    /// storage.save("global/b", &2)?;
    /// storage.save("local/a", &3)?;
    /// let names: Vec<String> = storage.list("global/*")?.into_iter().map(|entry| entry.name).collect();
    /// assert_eq!(names, ["global/a", "global/b"]);
    /// assert_eq!(storage.list("**")?.len(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if this is no glob; `Io` if a folder cannot be read.
    pub fn list(&self, glob: &str) -> Result<Vec<Entry>> {
        let glob = matcher(glob)?;
        let mut entries = Vec::new();
        self.walk(&self.root, "", &mut |name, metadata| {
            if glob.is_match(name) {
                entries.push(Entry {
                    name: name.to_owned(),
                    bytes: metadata.len(),
                    modified: metadata.modified().ok(),
                });
            }
        })?;
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Whether there is a document of that name. It is not opened.
    ///
    /// # Errors
    /// `InvalidName` if it cannot be one; `Io` if the file system does not tell.
    pub fn contains(&self, name: &str) -> Result<bool> {
        let name = Name::parse(name)?;
        let path = self.document(&name);
        match std::fs::metadata(&path) {
            Ok(metadata) => Ok(metadata.is_file()),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
            Err(error) => Err(located("cannot look for the document", &path)(error)),
        }
    }

    /// What the document's manifest says: every array's places in the object, type, shape, chunks and bytes.
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if it is damaged.
    pub fn info(&self, name: &str) -> Result<Info> {
        let name = Name::parse(name)?;
        let file = self.open_document(&name)?;
        let bytes =
            file.get_ref().metadata().map_err(located("cannot open the document", &self.document(&name)))?.len();
        let head = self.head(&name)?;
        let arrays = head.manifest.arrays.iter().map(|entry| {
            let expected = entry.expected().map_err(|error| self.in_document(error, &name))?;
            Ok(ArrayInfo {
                paths: entry.paths.clone(),
                file: entry.id.file().to_owned(),
                data_type: expected.data_type,
                grid: expected.grid,
                bytes: entry.bytes,
                plain: entry.plain,
            })
        });
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        Ok(Info { name: name.as_str().to_owned(), format: head.format, bytes, arrays })
    }

    /// The names of all documents of a workflow and of those below it.
    pub(super) fn names_under(&self, workflow: &str) -> Result<Vec<String>> {
        check_workflow(workflow)?;
        let mut names = Vec::new();
        self.walk(&self.workflow(workflow), workflow, &mut |name, _| names.push(name.to_owned()))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Visits every document below a folder. What cannot be a document's name (arrays, hidden files) is passed over, and
    /// so are symbolic links: they may lead out of the storage.
    fn walk(&self, folder: &Path, workflow: &str, visit: &mut dyn FnMut(&str, &std::fs::Metadata)) -> Result<()> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(located("cannot list the folder", folder)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(located("cannot list the folder", folder))?;
            let Ok(segment) = entry.file_name().into_string() else { continue };
            let name = if workflow.is_empty() { segment.clone() } else { format!("{workflow}/{segment}") };
            if segment == ARRAYS || Name::parse(&name).is_err() {
                continue;
            }
            // Gone between the listing and the look: somebody removed it.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.walk(&entry.path(), &name, visit)?;
            } else if metadata.is_file() {
                visit(&name, &metadata);
            }
        }
        Ok(())
    }
}

pub(super) fn matcher(glob: &str) -> Result<GlobMatcher> {
    if glob.is_empty() {
        return Err(Error::new(ErrorKind::InvalidName, "an empty glob matches nothing: \"**\" is everything"));
    }
    let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
    let glob = built.map_err(|error| Error::new(ErrorKind::InvalidName, error.to_string()))?;
    Ok(glob.compile_matcher())
}
