//! An untrusted Zarr array: metadata of both versions, a table of checksums and one chunk, which is stored under every
//! key that it might have.
//!
//! The input has four pieces (`zarr.json`, `.zarray`, `.zattrs`, the table), each preceded by its length in two bytes.
//! The rest is the chunk. An empty piece is not stored.

use crate::arrays::{NAME, open};
use arraystow::{Protocols, S3Protocol, ZarrStore};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::sync::Arc;

const PIECES: [&str; 4] = ["zarr.json", ".zarray", ".zattrs", "arraystow_checksums"];
const CHUNKS: [&str; 10] = ["c", "c/0", "c/0/0", "c/0/0/0", "c/1", "c/0/1", "0", "0.0", "0.0.0", "0/0"];

pub fn run(input: &[u8]) {
    let store = InMemory::new();
    let put = |name: &str, contents: &[u8]| {
        let key = format!("dask_arrays/{NAME}/{name}");
        let key = key.as_str().into();
        futures::executor::block_on(store.put(&key, PutPayload::from(contents.to_vec()))).unwrap();
    };
    let (metadata, chunk) = pieces(input);
    for (piece, contents) in PIECES.iter().zip(metadata) {
        if !contents.is_empty() {
            put(piece, contents);
        }
    }
    if !chunk.is_empty() {
        CHUNKS.iter().for_each(|key| put(key, chunk));
    }
    let store: Arc<dyn ObjectStore> = Arc::new(store);
    let others = ZarrStore::from_object_store(store.clone(), "dask_arrays").unwrap().with_limits(crate::limits());
    if let Ok(array) = others.array(NAME) {
        assert!(array.dims().is_none_or(|dims| dims.len() == array.ndim()));
    }
    let _ = open(&Protocols::new().with_s3(S3Protocol::new(store, "").unwrap()).with_limits(crate::limits()));
}

/// Splits an input into its pieces and its chunk.
pub fn pieces(input: &[u8]) -> ([&[u8]; 4], &[u8]) {
    let mut rest = input;
    let pieces = PIECES.map(|_| {
        let Some((len, after)) = rest.split_first_chunk::<2>() else { return std::mem::take(&mut rest) };
        let (contents, after) = after.split_at(usize::from(u16::from_le_bytes(*len)).min(after.len()));
        rest = after;
        contents
    });
    (pieces, rest)
}

/// Makes an input of these pieces.
pub fn input(pieces: [&[u8]; 4], chunk: &[u8]) -> Vec<u8> {
    let mut input = Vec::new();
    for piece in pieces {
        input.extend_from_slice(&(piece.len() as u16).to_le_bytes());
        input.extend_from_slice(piece);
    }
    input.extend_from_slice(chunk);
    input
}

/// Arrays that arraystow writes, in both versions and with all codecs, and arrays like those of other programs.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    use arraystow::{ChunkedArray, Codec, ZarrVersion};
    let elements = ndarray::Array2::from_shape_fn((4, 4), |(i, j)| (10 * i + j) as f32);
    let array = ChunkedArray::from_ndarray(elements, &[2, 2]).unwrap().rechunk(&[4, 4]).unwrap();
    let sharded = array.rechunk(&[2, 2]).unwrap();
    let codecs =
        [Codec::NONE, Codec::gzip(4).unwrap(), Codec::zstd(1).unwrap(), Codec::BLOSC, Codec::pcodec(4).unwrap()];
    let mut seeds = Vec::new();
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        for codec in codecs {
            for (kind, array, shard_bytes) in [("whole", &array, 0), ("sharded", &sharded, 64)] {
                let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
                let protocols = Protocols::new()
                    .with_s3(S3Protocol::new(store.clone(), "").unwrap())
                    .with_codec(codec)
                    .with_zarr_version(version)
                    .with_shard_bytes(shard_bytes);
                if arraystow::to_vec(array, &protocols).is_ok() {
                    let name = format!("ours-{kind}-{version:?}-{codec:?}").to_lowercase().replace(['(', ')'], "");
                    seeds.push((name, taken_apart(&*store)));
                }
            }
        }
    }
    let v3 = |codecs: &str| {
        format!(
            r#"{{"zarr_format":3,"node_type":"array","shape":[4],"data_type":"uint8","chunk_grid":{{"name":"regular",
"configuration":{{"chunk_shape":[4]}}}},"chunk_key_encoding":{{"name":"v2","configuration":{{"separator":"."}}}},
"fill_value":7,"codecs":[{codecs}]}}"#
        )
    };
    let bytes = r#"{"name":"bytes"}"#;
    let others = [
        ("text", r#""bytes","crc32c""#.to_owned()),
        ("unknown", format!(r#"{bytes},{{"name":"xor","must_understand":false}}"#)),
        (
            "many",
            vec![bytes.to_owned(); 1]
                .into_iter()
                .chain(vec![r#"{"name":"gzip"}"#.to_owned(); 55])
                .collect::<Vec<_>>()
                .join(","),
        ),
        ("crc32c", format!(r#"{bytes},{{"name":"crc32c"}}"#)),
        ("transpose", format!(r#"{{"name":"transpose","configuration":{{"order":[0]}}}},{bytes}"#)),
        (
            "start",
            format!(
                r#"{{"name":"sharding_indexed","configuration":{{"chunk_shape":[2],"codecs":[{bytes}],"index_codecs":[
{{"name":"bytes","configuration":{{"endian":"little"}}}}],"index_location":"start"}}}}"#
            ),
        ),
    ];
    let v2 = |filters: &str, compressor: &str, fill: &str| {
        format!(
            r#"{{"zarr_format":2,"shape":[4],"chunks":[4],"dtype":"<f4","compressor":{compressor},"fill_value":{fill},
"filters":{filters},"order":"F","dimension_separator":"/"}}"#
        )
    };
    let filters = r#"[{"id":"shuffle","elementsize":4},{"id":"crc32"},{"id":"fletcher32"}]"#;
    let attributes =
        br#"{"missing_value": NaN, "valid": [Infinity, -Infinity, "NaN"], "_ARRAY_DIMENSIONS": ["x"], "units": "K",
"_FillValue": "AAAAAICHw8A=", "levels": [1, 2.5], "names": ["a", ""], "nested": {"a": [true, null]}}"#;
    for (name, metadata) in [
        ("nan", v2("null", "null", "NaN")),
        ("zlib", v2("[]", r#"{"id":"zlib","level":1}"#, "false")),
        ("lz4", v2("[]", r#"{"id":"lz4","acceleration":1}"#, "0")),
        ("bz2", v2("[]", r#"{"id":"bz2","level":1}"#, "0")),
        ("filters", v2(filters, "null", "\"-Infinity\"")),
    ] {
        // The blocks of 16 zeros of two compressions, as numcodecs writes them.
        let chunk: &[u8] = match name {
            "lz4" => &[16, 0, 0, 0, 22, 0, 1, 0, 80, 0, 0, 0, 0, 0],
            "bz2" => b"BZh91AY&SY\xaa\xd2\xdd7\0\0\0@\0@\x04 \0!\0\x82\x83\x17rE8P\x90\xaa\xd2\xdd7",
            _ => &[0; 16],
        };
        seeds.push((format!("others-v2-{name}"), input([&[], metadata.as_bytes(), attributes, &[]], chunk)));
    }
    let uneven = v3(bytes).replace(
        r#"{"name":"regular",
"configuration":{"chunk_shape":[4]}}"#,
        r#"{"name":"rectilinear","configuration":{"kind":"inline","chunk_shapes":[[1,[1,2],3]]}}"#,
    );
    seeds.push(("others-rectilinear".to_owned(), input([uneven.as_bytes(), &[], &[], &[]], &[9])));
    for (name, codecs) in others {
        let index: Vec<u8> = [32_u64, 2, 34, 2].iter().flat_map(|number| number.to_le_bytes()).collect();
        let chunk = [index.as_slice(), &[1, 2, 3, 4]].concat();
        let chunk = if name == "start" { chunk } else { vec![1, 2, 3, 4] };
        seeds.push((format!("others-{name}"), input([v3(&codecs).as_bytes(), &[], &[], &[]], &chunk)));
    }
    seeds
}

/// Makes an input of the objects of the only array in a store.
fn taken_apart(store: &dyn ObjectStore) -> Vec<u8> {
    use futures::TryStreamExt;
    let listed: Vec<_> = futures::executor::block_on(store.list(None).try_collect()).unwrap();
    let read = |suffix: &dyn Fn(&str) -> bool| {
        let found = listed.iter().find(|meta| {
            let below = meta.location.as_ref().splitn(3, '/').nth(2);
            below.is_some_and(suffix)
        });
        found.map_or(Vec::new(), |meta| {
            let bytes = async { store.get(&meta.location).await?.bytes().await };
            futures::executor::block_on(bytes).unwrap().to_vec()
        })
    };
    let pieces = PIECES.map(|piece| read(&|below| below == piece));
    input(pieces.each_ref().map(Vec::as_slice), &read(&|below| CHUNKS.contains(&below)))
}
