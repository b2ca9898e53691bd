//! An untrusted manifest in a frame with right checksums, around a body that names its arrays; or, after the byte
//! `RECIPE`, a document that the rest of the input describes.

use crate::arrays::{MemoryFiles, name, read, settle};
use crate::frame::frame;
use crate::recipe::{self, RECIPE};
use arraystow::{ChunkedArray, Protocols};
use ndarray::{Array2, ArrayD};
use serde_json::json;
use std::sync::OnceLock;

type Pair = (ChunkedArray<f32>, ArrayD<f64>);

struct Place {
    protocols: Protocols,
    /// The manifest as it was written.
    manifest: Vec<u8>,
}

fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        let files = MemoryFiles::default();
        let protocols = Protocols::new().with_file(files.clone()).with_limits(crate::limits());
        let plain = Array2::from_shape_fn((40, 30), |(i, j)| (i * 30 + j) as f64);
        let chunked = ChunkedArray::from_ndarray(plain.mapv(|x| x as f32), &[16, 16]).unwrap();
        let document = arraystow::to_vec(&(chunked, plain.into_dyn()), &protocols).unwrap();
        let manifest = settle(&files, &document).0;
        Place { protocols, manifest }
    })
}

/// A document with this manifest.
fn document(manifest: &[u8]) -> Vec<u8> {
    let id = |number| json!(["HDFSerializer", ["1.0.0", name(number)]]);
    let body = json!([id(0), {"$arraystow::stored": id(1)}]);
    frame("json", manifest, body.to_string().as_bytes())
}

pub fn run(input: &[u8]) {
    if let Some((&RECIPE, rest)) = input.split_first() {
        return recipe::run(rest);
    }
    match arraystow::from_slice::<Pair>(&document(input), &place().protocols) {
        Ok((chunked, _)) => read(&chunked).unwrap_or_else(|error| recipe::check(&error)),
        Err(error) => recipe::check(&error),
    }
}

/// The manifest of the existing arrays, one with irregular chunks, one with a huge array, and one with an external
/// object.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let Place { protocols, manifest } = place();
    arraystow::from_slice::<Pair>(&document(manifest), protocols).unwrap();
    let mut other: serde_json::Value = cbor4ii::serde::from_slice(manifest).unwrap();
    other["arrays"][0]["chunks"] = json!([[[3, 5], [0, 2], [25, 1]], [[1, 30]]]);
    let irregular = cbor4ii::serde::to_vec(Vec::new(), &other).unwrap();
    other["arrays"][1]["chunks"] = json!([[[1_u64 << 60, 1]]]);
    let huge = cbor4ii::serde::to_vec(Vec::new(), &other).unwrap();
    let mut other: serde_json::Value = cbor4ii::serde::from_slice(manifest).unwrap();
    let file = json!({ "name": format!("{}.a", name(2)), "bytes": 1_048_577, "checksums": "00000000ffffffff" });
    other["objects"] = json!([{ "id": ["example.org/x", ["1.0.0", name(2)]], "paths": ["x"], "files": [file] }]);
    let objects = cbor4ii::serde::to_vec(Vec::new(), &other).unwrap();
    let written = vec![
        ("written".into(), manifest.clone()),
        ("irregular".into(), irregular),
        ("huge".into(), huge),
        ("objects".into(), objects),
    ];
    written.into_iter().chain(recipe::seeds()).collect()
}
