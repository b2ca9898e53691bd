//! A power cut at any moment: every call on the file system is recorded, and for every prefix of the record the folders are
//! laid out as a power cut could leave them. Of what was not synced, nothing, all or any part may be there.

use super::sample::{Notes, Random, Run, files, files_named, noted_run_of, run_of, swept, times};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{ArrayFormat, Codec, Durability, Storage, VerifyDepth};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A call that was done, or, of a sync, that was begun.
#[derive(Debug)]
enum Done {
    MakeFile(PathBuf),
    Write(PathBuf, u64, Vec<u8>),
    /// To this length at least.
    Lengthen(PathBuf, u64),
    SyncFile(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    RemoveFile(PathBuf),
    MakeFolder(PathBuf),
    RemoveFolder(PathBuf),
    SyncFolder(PathBuf),
}

#[derive(Default)]
struct Recorder(Mutex<Vec<Done>>);

impl Recorder {
    fn note(&self, done: Done) {
        self.0.lock().unwrap().push(done);
    }
}

impl Watcher for Recorder {
    /// What is changed after a sync has begun is not covered by it.
    fn before(&self, call: &Call<'_>) -> std::io::Result<()> {
        match call {
            Call::SyncFile(path) => self.note(Done::SyncFile(path.to_path_buf())),
            Call::SyncFolder(path) => self.note(Done::SyncFolder(path.to_path_buf())),
            _ => {}
        }
        Ok(())
    }

    fn after(&self, call: &Call<'_>) {
        self.note(match *call {
            Call::MakeFile(path) => Done::MakeFile(path.to_owned()),
            // A lock file is made if it is not there; whether it survives matters to nobody.
            Call::OpenLock(_) | Call::SyncFile(_) | Call::SyncFolder(_) | Call::Open(_) | Call::Lock(_) => return,
            Call::Write { path, offset, bytes } => Done::Write(path.to_owned(), offset, bytes.to_vec()),
            Call::Lengthen { path, len } | Call::Reserve { path, len } => Done::Lengthen(path.to_owned(), len),
            Call::Rename { from, to } => Done::Rename(from.to_owned(), to.to_owned()),
            Call::Link { from, to } => Done::Link(from.to_owned(), to.to_owned()),
            Call::RemoveFile(path) => Done::RemoveFile(path.to_owned()),
            Call::MakeFolder(path) => Done::MakeFolder(path.to_owned()),
            Call::RemoveFolder(path) => Done::RemoveFolder(path.to_owned()),
            ref other => panic!("{other:?} is not modelled"),
        });
    }
}

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
}

#[derive(Default)]
struct Folder {
    durable: BTreeMap<OsString, Entry>,
    pending: Vec<NameChange>,
}

/// What a disk holds for certain, and what it may hold.
#[derive(Default)]
struct Disk {
    base: PathBuf,
    files: Vec<File>,
    folders: Vec<Folder>,
}

impl Disk {
    /// All that is there now, taken to be durable.
    fn of(base: &Path) -> Self {
        let mut disk = Self { base: base.to_owned(), ..Self::default() };
        disk.take_in(base);
        disk
    }

    /// The name of what is there is not durable: whoever made it has not synced the folder above.
    fn forget(&mut self, path: &Path) {
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
                self.files.push(File { durable: std::fs::read(entry.path()).unwrap(), pending: Vec::new() });
                Entry::File(self.files.len() - 1)
            };
            self.folders[id].durable.insert(entry.file_name(), found);
        }
        id
    }

    /// What the running program sees in a folder.
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

    fn apply(&mut self, done: &Done) {
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
            Done::SyncFile(path) => {
                let file = self.file(path);
                file.durable = contents(file, &mut |_| true);
                file.pending.clear();
            }
            Done::SyncFolder(path) => {
                if !path.starts_with(&self.base) {
                    return;
                }
                let folder = self.folder(path);
                self.folders[folder].durable = self.seen(folder);
                self.folders[folder].pending.clear();
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
                    self.files.push(File { durable: std::fs::read(from).unwrap(), pending: Vec::new() });
                    Entry::File(self.files.len() - 1)
                };
                self.change(to, |name| NameChange::Put(name, entry));
            }
            // That of a lock is not in the record.
            Done::RemoveFile(path) if self.find(path).is_none() => {}
            Done::RemoveFile(path) | Done::RemoveFolder(path) => self.change(path, NameChange::Take),
        }
    }

    /// Lays out what a power cut leaves; `survives` says of each change that was not synced whether it is there.
    fn lay_out(&self, target: &Path, survives: &mut dyn FnMut(&str) -> bool) {
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

/// What a power cut may leave under a name: one of these steps, or nothing.
type Allowed<'a> = &'a [Option<u64>];

/// Whether the object is one of those that may be there, whole.
fn check(storage: &Storage, name: &str, allowed: Allowed<'_>) -> Result<(), String> {
    let found = match storage.load::<Run>(name) {
        Ok(run) => {
            let field = run.field.compute().map_err(|error| error.to_string())?;
            let expected = run_of(run.step);
            if field != expected.field.compute().unwrap() || run.mask != expected.mask || run.name != expected.name {
                return Err(format!("step {} is not whole", run.step));
            }
            let verified = storage.verify(name, VerifyDepth::Deep).map_err(|error| error.to_string())?;
            if !verified.is_sound() {
                return Err(format!("{:?}", verified.faults));
            }
            Some(run.step)
        }
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.to_string()),
    };
    if allowed.contains(&found) { Ok(()) } else { Err(format!("{found:?} is there, not one of {allowed:?}")) }
}

/// Records `action`, cuts the power after each of its calls, and gives how many of the outcomes were tried and what was
/// wrong. Under `name` must be one of
/// `before` or `after`, and `after` once the action has returned. `prepare` tells
/// of a name that is not durable when it begins.
fn cut_everywhere(
    durability: Durability,
    (format, codec): (ArrayFormat, Codec),
    prepare: impl Fn(&Storage) -> &'static str,
    action: impl Fn(&Storage),
    name: &str,
    before: Allowed<'_>,
    after: Option<u64>,
) -> (usize, Vec<String>) {
    let base = tempfile::tempdir().unwrap();
    let open = |base: &Path| {
        let builder = Storage::builder(base.join("root")).durability(durability).array_format(format).codec(codec);
        builder.serializer(Notes).open().unwrap()
    };
    let storage = open(base.path());
    let unsynced = prepare(&storage);
    let mut disk = Disk::of(base.path());
    if !unsynced.is_empty() {
        disk.forget(&base.path().join(unsynced));
    }
    let recorder = Arc::new(Recorder::default());
    let watching = watch(base.path(), recorder.clone());
    action(&storage);
    drop(watching);
    let record = std::mem::take(&mut *recorder.0.lock().unwrap());
    assert!(record.len() > 3, "{record:?}");

    let (mut tried, mut wrong) = (0, Vec::new());
    for cut in 0..=record.len() {
        if cut > 0 {
            disk.apply(&record[cut - 1]);
        }
        let only_after = [after];
        let either = [before, &only_after].concat();
        let allowed: Allowed<'_> = if cut == record.len() { &only_after } else { &either };
        for luck in 0..times(6, 40) as u64 {
            let mut random = Random(luck * 7919 + cut as u64);
            let mut survives = |what: &str| match luck {
                0 => false,
                1 => true,
                2 => what == "name",
                3 => what == "bytes",
                _ => random.below(2) == 0,
            };
            let left = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
            disk.lay_out(left.path(), &mut survives);
            let storage = open(left.path());
            tried += 1;
            let problem = check(&storage, name, allowed).err().or_else(|| {
                swept(&storage);
                let root = Path::new(storage.location());
                let (there, named) = (files(root), files_named(&storage));
                check(&storage, name, allowed)
                    .err()
                    .or_else(|| (there != named).then(|| format!("{there:?} {named:?}")))
            });
            wrong.extend(problem.map(|problem| {
                let last = cut.checked_sub(1).map(|last| &record[last]);
                format!("after {cut} of {} calls, the last being {last:?}, luck {luck}: {problem}", record.len())
            }));
        }
    }
    if durability == Durability::Synced {
        // The model sees what the disk has.
        let real = arraystow_tests::files(base.path());
        let model = tempfile::tempdir().unwrap();
        disk.lay_out(model.path(), &mut |_| true);
        let modelled = arraystow_tests::files(model.path());
        assert_eq!(real, modelled);
        for file in real {
            assert!(
                std::fs::read(base.path().join(&file)).unwrap() == std::fs::read(model.path().join(&file)).unwrap(),
                "{file} is modelled wrong"
            );
        }
    }
    (tried, wrong)
}

const HDF5: (ArrayFormat, Codec) = (ArrayFormat::Hdf5, Codec::NONE);
const ZARR: (ArrayFormat, Codec) = (ArrayFormat::Zarr, Codec::BLOSC);

fn nothing_is_lost(
    prepare: impl Fn(&Storage),
    action: impl Fn(&Storage),
    name: &str,
    before: Allowed<'_>,
    after: Option<u64>,
) {
    let prepared = |storage: &Storage| {
        prepare(storage);
        ""
    };
    for kind in [HDF5, (ArrayFormat::Hdf5, Codec::gzip(3).unwrap()), ZARR] {
        let (tried, wrong) = cut_everywhere(Durability::Synced, kind, prepared, &action, name, before, after);
        assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
        println!("{tried} power cuts");
    }
}

#[test]
fn in_a_first_save() {
    nothing_is_lost(|_| {}, |storage| drop(storage.save("a/b/run", &run_of(1)).unwrap()), "a/b/run", &[None], Some(1));
}

#[test]
fn in_a_save_that_replaces() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(storage.save("sim/run", &run_of(2)).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(2),
    );
}

#[test]
fn in_a_save_that_keeps_its_arrays() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(storage.save("sim/run", &storage.load::<Run>("sim/run").unwrap()).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(1),
    );
}

#[test]
fn in_a_save_that_links_arrays_of_another_object() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(storage.save("other/run", &storage.load::<Run>("sim/run").unwrap()).unwrap()),
        "other/run",
        &[None],
        Some(1),
    );
}

#[test]
fn in_a_save_with_an_object_of_another_serializer() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &noted_run_of(1)).unwrap()),
        |storage| drop(storage.save("sim/run", &noted_run_of(2)).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(2),
    );
}

#[test]
fn in_a_removal() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| storage.remove("sim/run").unwrap(),
        "sim/run",
        &[Some(1)],
        None,
    );
}

#[test]
fn in_a_removal_of_many() {
    nothing_is_lost(
        |storage| {
            for name in ["sim/first", "sim/run", "sim/third"] {
                storage.save(name, &run_of(1)).unwrap();
            }
        },
        |storage| assert_eq!(storage.remove_workflow("sim").unwrap().len(), 3),
        "sim/run",
        &[Some(1)],
        None,
    );
}

#[test]
fn in_a_save_after_a_removal_that_emptied_the_folder() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| {
            storage.remove("sim/run").unwrap();
            storage.save("sim/run", &run_of(2)).unwrap();
        },
        "sim/run",
        &[Some(1), None],
        Some(2),
    );
}

#[test]
fn in_a_copy() {
    let source = tempfile::tempdir().unwrap();
    let source = Storage::open(source.path()).unwrap();
    source.save("sim/run", &run_of(3)).unwrap();
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(source.copy("sim/run", storage).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(3),
    );
}

/// The handle has synced the folders before; these are others.
#[test]
fn in_a_save_in_folders_that_others_have_made_anew() {
    for (unsynced, again) in [("root/a/b", "a/b"), ("root/a", "a"), ("root", "")] {
        let (tried, wrong) = cut_everywhere(
            Durability::Synced,
            HDF5,
            |storage| {
                storage.save("a/b/run", &run_of(1)).unwrap();
                storage.save("a/b/run", &run_of(2)).unwrap();
                std::fs::remove_dir_all(Path::new(storage.location()).join(again)).unwrap();
                std::fs::create_dir_all(Path::new(storage.location()).join("a/b")).unwrap();
                unsynced
            },
            |storage| drop(storage.save("a/b/run", &run_of(3)).unwrap()),
            "a/b/run",
            &[None],
            Some(3),
        );
        assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// Without syncing much is lost: these tests would notice.
#[test]
fn these_tests_notice_what_is_not_synced() {
    for kind in [HDF5, ZARR] {
        let (tried, wrong) = cut_everywhere(
            Durability::NotSynced,
            kind,
            |storage| {
                storage.save("sim/run", &run_of(1)).unwrap();
                ""
            },
            |storage| drop(storage.save("sim/run", &run_of(2)).unwrap()),
            "sim/run",
            &[Some(1)],
            Some(2),
        );
        assert!(wrong.len() > tried / 20, "{} of {tried}", wrong.len());
    }
}
