//! Zarr arrays of unknown origin, in an object store.

use crate::support::{refused, soon};
use arraystow::{ChunkedArray, Codec, Error, ErrorKind, Limits, Protocols, S3Protocol, ZarrVersion};
use futures::TryStreamExt;
use futures::executor::block_on;
use ndarray::Array1;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const NAME: &str = "stranger";

pub(crate) struct Place {
    pub(crate) store: Arc<InMemory>,
    pub(crate) limits: Limits,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { store: Arc::new(InMemory::new()), limits: Limits::default() }
    }

    pub(crate) fn protocols(&self) -> Protocols {
        Protocols::new().with_s3(S3Protocol::new(self.store.clone(), "").unwrap()).with_limits(self.limits)
    }

    pub(crate) fn with(self, key: &str, contents: impl Into<Vec<u8>>) -> Self {
        let key = format!("dask_arrays/{NAME}/{key}").as_str().into();
        block_on(self.store.put(&key, PutPayload::from(contents.into()))).unwrap();
        self
    }

    pub(crate) fn sum(&self) -> Result<u64, Error> {
        let id = json!(["HDFSerializer", ["1.0.0", NAME]]);
        arraystow::deserialize::<ChunkedArray<u32>, _>(id, &self.protocols())?.sum()
    }

    /// Refuses to be summed up, with an error that names the array and the key.
    pub(crate) fn refuses(self, what: &str, kinds: &[ErrorKind]) -> Error {
        let error = refused(what, soon(what, move || self.sum()), kinds);
        assert_eq!(error.array(), Some(NAME), "{what}: {error}");
        let location = error.location().unwrap_or_else(|| panic!("{what}: {error}"));
        assert!(location.contains(NAME), "{what}: {error}");
        error
    }
}

/// An array of version 3.
pub(crate) fn v3(shape: u64, chunk: u64, codecs: &Value) -> Value {
    json!({
        "zarr_format": 3, "node_type": "array", "shape": [shape], "data_type": "uint32", "fill_value": 7,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [chunk]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "codecs": codecs,
    })
}

pub(crate) fn bytes() -> Value {
    json!({"name": "bytes", "configuration": {"endian": "little"}})
}

pub(crate) fn array(metadata: &Value) -> Place {
    Place::new().with("zarr.json", metadata.to_string())
}

pub(crate) fn chunk() -> Vec<u8> {
    [1_u32, 2, 3, 4].iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn a_sound_stranger_is_read() {
    assert_eq!(array(&v3(4, 4, &json!([bytes()]))).with("c/0", chunk()).sum().unwrap(), 10);
    assert_eq!(array(&v3(4, 2, &json!([bytes()]))).sum().unwrap(), 28, "chunks that are not there are the fill value");
}

#[test]
fn declared_sizes_are_bounded() {
    array(&v3(1 << 60, 1, &json!([bytes()]))).refuses("2^60 elements", &[ErrorKind::Limit]);
    array(&v3(1 << 60, 1 << 20, &json!([bytes()]))).refuses("2^60 elements in chunks", &[ErrorKind::Limit]);
    array(&v3(1 << 60, 1 << 60, &json!([bytes()]))).refuses("a chunk of 2^60", &[ErrorKind::Limit]);
    array(&v3(10, 1 << 30, &json!([bytes()]))).refuses("a chunk far larger than the array", &[ErrorKind::Limit]);
    array(&v3(u64::MAX, 1, &json!([bytes()]))).refuses("more than can be counted", &[ErrorKind::Corrupt]);
    array(&v3(4, 0, &json!([bytes()]))).refuses("chunks of nothing", &[ErrorKind::Corrupt]);
    let mut ranks = v3(4, 4, &json!([bytes()]));
    ranks["shape"] = json!(vec![1; 100_000]);
    ranks["chunk_grid"]["configuration"]["chunk_shape"] = json!(vec![1; 100_000]);
    array(&ranks).refuses("100,000 axes", &[ErrorKind::Unsupported, ErrorKind::Corrupt, ErrorKind::Limit]);
}

#[test]
fn metadata_that_are_deep_huge_or_no_text_are_refused() {
    let kinds = &[ErrorKind::Corrupt];
    Place::new().with("zarr.json", "[".repeat(1 << 20)).refuses("deep", kinds);
    Place::new().with(".zarray", "{\"a\":".repeat(1 << 18)).refuses("deep, version 2", kinds);
    let deep = format!(r#"{{"attributes":{},"zarr_format":3}}"#, "[".repeat(1 << 20));
    Place::new().with("zarr.json", deep).refuses("deep attributes", kinds);
    Place::new().with("zarr.json", b"{\"zarr_format\":3,\"node_type\":\"\xff\xfe\"}").refuses("no UTF-8", kinds);
    Place::new().with("zarr.json", "").refuses("nothing", kinds);
    Place::new().with("zarr.json", vec![b' '; 17 << 20]).refuses("huge", &[ErrorKind::Limit]);
    let v2 = json!({"zarr_format": 2, "shape": [4], "chunks": [4], "dtype": "<u4", "compressor": null, "fill_value": 0,
        "filters": null, "order": "C"});
    Place::new().with(".zarray", v2.to_string()).with(".zattrs", "[".repeat(1 << 20)).refuses("deep attributes", kinds);
    let mut own = v3(4, 4, &json!([bytes()]));
    own["attributes"] = json!({"arraystow": {"version": 1, "chunks": [[[4, 1]]]}});
    let mut few = array(&own).with("arraystow_checksums", vec![0; 1 << 20]);
    few.limits = Limits::default().chunks(1000);
    few.refuses("a huge table", &[ErrorKind::Limit]);
    array(&own).with("arraystow_checksums", vec![0; 1000]).refuses("a table of another array", kinds);
    own["attributes"]["arraystow"]["chunks"] = json!(vec![json!([[1, 1_u64 << 60]]); 3]);
    array(&own).refuses("chunks beyond counting", kinds);
}

#[test]
fn keys_of_chunks_do_not_lead_elsewhere() {
    for suffix in ["/../../../victim", "/..", "\0"] {
        let mut metadata = v3(4, 4, &json!([bytes()]));
        metadata["chunk_key_encoding"] =
            json!({"name": "zarrs.default_suffix", "configuration": {"separator": "/", "suffix": suffix}});
        let kinds = &[ErrorKind::InvalidName, ErrorKind::Unsupported, ErrorKind::Corrupt];
        let place = array(&metadata);
        block_on(place.store.put(&"victim".into(), PutPayload::from(chunk()))).unwrap();
        if suffix.contains("..") {
            place.refuses("a suffix", kinds);
        } else {
            let _ = place.sum();
        }
    }
}

/// A chunk of 64 MiB of zeros as each codec has it, under metadata that say 16 bytes.
#[test]
fn decompression_bombs_are_defused() {
    let elements = Array1::<u32>::zeros(16 << 20);
    let large = ChunkedArray::from_ndarray(elements, &[16 << 20]).unwrap();
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        for codec in [Codec::gzip(9).unwrap(), Codec::zstd(3).unwrap(), Codec::BLOSC, Codec::pcodec(8).unwrap()] {
            let from = Place::new();
            let protocols = from.protocols().with_codec(codec).with_zarr_version(version);
            if arraystow::to_vec(&large, &protocols).is_err() {
                assert_eq!((version, codec), (ZarrVersion::V2, Codec::pcodec(8).unwrap()));
                continue;
            }
            let mut place = Place::new();
            let listed: Vec<_> = block_on(from.store.list(None).try_collect()).unwrap();
            for object in listed {
                let contents = block_on(async { from.store.get(&object.location).await?.bytes().await }).unwrap();
                let name = object.location.as_ref().splitn(3, '/').nth(2).unwrap_or_default().to_owned();
                if name.ends_with("zarr.json") || name == ".zarray" {
                    let mut metadata: Value = serde_json::from_slice(&contents).unwrap();
                    metadata["attributes"] = json!({});
                    metadata["shape"] = json!([4]);
                    match version {
                        ZarrVersion::V3 => metadata["chunk_grid"]["configuration"]["chunk_shape"] = json!([4]),
                        _ => metadata["chunks"] = json!([4]),
                    }
                    if version == ZarrVersion::V2 {
                        metadata.as_object_mut().unwrap().remove("attributes");
                    }
                    place = place.with(&name, metadata.to_string());
                } else if name == "c/0" || name == "0" {
                    assert!(contents.len() < 1 << 20, "{codec:?} packs zeros well: {}", contents.len());
                    place = place.with(&name, contents.to_vec());
                }
            }
            let what = format!("{version:?} {codec:?}");
            // Longer than any chunk of 16 bytes, or decoded as far as there is room.
            place.refuses(&what, &[ErrorKind::Corrupt]);
        }
    }
}

#[test]
fn what_a_chunk_claims_to_become_is_not_believed() {
    let with = |codec: Value, chunk: Vec<u8>| array(&v3(4, 4, &json!([bytes(), codec]))).with("c/0", chunk);
    let zstd = json!({"name": "zstd", "configuration": {"level": 1, "checksum": false}});
    let mut frame = b"\x28\xb5\x2f\xfd\xe0".to_vec();
    frame.extend_from_slice(&(1_u64 << 60).to_le_bytes());
    frame.extend_from_slice(&[1, 0, 0]);
    with(zstd.clone(), frame).refuses("a zstd frame of 2^60 bytes", &[ErrorKind::Corrupt]);
    let blosc = json!({"name": "blosc", "configuration":
        {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}});
    for claimed in [17_u32, 1 << 30, 0x7fff_ffff, u32::MAX] {
        let mut header = vec![2, 1, 0x21, 4];
        [claimed, claimed, 32].iter().for_each(|number| header.extend_from_slice(&number.to_le_bytes()));
        header.extend_from_slice(&[0; 16]);
        with(blosc.clone(), header).refuses("a blosc header", &[ErrorKind::Corrupt]);
    }
    let pcodec = json!({"name": "numcodecs.pcodec", "configuration": {"level": 8, "mode_spec": "auto", "delta_spec": "auto",
        "paging_spec": "equal_pages_up_to", "delta_encoding_order": null, "equal_pages_up_to": 262_144}});
    for chunk in [b"pco!".to_vec(), b"pco!\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), vec![0xff; 60], vec![]] {
        array(&v3(4, 4, &json!([pcodec]))).with("c/0", chunk).refuses("pcodec", &[ErrorKind::Corrupt]);
    }
    for codec in [zstd, blosc, json!({"name": "gzip", "configuration": {"level": 1}}), json!({"name": "crc32c"})] {
        for chunk in [vec![], vec![0], vec![0xff; 100]] {
            with(codec.clone(), chunk).refuses("rubbish", &[ErrorKind::Corrupt]);
        }
        // A plain chunk that is longer than any.
        with(codec, vec![0; 100_000]).refuses("a long chunk", &[ErrorKind::Corrupt]);
    }
    array(&v3(4, 4, &json!([bytes()]))).with("c/0", vec![0; 17]).refuses("a byte too many", &[ErrorKind::Corrupt]);
    array(&v3(4, 4, &json!([bytes()]))).with("c/0", vec![0; 15]).refuses("a byte too few", &[ErrorKind::Corrupt]);
}

#[test]
fn shards_do_not_lead_out_of_themselves() {
    let sharded = |chunk: u64, part: u64, location: &str| {
        let codec = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [part], "codecs": [bytes()],
            "index_codecs": [bytes()], "index_location": location}}]);
        array(&v3(8, chunk, &codec))
    };
    let index = |entries: &[u64]| entries.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let whole = [chunk(), index(&[0, 8, 8, 8, u64::MAX, u64::MAX, 0, 8])].concat();
    assert_eq!(sharded(8, 2, "end").with("c/0", whole).sum().unwrap(), 3 + 7 + 14 + 3);
    for entries in [
        [0, 1 << 60, 8, 8, 0, 8, 0, 8],
        [u64::MAX - 1, 8, 8, 8, 0, 8, 0, 8],
        [1 << 60, 8, 8, 8, 0, 8, 0, 8],
        [0, 9, 8, 8, 0, 8, 0, 8],
        [0, 7, 8, 8, 0, 8, 0, 8],
        [0, u64::MAX, u64::MAX, 0, 0, 8, 0, 8],
    ] {
        for location in ["end", "start"] {
            let (chunk, index) = (chunk(), index(&entries));
            let shard = if location == "end" { [chunk, index].concat() } else { [index, chunk].concat() };
            let place = || sharded(8, 2, location).with("c/0", shard.clone());
            if entries[0] != 0 || entries[1] != u64::MAX {
                place().refuses("an index", &[ErrorKind::Corrupt]);
            }
            // And a part alone, which is another way through the code.
            let one = place();
            let id = json!(["HDFSerializer", ["1.0.0", NAME]]);
            let array: ChunkedArray<u32> = arraystow::deserialize(id, &one.protocols()).unwrap();
            let part = array.slice(ndarray::s![..1]).unwrap().compute();
            refused("a part", part, &[ErrorKind::Corrupt]);
        }
    }
    sharded(8, 2, "end").with("c/0", vec![0; 10]).refuses("a shard without an index", &[ErrorKind::Corrupt]);
    sharded(1 << 27, 1, "end").refuses("2^27 parts", &[ErrorKind::Limit]);
    sharded(8, 3, "end").refuses("parts that do not fit", &[ErrorKind::Corrupt]);
    sharded(8, 0, "end").refuses("parts of nothing", &[ErrorKind::Corrupt]);
    let error = sharded(8, 2, "nowhere").refuses("an index nowhere", &[ErrorKind::Unsupported]);
    assert!(error.to_string().contains("nowhere"), "{error}");
    let inner = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1], "codecs": [bytes()],
        "index_codecs": [bytes()]}}]);
    let nested = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [2], "codecs": inner,
        "index_codecs": [bytes()]}}]);
    array(&v3(8, 8, &nested)).refuses("shards in shards", &[ErrorKind::Unsupported]);
}
