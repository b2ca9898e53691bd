//! Of a large object only what a type asks for is read: by the files that a load opens.

use super::sample::Note;
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{ChunkedArray, Format, Shared, Storage};
use ndarray::{Array1, Array2};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Opened(Mutex<Vec<String>>);

impl Watcher for Opened {
    fn before(&self, _: &Call<'_>) -> std::io::Result<()> {
        Ok(())
    }

    fn after(&self, call: &Call<'_>) {
        if let (Call::Open(path), true) = (call, call.path().parent().is_some_and(|folder| folder.ends_with("bigdata")))
        {
            self.0.lock().unwrap().push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}

/// The places of the arrays that are read when the object is loaded as this type, the same in every format and way.
fn read_as<T: DeserializeOwned>(saved: &impl Serialize) -> Vec<String> {
    read_and_check::<T>(saved, |_| {})
}

fn read_and_check<T: DeserializeOwned>(saved: &impl Serialize, check: impl Fn(T)) -> Vec<String> {
    let mut found = BTreeSet::new();
    for format in [Format::Cbor, Format::Json] {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).format(format).open().unwrap();
        storage.save("object", saved).unwrap();
        let arrays = storage.info("object").unwrap().arrays;
        let places: BTreeMap<String, String> =
            arrays.into_iter().map(|array| (array.file, array.paths[0].clone())).collect();
        for is_async in [false, true] {
            let opened = Arc::new(Opened::default());
            let watching = watch(folder.path(), opened.clone());
            check(match is_async {
                false => storage.load("object").unwrap(),
                true => futures::executor::block_on(storage.load_async("object")).unwrap(),
            });
            drop(watching);
            let opened = opened.0.lock().unwrap().clone();
            let files: BTreeSet<&String> = opened.iter().collect();
            // To look what it is, and to read it.
            assert!(opened.len() <= 2 * files.len(), "an array was read twice: {opened:?}");
            found.insert(files.into_iter().map(|file| places[file].clone()).collect::<BTreeSet<_>>());
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().flatten().collect()
}

/// Large enough to be diverted.
fn array(first: usize) -> Array1<f64> {
    Array1::from_iter((first..first + 1000).map(|n| n as f64))
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Layer {
    weight: Array1<f64>,
    bias: Array1<f64>,
    rate: f64,
}

fn layer(first: usize) -> Layer {
    Layer { weight: array(first), bias: array(first + 1), rate: 0.5 }
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct State {
    time: f64,
    a: Array1<f64>,
    b: Array1<f64>,
    inner: Layer,
    list: Vec<Array1<f64>>,
    layers: Vec<Layer>,
    by_name: BTreeMap<String, Layer>,
    pair: (Array1<f64>, Layer),
    maybe: Option<Array1<f64>>,
    last: Array2<f64>,
}

fn state() -> State {
    State {
        time: 1.5,
        a: array(1),
        b: array(2),
        inner: layer(10),
        list: (0..5).map(|n| array(20 + n)).collect(),
        layers: (0..4).map(|n| layer(30 + 2 * n)).collect(),
        by_name: ["conv.0", "conv.1", "head"]
            .iter()
            .enumerate()
            .map(|(n, key)| ((*key).to_owned(), layer(50 + 2 * n)))
            .collect(),
        pair: (array(60), layer(61)),
        maybe: Some(array(70)),
        last: Array2::from_elem((30, 40), 80.0),
    }
}

macro_rules! parts {
    ($($item:item)*) => { $(#[derive(Deserialize, Debug, PartialEq)] $item)* };
}

parts! {
    struct Two { time: f64, b: Array1<f64>, last: Array2<f64> }
    struct Weight { weight: Array1<f64> }
    struct Bias { #[serde(alias = "bias", rename = "offset")] offset: Array1<f64> }
    struct Nested { inner: Bias, a: Array1<f64> }
    struct Weights { layers: Vec<Weight> }
    struct Named { by_name: BTreeMap<String, Bias> }
    struct Lists { list: Vec<Array1<f64>> }
    struct Pair { pair: (IgnoredAny, Weight) }
    struct Seldom {
        #[serde(default)] maybe: Option<Array1<f64>>,
        #[serde(default)] absent: Option<Array1<f64>>,
        #[serde(skip)] a: Option<Array1<f64>>,
        list: IgnoredAny,
    }
    struct Time { time: f64 }
}

#[test]
fn all_of_it() {
    let places = read_and_check::<State>(&state(), |loaded| assert_eq!(loaded, state()));
    assert_eq!(places.len(), 3 + 2 + 5 + 8 + 6 + 3 + 1);
}

#[test]
fn some_fields() {
    let state = state();
    assert_eq!(read_as::<Time>(&state), Vec::<String>::new());
    assert_eq!(read_as::<IgnoredAny>(&state), Vec::<String>::new());
    let places =
        read_and_check::<Two>(&state, |two| assert_eq!((two.b, two.last), (state.b.clone(), state.last.clone())));
    assert_eq!(places, ["b", "last"]);
    assert_eq!(read_as::<Seldom>(&state), ["maybe"]);
    let places = read_and_check::<Pair>(&state, |loaded| assert_eq!(loaded.pair.1.weight, state.pair.1.weight));
    assert_eq!(places, ["pair[1].weight"]);
}

#[test]
fn some_fields_of_what_is_inside() {
    let state = state();
    assert_eq!(read_as::<Nested>(&state), ["a", "inner.bias"]);
    let places = read_and_check::<Weights>(&state, |loaded| {
        let weights: Vec<_> = loaded.layers.into_iter().map(|layer| layer.weight).collect();
        assert_eq!(weights, state.layers.iter().map(|layer| layer.weight.clone()).collect::<Vec<_>>());
    });
    assert_eq!(places, ["layers[0].weight", "layers[1].weight", "layers[2].weight", "layers[3].weight"]);
    assert_eq!(read_as::<Named>(&state), ["by_name.conv.0.bias", "by_name.conv.1.bias", "by_name.head.bias"]);
    assert_eq!(read_as::<Lists>(&state).len(), 5);
}

/// Where serde buffers, it asks for all that it buffers; what is not in there is not read.
#[test]
fn what_is_buffered() {
    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        One { x: Array1<f64>, y: Array1<f64> },
    }
    #[derive(Serialize)]
    struct Saved {
        before: Array1<f64>,
        tagged: Tagged,
        after: Array1<f64>,
        rest: BTreeMap<String, Array1<f64>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code)]
    enum Untagged {
        No { z: Array1<f64> },
        Yes { x: Array1<f64> },
    }
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct Guessed {
        tagged: Untagged,
    }
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct Known {
        tagged: Tagged,
    }
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct Flat {
        #[serde(flatten)]
        part: After,
        tagged: IgnoredAny,
    }
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct After {
        after: Array1<f64>,
    }
    let rest = [("r".to_owned(), array(5))].into();
    let saved = Saved { before: array(1), tagged: Tagged::One { x: array(2), y: array(3) }, after: array(4), rest };
    assert_eq!(read_as::<Guessed>(&saved), ["tagged.x", "tagged.y"]);
    assert_eq!(read_as::<Known>(&saved), ["tagged.x", "tagged.y"]);
    assert_eq!(read_as::<Flat>(&saved), ["after", "before", "rest.r"]);
}

/// What was saved as a plain array may be asked for as a lazy one, which is not read, and the other way round.
#[test]
fn what_is_asked_for_lazily() {
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct Lazy {
        a: ChunkedArray<f64>,
        b: Array1<f64>,
        last: ChunkedArray<f64>,
        list: Vec<ChunkedArray<f64>>,
    }
    assert_eq!(read_as::<Lazy>(&state()), ["b"]);

    #[derive(Serialize)]
    struct Saved {
        one: ChunkedArray<f64>,
        many: Vec<ChunkedArray<f64>>,
        with: ChunkedArray<f64>,
    }
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct Plain {
        many: Vec<Array1<f64>>,
        #[serde(with = "arraystow::ndarray")]
        with: Array1<f64>,
    }
    let lazy = |first| ChunkedArray::from_ndarray(array(first), &[1000]).unwrap();
    let saved = Saved { one: lazy(1), many: (0..20).map(lazy).collect(), with: lazy(3) };
    assert_eq!(read_as::<Plain>(&saved).len(), 21);
}

#[test]
fn what_is_shared() {
    #[derive(Serialize)]
    struct Saved {
        first: Shared<Layer>,
        again: Shared<Layer>,
        other: Shared<Layer>,
    }
    #[derive(Deserialize)]
    struct Loaded {
        first: Shared<Weight>,
        again: Shared<Weight>,
    }
    let first = Shared::new(layer(1));
    let saved = Saved { first: first.clone(), again: first.clone(), other: Shared::new(layer(9)) };
    let places = read_and_check::<Loaded>(&saved, |loaded| {
        assert_eq!(loaded.first.weight, first.weight);
        assert!(std::ptr::eq(&*loaded.first, &*loaded.again));
    });
    assert_eq!(places, ["first.weight"]);
}

#[test]
fn what_is_not_asked_for_may_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("object", &state()).unwrap();
    for array in storage.info("object").unwrap().arrays {
        if array.paths[0] == "a" || array.paths[0] == "layers[2].bias" {
            std::fs::write(Path::new(storage.location()).join("bigdata").join(array.file), "damaged").unwrap();
        }
    }
    assert_eq!(storage.load::<Two>("object").unwrap().b, state().b);
    assert_eq!(storage.load::<Weights>("object").unwrap().layers.len(), 4);
    for error in [
        storage.load::<Nested>("object").unwrap_err(),
        futures::executor::block_on(storage.load_async::<Nested>("object")).unwrap_err(),
    ] {
        assert!(error.is_corrupt() && error.path() == Some("a") && error.document() == Some("object"), "{error}");
    }
}

/// Objects of other serializers are large, too: those that a type has no field for are not read.
#[test]
fn objects_of_other_serializers() {
    #[derive(Serialize)]
    struct Saved {
        first: Noted,
        many: Vec<Noted>,
        last: Noted,
        field: Array1<f64>,
    }
    #[derive(Serialize, Deserialize)]
    struct Noted {
        text: Note,
        other: Note,
    }
    #[derive(Deserialize)]
    struct Text {
        text: Note,
    }
    #[derive(Deserialize)]
    struct Part {
        many: Vec<Text>,
        last: Noted,
    }
    let noted = |n: usize| Noted { text: note(10 * n), other: note(10 * n + 1) };
    let saved = Saved { first: noted(1), many: (2..12).map(noted).collect(), last: noted(12), field: array(1) };
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).serializer(super::sample::Notes).open().unwrap();
    storage.save("object", &saved).unwrap();
    let wanted: BTreeSet<String> = (2..13).map(|n| format!("many[{}].text", n - 2)).take(10).collect();
    let wanted: BTreeSet<String> =
        wanted.into_iter().chain(["last.text".to_owned(), "last.other".to_owned()]).collect();
    let name = |file: &str| file.rsplit('/').next().unwrap().to_owned();
    let objects = storage.info("object").unwrap().external_objects;
    let places = objects
        .into_iter()
        .flat_map(|object| object.files.into_iter().map(move |file| (file, object.paths[0].clone())));
    let places: BTreeMap<String, String> = places.map(|(file, place)| (name(&file), place)).collect();
    for is_async in [false, true] {
        let opened = Arc::new(Opened::default());
        let watching = watch(folder.path(), opened.clone());
        let part: Part = match is_async {
            false => storage.load("object").unwrap(),
            true => futures::executor::block_on(storage.load_async("object")).unwrap(),
        };
        drop(watching);
        for (n, text) in part.many.iter().enumerate() {
            assert_eq!(text.text.text(), format!("note {}", 10 * (n + 2)));
        }
        assert_eq!((part.last.text.text(), part.last.other.text()), ("note 120", "note 121"));
        let found: BTreeSet<String> = opened.0.lock().unwrap().iter().map(|file| places[file].clone()).collect();
        assert_eq!(found, wanted);
    }
}

fn note(n: usize) -> Note {
    super::sample::noted_run_of(n as u64).note.unwrap()
}

/// Lists of any length, in a number of waits that hardly grows: each reads as much again as was asked for before.
#[test]
fn a_walk_that_must_not_wait_is_made_a_few_times() {
    static WALKS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    struct Counted(Vec<Array1<f64>>);
    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            WALKS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Vec::deserialize(deserializer).map(Self)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let arrays: Vec<_> = (0..200).map(array).collect();
    storage.save("object", &arrays).unwrap();
    let loaded: Counted = futures::executor::block_on(storage.load_async("object")).unwrap();
    assert!(loaded.0 == arrays);
    let walks = WALKS.load(std::sync::atomic::Ordering::SeqCst);
    assert!(walks <= 8, "{walks} walks");
}
