//! Listing and looking, without any Rust type.

use super::Storage;
use super::entry::{ArrayInfo, Entry, Info, ObjectInfo};
use super::name::{Name, check_workflow};
use super::place::Listed;
use super::read::located;
use crate::engine::offload;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::read_head;
use globset::{GlobBuilder, GlobMatcher};

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
        let workflow = literal_workflow(glob);
        let glob = matcher(glob)?;
        let mut entries = Vec::new();
        // Where no document's name can be, nothing is looked for: "../*" leads nowhere.
        if check_workflow(workflow).is_err() {
            return Ok(entries);
        }
        self.place.walk(workflow, &mut |Listed { name, bytes, modified }| {
            if glob.is_match(&name) {
                entries.push(Entry { name, bytes, modified });
            }
        })?;
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// As [`list`](Self::list), without blocking the executor that waits for it; see [`save_async`](Self::save_async).
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn list_async(&self, glob: &str) -> impl Future<Output = Result<Vec<Entry>>> + Send + use<> {
        let (storage, glob) = (self.clone(), glob.to_owned());
        offload(move |_| storage.list(&glob))
    }

    /// Whether there is a document of that name. It is not opened.
    ///
    /// # Errors
    /// `InvalidName` if it cannot be one; `Io` if the file system does not tell.
    pub fn contains(&self, name: &str) -> Result<bool> {
        let name = Name::parse(name)?;
        self.place.contains(&name).map_err(|error| error.in_document(name.as_str()))
    }

    /// What the document's manifest says: every array's places in the object, type, shape, chunks and bytes, and the files
    /// of objects that other serializers keep.
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if it is damaged.
    pub fn info(&self, name: &str) -> Result<Info> {
        let name = Name::parse(name)?;
        let mut document = self.place.open(&name).map_err(|error| error.in_document(name.as_str()))?;
        let head = read_head(&mut document.contents, self.place.limits())
            .map_err(|error| located(error, &*self.place, &name))?;
        let arrays = head.manifest.arrays.iter().map(|entry| {
            let expected = entry.expected().map_err(|error| located(error, &*self.place, &name))?;
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
        let files = self.place.protocols(name.workflow()).files()?;
        let objects = head.manifest.objects.iter().map(|entry| ObjectInfo {
            paths: entry.paths.clone(),
            serializer: entry.id.name().to_owned(),
            files: entry.files.iter().map(|file| files.describe(&file.name)).collect(),
            bytes: entry.bytes(),
        });
        let objects = objects.collect();
        Ok(Info { name: name.as_str().to_owned(), format: head.format, bytes: document.bytes, arrays, objects })
    }

    /// The names of all documents of a workflow and of those below it.
    pub(super) fn names_under(&self, workflow: &str) -> Result<Vec<String>> {
        check_workflow(workflow)?;
        let mut names = Vec::new();
        self.place.walk(workflow, &mut |listed| names.push(listed.name))?;
        names.sort_unstable();
        Ok(names)
    }
}

/// The workflow that everything that a glob can match lies in or below.
fn literal_workflow(glob: &str) -> &str {
    let literal = glob.find(['*', '?', '[', ']', '{', '}', '\\']).map_or(glob, |special| &glob[..special]);
    literal.rsplit_once('/').map_or("", |(workflow, _)| workflow)
}

pub(super) fn matcher(glob: &str) -> Result<GlobMatcher> {
    if glob.is_empty() {
        return Err(Error::new(ErrorKind::InvalidName, "an empty glob matches nothing: \"**\" is everything"));
    }
    let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
    let glob = built.map_err(|error| Error::new(ErrorKind::InvalidName, error.to_string()))?;
    Ok(glob.compile_matcher())
}
