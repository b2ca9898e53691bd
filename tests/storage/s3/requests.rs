//! What is asked of the server, counted.

use super::support::run_of;
use arraystow::{ChunkedArray, ErrorKind, Protocols, S3Protocol};
use arraystow_s3_server::Server;
use ndarray::{Array1, Array2, s};
use std::sync::{Arc, Barrier};
use std::time::Duration;

#[test]
fn listing_asks_once_for_each_workflow_and_reads_nothing() {
    let server = Server::start();
    let storage = server.storage("root");
    for name in ["a/one", "a/two", "a/deep/three", "b/four", "five"] {
        storage.save(name, &run_of(1)).unwrap();
    }
    server.requests();
    let names = |glob: &str| storage.list(glob).unwrap().into_iter().map(|entry| entry.name).collect::<Vec<_>>();
    assert_eq!(names("**"), ["a/deep/three", "a/one", "a/two", "b/four", "five"]);
    assert_eq!(server.requests(), [("LIST", 4)].into());
    assert_eq!(names("b/*"), ["b/four"]);
    assert_eq!(server.requests(), [("LIST", 1)].into());
    assert!(names("../*").is_empty());
    storage.remove_workflow("a").unwrap();
    assert_eq!(names("**"), ["b/four", "five"]);
    for name in ["b", "b/four/x", "five/x"] {
        assert_eq!(storage.save(name, &1).unwrap_err().kind(), ErrorKind::InvalidName, "{name}");
    }
}

#[test]
fn loading_asks_for_the_document_only_and_chunks_come_side_by_side() {
    let server = Server::start();
    let storage = server.storage("");
    let elements = Array2::from_shape_fn((256, 256), |(i, j)| (i * 256 + j) as f32);
    storage.save("array", &ChunkedArray::from_ndarray(elements.clone(), &[16, 16]).unwrap()).unwrap();
    let requests = server.requests();
    assert_eq!(requests.get("HEAD"), None, "{requests:?}");
    let loaded: ChunkedArray<f32> = storage.load("array").unwrap();
    assert_eq!(server.requests(), [("GET", 1)].into());
    assert_eq!(loaded.slice(s![20..25, 20..25]).unwrap().compute().unwrap()[[0, 0]], 20.0 * 256.0 + 20.0);
    assert_eq!(server.requests(), [("GET", 3)].into(), "metadata, checksums, one chunk");
    server.most_under_way();
    server.set_latency(Duration::from_millis(20));
    assert_eq!(loaded.compute().unwrap(), elements.into_dyn());
    assert_eq!(server.requests(), [("GET", 256)].into());
    let most = server.most_under_way();
    assert!(most <= 64, "{most} requests at a time");
    // The threads that wait for answers are the process's, and the other tests may have them all for a while.
    let many = |work: &dyn Fn()| {
        (0..50).any(|_| {
            work();
            let most = server.most_under_way();
            assert!(most <= 64, "{most} requests at a time");
            most >= 16
        })
    };
    assert!(many(&|| drop(loaded.compute().unwrap())), "never many requests at a time");
    assert!(many(&|| drop(storage.save("again", &(&loaded + 1.0)).unwrap())), "never many requests at a time");
}

#[test]
fn a_load_and_one_chunk_are_two_round_trips() {
    let server = Server::start();
    let storage = server.storage("");
    let elements = Array2::from_shape_fn((256, 256), |(i, j)| (i * 256 + j) as f32);
    storage.save("array", &ChunkedArray::from_ndarray(elements, &[16, 16]).unwrap()).unwrap();
    let loaded: ChunkedArray<f32> = storage.load("array").unwrap();
    server.requests();
    server.most_under_way();
    // So long that all three requests are under way before the first is answered.
    server.set_latency(Duration::from_millis(500));
    assert_eq!(loaded.slice(s![20..25, 20..25]).unwrap().compute().unwrap()[[0, 0]], 20.0 * 256.0 + 20.0);
    assert_eq!(server.requests(), [("GET", 3)].into(), "metadata, checksums, one chunk");
    assert_eq!(server.most_under_way(), 3);
    server.set_latency(Duration::ZERO);
    // What lies beside the array is compared with what the document says.
    let key = format!("bigdata/dask_arrays/{}/arraystow_checksums", storage.info("array").unwrap().arrays[0].file);
    let checksums = server.read(&key);
    server.write(&key, &checksums[..checksums.len() - 12]);
    let unsound: ChunkedArray<f32> = storage.load("array").unwrap();
    assert!(unsound.chunk(&[0, 0]).unwrap_err().is_corrupt());
    // After an error it is looked at again.
    server.write(&key, &checksums);
    assert_eq!(unsound.chunk(&[0, 0]).unwrap()[[0, 1]], 1.0);
}

#[test]
fn of_a_shard_only_what_is_needed_is_read() {
    let server = Server::start();
    let storage = server.builder("").shard_bytes(16 * 16 * 16 * 4).open().unwrap();
    let elements = Array2::from_shape_fn((130, 256), |(i, j)| if i < 64 { 0.0 } else { (i * 256 + j) as f32 });
    storage.save("array", &ChunkedArray::from_ndarray(elements.clone(), &[16, 16]).unwrap()).unwrap();
    let objects = server.keys().iter().filter(|key| key.contains("/c/")).count();
    assert_eq!(objects, 9, "a row of chunks in each: {:?}", server.keys());
    let loaded: ChunkedArray<f32> = storage.load("array").unwrap();
    assert_eq!(loaded.grid().chunk_shape().unwrap(), [16, 16]);
    assert_eq!(loaded.compute().unwrap(), elements.clone().into_dyn());
    server.requests();
    for (rows, columns) in [(0..3, 0..5), (100..101, 60..61), (129..130, 250..256), (62..66, 30..34)] {
        let part = loaded.slice(s![rows.clone(), columns.clone()]).unwrap().compute().unwrap();
        assert_eq!(part, elements.slice(s![rows, columns]).to_owned().into_dyn());
    }
    // A chunk each, the first of which is all fill; the last slice meets four, of which two are.
    assert_eq!(server.requests(), [("GET", 4)].into());
}

#[test]
fn a_save_without_rivals_looks_at_the_document_once() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("warm-up", &1).unwrap();
    server.requests();
    storage.save("number", &1).unwrap();
    assert_eq!(server.requests(), [("GET", 1), ("LIST", 1), ("PUT", 1)].into(), "a new name may be a workflow's");
    storage.save("number", &2).unwrap();
    assert_eq!(server.requests(), [("GET", 1), ("PUT", 1)].into());
    storage.save("array", &ChunkedArray::from_ndarray(Array2::from_elem((4, 4), 1.5), &[2, 2]).unwrap()).unwrap();
    let requests = server.requests();
    // The document and the group; the lease, the group, four chunks, checksums, metadata and the document; the lease
    // again.
    assert_eq!(requests, [("DELETE many", 1), ("GET", 3), ("LIST", 1), ("PUT", 9)].into());
    // Another writer was faster: another look, another put.
    let faster = server.clone();
    let meddling = ChunkedArray::from_fn(&[4], &[4], move |_| {
        faster.write("array", &faster.read("array"));
        Array1::from_elem(4, 1.5)
    });
    storage.save("array", &meddling.unwrap()).unwrap();
    let requests = server.requests();
    // The document twice, the group; the lease, one chunk, checksums, metadata, two tries of the document.
    assert_eq!((requests["GET"], requests["PUT"]), (3, 6), "{requests:?}");
}

#[test]
fn a_thousand_keys_go_with_a_request() {
    let server = Server::start();
    let storage = server.storage("");
    let chunks = ChunkedArray::from_ndarray(Array1::from_iter(0..2500_i32), &[1]).unwrap();
    storage.save("array", &chunks).unwrap();
    server.requests();
    storage.remove("array").unwrap();
    // The document and the lease; the sessions, and the leases of others; the metadata, of either version; 2,500 chunks
    // and checksums, a thousand at a time, as they are listed.
    assert_eq!(server.requests(), [("GET", 1), ("PUT", 1), ("LIST", 2 + 3), ("DELETE many", 2 + 1 + 3)].into());
    for number in 0..2500 {
        server.write(&format!("many/{number:04}"), b"not looked at");
    }
    assert_eq!(storage.list("many/*").unwrap().len(), 2500);
    assert_eq!(server.requests(), [("LIST", 3)].into());
}

/// The array of a document, as another program would have written it: without what only arrays of arraystow have.
fn made_a_strangers(server: &Server, file: &str) -> ChunkedArray<f32> {
    let key = |name: &str| format!("bigdata/dask_arrays/{file}/{name}");
    let mut metadata: serde_json::Value = serde_json::from_slice(&server.read(&key("zarr.json"))).unwrap();
    metadata["attributes"] = serde_json::json!({});
    server.write(&key("zarr.json"), metadata.to_string().as_bytes());
    server.remove(&key("arraystow_checksums"));
    let client = Arc::new(server.client().build().unwrap());
    let protocols = Protocols::new().with_s3(S3Protocol::new(client, "bigdata").unwrap());
    arraystow::deserialize(serde_json::json!(["HDFSerializer", ["0.0.0", file]]), &protocols).unwrap()
}

#[test]
fn the_index_of_a_strangers_shard_is_read_once_however_many_ask() {
    let server = Server::start();
    let storage = server.builder("").shard_bytes(4 * 16 * 16 * 4).open().unwrap();
    let elements = Array2::from_shape_fn((64, 128), |(i, j)| (1 + i * 128 + j) as f32);
    storage.save("array", &ChunkedArray::from_ndarray(elements.clone(), &[16, 16]).unwrap()).unwrap();
    let array = made_a_strangers(&server, &storage.info("array").unwrap().arrays[0].file);
    assert_eq!(array.grid().chunk_shape().unwrap(), [16, 64]);
    let tile = |row: usize, column: usize| {
        let part = array.slice(s![row..row + 3, column..column + 3]).unwrap().compute().unwrap();
        assert_eq!(part, elements.slice(s![row..row + 3, column..column + 3]).to_owned().into_dyn());
    };
    server.requests();
    // Four parts of one shard: its index, and each part.
    [0, 16, 32, 48].into_iter().for_each(|column| tile(0, column));
    assert_eq!(server.requests(), [("GET", 1 + 4)].into());
    // All parts of the other seven shards, by many threads that begin at once, while answers take their time.
    server.set_latency(Duration::from_millis(20));
    let begin = Barrier::new(28);
    std::thread::scope(|scope| {
        for (shard, part) in (1..8).flat_map(|shard| (0..4).map(move |part| (shard, part))) {
            let (begin, tile) = (&begin, &tile);
            scope.spawn(move || {
                begin.wait();
                tile(shard / 2 * 16, (shard % 2 * 4 + part) * 16);
            });
        }
    });
    assert_eq!(server.requests(), [("GET", 7 + 28)].into());
    // Again: the indices are known.
    tile(16, 16);
    assert_eq!(server.requests(), [("GET", 1)].into());
}

#[test]
fn many_documents_are_removed_with_few_requests() {
    let server = Server::start();
    let storage = server.storage("root");
    for n in 0..120 {
        storage.save(&format!("w/{n}"), &n).unwrap();
    }
    for n in 0..3 {
        storage.save(&format!("w/run-{n}"), &run_of(1)).unwrap();
    }
    let arrays = 3 * storage.info("w/run-0").unwrap().arrays.len();
    server.requests();
    assert_eq!(storage.remove_workflow("w").unwrap().len(), 123);
    let requests = server.requests();
    assert_eq!(requests["GET"], 123, "{requests:?}");
    assert_eq!(requests["PUT"], 3, "the leases of those with arrays: {requests:?}");
    // Of the documents one, of the leases one, of an array two: first what makes it one.
    assert_eq!(requests["DELETE many"], 2 + 2 * arrays, "{requests:?}");
    assert_eq!(server.keys(), ["root/w/bigdata/dask_arrays/zarr.json"]);
}
