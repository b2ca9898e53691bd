//! Altered, truncated, lost and hostile objects.

use super::support::{Place, Run, run_of};
use arraystow::conformance::Subject;
use arraystow::{ChunkedArray, ErrorKind};
use arraystow_s3_server::Server;
use ndarray::s;

#[test]
fn damage_is_reported_by_path_array_and_key() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let file = storage.info("run").unwrap().arrays[0].file.clone();
    let key = |rest: &str| format!("bigdata/dask_arrays/{file}/{rest}");
    let read = || storage.load::<Run>("run").unwrap().field.compute().map(drop).unwrap_err();
    let reported = |error: &arraystow::Error, key: &str| {
        assert_eq!((error.path(), error.document()), (Some("field"), Some("run")), "{error}");
        assert_eq!(error.array(), Some(file.as_str()), "{error}");
        assert!(error.location().unwrap().contains(key), "{key}: {error}");
    };
    let chunk = key("c/1/2");
    let whole = server.read(&chunk);
    server.write(&chunk, &whole[..whole.len() / 2]);
    reported(&read(), "c/1/2");
    assert!(read().is_corrupt());
    server.remove(&chunk);
    reported(&read(), "c/1/2");
    assert!(read().is_corrupt(), "a lost chunk is no fill value: {}", read());
    server.write(&chunk, &whole);
    let metadata = key("zarr.json");
    let json = server.read(&metadata);
    for (from, to) in [("[90,80]", "[1099511627776,1048576]"), ("\"float64\"", "\"float32\""), ("\"lz4\"", "\"zstd\"")]
    {
        let text = String::from_utf8(json.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        server.write(&metadata, text.replace(from, to).as_bytes());
        reported(&read(), &file);
    }
    server.remove(&metadata);
    reported(&read(), &file);
    server.write(&metadata, &json);
    storage.load::<Run>("run").unwrap().field.compute().unwrap();
}

#[test]
fn a_strangers_metadata_cost_nothing_however_large_the_shape() {
    let server = Server::start();
    let place = Place { server: server.clone(), shard_bytes: 0 };
    let metadata = |shape: &str, chunks: &str| {
        let json = format!(
            r#"{{"zarr_format":3,"node_type":"array","shape":{shape},"data_type":"float64","fill_value":2.5,
            "chunk_grid":{{"name":"regular","configuration":{{"chunk_shape":{chunks}}}}},
            "chunk_key_encoding":{{"name":"default"}},"codecs":[{{"name":"bytes","configuration":{{"endian":"little"}}}}]}}"#
        );
        server.write("arrays/dask_arrays/strange", json.as_bytes());
        server.write("arrays/dask_arrays/strange/zarr.json", json.as_bytes());
        let id = serde_json::json!(["HDFSerializer", ["0.0.0", "strange"]]);
        arraystow::deserialize::<ChunkedArray<f64>, _>(id, &place.protocols())
    };
    let tebibyte = metadata("[1048576,131072]", "[64,64]").unwrap();
    assert_eq!(tebibyte.slice(s![-1, -1]).unwrap().compute().unwrap()[[]], 2.5);
    assert_eq!(tebibyte.compute().unwrap_err().kind(), ErrorKind::Limit);
    for (shape, chunks) in [
        ("[1048576,1048576]", "[1048576,1048576]"),
        ("[18446744073709551615,18446744073709551615]", "[1,1]"),
        ("[10]", "[0]"),
        ("[10]", "[5,5]"),
        ("[-1]", "[1]"),
        ("\"ten\"", "[1]"),
    ] {
        let error = metadata(shape, chunks).and_then(|array| array.compute()).unwrap_err();
        let typed = [ErrorKind::Limit, ErrorKind::Corrupt, ErrorKind::InvalidInput, ErrorKind::Unsupported];
        assert!(typed.contains(&error.kind()), "{shape} {chunks}: {error:?}");
        assert_eq!(error.array(), Some("strange"), "{error}");
    }
}
