//! Mutations specific to Zarr arrays: of the metadata as JSON, and of the chunk along with its codecs.

use crate::random::Random;
use crate::zarr::{input, pieces};
use libdeflater::{CompressionLvl, Compressor};
use serde_json::{Value, json};

/// A placeholder for a bare NaN or infinity, which JSON values cannot represent.
const BARE: &str = "@bare@";
/// A placeholder for a list that is nested deeper than a value can be.
const DEEP: &str = "@deep@";

/// Makes one change to an array.
pub fn change(random: &mut Random, bytes: &mut Vec<u8>) {
    let (metadata, chunk) = pieces(bytes);
    let mut metadata = metadata.map(<[u8]>::to_vec);
    let mut chunk = chunk.to_vec();
    let of = random.below(3);
    let parsed = serde_json::from_slice::<Value>(&metadata[of]).ok().filter(Value::is_object);
    let Some(mut value) = parsed else {
        // Later changes need an object to change.
        if metadata[of].is_empty() {
            metadata[of] = b"{}".to_vec();
            *bytes = input(metadata.each_ref().map(Vec::as_slice), &chunk);
        }
        return;
    };
    match random.below(8) {
        0 => insert_codec(random, &mut value),
        1 => repeat_codec(random, &mut value),
        2 => nest_shards(random, &mut value),
        3 => {
            let names = ["foo", "storage_transformers", "consolidated_metadata", "attributes", "arraystow", "filters"];
            let member = odd(random);
            if let Some(members) = value.as_object_mut() {
                members.insert(names[random.below(names.len())].to_owned(), member);
            }
        }
        4 => {
            if let Some(members) = value.as_object_mut() {
                members.insert("fill_value".to_owned(), fill(random));
            }
        }
        5 => chunk = compressed(random, &mut value, &chunk),
        _ => {
            let new = odd(random);
            let old = some_part(random, &mut value);
            *old = new;
        }
    }
    let bare = ["NaN", "Infinity", "-Infinity"][random.below(3)];
    let deep = 1 << random.below(14);
    let deep = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let text = value.to_string().replace(&format!("\"{BARE}\""), bare).replace(&format!("\"{DEEP}\""), &deep);
    if text.len() <= usize::from(u16::MAX) {
        metadata[of] = text.into_bytes();
        *bytes = input(metadata.each_ref().map(Vec::as_slice), &chunk);
    }
}

/// A part of the value, or all of it.
fn some_part<'a>(random: &mut Random, value: &'a mut Value) -> &'a mut Value {
    let mut part = value;
    loop {
        let count = match &*part {
            Value::Array(values) => values.len(),
            Value::Object(members) => members.len(),
            _ => 0,
        };
        if count == 0 || random.below(8) == 0 {
            return part;
        }
        let at = random.below(count);
        part = match part {
            Value::Array(values) => &mut values[at],
            Value::Object(members) => members.values_mut().nth(at).expect("`at` is below the count"),
            _ => unreachable!("it has parts"),
        };
    }
}

/// Finds the lists of codecs: of the chunks, of the parts of shards and of their index, and the filters of version 2.
fn lists<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Vec<Value>>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let is_list = ["codecs", "index_codecs", "filters"].contains(&name.as_str());
                let is_sharded = |codecs: &Vec<Value>| codecs.iter().any(|codec| codec["name"] == "sharding_indexed");
                // Either the list itself or the lists within it.
                if is_list && member.as_array().is_some_and(|codecs| !is_sharded(codecs)) {
                    found.extend(member.as_array_mut());
                } else {
                    lists(member, found);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| lists(value, found)),
        _ => {}
    }
}

fn insert_codec(random: &mut Random, value: &mut Value) {
    let codec = codec(random);
    if value["zarr_format"] == 2 {
        let id = codec["name"].as_str().unwrap_or_default().trim_start_matches("numcodecs.").to_owned();
        let mut codec = codec["configuration"].as_object().cloned().unwrap_or_default();
        codec.insert("id".to_owned(), id.into());
        match &mut value["filters"] {
            Value::Array(filters) if filters.len() < 50 => filters.push(codec.into()),
            filters => *filters = json!([codec]),
        }
        return;
    }
    let mut found = Vec::new();
    lists(value, &mut found);
    if let Some(list) = pick(random, found) {
        let at = random.below(list.len() + 1);
        list.insert(at, codec);
    }
}

fn repeat_codec(random: &mut Random, value: &mut Value) {
    let mut found = Vec::new();
    lists(value, &mut found);
    let Some(list) = pick(random, found) else { return };
    let Some(codec) = list.get(random.below(list.len())).cloned() else { return };
    let times = 1 << random.below(7);
    list.extend(std::iter::repeat_n(codec, times));
}

fn nest_shards(random: &mut Random, value: &mut Value) {
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    for _ in 0..1 << random.below(6) {
        let inner = value["codecs"].take();
        let shape = value.pointer("/chunk_grid/configuration/chunk_shape").cloned();
        value["codecs"] = json!([{"name": "sharding_indexed", "configuration":
            {"chunk_shape": shape, "codecs": inner, "index_codecs": [bytes, "crc32c"], "index_location": "end"}}]);
    }
}

/// Adds a codec and compresses the chunk with it, or replaces the chunk by one that decompresses to far too many bytes.
fn compressed(random: &mut Random, value: &mut Value, chunk: &[u8]) -> Vec<u8> {
    let bomb = vec![0; 1 << random.below(25)];
    let chunk = if random.below(4) == 0 { &bomb } else { chunk };
    let mut compressor = Compressor::new(CompressionLvl::new(random.below(13) as i32).unwrap_or_default());
    let mut out = vec![0; compressor.gzip_compress_bound(chunk.len())];
    let zlib = random.below(2) == 0;
    let len = match zlib {
        true => compressor.zlib_compress(chunk, &mut out),
        false => compressor.gzip_compress(chunk, &mut out),
    };
    out.truncate(len.unwrap_or_default());
    if value["zarr_format"] == 2 {
        value["compressor"] = json!({"id": if zlib { "zlib" } else { "gzip" }, "level": 1});
    } else if let Value::Array(codecs) = &mut value["codecs"] {
        let name = if zlib { "numcodecs.zlib" } else { "gzip" };
        codecs.push(json!({"name": name, "configuration": {"level": 1}}));
    }
    out
}

fn pick<T>(random: &mut Random, mut of: Vec<T>) -> Option<T> {
    let at = random.below(of.len());
    (at < of.len()).then(|| of.swap_remove(at))
}

fn codec(random: &mut Random) -> Value {
    let number = [0, 1, 2, 3, 4, 16, 1 << 20, u64::MAX][random.below(8)];
    let codecs = [
        json!("crc32c"),
        json!({"name": "crc32c", "must_understand": false}),
        json!({"name": "xor", "configuration": {"key": 255}, "must_understand": false}),
        json!({"name": "gzip", "configuration": {"level": 1}}),
        json!({"name": "zstd", "configuration": {"level": 1, "checksum": false}}),
        json!({"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}}),
        json!({"name": "transpose", "configuration": {"order": [number, 0]}}),
        json!({"name": "transpose", "configuration": {"order": [1, 0]}}),
        json!({"name": "bytes", "configuration": {"endian": "big"}}),
        json!("bytes"),
        json!({"name": "numcodecs.pcodec", "configuration": {"level": 8}}),
        json!({"name": "numcodecs.zlib", "configuration": {"level": 1}}),
        json!({"name": "numcodecs.shuffle", "configuration": {"elementsize": number}}),
        json!({"name": "numcodecs.crc32", "configuration": {"location": "end"}}),
        json!({"name": "numcodecs.adler32"}),
        json!({"name": "numcodecs.fletcher32"}),
        json!({"name": "numcodecs.bitround", "configuration": {"keepbits": 3}}),
        json!({"name": "numcodecs.delta", "configuration": {"dtype": "<f4"}}),
        json!({"name": "sharding_indexed", "configuration": {"chunk_shape": [number], "codecs": ["bytes"], "index_codecs": ["bytes"]}}),
    ];
    pick(random, codecs.into()).unwrap_or_default()
}

fn fill(random: &mut Random) -> Value {
    let fills = [
        json!(BARE),
        json!([BARE, 0]),
        json!("NaN"),
        json!("0x7fc00001"),
        json!("0x"),
        json!(3.7),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(true),
        json!(""),
        json!("AAAA"),
        json!(null),
        json!([1, 2, 3]),
    ];
    pick(random, fills.into()).unwrap_or_default()
}

fn odd(random: &mut Random) -> Value {
    let values = [
        json!(null),
        json!(0),
        json!(-1),
        json!(1_u64 << 60),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("name"),
        json!(BARE),
        json!(DEEP),
        json!([]),
        json!([DEEP, BARE]),
        json!({}),
        json!({"name": "int32"}),
        json!({"name": "regular", "configuration": {"chunk_shape": [0, 1_u64 << 40]}}),
        json!({"name": "rectangular", "configuration": {"chunk_shape": [[1, 3], [4]]}}),
        json!({"name": "v2"}),
        json!({"must_understand": false, "deep": DEEP}),
        json!({"version": 1, "chunks": [[[4, 1]], [[u64::MAX, 2]]]}),
        json!(vec!["x"; 40]),
        json!([{"name": "x"}]),
        json!("F"),
        json!("/"),
        json!(">c16"),
        json!("float64"),
    ];
    pick(random, values.into()).unwrap_or_default()
}
