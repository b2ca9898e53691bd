//! Copies between folders while the source's files are being exchanged: what was checked is what is copied.

use super::sample::{Run, assert_whole, field_of, files, files_named, run_of, swept};
use arraystow::faults::{Call, Watcher, Watching, watch};
use arraystow::{ErrorKind, Storage, VerifyDepth};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Two storages, and what lies outside of both.
struct Places {
    folder: tempfile::TempDir,
    here: Storage,
    there: Storage,
}

impl Places {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = Storage::open(folder.path().join("here")).unwrap();
        let there = Storage::open(folder.path().join("there")).unwrap();
        here.save("sim/run", &run_of(6)).unwrap();
        Self { folder, here, there }
    }

    /// The file of an array of the source.
    fn array(&self) -> PathBuf {
        let arrays = self.here.info("sim/run").unwrap().arrays;
        let field = arrays.into_iter().find(|array| array.paths == ["field"]).unwrap();
        Path::new(self.here.location()).join("sim/bigdata").join(field.file)
    }

    /// A file of another object, of the same type and shape.
    fn another(&self) -> PathBuf {
        let elsewhere = Storage::open(self.folder.path().join("elsewhere")).unwrap();
        elsewhere.save("field", &field_of(7, &[30, 20])).unwrap();
        let file = elsewhere.info("field").unwrap().arrays[0].file.clone();
        Path::new(elsewhere.location()).join("bigdata").join(file)
    }

    /// Whether nothing but whole objects is there.
    fn assert_clean(&self, copied: bool) {
        let root = Path::new(self.there.location());
        if copied {
            assert_whole(&self.there.load::<Run>("sim/run").unwrap());
            assert!(self.there.verify("sim/run", VerifyDepth::Deep).unwrap().is_sound());
        } else {
            assert!(!self.there.contains("sim/run").unwrap());
        }
        if root.exists() {
            assert_eq!(swept(&self.there), 0);
            assert_eq!(files(root), files_named(&self.there));
        }
    }
}

/// Does something right before links and copies, and lets links fail.
struct Before<F>(bool, F);

impl<F: Fn(&Call<'_>) + Send + Sync> Watcher for Before<F> {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        (self.1)(call);
        match call {
            Call::Link { .. } if self.0 => Err(io::ErrorKind::CrossesDevices.into()),
            _ => Ok(()),
        }
    }
}

fn watching(storage: &Storage, no_links: bool, act: impl Fn(&Call<'_>) + Send + Sync + 'static) -> Watching {
    watch(Path::new(storage.location()), Arc::new(Before(no_links, act)))
}

/// Puts something else in the place of a file, in one step.
fn exchange(file: &Path, make: impl Fn(&Path)) {
    let new = file.with_extension("new");
    make(&new);
    std::fs::rename(&new, file).unwrap();
}

type Make = fn(&Path, &Path);

/// What an attacker may put in a file's place: a link to another array, that array, a pipe.
const OTHERS: [Make; 3] = [
    |other, new| std::os::unix::fs::symlink(other, new).unwrap(),
    |other, new| assert!(std::fs::copy(other, new).unwrap() > 0),
    |_, new| make_pipe(new),
];

fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[test]
fn what_is_exchanged_after_the_check_is_not_copied() {
    for no_links in [false, true] {
        for make in OTHERS {
            let places = Places::new();
            let (array, another) = (places.array(), places.another());
            let file = array.clone();
            let watching = watching(&places.there, no_links, move |call| {
                if matches!(call, Call::Link { from, .. } if *from == file) {
                    exchange(&file, |new| make(&another, new));
                }
            });
            places.here.copy("sim/run", &places.there).unwrap();
            drop(watching);
            places.assert_clean(true);
        }
    }
}

#[test]
fn what_is_exchanged_before_the_check_is_refused() {
    for make in OTHERS {
        let places = Places::new();
        exchange(&places.array(), |new| make(&places.another(), new));
        let error = places.here.copy("sim/run", &places.there).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Io), "{error:?}");
        assert_eq!(error.location(), Some(places.array().to_str().unwrap()), "{error}");
        places.assert_clean(false);
    }
}

#[test]
fn what_is_changed_while_it_is_copied_is_refused() {
    let places = Places::new();
    let file = places.array();
    let watching = watching(&places.there, true, move |call| {
        if matches!(call, Call::Copy { from, .. } if *from == file) {
            let opened = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
            let len = opened.metadata().unwrap().len();
            // In the elements, somewhere before the end.
            opened.write_all_at(&[0xa5; 64], len - 1000).unwrap();
        }
    });
    let error = places.here.copy("sim/run", &places.there).unwrap_err();
    drop(watching);
    assert_eq!((error.kind(), error.path()), (ErrorKind::Corrupt, Some("field")), "{error:?}");
    assert!(error.to_string().contains("while it was copied"), "{error}");
    places.assert_clean(false);
}

/// As fast as it goes, from another thread: every copy is whole or refused.
#[test]
fn a_file_that_is_exchanged_all_the_time_is_copied_whole_or_not_at_all() {
    for no_links in [false, true] {
        let places = Places::new();
        let (array, another) = (places.array(), places.another());
        let real = array.with_extension("real");
        std::fs::hard_link(&array, &real).unwrap();
        let done = AtomicBool::new(false);
        let watching = watching(&places.there, no_links, |_| {});
        let mut counts = [0, 0];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    exchange(&array, |new| std::os::unix::fs::symlink(&another, new).unwrap());
                    exchange(&array, |new| std::fs::hard_link(&real, new).unwrap());
                }
            });
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(1) || counts.contains(&0) && start.elapsed().as_secs() < 20 {
                let copied = places.here.copy("sim/run", &places.there).is_ok();
                counts[usize::from(copied)] += 1;
                places.assert_clean(copied);
                if copied {
                    places.there.remove("sim/run").unwrap();
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        drop(watching);
        println!("{counts:?} copies were refused and done");
    }
}

/// As a load of it does.
#[test]
fn a_value_that_is_replaced_while_it_is_copied_is_copied_in_its_new_version() {
    for no_links in [false, true] {
        let places = Places::new();
        let (source, left) = (places.here.clone(), AtomicBool::new(true));
        let watching = watching(&places.there, no_links, move |call| {
            if matches!(call, Call::Link { .. } | Call::Copy { .. }) && left.swap(false, Ordering::Relaxed) {
                source.save("sim/run", &run_of(8)).unwrap();
            }
        });
        places.here.copy("sim/run", &places.there).unwrap();
        drop(watching);
        assert_eq!(places.there.load::<Run>("sim/run").unwrap().step, 8);
        places.assert_clean(true);
    }
}

/// Else a document that is being renamed could be overlooked, which has the arrays.
#[test]
fn what_an_earlier_copy_has_left_is_removed_under_the_lock() {
    let places = Places::new();
    places.here.copy("sim/run", &places.there).unwrap();
    let sim = Path::new(places.there.location()).join("sim");
    std::fs::remove_file(sim.join("run")).unwrap();
    let removed = Arc::new(AtomicUsize::new(0));
    let (count, arrays, lock) = (removed.clone(), sim.join("bigdata"), sim.join("bigdata/.lock"));
    let watching = watching(&places.there, false, move |call| {
        if matches!(call, Call::RemoveFile(path) if path.parent() == Some(arrays.as_path())) {
            count.fetch_add(1, Ordering::Relaxed);
            let lock = std::fs::File::open(&lock).unwrap();
            assert!(lock.try_lock().is_err(), "no lock is held");
        }
    });
    places.here.copy("sim/run", &places.there).unwrap();
    drop(watching);
    assert!(removed.load(Ordering::Relaxed) >= 2);
    places.assert_clean(true);
}
