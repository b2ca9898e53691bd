//! A model of a disk: what it holds for certain, and what it may hold.

use super::record::Done;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug)]
enum Entry {
    File(usize),
    Folder(usize),
}

/// A change of the names in one folder.
#[derive(Clone, Debug)]
enum NameChange {
    Put(OsString, Entry),
    Take(OsString),
    /// Within the folder: in one step.
    Move(OsString, OsString, Entry),
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<(u64, Vec<u8>)>,
    /// Changes that became durable.
    synced: usize,
}

#[derive(Default)]
struct Folder {
    durable: BTreeMap<OsString, Entry>,
    pending: Vec<NameChange>,
    /// Changes that became durable.
    synced: usize,
}

/// A sync that has begun: of what, and how many changes there were of it.
struct Begun {
    path: PathBuf,
    what: Entry,
    changes: usize,
}

/// What a disk holds for certain, and what it may hold.
#[derive(Default)]
pub(super) struct Disk {
    base: PathBuf,
    files: Vec<File>,
    folders: Vec<Folder>,
    begun: Vec<Begun>,
}

impl Disk {
    /// Returns the disk with what a folder holds now, as durable.
    pub(super) fn of(base: &Path) -> Self {
        let mut disk = Self { base: base.to_owned(), ..Self::default() };
        disk.take_in(base);
        disk
    }

    /// Makes a name not durable, as if the folder above had not been synced.
    pub(super) fn forget(&mut self, path: &Path) {
        let folder = self.folder(path.parent().unwrap());
        let name = path.file_name().unwrap();
        let entry = self.folders[folder].durable.remove(name).unwrap();
        self.folders[folder].pending.push(NameChange::Put(name.to_owned(), entry));
    }

    fn take_in(&mut self, folder: &Path) -> usize {
        let id = self.folders.len();
        self.folders.push(Folder::default());
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let found = if entry.file_type().unwrap().is_dir() {
                Entry::Folder(self.take_in(&entry.path()))
            } else {
                self.files.push(File { durable: std::fs::read(entry.path()).unwrap(), ..File::default() });
                Entry::File(self.files.len() - 1)
            };
            self.folders[id].durable.insert(entry.file_name(), found);
        }
        id
    }

    /// Returns what the running program sees in a folder.
    fn seen(&self, folder: usize) -> BTreeMap<OsString, Entry> {
        names(&self.folders[folder], &mut |_| true)
    }

    fn find(&self, path: &Path) -> Option<Entry> {
        let mut at = Entry::Folder(0);
        for name in path.strip_prefix(&self.base).unwrap().components() {
            let Entry::Folder(folder) = at else { return None };
            at = *self.seen(folder).get(name.as_os_str())?;
        }
        Some(at)
    }

    fn folder(&self, path: &Path) -> usize {
        match self.find(path) {
            Some(Entry::Folder(folder)) => folder,
            other => panic!("{}: {other:?}", path.display()),
        }
    }

    fn file(&mut self, path: &Path) -> &mut File {
        match self.find(path) {
            Some(Entry::File(file)) => &mut self.files[file],
            other => panic!("{}: {other:?}", path.display()),
        }
    }

    fn change(&mut self, path: &Path, change: impl FnOnce(OsString) -> NameChange) {
        let folder = self.folder(path.parent().unwrap());
        self.folders[folder].pending.push(change(path.file_name().unwrap().to_owned()));
    }

    pub(super) fn apply(&mut self, done: &Done) {
        match done {
            Done::MakeFile(path) => {
                self.files.push(File::default());
                let file = Entry::File(self.files.len() - 1);
                self.change(path, |name| NameChange::Put(name, file));
            }
            Done::MakeFolder(path) => {
                self.folders.push(Folder::default());
                let folder = Entry::Folder(self.folders.len() - 1);
                self.change(path, |name| NameChange::Put(name, folder));
            }
            Done::Write(path, offset, bytes) => self.file(path).pending.push((*offset, bytes.clone())),
            Done::Lengthen(path, len) => self.file(path).pending.push((*len, Vec::new())),
            Done::BeginSync(path) | Done::Sync(path) if !path.starts_with(&self.base) => {}
            Done::BeginSync(path) => {
                let what = self.find(path).unwrap();
                let changes = match what {
                    Entry::File(file) => self.files[file].synced + self.files[file].pending.len(),
                    Entry::Folder(folder) => self.folders[folder].synced + self.folders[folder].pending.len(),
                };
                self.begun.push(Begun { path: path.clone(), what, changes });
            }
            Done::Sync(path) => {
                let begun = self.begun.iter().position(|begun| begun.path == *path).unwrap();
                let begun = self.begun.remove(begun);
                self.synced(&begun);
            }
            Done::Rename(from, to) => {
                let entry = self.find(from).unwrap();
                if from.parent() == to.parent() {
                    let name = to.file_name().unwrap().to_owned();
                    self.change(from, |from| NameChange::Move(from, name, entry));
                } else {
                    self.change(to, |name| NameChange::Put(name, entry));
                    self.change(from, NameChange::Take);
                }
            }
            Done::Link(from, to) => {
                let entry = if from.starts_with(&self.base) {
                    self.find(from).unwrap()
                } else {
                    // From a storage where it is durable.
                    self.files.push(File { durable: std::fs::read(from).unwrap(), ..File::default() });
                    Entry::File(self.files.len() - 1)
                };
                self.change(to, |name| NameChange::Put(name, entry));
            }
            // That of a lock is not in the record.
            Done::RemoveFile(path) if self.find(path).is_none() => {}
            Done::RemoveFile(path) | Done::RemoveFolder(path) => self.change(path, NameChange::Take),
        }
    }

    fn synced(&mut self, Begun { what, changes, .. }: &Begun) {
        match *what {
            Entry::File(file) => {
                let file = &mut self.files[file];
                let count = changes.saturating_sub(file.synced);
                file.durable = contents(file, &mut |index| index < count);
                file.pending.drain(..count);
                file.synced += count;
            }
            Entry::Folder(folder) => {
                let folder = &mut self.folders[folder];
                let count = changes.saturating_sub(folder.synced);
                folder.durable = names(folder, &mut |index| index < count);
                folder.pending.drain(..count);
                folder.synced += count;
            }
        }
    }

    /// Lays out what a power cut leaves. `survives` is called for each change that was not synced, and returns whether
    /// it is there.
    pub(super) fn lay_out(&self, target: &Path, survives: &mut dyn FnMut(&str) -> bool) {
        // A file is the same under each of its names.
        let contents: Vec<Vec<u8>> = self.files.iter().map(|file| contents(file, &mut |_| survives("bytes"))).collect();
        let mut left = vec![(0, target.to_owned())];
        while let Some((folder, path)) = left.pop() {
            for (name, entry) in names(&self.folders[folder], &mut |_| survives("name")) {
                match entry {
                    Entry::File(file) => std::fs::write(path.join(name), &contents[file]).unwrap(),
                    Entry::Folder(folder) => {
                        std::fs::create_dir(path.join(&name)).unwrap();
                        left.push((folder, path.join(name)));
                    }
                }
            }
        }
    }
}

fn contents(file: &File, survives: &mut dyn FnMut(usize) -> bool) -> Vec<u8> {
    let mut contents = file.durable.clone();
    for (index, (offset, bytes)) in file.pending.iter().enumerate() {
        let (start, end) = (*offset as usize, *offset as usize + bytes.len());
        if survives(index) {
            contents.resize(contents.len().max(end), 0);
            contents[start..end].copy_from_slice(bytes);
        }
    }
    contents
}

fn names(folder: &Folder, survives: &mut dyn FnMut(usize) -> bool) -> BTreeMap<OsString, Entry> {
    let mut names = folder.durable.clone();
    for (index, change) in folder.pending.iter().enumerate() {
        if !survives(index) {
            continue;
        }
        match change.clone() {
            NameChange::Put(name, entry) => drop(names.insert(name, entry)),
            NameChange::Take(name) => drop(names.remove(&name)),
            NameChange::Move(from, to, entry) => {
                names.remove(&from);
                names.insert(to, entry);
            }
        }
    }
    names
}
