//! Documents that the input describes instead of containing them. They reach what byte mutations hardly ever do, such
//! as runs that overflow, texts with escapes, one array named many times, and nested lists, with right checksums.
//!
//! A storage does with each of them everything that it does with an untrusted document. Every error must be one short
//! line.

use crate::arrays::{name, read};
use crate::frame::{frame, parts};
use arraystow::{ChunkedArray, Error, Storage, VerifyDepth};
use cbor4ii::core::dec::Decode;
use cbor4ii::core::utils::SliceReader;
use futures::TryStreamExt;
use futures::executor::block_on;
use ndarray::{Array2, ArrayD};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

type Pair = (ChunkedArray<f32>, ArrayD<f64>);

/// The first byte of an input that describes a document. No CBOR begins with it.
pub const RECIPE: u8 = 0xff;

/// Numbers at which something may overflow.
const EDGES: [u64; 14] =
    [0, 1, 2, 3, 16, 40, 255, 1 << 31, 1 << 32, (1 << 53) + 1, 1 << 62, (1 << 63) - 1, 1 << 63, u64::MAX];

/// Texts that a terminal or a log would interpret, and ordinary texts.
const TEXTS: [&str; 14] = [
    "",
    "field",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\n[ERROR] root\r",
    "\u{202e}gpj.exe\u{2066}",
    "日本 ü",
    "\u{2028}\u{85}\u{0}",
    "../../etc/passwd",
    "HDFSerializer",
    "SharedSerializer",
    "float32",
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002.a",
    "{{{{{{{{{{a,b},*}?[!x",
];

struct Place {
    storage: Storage,
    other: Storage,
    client: Arc<InMemory>,
    manifest: Value,
    body: Value,
}

fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        let client = Arc::new(InMemory::new());
        let storage = storage(&client);
        let plain = Array2::from_shape_fn((40, 30), |(i, j)| (i * 30 + j) as f64);
        let chunked = ChunkedArray::from_ndarray(plain.mapv(|x| x as f32), &[16, 16]).unwrap();
        storage.save("w/x", &(chunked, plain.into_dyn())).unwrap();
        let document = get(&client, "w/x");
        let mut reader = SliceReader::new(parts(&document).unwrap().0);
        let mut manifest = without_bytes(cbor4ii::core::Value::decode(&mut reader).unwrap()).unwrap();
        // Give the arrays names that are the same in every run.
        for (number, array) in manifest["arrays"].as_array_mut().unwrap().iter_mut().enumerate() {
            array.as_object_mut().unwrap().remove("opening");
            let file = array["id"][1][1].as_str().unwrap().to_owned();
            let listed: Vec<_> = block_on(client.list(None).map_ok(|meta| meta.location).try_collect()).unwrap();
            for key in listed.iter().filter(|key| key.as_ref().contains(&file)) {
                block_on(client.copy(key, &key.as_ref().replace(&file, &name(number)).as_str().into())).unwrap();
            }
            array["id"][1][1] = json!(name(number));
        }
        let id = |number| json!(["HDFSerializer", ["1.0.0", name(number)]]);
        let body = json!([id(0), {"$arraystow::stored": id(1)}]);
        let other = self::storage(&Arc::new(InMemory::new()));
        Place { storage, other, client, manifest, body }
    })
}

/// A manifest as JSON, without the members that are bytes: those of `opening`, which need not be there.
fn without_bytes(value: cbor4ii::core::Value) -> Option<Value> {
    use cbor4ii::core::Value as Cbor;
    Some(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(value) => json!(value),
        Cbor::Integer(value) => json!(u64::try_from(value).unwrap()),
        Cbor::Float(value) => json!(value),
        Cbor::Text(text) => json!(text),
        Cbor::Array(values) => values.into_iter().map(without_bytes).collect::<Option<_>>()?,
        Cbor::Map(entries) => {
            let entry = |(key, value)| match (key, without_bytes(value)) {
                (Cbor::Text(key), Some(value)) => Some((key, value)),
                _ => None,
            };
            Value::Object(entries.into_iter().filter_map(entry).collect())
        }
        _ => return None,
    })
}

fn storage(client: &Arc<InMemory>) -> Storage {
    let builder = arraystow::StorageBuilder::from_object_store(client.clone(), "");
    builder.limits(crate::limits()).open().unwrap()
}

fn get(client: &InMemory, key: &str) -> Vec<u8> {
    block_on(async { client.get(&key.into()).await?.bytes().await }).unwrap().to_vec()
}

/// The bytes of a recipe, followed by zeros without end.
struct Recipe<'a>(&'a [u8]);

impl Recipe<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end.max(1)
    }

    fn edge(&mut self) -> u64 {
        EDGES[self.below(EDGES.len())]
    }

    /// One of the texts, two of them, or a long one.
    fn text(&mut self) -> String {
        let text = TEXTS[self.below(TEXTS.len())];
        match self.byte() {
            0..128 => text.to_owned(),
            128..192 => [text, TEXTS[self.below(TEXTS.len())]].concat(),
            more => text.repeat(usize::from(more - 190) * 20),
        }
    }

    fn runs(&mut self) -> Value {
        let mut axes = Vec::new();
        for _ in 0..self.below(4) {
            let runs: Vec<_> = (0..self.below(5)).map(|_| json!([self.edge(), self.edge()])).collect();
            axes.push(json!(runs));
        }
        json!(axes)
    }

    /// Nested lists or maps, deeper than the library allows.
    fn nested(&mut self) -> Value {
        // As deep as serde_json can drop with a small stack.
        let depth = self.below(100) * 10;
        let is_map = self.below(2) == 0;
        let bottom = json!(self.text());
        // `json!` would copy the inner value at each level.
        let map = |value| Value::Object([("data".to_owned(), value)].into_iter().collect());
        (0..depth).fold(bottom, |value, _| if is_map { map(value) } else { Value::Array(vec![value]) })
    }

    fn value(&mut self) -> Value {
        match self.below(6) {
            0 => json!(self.edge()),
            1 => self.runs(),
            2 => self.nested(),
            3 => json!(-1.5),
            4 => json!({self.text(): self.text()}),
            _ => json!(self.text()),
        }
    }

    /// One change of a manifest or a body.
    fn change(&mut self, manifest: &mut Value, body: &mut Value) {
        let kind = self.below(13);
        let Some(arrays) = manifest["arrays"].as_array_mut() else { return };
        let number = self.below(arrays.len());
        let Some(array) = arrays.get_mut(number).filter(|array| array.is_object()) else { return };
        match kind {
            0 | 1 => array["chunks"] = self.runs(),
            2 => array["paths"] = json!((0..self.below(4)).map(|_| self.text()).collect::<Vec<_>>()),
            3 => array["data_type"] = json!(self.text()),
            4 => array["bytes"] = json!(self.edge()),
            5 => array["id"] = json!([self.text(), [self.text(), self.text()]]),
            // One array many times, under different names or the same name.
            6 => {
                // Bounded, so that a case does not spend its time on making the document.
                let (times, is_same) =
                    (self.below(200).min(1000_usize.saturating_sub(arrays.len())), self.below(2) == 0);
                for number in 0..times {
                    let mut again = arrays[0].clone();
                    // An earlier change may have replaced the id.
                    if let (false, Some(file)) = (is_same, again.pointer_mut("/id/1/1")) {
                        *file = json!(name(number + 2));
                    }
                    arrays.push(again);
                }
            }
            7 => {
                let checksums = "0".repeat(self.below(40));
                let file = json!({"name": format!("{}.a", name(7)), "bytes": self.edge(), "checksums": checksums});
                let id = json!([self.text(), ["1", name(7)]]);
                manifest["objects"] = json!([{"id": id, "paths": [self.text()], "files": [file]}]);
            }
            8 => manifest["shared"] = json!({"root": self.edge(), "table": self.edge()}),
            9 => {
                let field = ["id", "paths", "chunks", "digest", "plain", "rest", "bytes"][self.below(7)];
                array[field] = self.value();
            }
            10 => {
                let (key, value) = (self.text(), self.value());
                manifest[key] = value;
            }
            // In the body: other ids, other values, and both arrays the same.
            11 => body[self.below(2)] = self.value(),
            _ => body[1] = json!({"$arraystow::stored": body[0]}),
        }
    }
}

/// Makes a document, which may be cut, and a glob.
fn made(recipe: &[u8]) -> (Vec<u8>, String) {
    let Place { manifest, body, .. } = place();
    let (mut manifest, mut body) = (manifest.clone(), body.clone());
    let mut recipe = Recipe(recipe);
    let (ends, format) = (recipe.byte(), ["cbor", "json"][recipe.below(2)]);
    let glob = (0..recipe.below(4)).map(|_| recipe.text()).collect::<String>();
    while !recipe.0.is_empty() {
        recipe.change(&mut manifest, &mut body);
    }
    let manifest = cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap();
    let body = match format {
        "cbor" => cbor4ii::serde::to_vec(Vec::new(), &body).unwrap(),
        _ => serde_json::to_vec(&body).unwrap(),
    };
    let mut document = frame(format, &manifest, &body);
    // Mostly whole; otherwise cut near the beginning, near the end, or anywhere.
    match ends {
        0..160 => {}
        160..192 => document.truncate(usize::from(ends - 160)),
        192..224 => document.truncate(document.len() - usize::from(ends - 192).min(document.len())),
        _ => document.truncate(document.len() * usize::from(ends - 224) / 32),
    }
    (document, glob)
}

/// Does everything with the document that a storage does.
pub fn run(recipe: &[u8]) {
    let Place { storage, other, client, .. } = place();
    let (document, glob) = made(recipe);
    let put = |document: Vec<u8>| block_on(client.put(&"w/x".into(), PutPayload::from(document))).map(drop).unwrap();
    put(document.clone());
    note(storage.info("w/x").map(|info| {
        for array in &info.arrays {
            let _ = (array.grid.chunk_region(0), array.grid.largest_chunk());
        }
        let _ = info.array_bytes();
    }));
    match storage.load::<Pair>("w/x") {
        Ok((chunked, _)) => note(read(&chunked)),
        Err(error) => check(&error),
    }
    note(storage.load::<Value>("w/x").map(drop));
    for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
        storage.verify("w/x", depth).unwrap().faults.iter().for_each(check);
    }
    note(storage.copy("w/x", other).map(drop));
    note(storage.list(&glob).map(drop));
    storage.sweep().unwrap().skipped().iter().for_each(check);
}

fn note(result: Result<(), Error>) {
    if let Err(error) = result {
        check(&error);
    }
}

/// Checks that an error is one short line of visible characters.
pub fn check(error: &Error) {
    let text = error.to_string();
    let acts = |char: char| char.is_control() || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.chars().any(acts) && text.len() < 20_000, "{text:?}");
}

/// Recipes with one change each, and some with many.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds: Vec<_> = (0..13_u8)
        .map(|kind| (format!("recipe-{kind}"), vec![RECIPE, 0, kind % 2, 2, 2, 0, 13, 0, kind, 1, 1, 3, 13, 12, 5, 2]))
        .collect();
    seeds.push(("recipe-cut".into(), vec![RECIPE, 200, 0, 1, 3, 0]));
    seeds.push(("recipe-empty".into(), vec![RECIPE, 160]));
    seeds.push(("recipe-many".into(), vec![RECIPE, 0, 0, 0, 6, 0, 150, 0, 0, 1, 2, 2, 0, 13, 0, 13, 2, 1, 2, 130, 3]));
    for (_, recipe) in &seeds {
        run(&recipe[1..]);
    }
    seeds
}
