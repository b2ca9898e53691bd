//! Spans and events: the names that docs/tracing.md has.

use arraystow::{ChunkedArray, Storage, VerifyDepth};
use futures::executor::block_on;
use ndarray::Array2;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

type Fields = BTreeMap<String, String>;

#[derive(Default)]
struct Seen(Fields);

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

/// Lines with the level, the spans and the event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, Fields)>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if attributes.metadata().target() == "arraystow" {
            let mut seen = Seen::default();
            attributes.record(&mut seen);
            self.0.lock().unwrap().push((attributes.metadata().name().to_owned(), seen.0));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == "arraystow" {
            let mut seen = Seen::default();
            event.record(&mut seen);
            let spans = context.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
            let spans: Vec<&str> = spans.map(|span| span.metadata().name()).collect();
            let text = seen.0.remove("message").unwrap_or_default();
            let line = format!("{} {}: {text}", event.metadata().level(), spans.join(">"));
            self.0.lock().unwrap().push((line, seen.0));
        }
    }
}

impl Log {
    /// The log of this process.
    fn global() -> Self {
        let log = Self::default();
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(log.clone())).unwrap();
        log
    }

    /// What the work adds to it.
    fn of(&self, work: impl FnOnce()) -> Vec<(String, Fields)> {
        self.0.lock().unwrap().clear();
        work();
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

const CHILD: &str = "ARRAYSTOW_TEST_TRACES";

/// Runs a test in a process of its own: its helper threads and its pool have the subscriber, too.
fn in_child(name: &str, test: impl FnOnce(&Log)) {
    if std::env::var_os(CHILD).is_some() {
        return test(&Log::global());
    }
    let name = format!("traces::{name}");
    let arguments = ["--exact", "--nocapture", &name];
    let output = std::process::Command::new(std::env::current_exe().unwrap()).args(arguments).env(CHILD, "1").output();
    let output = output.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn names(log: &[(String, Fields)]) -> Vec<&str> {
    log.iter().map(|(line, _)| line.as_str()).collect()
}

#[test]
fn each_call_has_a_span_and_a_save_says_what_it_wrote() {
    in_child("each_call_has_a_span_and_a_save_says_what_it_wrote", |log| {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (storage, other) = (Storage::open(folder.path()).unwrap(), Storage::open(other.path()).unwrap());
        let height = ChunkedArray::from_ndarray(Array2::<f32>::ones((40, 30)), &[10, 30]).unwrap();
        let seen = log.of(|| drop(storage.save("a/x", &("name", height)).unwrap()));
        assert_eq!(names(&seen), ["save", "DEBUG save: array written", "INFO save: saved"]);
        assert_eq!(seen[0].1["document"], "a/x");
        assert_eq!((seen[1].1["path"].as_str(), seen[1].1["array"].len()), ("[1]", 36));
        assert_eq!((seen[2].1["arrays_written"].as_str(), seen[2].1["arrays_kept"].as_str()), ("1", "0"));
        assert_eq!(seen[2].1["version"], storage.version("a/x").unwrap().to_string());

        let seen = log.of(|| {
            let (_, _): (String, ChunkedArray<f32>) = storage.load("a/x").unwrap();
            storage.copy("a/x", &other).unwrap();
            storage.verify("a/x", VerifyDepth::Deep).unwrap();
            drop(storage.sweep().unwrap());
            storage.remove("a/x").unwrap();
        });
        assert_eq!(names(&seen), ["load", "copy", "INFO copy: saved", "verify", "sweep", "remove"]);
    });
}

#[test]
fn async_work_and_helper_threads_are_in_the_span_of_their_caller() {
    in_child("async_work_and_helper_threads_are_in_the_span_of_their_caller", |log| {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let inner = |region: &arraystow::Region| {
            tracing::info!(target: "arraystow", "a chunk");
            ndarray::ArrayD::<f32>::zeros(region.shape())
        };
        let array = ChunkedArray::from_fn(&[64, 64], &[8, 64], inner).unwrap();
        let seen = log.of(|| {
            let saving = tracing::info_span!(target: "program", "request").in_scope(|| storage.save_async("x", &array));
            block_on(saving).unwrap();
        });
        let chunks = names(&seen).iter().filter(|line| **line == "INFO request>save: a chunk").count();
        assert_eq!((seen.len(), chunks), (8 + 3, 8), "{seen:?}");
        assert_eq!(seen[10].0, "INFO request>save: saved");
    });
}

#[test]
fn a_document_full_of_numbers_is_a_warning_with_the_place_and_the_cure() {
    in_child("a_document_full_of_numbers_is_a_warning_with_the_place_and_the_cure", |log| {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let value = BTreeMap::from([("small", vec![1.0; 10]), ("large", vec![0.5_f64; 3 << 20])]);
        let seen = log.of(|| drop(storage.save("x", &value).unwrap()));
        let (line, fields) = &seen[1];
        assert!(line.starts_with("WARN save: the document has ") && line.contains("`large: Vec<f64>`"), "{line}");
        assert!(line.contains("keep a large list of numbers in a ChunkedArray"), "{line}");
        assert!(fields["bytes"].parse::<usize>().unwrap() > 16 << 20);
        assert_eq!(log.of(|| drop(storage.save("y", &vec![1.0; 1000]).unwrap())).len(), 2);
    });
}
