//! The forms of Zarr's metadata: what is understood is read, and all else is refused by its name.

use crate::zarr::{NAME, Place, array, bytes, chunk, v3};
use arraystow::{ChunkedArray, Element, Error, ErrorKind};
use half::f16;
use ndarray::ArrayD;
use num_complex::Complex;
use serde_json::{Value, json};

/// Metadata of version 2.
fn v2(dtype: &str) -> Value {
    json!({"zarr_format": 2, "shape": [4], "chunks": [4], "dtype": dtype, "compressor": null, "fill_value": 0,
        "filters": null, "order": "C"})
}

/// The metadata with another member.
fn with(metadata: &Value, member: &str, value: Value) -> Value {
    let mut metadata = metadata.clone();
    metadata[member] = value;
    metadata
}

fn read<T: Element>(place: &Place) -> Result<ArrayD<T>, Error> {
    let id = json!(["HDFSerializer", ["1.0.0", NAME]]);
    arraystow::deserialize::<ChunkedArray<T>, _>(id, &place.protocols())?.compute()
}

/// Refused as what cannot be read, with its name, and not as damaged.
fn unsupported(what: &Value, place: Place, name: &str) {
    let error = place.refuses(&what.to_string(), &[ErrorKind::Unsupported]);
    let text = error.to_string();
    assert!(text.contains(name) && !text.contains("restore"), "{what}: {text} does not name {name}");
}

fn sharded(codecs: &Value, index_codecs: &Value) -> Value {
    json!([{"name": "sharding_indexed", "configuration":
        {"chunk_shape": [2], "codecs": codecs, "index_codecs": index_codecs}}])
}

#[test]
fn no_codec_is_left_out() {
    let plain = || json!([bytes()]);
    for unknown in [
        json!({"name": "xor", "configuration": {"key": 255}, "must_understand": false}),
        json!({"name": "xor", "must_understand": false}),
        json!({"name": "xor", "configuration": {"key": 255}}),
        json!({"name": "xor", "must_understand": true}),
        json!("xor"),
    ] {
        let behind = json!([bytes(), unknown]);
        let before = json!([unknown, bytes()]);
        for codecs in [behind.clone(), before.clone(), json!([unknown])] {
            unsupported(&codecs, array(&v3(4, 4, &codecs)).with("c/0", chunk()), "\"xor\"");
        }
        for codecs in [sharded(&behind, &plain()), sharded(&before, &plain()), sharded(&plain(), &behind)] {
            unsupported(&codecs, array(&v3(4, 4, &codecs)).with("c/0", vec![0; 48]), "\"xor\"");
        }
    }
    for id in ["delta", "fixedscaleoffset", "lzma", "xor"] {
        let unknown = json!({"id": id, "dtype": "<u4", "must_understand": false});
        for member in ["filters", "compressor"] {
            let value = if member == "filters" { json!([unknown]) } else { unknown.clone() };
            let metadata = with(&v2("<u4"), member, value);
            let place = Place::new().with(".zarray", metadata.to_string()).with("0", chunk());
            unsupported(&metadata, place, &format!("{id:?}"));
        }
    }
}

#[test]
fn unknown_members_are_refused_unless_they_may_be_ignored() {
    let metadata = v3(4, 4, &json!([bytes()]));
    for foo in [
        json!({"name": "x"}),
        json!({"name": "x", "must_understand": true}),
        json!({"must_understand": 0}),
        json!({"must_understand": "false"}),
        json!({"must_understand": null}),
        json!({"configuration": {"must_understand": false}}),
        json!([{"must_understand": false}]),
        json!("x"),
        json!(null),
        json!(false),
        json!(-1),
        json!(1.5),
    ] {
        unsupported(&foo, array(&with(&metadata, "foo", foo.clone())).with("c/0", chunk()), "\"foo\"");
    }
    let many = vec![json!({"a": [1, 2, 3]}); 10_000];
    for foo in [
        json!({"must_understand": false}),
        json!({"name": "x", "must_understand": false, "configuration": {"must_understand": true}}),
        json!({"kind": "inline", "must_understand": false, "metadata": many}),
    ] {
        let place = array(&with(&metadata, "foo", foo.clone())).with("c/0", chunk());
        assert_eq!(place.sum().unwrap(), 10, "{foo}");
    }
    // Version 2 has no such rule: others are ignored.
    let metadata = with(&v2("<u4"), "foo", json!({"name": "x"}));
    assert_eq!(Place::new().with(".zarray", metadata.to_string()).with("0", chunk()).sum().unwrap(), 10);
}

#[test]
fn unknown_extensions_are_named() {
    let metadata = v3(4, 4, &json!([bytes()]));
    for (member, value, name) in [
        ("storage_transformers", json!([{"name": "sealed"}]), "\"sealed\""),
        ("storage_transformers", json!([{"name": "sealed", "must_understand": false}]), "\"sealed\""),
        ("chunk_grid", json!({"name": "rectangular", "configuration": {"chunk_shape": [[1, 3]]}}), "\"rectangular\""),
        (
            "chunk_grid",
            json!({"name": "rectilinear", "configuration": {"kind": "elsewhere", "chunk_shapes": [[[1, 4]]]}}),
            "\"rectilinear\"",
        ),
        ("chunk_grid", json!({"name": "irregular", "must_understand": false}), "\"irregular\""),
        ("chunk_grid", json!("hexagonal"), "\"hexagonal\""),
        ("chunk_key_encoding", json!({"name": "hashed", "must_understand": false}), "\"hashed\""),
        ("chunk_key_encoding", json!({"name": "default", "configuration": {"separator": "-"}}), "\"-\""),
        ("data_type", json!("datetime64"), "datetime64"),
        (
            "data_type",
            json!({"name": "numpy.datetime64", "configuration": {"unit": "Y", "scale_factor": 1}}),
            "numpy.datetime64",
        ),
        (
            "data_type",
            json!({"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 10}}),
            "scale_factor",
        ),
        ("data_type", json!("fixed_length_utf32"), "fixed_length_utf32"),
        ("data_type", json!("string"), "string"),
        ("data_type", json!("r12"), "r12"),
        ("data_type", json!({"name": "structured", "configuration": {"fields": [["a", "string"]]}}), "string"),
        ("data_type", json!({"name": "structured", "configuration": {"fields": []}}), "1000 fields"),
        ("data_type", json!({"name": "float8", "must_understand": false}), "float8"),
        ("data_type", json!([["a", "int32"]]), "int32"),
        ("node_type", json!("group"), "group"),
        ("zarr_format", json!(4), "4"),
    ] {
        unsupported(&value, array(&with(&metadata, member, value.clone())).with("c/0", chunk()), name);
    }
    for (member, value) in [
        ("data_type", json!({"name": "uint32", "configuration": {"odd": 1}})),
        ("data_type", json!({"name": "uint32", "odd": 1})),
        ("chunk_grid", json!({"name": "regular", "configuration": {"chunk_shape": [4], "odd": 1}})),
        ("chunk_key_encoding", json!({"name": "default", "configuration": {"separator": "/", "odd": 1}})),
        ("codecs", json!([{"name": "bytes", "configuration": {"endian": "little", "odd": 1}}])),
        ("codecs", json!([{"name": "bytes", "configuration": {"endian": "little"}, "odd": 1}])),
        ("codecs", json!([bytes(), {"name": "crc32c", "configuration": {"odd": 1}}])),
        ("codecs", json!([bytes(), {"name": "gzip", "configuration": {"level": 1, "odd": 1}}])),
        (
            "codecs",
            json!([bytes(), {"name": "zstd", "configuration": {"level": 1, "odd": {"must_understand": false}}}]),
        ),
        ("codecs", json!([{"name": "transpose", "configuration": {"order": [0], "odd": 1}}, bytes()])),
        (
            "codecs",
            sharded(&json!([{"name": "bytes", "configuration": {"endian": "little", "odd": 1}}]), &json!([bytes()])),
        ),
    ] {
        unsupported(&value, array(&with(&metadata, member, value.clone())).with("c/0", chunk()), "\"odd\"");
    }
    for (member, value, name) in [
        ("dtype", json!("<M8[Y]"), "<M8[Y]"),
        ("dtype", json!("|U4"), "|U4"),
        ("dtype", json!("|O"), "|O"),
        ("dtype", json!("|S0"), "|S0"),
        ("dtype", json!([["a", ">i4"]]), ">i4"),
        ("order", json!("K"), "K"),
        ("dimension_separator", json!("-"), "\"-\""),
        ("compressor", json!("zlib"), "zlib"),
        ("compressor", json!({"id": "zlib", "odd": 1}), "\"odd\""),
        ("compressor", json!({"id": "lzma", "format": 1}), "\"lzma\""),
    ] {
        let metadata = with(&v2("<u4"), member, value.clone());
        unsupported(&value, Place::new().with(".zarray", metadata.to_string()).with("0", chunk()), name);
    }
}

#[test]
fn whatever_has_a_name_may_be_a_text_or_an_object() {
    let crc = |name: Value| json!([bytes(), name]);
    let mut sealed = chunk();
    sealed.extend_from_slice(&crc32c::crc32c(&chunk()).to_le_bytes());
    let metadata = v3(4, 4, &json!([bytes()]));
    for (member, value) in [
        ("data_type", json!({"name": "uint32"})),
        ("data_type", json!({"name": "uint32", "configuration": {}})),
        ("data_type", json!({"name": "uint32", "must_understand": false})),
        ("chunk_key_encoding", json!("default")),
        ("chunk_key_encoding", json!({"name": "default"})),
        ("chunk_key_encoding", json!({"name": "default", "configuration": {}})),
        ("chunk_grid", json!({"name": "regular", "configuration": {"chunk_shape": [4]}, "must_understand": false})),
        ("codecs", json!([{"name": "bytes", "configuration": {"endian": "little"}, "must_understand": false}])),
        ("attributes", json!(null)),
        ("dimension_names", json!([null])),
        ("dimension_names", json!(null)),
        ("storage_transformers", json!([])),
        ("storage_transformers", json!(null)),
    ] {
        let place = array(&with(&metadata, member, value.clone())).with("c/0", chunk());
        assert_eq!(place.sum().unwrap(), 10, "{member}: {value}");
    }
    for codecs in
        [crc(json!("crc32c")), crc(json!({"name": "crc32c"})), crc(json!({"name": "crc32c", "configuration": {}}))]
    {
        let place = array(&v3(4, 4, &codecs)).with("c/0", sealed.clone());
        assert_eq!(place.sum().unwrap(), 10, "{codecs}");
        sealed[0] ^= 1;
        array(&v3(4, 4, &codecs)).with("c/0", sealed.clone()).refuses("another checksum", &[ErrorKind::Corrupt]);
        sealed[0] ^= 1;
    }
    for (encoding, key) in [
        (json!("v2"), "0"),
        (json!({"name": "v2", "configuration": {"separator": "/"}}), "0"),
        (json!({"name": "default", "configuration": {"separator": "."}}), "c.0"),
    ] {
        let place = array(&with(&metadata, "chunk_key_encoding", encoding.clone())).with(key, chunk());
        assert_eq!(place.sum().unwrap(), 10, "{encoding}");
    }
    for codecs in [json!(["bytes"]), json!([{"name": "bytes"}]), json!([{"name": "bytes", "configuration": {}}])] {
        let metadata = with(&v3(4, 4, &codecs), "data_type", json!("uint8"));
        assert_eq!(
            read::<u8>(&array(&metadata).with("c/0", vec![1, 2, 3, 4])).unwrap().into_raw_vec_and_offset().0,
            [1, 2, 3, 4]
        );
        // Of more than a byte each, elements have an order of bytes.
        unsupported(&codecs, array(&v3(4, 4, &codecs)).with("c/0", chunk()), "endian");
    }
}

/// NaN and infinities, as Python writes them into JSON.
#[test]
fn nan_and_infinities_are_no_damage() {
    let attributes = [
        r#"{"missing_value": NaN, "valid": [Infinity, -Infinity,NaN], "deep": {"a": [{"NaN": NaN}]}}"#,
        r#"{"text": "NaN \" Infinity \\", "after": NaN, "\\": -Infinity, "e": "\\\"NaN"}"#,
        r#"{ "units" : "-Infinity" , "n" : -1.5e-3, "x":[NaN,NaN , Infinity] }"#,
    ];
    let metadata = v3(4, 4, &json!([bytes()])).to_string();
    for attributes in attributes {
        let v3 = metadata.replacen('{', &format!("{{\"attributes\": {attributes}, "), 1);
        assert_eq!(Place::new().with("zarr.json", v3).with("c/0", chunk()).sum().unwrap(), 10, "{attributes}");
        let place = Place::new().with(".zarray", v2("<u4").to_string()).with(".zattrs", attributes);
        assert_eq!(place.with("0", chunk()).sum().unwrap(), 10, "{attributes}");
    }
    // They are JSON otherwise.
    for text in ["{\"a\": --Infinity}", "{\"a\": NaNNaN}", "{\"a\": aNaN}", "{\"a\": NaN", "{\"a\": \"NaN", "NaN\\"] {
        let place = Place::new().with(".zarray", v2("<u4").to_string()).with(".zattrs", text).with("0", chunk());
        place.refuses(text, &[ErrorKind::Corrupt]);
    }
    // A list in another attribute is not damage either, however deep.
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(1 << 19), "]".repeat(1 << 19));
    let place = Place::new().with(".zarray", v2("<u4").to_string()).with(".zattrs", deep).with("0", chunk());
    assert_eq!(place.sum().unwrap(), 10);
}

/// The bytes of the element that stands for those that are not there.
fn fill_of(data_type: &str, fill: &str) -> [Result<Vec<u8>, ErrorKind>; 2] {
    let v3 = with(&with(&v3(2, 2, &json!([bytes()])), "data_type", json!(data_type)), "fill_value", json!("FILL"));
    let dtype = match data_type {
        "bool" => "|b1",
        "int8" => "|i1",
        "int32" => ">i4",
        "uint64" => "<u8",
        "float16" => "<f2",
        "float32" => "<f4",
        "float64" => ">f8",
        "complex64" => "<c8",
        _ => ">c16",
    };
    let v2 = with(&v2(dtype), "fill_value", json!("FILL"));
    let text = |metadata: &Value| metadata.to_string().replace("\"FILL\"", fill);
    [Place::new().with("zarr.json", text(&v3)), Place::new().with(".zarray", text(&v2))].map(|place| {
        macro_rules! first {
            ($($name:literal $T:ty: |$x:ident| $bytes:expr;)*) => {
                match data_type {
                    $($name => read::<$T>(&place).map(|read| { let $x = read[[0]]; $bytes }),)*
                    _ => panic!("{data_type}"),
                }
            };
        }
        let both = |a: Vec<u8>, b: Vec<u8>| [a, b].concat();
        let bytes = first! {
            "bool" bool: |x| vec![u8::from(x)];
            "int8" i8: |x| x.to_le_bytes().to_vec();
            "int32" i32: |x| x.to_le_bytes().to_vec();
            "uint64" u64: |x| x.to_le_bytes().to_vec();
            "float16" f16: |x| x.to_le_bytes().to_vec();
            "float32" f32: |x| x.to_le_bytes().to_vec();
            "float64" f64: |x| x.to_le_bytes().to_vec();
            "complex64" Complex<f32>: |x| both(x.re.to_le_bytes().to_vec(), x.im.to_le_bytes().to_vec());
            "complex128" Complex<f64>: |x| both(x.re.to_le_bytes().to_vec(), x.im.to_le_bytes().to_vec());
        };
        bytes.map_err(|error| {
            assert!(!error.to_string().contains("restore"), "{error}");
            error.kind()
        })
    })
}

#[test]
fn fill_values_are_what_they_say() {
    let nan = [&0x7e00_u16.to_le_bytes()[..], &0x7fc0_0000_u32.to_le_bytes(), &(0x7ff8_u64 << 48).to_le_bytes()];
    let infinity = [&0x7c00_u16.to_le_bytes()[..], &f32::INFINITY.to_le_bytes(), &f64::INFINITY.to_le_bytes()];
    let negative = [&0xfc00_u16.to_le_bytes()[..], &(-f32::INFINITY).to_le_bytes(), &(-f64::INFINITY).to_le_bytes()];
    for (place, data_type) in ["float16", "float32", "float64"].into_iter().enumerate() {
        for (fill, bytes) in [("NaN", nan), ("Infinity", infinity), ("-Infinity", negative)] {
            let bytes = bytes[place];
            for fill in [fill.to_owned(), format!("\"{fill}\"")] {
                assert_eq!(fill_of(data_type, &fill), [Ok(bytes.to_vec()), Ok(bytes.to_vec())], "{data_type} {fill}");
                let Some(complex) = [None, Some("complex64"), Some("complex128")][place] else { continue };
                let (half, pair) = (vec![0; bytes.len()], format!("[{fill}, 0]"));
                let both = [bytes, &half].concat();
                assert_eq!(fill_of(complex, &pair), [Ok(both.clone()), Ok(both)], "{complex} {pair}");
            }
        }
    }
    // The bytes of any NaN, which version 2 does not have.
    const NO: ErrorKind = ErrorKind::Unsupported;
    for (data_type, fill, bytes) in [
        ("float16", "\"0x7e01\"", 0x7e01_u16.to_le_bytes().to_vec()),
        ("float32", "\"0xffc00001\"", 0xffc0_0001_u32.to_le_bytes().to_vec()),
        ("float32", "\"0x3f800000\"", 1_f32.to_le_bytes().to_vec()),
        ("float64", "\"0x7ff80000000000Ab\"", 0x7ff8_0000_0000_00ab_u64.to_le_bytes().to_vec()),
        (
            "complex64",
            "[\"0x7fc00001\", \"0x3f800000\"]",
            [0x7fc0_0001_u32, 0x3f80_0000].map(u32::to_le_bytes).concat(),
        ),
    ] {
        assert_eq!(fill_of(data_type, fill), [Ok(bytes), Err(NO)], "{data_type} {fill}");
    }
    let one = |data_type, fill, bytes: &[u8]| {
        assert_eq!(fill_of(data_type, fill), [Ok(bytes.to_vec()), Ok(bytes.to_vec())], "{data_type} {fill}");
    };
    one("int32", "3.0", &3_i32.to_le_bytes());
    one("int32", "\"0\"", &[0; 4]);
    one("int32", "\" -7 \"", &(-7_i32).to_le_bytes());
    one("int32", "-1e2", &(-100_i32).to_le_bytes());
    one("int32", "true", &1_i32.to_le_bytes());
    one("int8", "-128", &[128]);
    one("uint64", "18446744073709551615", &u64::MAX.to_le_bytes());
    one("uint64", "9007199254740993", &9_007_199_254_740_993_u64.to_le_bytes());
    one("float32", "false", &[0; 4]);
    one("float32", "-0.0", &(-0_f32).to_le_bytes());
    one("float32", "0.1", &0.1_f32.to_le_bytes());
    one("float32", "1e39", &f32::INFINITY.to_le_bytes());
    one("float64", "9.969209968386869e+36", &9.969_209_968_386_869e36_f64.to_le_bytes());
    one("float64", "\"1.5\"", &1.5_f64.to_le_bytes());
    one("float16", "65520", &0x7c00_u16.to_le_bytes());
    one("bool", "1", &[1]);
    one("bool", "false", &[0]);
    one("complex64", "[1, -2.5]", &[1_f32, -2.5].map(f32::to_le_bytes).concat());
    assert_eq!(fill_of("int32", "null"), [Err(NO), Ok(vec![0; 4])]);
    assert_eq!(fill_of("complex128", "null"), [Err(NO), Ok(vec![0; 16])]);
    for (data_type, fill) in [
        ("int8", "300"),
        ("int8", "128"),
        ("uint64", "-1"),
        ("int32", "3.7"),
        ("int32", "\"3.0\""),
        ("int32", "\"\""),
        ("int32", "NaN"),
        ("int32", "Infinity"),
        ("int32", "[0]"),
        ("float32", "\"x\""),
        ("float32", "\"\""),
        ("float32", "\"0x7e00\""),
        ("float32", "\"0x+fc00000\""),
        ("float32", "[1]"),
        ("complex64", "0"),
        ("complex64", "[1, 2, 3]"),
        ("complex64", "\"1+2j\""),
        ("bool", "{}"),
    ] {
        assert_eq!(fill_of(data_type, fill), [Err(NO), Err(NO)], "{data_type} {fill}");
    }
}

/// Where there is nothing, chunks may be of nothing.
#[test]
fn chunks_of_nothing_of_an_empty_array() {
    let metadata = with(&v3(0, 0, &json!([bytes()])), "shape", json!([0]));
    assert_eq!(read::<u32>(&array(&metadata)).unwrap().shape(), [0]);
    let metadata = with(&with(&v2("<u4"), "shape", json!([0])), "chunks", json!([0]));
    assert_eq!(read::<u32>(&Place::new().with(".zarray", metadata.to_string())).unwrap().shape(), [0]);
}
