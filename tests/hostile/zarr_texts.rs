//! Chunks of texts of any length whose lengths, numbers and codecs are not what they should be.

use crate::support::{refused, soon};
use crate::zarr::{NAME, Place, array};
use arraystow::{ChunkedArray, Error, ErrorKind, Limits};
use libdeflater::{CompressionLvl, Compressor};
use ndarray::ArrayD;
use serde_json::{Value, json};

fn texts_of(codecs: &Value, shape: &[u64], fill: &Value) -> Value {
    json!({
        "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "string", "fill_value": fill,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "codecs": codecs,
    })
}

fn plain() -> Value {
    texts_of(&json!([{"name": "vlen-utf8"}]), &[3], &json!(""))
}

fn v2(filters: &Value, fill: &Value) -> Place {
    let metadata = json!({"zarr_format": 2, "shape": [3], "chunks": [3], "dtype": "|O", "compressor": null,
        "fill_value": fill, "filters": filters, "order": "C"});
    Place::new().with(".zarray", metadata.to_string())
}

/// A chunk of these texts, each behind this length, behind this number.
fn chunk(count: u32, texts: &[(u32, &[u8])]) -> Vec<u8> {
    let mut bytes = count.to_le_bytes().to_vec();
    for (len, text) in texts {
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(text);
    }
    bytes
}

fn read(place: &Place) -> Result<ArrayD<String>, Error> {
    let id = json!(["HDFSerializer", ["1.0.0", NAME]]);
    arraystow::deserialize::<ChunkedArray<String>, _>(id, &place.protocols())?.compute()
}

/// Refused with an error that names the array.
fn refuses(what: &str, place: Place, kinds: &[ErrorKind]) -> Error {
    let error = refused(what, soon(what, move || read(&place)), kinds);
    assert_eq!(error.array(), Some(NAME), "{what}: {error}");
    error
}

#[test]
fn sound_texts_are_read() {
    let sound = chunk(3, &[(1, b"a"), (0, b""), (2, "ü".as_bytes())]);
    let wanted = ndarray::array!["a", "", "ü"].map(|text| (*text).to_owned()).into_dyn();
    assert_eq!(read(&array(&plain()).with("c/0", sound.clone())).unwrap(), wanted);
    let filters = json!([{"id": "vlen-utf8"}]);
    for fill in [json!(null), json!(0), json!("")] {
        assert_eq!(read(&v2(&filters, &fill).with("0", sound.clone())).unwrap(), wanted);
        assert_eq!(read(&v2(&filters, &fill)).unwrap(), ndarray::arr1(&["", "", ""]).map(|_| String::new()).into_dyn());
    }
}

#[test]
fn damaged_chunks_are_refused() {
    let a = (1, &b"a"[..]);
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("no number", vec![3, 0]),
        ("fewer texts", chunk(2, &[a, a])),
        ("a text less than it says", chunk(3, &[a, a])),
        ("more than can be", chunk(u32::MAX, &[a, a, a])),
        ("more texts", chunk(3, &[a, a, a, a])),
        ("bytes behind", [chunk(3, &[a, a, a]), vec![0]].concat()),
        ("a length beyond the end", chunk(3, &[a, a, (2, b"a")])),
        ("a length of 4 GiB", chunk(3, &[a, (u32::MAX, b"a"), a])),
        ("no UTF-8", chunk(3, &[a, (2, b"\xc3\x28"), a])),
    ] {
        let error = refuses(what, array(&plain()).with("c/0", bytes), &[ErrorKind::Corrupt]);
        assert!(error.to_string().contains("chunk"), "{what}: {error}");
    }
}

#[test]
fn what_becomes_more_than_the_limits_allow_is_refused() {
    let gzip =
        texts_of(&json!([{"name": "vlen-utf8"}, {"name": "gzip", "configuration": {"level": 1}}]), &[3], &json!(""));
    let mut compressor = Compressor::new(CompressionLvl::best());
    let long = chunk(3, &[(64 << 20, &vec![b'x'; 64 << 20]), (0, b""), (0, b"")]);
    let mut bomb = vec![0; compressor.gzip_compress_bound(long.len())];
    let len = compressor.gzip_compress(&long, &mut bomb).unwrap();
    bomb.truncate(len);
    assert!(bomb.len() < 1 << 20);
    let mut limited = array(&gzip).with("c/0", bomb.clone());
    limited.limits = Limits::default().chunk_bytes(1 << 20);
    refuses("a bomb", limited, &[ErrorKind::Limit, ErrorKind::Corrupt]);
    // What is allowed is read.
    let sound = array(&gzip).with("c/0", bomb);
    assert_eq!(soon("64 MiB", move || read(&sound)).unwrap()[[0]].len(), 64 << 20);

    // The header of blosc claims 2 GiB, and that of lz4.
    let claims = |name: &str| json!([{"name": "vlen-utf8"}, {"name": name, "configuration": {}}]);
    let mut blosc = vec![2, 1, 0x21, 1];
    blosc.extend([0x8000_0000_u32, 0x10_0000, 40].map(u32::to_le_bytes).concat());
    blosc.resize(40, 0);
    let metadata = texts_of(&claims("blosc"), &[3], &json!(""));
    refuses("blosc", array(&metadata).with("c/0", blosc), &[ErrorKind::Corrupt, ErrorKind::Limit]);
    let lz4 = [&[0xff, 0xff, 0xff, 0x7f][..], &[0; 30]].concat();
    let metadata = texts_of(&claims("numcodecs.lz4"), &[3], &json!(""));
    refuses("lz4", array(&metadata).with("c/0", lz4), &[ErrorKind::Corrupt, ErrorKind::Limit]);

    // A fill value of a MiB, a million times.
    let fill = json!("x".repeat(1 << 20));
    let metadata = texts_of(&json!([{"name": "vlen-utf8"}]), &[1000, 1000], &fill);
    refuses("a long fill value", array(&metadata), &[ErrorKind::Limit]);
    // More handles than the limit has bytes.
    let metadata = texts_of(&json!([{"name": "vlen-utf8"}]), &[1 << 30], &json!(""));
    refuses("many texts", array(&metadata), &[ErrorKind::Limit]);
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let unsupported = &[ErrorKind::Unsupported];
    for (filters, name) in [
        (json!(null), "|O"),
        (json!([{"id": "pickle"}]), "vlen-utf8"),
        (json!([{"id": "vlen-bytes"}]), "vlen-utf8"),
        (json!([{"id": "json2"}, {"id": "vlen-utf8"}]), "vlen-utf8"),
        (json!([{"id": "vlen-utf8"}, {"id": "vlen-utf8"}]), "vlen-utf8"),
        (json!([{"id": "vlen-utf8"}, {"id": "delta"}]), "delta"),
    ] {
        let error = refuses(&filters.to_string(), v2(&filters, &json!(null)), unsupported);
        assert!(error.to_string().contains(name), "{filters}: {error}");
    }
    for fill in [json!(7), json!([]), json!({})] {
        refuses("a fill value", v2(&json!([{"id": "vlen-utf8"}]), &fill), unsupported);
        refuses("a fill value", array(&texts_of(&json!([{"name": "vlen-utf8"}]), &[3], &fill)), unsupported);
    }
    for codecs in
        [json!([{"name": "bytes"}]), json!([{"name": "vlen-utf8"}, {"name": "vlen-utf8"}]), json!(["vlen-bytes"])]
    {
        refuses(&codecs.to_string(), array(&texts_of(&codecs, &[3], &json!(""))), unsupported);
    }
    let mut numbers = plain();
    numbers["data_type"] = json!("uint32");
    numbers["fill_value"] = json!(0);
    refuses("numbers by the codec of texts", array(&numbers), unsupported);
    let mut records = plain();
    records["data_type"] = json!({"name": "structured", "configuration": {"fields": [["x", "string"]]}});
    refuses("texts in records", array(&records), &[ErrorKind::Unsupported, ErrorKind::Corrupt]);
}

/// Strings of two code points, as numpy has them.
fn utf32(length_bytes: u64, codecs: &Value, fill: &Value) -> Value {
    let mut metadata = texts_of(codecs, &[3], fill);
    metadata["data_type"] = json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": length_bytes}});
    metadata
}

#[test]
fn strings_of_utf32_are_read_or_refused() {
    let little = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
    let code_points = |codes: [u32; 6]| codes.map(u32::to_le_bytes).concat();
    let sound = code_points([97, 0, 0, 0, 252, 0x1_f30d]);
    let wanted = ndarray::array!["a", "", "ü🌍"].map(|text| (*text).to_owned()).into_dyn();
    let metadata = utf32(8, &little, &json!("ü"));
    assert_eq!(read(&array(&metadata).with("c/0", sound.clone())).unwrap(), wanted);
    assert_eq!(read(&array(&metadata)).unwrap(), ndarray::arr1(&["ü"; 3]).map(|text| (*text).to_owned()).into_dyn());

    let corrupt = &[ErrorKind::Corrupt];
    for code in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        let error = refuses("no character", array(&metadata).with("c/0", code_points([97, 0, code, 0, 0, 0])), corrupt);
        assert!(error.to_string().contains(&format!("{code:#x}")), "{error}");
    }
    refuses("cut off", array(&metadata).with("c/0", sound[..20].to_vec()), corrupt);
    refuses("too long", array(&metadata).with("c/0", [sound.clone(), vec![0; 8]].concat()), corrupt);
    let unsupported = &[ErrorKind::Unsupported];
    for length in [7, 1 << 40, u64::MAX] {
        refuses("a length", array(&utf32(length, &little, &json!(""))), &[ErrorKind::Unsupported, ErrorKind::Corrupt]);
    }
    refuses("no bytes", array(&utf32(0, &little, &json!(""))), &[ErrorKind::Unsupported, ErrorKind::Corrupt]);
    for fill in [json!("abc"), json!(7), json!([]), json!({}), json!(true)] {
        refuses("a fill value", array(&utf32(8, &little, &fill)), unsupported);
    }
    for codecs in [
        json!([{"name": "bytes"}]),
        json!([{"name": "vlen-utf8"}]),
        json!([{"name": "numcodecs.pcodec"}]),
        json!([{"name": "bytes", "configuration": {"endian": "odd"}}]),
    ] {
        refuses(&codecs.to_string(), array(&utf32(8, &codecs, &json!(""))), unsupported);
    }
    let v2 = |dtype: &str| {
        let metadata = json!({"zarr_format": 2, "shape": [3], "chunks": [3], "dtype": dtype, "compressor": null,
            "fill_value": "", "filters": null, "order": "C"});
        Place::new().with(".zarray", metadata.to_string()).with("0", sound.clone())
    };
    assert_eq!(read(&v2("<U2")).unwrap(), wanted);
    refuses("the other order", v2(">U2"), corrupt);
    for dtype in ["|U2", "<U", "<U0", "<U-1", "<U99999999999999999999", "<U4611686018427387904", "UU2", "<U2U"] {
        refuses(dtype, v2(dtype), unsupported);
    }
}
