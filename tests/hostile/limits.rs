//! The limits, which the user can raise and lower, hold for saving and loading alike.

use crate::support::refused;
use arraystow::{ChunkedArray, ErrorKind, Limits, LocalFiles, PlainArray, Protocols, S3Protocol, Storage};
use ndarray::{Array1, Array2, CowArray, IxDyn};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

fn storages(limits: Limits) -> (tempfile::TempDir, [Storage; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let files = Storage::builder(folder.path()).limits(limits).open().unwrap();
    let objects = Storage::builder("memory://").limits(limits).open().unwrap();
    (folder, [files, objects])
}

#[test]
fn documents_beyond_the_limit_are_neither_written_nor_read() {
    let small = Limits::default().document_bytes(20_000);
    let (folder, storages) = storages(small);
    for storage in &storages {
        storage.save("x", &vec![7_u8; 1000]).unwrap();
        let error = refused("a save", storage.save("x", &vec![7_u8; 30_000]), &[ErrorKind::Limit]);
        assert_eq!(error.document(), Some("x"), "{error}");
        assert!(error.to_string().contains("Limits::document_bytes"), "{error}");
        assert_eq!(storage.load::<Vec<u8>>("x").unwrap().len(), 1000, "the old object stays");
    }
    Storage::open(folder.path()).unwrap().save("y", &vec![7_u8; 30_000]).unwrap();
    let error = refused("a load", storages[0].load::<Vec<u8>>("y"), &[ErrorKind::Limit]);
    assert_eq!(error.document(), Some("y"), "{error}");
    // It can be looked at and removed: that needs the list of arrays only.
    storages[0].remove("y").unwrap();

    let client = Arc::new(object_store::memory::InMemory::new());
    Storage::from_object_store(client.clone(), "").unwrap().save("y", &vec![7_u8; 30_000]).unwrap();
    let protocols = Protocols::new().with_limits(small);
    refused("to_vec", arraystow::to_vec(&vec![7_u8; 30_000], &protocols), &[ErrorKind::Limit]);
    let document = arraystow::to_vec(&vec![7_u8; 30_000], &Protocols::new()).unwrap();
    refused("from_slice", arraystow::from_slice::<Vec<u8>>(&document, &protocols), &[ErrorKind::Limit]);
    assert_eq!(arraystow::from_slice::<Vec<u8>>(&document, &Protocols::new()).unwrap().len(), 30_000);
}

#[derive(Clone, Serialize)]
struct Run {
    name: String,
    weights: Vec<f64>,
    options: BTreeMap<String, Option<Vec<u64>>>,
    field: Array2<f64>,
}

#[derive(Serialize)]
struct Campaign {
    title: &'static str,
    runs: Vec<Run>,
    kind: Kind,
}

#[derive(Serialize)]
enum Kind {
    Empty,
    Table { rows: Vec<(String, f32)> },
}

#[test]
fn a_document_beyond_the_limit_names_the_field_that_is_too_large_and_its_type() {
    let run =
        Run { name: "small".into(), weights: vec![0.5; 3], options: BTreeMap::new(), field: Array2::zeros((3, 4)) };
    let campaign = |kind| Campaign { title: "a", runs: vec![run.clone(); 4], kind };
    let mut weights = campaign(Kind::Empty);
    weights.runs[3].weights = vec![0.1; 20_000];
    let mut options = campaign(Kind::Empty);
    options.runs[1].options = [("a b".into(), Some(vec![u64::MAX; 20_000])), ("c".into(), None)].into();
    let mut many = campaign(Kind::Empty);
    many.runs = vec![run.clone(); 5000];
    let mut diverted = campaign(Kind::Empty);
    diverted.runs[0].field = Array2::zeros((1000, 1000));
    diverted.runs[0].name = "x".repeat(250_000);
    fn says<T: Serialize>(value: &T, expected: &str) {
        let limits = Limits::default().document_bytes(100_000);
        let (_folder, storages) = storages(limits);
        for storage in &storages {
            for error in [
                storage.save("x", value).unwrap_err(),
                storage.create("x", value).unwrap_err(),
                futures::executor::block_on(storage.save_async("x", value)).unwrap_err(),
                arraystow::to_vec(value, &Protocols::new().with_limits(limits)).unwrap_err(),
            ] {
                // An array has no protocol there, which is found later.
                assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
                assert!(error.to_string().contains(expected), "{error}");
                assert!(error.to_string().contains("ChunkedArray") && !error.to_string().contains("trust"), "{error}");
            }
            assert!(storage.list("**").unwrap().is_empty());
        }
    }
    says(&weights, "the field `runs[3].weights: Vec<f64>` takes about 1");
    says(&options, "the field `runs[1].options.a b: Option<Vec<u64>>` takes about 1");
    says(
        &campaign(Kind::Table { rows: vec![("row".into(), 1.5); 20_000] }),
        "the field `kind.rows: Vec<(String, f32)>` takes",
    );
    says(&many, "the field `runs: Vec<Run>` takes about");
    says(&diverted, "the field `runs[0].name: String` takes about 2");
    says(&vec![0.5_f64; 20_000], "the value itself, `Vec<f64>`, takes about 1");
    says(&(1, vec!["a"; 60_000]), "the field `[1]: Vec<&str>` takes about 1");
    let erased: Box<dyn erased_serde::Serialize> = Box::new(weights.runs.clone());
    says(&erased, "the field `[3].weights` takes about 1");
    let limits = Limits::default().document_bytes(100_000);
    let (_folder, storages) = storages(limits);
    // In JSON, in proportion.
    let json = Storage::builder("memory://").limits(limits).format(arraystow::Format::Json).open().unwrap();
    let error = json.save("weights", &weights).unwrap_err();
    assert!(error.to_string().contains("the field `runs[3].weights: Vec<f64>` takes about"), "{error}");
    // What is shared is not within any field.
    let shared = arraystow::Shared::new(vec![0.5_f64; 20_000]);
    let error = storages[0].save("shared", &(shared.clone(), shared)).unwrap_err();
    assert!(error.to_string().contains("its shared values take most of it"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn large_chunks_are_cut_when_saved_and_refused_when_read() {
    let elements = Array2::from_shape_fn((100, 100), |(i, j)| (i * 100 + j) as f64);
    let array = ChunkedArray::from_ndarray(elements.clone(), &[100, 100]).unwrap();
    let small = Limits::default().chunk_bytes(10_000);
    let folder = tempfile::tempdir().unwrap();
    let files = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let client = Arc::new(object_store::memory::InMemory::new());
    let objects = Protocols::new().with_s3(S3Protocol::new(client, "f").unwrap());
    for protocols in [files, objects.clone(), objects.with_shard_bytes(1 << 20)] {
        let document = arraystow::to_vec(&array, &protocols.clone().with_limits(small)).unwrap();
        let loaded: ChunkedArray<f64> =
            arraystow::from_slice(&document, &protocols.clone().with_limits(small)).unwrap();
        assert_eq!(loaded.grid(), array.grid(), "what the user sees is not cut");
        assert_eq!(loaded.compute().unwrap(), elements.clone().into_dyn());
        let document = arraystow::to_vec(&array, &protocols).unwrap();
        let loaded: ChunkedArray<f64> = arraystow::from_slice(&document, &protocols.with_limits(small)).unwrap();
        let error = refused("a chunk", loaded.compute(), &[ErrorKind::Limit]);
        assert!(error.to_string().contains("Limits::chunk_bytes"), "{error}");
        assert!(error.array().is_some() && error.location().is_some(), "{error}");
    }
}

#[test]
fn more_chunks_than_allowed_are_neither_written_nor_read() {
    let array = ChunkedArray::from_ndarray(Array1::from_iter(0..1000), &[1]).unwrap();
    let few = Limits::default().chunks(999);
    let folder = tempfile::tempdir().unwrap();
    let files = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let client = Arc::new(object_store::memory::InMemory::new());
    let objects = Protocols::new().with_s3(S3Protocol::new(client, "f").unwrap());
    for protocols in [files, objects.clone(), objects.with_shard_bytes(400)] {
        let error =
            refused("a save", arraystow::to_vec(&array, &protocols.clone().with_limits(few)), &[ErrorKind::Limit]);
        assert!(error.to_string().contains("Limits::chunks") && error.path().is_some(), "{error}");
        let document = arraystow::to_vec(&array, &protocols).unwrap();
        let loaded: ChunkedArray<i32> = arraystow::from_slice(&document, &protocols.clone().with_limits(few)).unwrap();
        let error = refused("a load", loaded.sum(), &[ErrorKind::Limit]);
        assert!(error.array().is_some() && error.location().is_some(), "{error}");
        let loaded: ChunkedArray<i32> = arraystow::from_slice(&document, &protocols).unwrap();
        assert_eq!(loaded.sum().unwrap(), 499_500);
    }
}

#[test]
fn an_array_larger_than_the_machines_memory_is_refused_before_it_is_computed() {
    // 64 TiB, of which the kernel would promise a part and kill who uses it.
    let array = ChunkedArray::<f64>::from_fn(&[1 << 43], &[1 << 20], |_| -> ndarray::ArrayD<f64> { unreachable!() });
    let error = refused("compute", array.unwrap().compute(), &[ErrorKind::Limit]);
    assert!(error.to_string().contains("does not fit into memory"), "{error}");
}

/// Counts how often its elements are looked at.
struct Counted(std::cell::Cell<usize>);

impl PlainArray for Counted {
    type Element = u8;

    fn elements(&self) -> CowArray<'_, u8, IxDyn> {
        self.0.set(self.0.get() + 1);
        Array1::zeros(10_000).into_dyn().into()
    }
}

#[test]
fn to_say_what_is_too_large_no_array_is_copied() {
    #[derive(Serialize)]
    struct Large {
        #[serde(serialize_with = "arraystow::ndarray::serialize")]
        array: Counted,
        text: String,
    }
    let looks = |limits: Limits| {
        let (_folder, [storage, _]) = storages(limits);
        let large = Large { array: Counted(std::cell::Cell::new(0)), text: "x".repeat(30_000) };
        let saved = storage.save("x", &large);
        (large.array.0.get(), saved)
    };
    let (once, saved) = looks(Limits::default());
    saved.unwrap();
    let (twice, saved) = looks(Limits::default().document_bytes(20_000));
    assert!(saved.unwrap_err().to_string().contains("the field `text: String`"));
    assert_eq!(twice, once);
}
