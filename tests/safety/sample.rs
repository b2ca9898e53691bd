//! An object whose every part says which one it is, and what is left of it in a folder.

use arraystow::persistent::{BoxError, ExternalFiles, PersistentSerializer};
use arraystow::{ChunkedArray, Error, Storage, VerifyDepth};
pub(crate) use arraystow_tests::files_by_array as files;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{Read, Write};

#[derive(Serialize, Deserialize, Debug, Clone)]
pub struct Run {
    pub step: u64,
    pub name: String,
    pub field: ChunkedArray<f64>,
    pub mask: Array2<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// What a serializer of its own keeps, in two files.
#[derive(Serialize, Deserialize, Debug, Clone)]
pub struct Note(#[serde(with = "arraystow::persistent")] Text);

#[derive(Debug, Clone)]
pub struct Text(String);

impl Note {
    pub fn text(&self) -> &str {
        &self.0.0
    }
}

pub struct Notes;

impl PersistentSerializer for Notes {
    type Object = Text;
    const NAME: &'static str = "example.org/notes";

    fn write(&self, note: &Text, files: &ExternalFiles) -> Result<(), BoxError> {
        for extension in ["first", "second"] {
            let mut file = files.create(extension)?;
            file.write_all(note.0.as_bytes())?;
            file.finish()?;
        }
        Ok(())
    }

    fn read(&self, files: &ExternalFiles) -> Result<Text, BoxError> {
        let mut texts = [String::new(), String::new()];
        for (text, extension) in texts.iter_mut().zip(["first", "second"]) {
            files.open(extension)?.read_to_string(text)?;
        }
        assert_eq!(texts[0], texts[1]);
        let [text, _] = texts;
        Ok(Text(text))
    }

    fn remove(&self, _: &ExternalFiles) -> Result<(), BoxError> {
        Err("a storage removes by itself".into())
    }
}

/// With an object that a serializer of its own keeps.
pub fn noted_run_of(step: u64) -> Run {
    Run { note: Some(Note(Text(format!("note {step}")))), ..run_of(step) }
}

/// A run whose mask is diverted as it is, so that it may be written while the save walks. It is loaded as a [`Run`].
pub struct EarlyRun(pub Run);

impl EarlyRun {
    pub fn of(step: u64) -> Self {
        Self(noted_run_of(step))
    }
}

impl Serialize for EarlyRun {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            step: u64,
            name: &'a str,
            #[serde(with = "arraystow::ndarray")]
            mask: &'a Array2<i64>,
            field: &'a ChunkedArray<f64>,
            note: &'a Option<Note>,
        }
        let Run { step, name, field, mask, note } = &self.0;
        Fields { step: *step, name, mask, field, note }.serialize(serializer)
    }
}

/// Saves with an array that is written while the save walks.
pub fn save_early(storage: &Storage, name: &str) -> arraystow::Result<()> {
    let _early = arraystow::faults::write_early_from(1);
    storage.save(name, &EarlyRun::of(2)).map(drop)
}

/// Small: one chunk each, in files of their own.
pub fn run_of(step: u64) -> Run {
    Run { field: field_of(step, &[30, 20]), ..empty_run(step) }
}

/// With an array of many chunks.
pub fn large_run_of(step: u64) -> Run {
    Run { field: field_of(step, &[4, 5]), ..empty_run(step) }
}

fn empty_run(step: u64) -> Run {
    let mask = Array2::from_elem((30, 20), step as i64);
    Run { step, name: format!("run {step}"), field: field_of(step, &[30, 20]), mask, note: None }
}

pub fn field_of(step: u64, chunks: &[usize]) -> ChunkedArray<f64> {
    ChunkedArray::from_fn(&[30, 20], chunks, move |region| {
        let (row, column) = (region.start()[0], region.start()[1]);
        Array2::from_shape_fn((region.shape()[0], region.shape()[1]), |(i, j)| value(step, row + i, column + j))
    })
    .unwrap()
}

fn value(step: u64, row: usize, column: usize) -> f64 {
    (step * 1000) as f64 + (row * 20 + column) as f64
}

/// Fails unless every part of the object is of one and the same step.
pub fn assert_whole(run: &Run) {
    assert_eq!(run.name, format!("run {}", run.step));
    assert!(run.mask.iter().all(|x| *x == run.step as i64), "the mask is of another step than {}", run.step);
    if let Some(Note(note)) = &run.note {
        assert_eq!(note.0, format!("note {}", run.step));
    }
    assert_field(&run.field.compute().unwrap_or_else(|error| panic!("step {}: {error}", run.step)), run.step);
}

pub fn assert_field(field: &ndarray::ArrayD<f64>, step: u64) {
    assert_eq!(field.shape(), [30, 20]);
    for (at, x) in field.indexed_iter() {
        assert_eq!(*x, value(step, at[0], at[1]), "at {at:?} of step {step}");
    }
}

/// The step of the object of that name, which must be whole and sound; none if there is none.
pub fn step_of(storage: &Storage, name: &str) -> Option<u64> {
    match storage.load::<Run>(name) {
        Ok(run) => {
            assert_whole(&run);
            assert_sound(storage, name);
            Some(run.step)
        }
        Err(error) if error.is_not_found() => None,
        Err(error) => panic!("{error}"),
    }
}

pub fn assert_sound(storage: &Storage, name: &str) {
    let found = storage.verify(name, VerifyDepth::Deep).unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

/// Removes all leftovers; returns how many there were. Afterwards there are none, and every object is sound.
pub fn swept(storage: &Storage) -> usize {
    let found = storage.sweep().unwrap();
    assert!(found.skipped().is_empty(), "{:?}", found.skipped());
    let count = found.leftovers().count();
    let removed = found.remove().unwrap();
    assert_eq!(removed.len(), count, "{removed:?}");
    let left: Vec<_> = storage.sweep().unwrap().leftovers().cloned().collect();
    assert!(left.is_empty(), "{left:?}");
    for object in storage.verify_all(VerifyDepth::Deep).unwrap() {
        assert!(object.is_sound(), "{:?}", object.faults);
    }
    count
}

/// The files that the objects of a folder consist of, as [`files`] gives them.
pub fn files_named(storage: &Storage) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in storage.list("**").unwrap() {
        let workflow = entry.name.rsplit_once('/').map_or(String::new(), |(workflow, _)| format!("{workflow}/"));
        let info = storage.info(&entry.name).unwrap();
        for array in info.arrays {
            named.insert(format!("{workflow}bigdata/{}", array.file));
        }
        for file in info.external_objects.into_iter().flat_map(|object| object.files) {
            let name = file.rsplit('/').next().unwrap();
            named.insert(format!("{workflow}bigdata/{name}"));
        }
        named.insert(entry.name);
    }
    named
}

/// How often something is tried: more in the deep suite.
pub fn times(ordinary: usize, deep: usize) -> usize {
    if std::env::var_os("ARRAYSTOW_DEEP").is_some() { deep } else { ordinary }
}

/// Numbers without any order, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// An error that a user may get when another program changes the same object.
pub fn is_about_others(error: &Error) -> bool {
    error.is_conflict() || error.is_gone() || error.is_not_found()
}

/// Runs two works in every order of one change of turn, and in some orders of two that are drawn. `once` is given who
/// begins and the steps at which the turn changes, and returns the number of steps.
pub fn in_all_turns(doubles: usize, once: impl Fn(usize, &[usize]) -> usize) -> usize {
    let mut tried = 0;
    for first in 0..2 {
        let steps = once(first, &[]);
        for switch in 0..steps {
            once(first, &[switch]);
            tried += 1;
        }
        let mut random = Random(first as u64 + 1);
        for _ in 0..doubles {
            let mut switches: Vec<usize> = (0..2).map(|_| random.below(steps as u64) as usize).collect();
            switches.sort_unstable();
            switches.dedup();
            once(first, &switches);
            tried += 1;
        }
    }
    tried
}
