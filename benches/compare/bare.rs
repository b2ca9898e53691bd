//! The bytes alone: what the disk and the server take at least.

use crate::data::{self, CHUNK, CHUNKS};
use crate::timing::{Outcome, timed};
use arraystow_s3_server::Server;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3, AmazonS3ConfigKey};
use object_store::{ObjectStoreExt, PutPayload};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

const CHUNK_BYTES: usize = CHUNK * CHUNK * 4;
const AT_A_TIME: usize = 64;

pub(crate) fn run(work: &str, place: &str) -> Outcome<f64> {
    if place.starts_with("http") {
        return on_store(work, place);
    }
    let file = Path::new(place).join("bytes");
    match work {
        "save" => {
            let data = bytes();
            timed(|| Ok(fs::write(&file, &data)?))
        }
        "load" => timed(|| {
            assert_eq!(fs::read(&file)?.len(), CHUNKS * CHUNKS * CHUNK_BYTES);
            Ok(())
        }),
        "small" => timed(|| {
            for step in 0..100 {
                let fresh = Path::new(place).join("fresh");
                let mut file = File::create(&fresh)?;
                file.write_all(&[step; 2300])?;
                file.sync_all()?;
                fs::rename(&fresh, Path::new(place).join(step.to_string()))?;
                File::open(place)?.sync_all()?;
            }
            Ok(())
        }),
        // A file for each array, as it is stored: its elements and metadata.
        "many" => timed(|| {
            let fresh = Path::new(place).join("fresh");
            for number in 0..1000 {
                fs::write(&fresh, [0; 20_000])?;
                fs::rename(&fresh, Path::new(place).join(number.to_string()))?;
            }
            Ok(())
        }),
        _ => Err(format!("{work} is not known").into()),
    }
}

fn bytes() -> Vec<u8> {
    data::random().iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn on_store(work: &str, place: &str) -> Outcome<f64> {
    let (endpoint, _) = place.split_once(' ').ok_or("an endpoint and a name")?;
    let client =
        Server::elsewhere(endpoint).client().with_config(AmazonS3ConfigKey::UnsignedPayload, "true").build()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let chosen: Vec<usize> = match work {
        "one-chunk" => vec![3 * CHUNKS + 5],
        "100-chunks" => data::scattered().map(|(i, j)| i * CHUNKS + j).collect(),
        _ => (0..CHUNKS * CHUNKS).collect(),
    };
    if work == "save" {
        let data = Bytes::from(bytes());
        return timed(|| Ok(runtime.block_on(put(&client, &data, &chosen))?));
    }
    timed(|| Ok(runtime.block_on(get(&client, &chosen))?))
}

fn key(number: usize) -> object_store::path::Path {
    object_store::path::Path::from(format!("bare/{number}"))
}

async fn put(client: &AmazonS3, data: &Bytes, chosen: &[usize]) -> object_store::Result<()> {
    let puts = chosen.iter().map(|number| async move {
        let part = data.slice(number * CHUNK_BYTES..(number + 1) * CHUNK_BYTES);
        client.put(&key(*number), PutPayload::from_bytes(part)).await.map(drop)
    });
    stream::iter(puts).buffer_unordered(AT_A_TIME).try_collect().await
}

async fn get(client: &AmazonS3, chosen: &[usize]) -> object_store::Result<()> {
    let gets = chosen.iter().map(|number| async move { client.get(&key(*number)).await?.bytes().await });
    let all: Vec<Bytes> = stream::iter(gets).buffer_unordered(AT_A_TIME).try_collect().await?;
    assert_eq!(all.iter().map(Bytes::len).sum::<usize>(), chosen.len() * CHUNK_BYTES);
    Ok(())
}
