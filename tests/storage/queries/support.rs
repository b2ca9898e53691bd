//! What is saved and looked for.

use arraystow::faults::{Call, Watcher};
use arraystow::{ArrayFormat, Comparison, Query, QueryMatch, Storage};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// More than a document must be old to be in an index.
pub(super) const SETTLE: Duration = Duration::from_millis(2100);

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Run {
    pub(super) alpha: f64,
    pub(super) beta: Option<f32>,
    pub(super) step: u64,
    pub(super) done: bool,
    pub(super) scheme: String,
    pub(super) note: String,
    pub(super) marks: Vec<i64>,
    pub(super) nested: BTreeMap<String, BTreeMap<String, i64>>,
    pub(super) field: Array1<f64>,
}

/// A run of this number. Some have what an index does not hold.
pub(super) fn run(step: u64) -> Run {
    let marks = if step.is_multiple_of(7) { 40 } else { step % 4 };
    let inner = |n: u64| BTreeMap::from([("k".to_owned(), (step * n) as i64), ("l".to_owned(), -1)]);
    Run {
        alpha: step as f64 / 10.0,
        beta: (!step.is_multiple_of(3)).then_some(step as f32 / 10.0),
        step,
        done: step.is_multiple_of(2),
        scheme: if step.is_multiple_of(5) { "euler" } else { "heun" }.to_owned(),
        note: if step.is_multiple_of(11) { format!("long {step} ").repeat(60) } else { format!("note {step}") },
        marks: (0..marks as i64).map(|mark| mark * 3).collect(),
        nested: BTreeMap::from([("a.b".to_owned(), inner(1)), ("c".to_owned(), inner(2))]),
        field: Array1::from_elem(if step.is_multiple_of(6) { 700 } else { 3 }, step as f64),
    }
}

type Case = (fn(Query) -> Query, fn(&Run) -> bool);

/// Queries, and what their conditions are of the type.
pub(super) const CASES: [Case; 16] = [
    (|query| query, |_| true),
    (|query| query.filter("alpha", Comparison::Greater, 1.3), |run| run.alpha > 1.3),
    (|query| query.filter("beta", Comparison::LessOrEqual, 1.1), |run| run.beta.is_some_and(|beta| beta <= 1.1)),
    (|query| query.filter("beta", Comparison::Equal, arraystow::Value::Null), |run| run.beta.is_none()),
    (|query| query.filter("step", Comparison::NotEqual, 5), |run| run.step != 5),
    (|query| query.filter("done", Comparison::Equal, true), |run| run.done),
    (|query| query.filter("scheme", Comparison::Contains, "eu"), |run| run.scheme.contains("eu")),
    (|query| query.filter("note", Comparison::Contains, "long 22 "), |run| run.note.contains("long 22 ")),
    (|query| query.filter("note", Comparison::Greater, "note 4"), |run| run.note.as_str() > "note 4"),
    (|query| query.filter("marks[2]", Comparison::Equal, 6), |run| run.marks.get(2) == Some(&6)),
    (|query| query.filter("marks[30]", Comparison::Equal, 90), |run| run.marks.get(30) == Some(&90)),
    (|query| query.filter("nested.a.b.k", Comparison::Less, 9), |run| run.nested["a.b"]["k"] < 9),
    (|query| query.filter("nested.c.k", Comparison::GreaterOrEqual, 20), |run| run.nested["c"]["k"] >= 20),
    (|query| query.filter("field", Comparison::NotEqual, arraystow::Value::Null), |_| true),
    (|query| query.filter("missing", Comparison::NotEqual, arraystow::Value::Null), |_| false),
    (
        |query| query.filter("done", Comparison::Equal, false).filter("alpha", Comparison::Less, 2).select("note"),
        |run| !run.done && run.alpha < 2.0,
    ),
];

/// What queries find is what a reading of all documents with their type finds.
pub(super) fn assert_right(storage: &Storage, glob: &str, what: &str) {
    let names = storage.list(glob).unwrap().into_iter().map(|entry| entry.name);
    let runs: Vec<(String, Run)> = names.map(|name| (name.clone(), storage.load(&name).unwrap())).collect();
    for (number, (make, holds)) in CASES.into_iter().enumerate() {
        let query = make(storage.query(glob));
        let found = query.run().unwrap();
        let wanted: Vec<&str> = runs.iter().filter(|(_, run)| holds(run)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(names_of(&found), wanted, "{what}: case {number}");
        let read = query.without_index().run().unwrap();
        assert_eq!(fields_of(&found), fields_of(&read), "{what}: case {number}");
    }
}

pub(super) fn names_of(found: &[QueryMatch]) -> Vec<&str> {
    found.iter().map(|found| found.entry.name.as_str()).collect()
}

fn fields_of(found: &[QueryMatch]) -> Vec<String> {
    found.iter().map(|found| format!("{:?}", found.fields)).collect()
}

pub(super) fn folder() -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let builder = Storage::builder(folder.path().join("root")).array_format(ArrayFormat::Zarr);
    let storage = builder.durability(arraystow::Durability::NotSynced).open().unwrap();
    (folder, storage)
}

/// Runs of these numbers in the workflow `runs`, with an index.
pub(super) fn indexed(storage: &Storage, count: u64) {
    (0..count).for_each(|step| drop(storage.save(&format!("runs/{step}"), &run(step)).unwrap()));
    std::thread::sleep(SETTLE);
    storage.query("**").run().unwrap();
}

/// Counts the documents that are opened.
#[derive(Default)]
pub(super) struct Opened(AtomicUsize);

impl Opened {
    pub(super) fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Watcher for Opened {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        if let Call::Open(path) = call
            && !path.components().any(|part| part.as_os_str() == "bigdata")
        {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}
