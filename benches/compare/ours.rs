//! What arraystow does in each case.

use crate::data::{self, CHUNK};
use crate::timing::{Outcome, timed};
use arraystow::{ArrayFormat, ChunkedArray, Codec, Durability, Storage};
use arraystow_s3_server::Server;
use ndarray::{Array2, s};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
struct Small {
    name: String,
    step: u64,
    alpha: f64,
    field: ChunkedArray<f64>,
}

pub(crate) fn run(work: &str, place: &str) -> Outcome<f64> {
    let open = |codec, durability| storage(place, codec, durability);
    let fast = |codec| open(codec, Durability::NotSynced);
    match work {
        "save" => save(&fast(Codec::NONE)?, data::random()),
        "save-zarr" => {
            let builder = Storage::builder(place).array_format(ArrayFormat::Zarr).codec(Codec::NONE);
            save(&builder.durability(Durability::NotSynced).open()?, data::random())
        }
        "save-zstd" => save(&fast(Codec::zstd(1)?)?, data::smooth()),
        "save-blosc" => save(&fast(Codec::BLOSC)?, data::smooth()),
        "load" | "load-zstd" | "load-blosc" => load(&fast(Codec::NONE)?),
        "one-chunk" => one_chunk(&fast(Codec::NONE)?),
        "one-chunk-again" => {
            let storage = fast(Codec::NONE)?;
            one_chunk(&storage)?;
            one_chunk(&storage)
        }
        "100-chunks" => hundred_chunks(&fast(Codec::NONE)?),
        "small" => {
            let storage = open(Codec::NONE, Durability::Synced)?;
            timed(|| {
                for step in 0..100 {
                    let field = ChunkedArray::from_ndarray(Array2::from_elem((16, 16), step as f64), &[16, 16])?;
                    storage.save(&format!("run/{step}"), &Small { name: "run".into(), step, alpha: 0.5, field })?;
                }
                Ok(())
            })
        }
        "many" => {
            let storage = open(Codec::NONE, Durability::NotSynced)?;
            let arrays: Vec<_> = (0..1000).map(|n| Array2::from_elem((64, 64), f64::from(n) as f32)).collect();
            timed(|| Ok(storage.save("many", &arrays)?))
        }
        "save-state" => save_state(place, |tensor| tensor),
        "load-state" => load_state(place, |tensor: &Array2<f32>| tensor[[7, 3]]),
        _ => Err(format!("{work} is not known").into()),
    }
}

/// The same with a field that has `with`.
pub(crate) fn run_with(work: &str, place: &str) -> Outcome<f64> {
    match work {
        "save-state" => save_state(place, Tensor),
        "load-state" => load_state(place, |Tensor(tensor): &Tensor| tensor[[7, 3]]),
        _ => Err(format!("{work} is not known").into()),
    }
}

#[derive(Serialize, Deserialize)]
struct Tensor(#[serde(with = "arraystow::ndarray")] Array2<f32>);

fn save_state<T: Serialize>(place: &str, tensor: impl Fn(Array2<f32>) -> T) -> Outcome<f64> {
    let storage = storage(place, Codec::NONE, Durability::Synced)?;
    let state: BTreeMap<_, _> = (0..100).map(|n| (format!("layer{n}"), tensor(data::tensor(n)))).collect();
    timed(|| Ok(storage.save("state", &state)?))
}

fn load_state<T: DeserializeOwned>(place: &str, element: impl Fn(&T) -> f32) -> Outcome<f64> {
    let storage = storage(place, Codec::NONE, Durability::Synced)?;
    let mut sum = 0.0;
    let seconds = timed(|| {
        let state: BTreeMap<String, T> = storage.load("state")?;
        sum = state.values().map(|tensor| f64::from(element(tensor))).sum();
        Ok(())
    })?;
    assert!(sum > 700_000.0);
    Ok(seconds)
}

fn storage(place: &str, codec: Codec, durability: Durability) -> Outcome<Storage> {
    Ok(match place.strip_prefix("http") {
        Some(_) => {
            let (endpoint, _) = place.split_once(' ').ok_or("an endpoint and a name")?;
            let server = Server::elsewhere(endpoint);
            server.builder("ours").option("aws_unsigned_payload", "true").codec(codec).open()?
        }
        None => Storage::builder(place).codec(codec).durability(durability).open()?,
    })
}

fn save(storage: &Storage, data: Array2<f32>) -> Outcome<f64> {
    let array = ChunkedArray::from_ndarray(data, &[CHUNK, CHUNK])?;
    timed(|| Ok(storage.save("it", &array)?))
}

fn load(storage: &Storage) -> Outcome<f64> {
    let mut length = 0;
    let seconds = timed(|| {
        let array: ChunkedArray<f32> = storage.load("it")?;
        length = array.compute()?.len();
        Ok(())
    })?;
    assert_eq!(length, data::SIDE * data::SIDE);
    Ok(seconds)
}

fn one_chunk(storage: &Storage) -> Outcome<f64> {
    timed(|| {
        let array: ChunkedArray<f32> = storage.load("it")?;
        Ok(array.slice(s![3 * CHUNK..4 * CHUNK, 5 * CHUNK..6 * CHUNK])?.compute()?)
    })
}

/// All at once: their places are known before.
fn hundred_chunks(storage: &Storage) -> Outcome<f64> {
    timed(|| {
        let array: ChunkedArray<f32> = storage.load("it")?;
        let parts = data::scattered()
            .map(|(i, j)| array.slice(s![i * CHUNK..(i + 1) * CHUNK, j * CHUNK..(j + 1) * CHUNK]))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(ChunkedArray::concatenate(0, parts)?.compute()?)
    })
}
