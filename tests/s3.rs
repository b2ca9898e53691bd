//! A storage on an S3 server, over real HTTP: the same promises as in a folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(all(feature = "s3", feature = "conformance"))]

mod s3_server;

use arraystow::conformance::{Subject, run};
use arraystow::{ChunkedArray, Codec, ErrorKind, Protocols, S3Protocol, Storage, ZarrVersion};
use ndarray::{Array1, Array2, s};
use object_store::aws::AmazonS3Builder;
use s3_server::{BUCKET, KEY, SECRET, Server};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

struct Place(Server);

impl Subject for Place {
    fn protocols(&self) -> Protocols {
        let client = AmazonS3Builder::new()
            .with_endpoint(&self.0.endpoint)
            .with_allow_http(true)
            .with_bucket_name(BUCKET)
            .with_access_key_id(KEY)
            .with_secret_access_key(SECRET)
            .build()
            .unwrap();
        Protocols::new().with_s3(S3Protocol::new(Arc::new(client), "arrays").unwrap())
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().into_iter().filter(|key| !key.ends_with("dask_arrays/zarr.json")).collect()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        self.0.read(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        self.0.write(name, bytes);
    }

    fn remove(&self, name: &str) {
        self.0.remove(name);
    }
}

/// The same with shards of a few chunks.
struct Sharded(Place);

impl Subject for Sharded {
    fn protocols(&self) -> Protocols {
        self.0.protocols().with_shard_bytes(600)
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        self.0.read(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        self.0.write(name, bytes);
    }

    fn remove(&self, name: &str) {
        self.0.remove(name);
    }
}

#[test]
fn shards_conform() {
    run(|| Sharded(Place(Server::start())));
}

#[test]
fn of_a_shard_only_what_is_needed_is_read() {
    let server = Server::start();
    let builder = Storage::builder(format!("s3://{BUCKET}")).shard_bytes(16 * 16 * 16 * 4);
    let storage =
        server.options().into_iter().fold(builder, |builder, (key, value)| builder.option(key, value)).open().unwrap();
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
fn a_server_conforms() {
    run(|| Place(Server::start()));
}

#[derive(Serialize, Deserialize, Debug, Clone)]
struct Run {
    name: String,
    step: u64,
    field: ChunkedArray<f64>,
    mask: Array2<bool>,
}

fn run_of(step: u64) -> Run {
    let field = Array2::from_shape_fn((90, 80), |(i, j)| step as f64 + (i * 80 + j) as f64);
    Run {
        name: format!("run {step}"),
        step,
        field: ChunkedArray::from_ndarray(field, &[32, 32]).unwrap(),
        mask: Array2::from_shape_fn((90, 80), |(i, j)| (i + j) % 3 == 0),
    }
}

/// The documents, and the uuids of the arrays of which anything is there.
fn documents_and_arrays(server: &Server) -> (Vec<String>, Vec<String>) {
    let (mut documents, mut arrays) = (Vec::new(), Vec::new());
    for key in server.keys() {
        match key.split_once("bigdata/dask_arrays/") {
            Some((_, below)) if below.contains('/') => arrays.push(below.split('/').next().unwrap().to_owned()),
            Some(_) => {}
            None => documents.push(key),
        }
    }
    arrays.dedup();
    (documents, arrays)
}

#[test]
fn an_object_comes_back_with_its_arrays() {
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        for codec in [None, Some(Codec::None), Some(Codec::Zstd(3)), Some(Codec::Gzip(5)), Some(Codec::Blosc)] {
            let server = Server::start();
            let mut builder = Storage::builder(format!("s3://{BUCKET}/some/folder")).zarr_version(version);
            for (key, value) in server.options() {
                builder = builder.option(key, value);
            }
            let storage = codec.map_or(builder.clone(), |codec| builder.codec(codec)).open().unwrap();
            let saved = run_of(7);
            storage.save("sim/run", &saved).unwrap();
            let loaded: Run = storage.load("sim/run").unwrap();
            assert_eq!((loaded.name.as_str(), loaded.step), ("run 7", 7));
            assert_eq!(loaded.field.compute().unwrap(), saved.field.compute().unwrap());
            assert_eq!(loaded.mask, saved.mask);
            let info = storage.info("sim/run").unwrap();
            assert_eq!(info.arrays.iter().map(|array| array.paths[0].as_str()).collect::<Vec<_>>(), ["field", "mask"]);
            assert!(server.keys().contains(&"some/folder/sim/run".to_owned()));
            storage.remove("sim/run").unwrap();
            assert_eq!(documents_and_arrays(&server), (vec![], vec![]), "{:?}", server.keys());
        }
    }
}

#[test]
fn pcodec_takes_what_it_can_and_blosc_the_rest() {
    let server = Server::start();
    let mut builder = Storage::builder(format!("s3://{BUCKET}/p")).codec(Codec::Pcodec(8));
    for (key, value) in server.options() {
        builder = builder.option(key, value);
    }
    let storage = builder.open().unwrap();
    storage.save("run", &run_of(3)).unwrap();
    let loaded: Run = storage.load("run").unwrap();
    assert_eq!(loaded.field.compute().unwrap(), run_of(3).field.compute().unwrap());
    assert_eq!(loaded.mask, run_of(3).mask);
}

#[test]
fn replacing_leaves_one_object_and_its_arrays() {
    let server = Server::start();
    let storage = server.storage("");
    for step in 0..3 {
        storage.save("sim/run", &run_of(step)).unwrap();
        let (documents, arrays) = documents_and_arrays(&server);
        assert_eq!((documents, arrays.len()), (vec!["sim/run".to_owned()], 2), "{:?}", server.keys());
    }
    // What is kept stays under its id; what is new replaces what was.
    let before = storage.info("sim/run").unwrap();
    let mut loaded: Run = storage.load("sim/run").unwrap();
    loaded.step = 9;
    storage.save("sim/run", &loaded).unwrap();
    let after = storage.info("sim/run").unwrap();
    assert_eq!(before.arrays[0].file, after.arrays[0].file);
    assert_eq!(documents_and_arrays(&server).1.len(), 2);
    // An array of another document is copied on the server, and lives on its own.
    storage.save("sim/copy", &loaded).unwrap();
    storage.remove("sim/run").unwrap();
    let copy: Run = storage.load("sim/copy").unwrap();
    assert_eq!(copy.field.compute().unwrap(), run_of(2).field.compute().unwrap());
    assert!(loaded.field.compute().unwrap_err().is_gone());
    // An expression over what a save replaces goes on.
    let mut run: Run = storage.load("sim/copy").unwrap();
    for _ in 0..3 {
        run.field = &run.field + 1.0;
        storage.save("sim/copy", &run).unwrap();
    }
    assert_eq!(run.field.slice(s![0, 0]).unwrap().compute().unwrap()[[]], 5.0);
}

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
    assert!((16..=64).contains(&most), "{most} requests at a time");
    storage.save("again", &(&loaded + 1.0)).unwrap();
    let most = server.most_under_way();
    assert!((16..=64).contains(&most), "{most} requests at a time");
}

#[test]
fn works_inside_any_runtime() {
    let server = Server::start();
    let work = async |name: &str| {
        let storage = server.storage("");
        storage.save(name, &run_of(4)).unwrap();
        let loaded: Run = storage.load(name).unwrap();
        assert_eq!(loaded.field.sum().unwrap(), run_of(4).field.sum().unwrap());
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work("current"));
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap().block_on(work("multi"));
}

#[test]
fn a_put_whose_answer_was_lost_is_known_as_our_own() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("warm-up", &1).unwrap();
    for step in 0..3 {
        server.lose_answers("the-document", 1);
        storage.save("the-document", &run_of(step)).unwrap();
        assert_eq!(storage.load::<Run>("the-document").unwrap().step, step);
    }
    assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
}

#[test]
fn refused_requests_are_tried_again() {
    let server = Server::start();
    let storage = server.storage("");
    server.refuse_every(5);
    storage.save("run", &run_of(6)).unwrap();
    let loaded: Run = storage.load("run").unwrap();
    assert_eq!(loaded.field.compute().unwrap(), run_of(6).field.compute().unwrap());
}

#[test]
fn of_two_savers_each_time_one_wins_and_nothing_of_the_other_stays() {
    for exact in [true, false] {
        let server = Server::start();
        if !exact {
            server.ignore_conditions();
        }
        let storage = server.storage("");
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let storage = &storage;
                scope.spawn(move || {
                    for round in 0..5 {
                        storage.save("run", &run_of(10 * thread + round)).unwrap();
                    }
                });
            }
        });
        let loaded: Run = storage.load("run").unwrap();
        assert_eq!(loaded.field.compute().unwrap(), run_of(loaded.step).field.compute().unwrap());
        if exact {
            assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
        }
    }
}

#[test]
fn keeping_arrays_of_a_document_that_was_replaced_meanwhile_is_a_conflict() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let mut loaded: Run = storage.load("run").unwrap();
    loaded.step = 5;
    storage.save("run", &run_of(2)).unwrap();
    let error = storage.save("run", &loaded).unwrap_err();
    assert!(error.is_gone() || error.is_conflict(), "{error:?}");
    assert_eq!(storage.load::<Run>("run").unwrap().step, 2);
    assert_eq!(documents_and_arrays(&server).1.len(), 2);
}

#[test]
fn what_goes_wrong_names_the_place_and_no_secret() {
    let server = Server::start();
    let with = |folder: &str, changes: &[(&str, &str)]| {
        let mut options = server.options();
        for (key, value) in changes {
            options.retain(|(known, _)| known != key);
            options.push(((*key).to_owned(), (*value).to_owned()));
        }
        Storage::open_with(folder, options).unwrap()
    };
    let saved = |storage: &Storage| storage.save("x", &run_of(1)).unwrap_err();
    let wrong_secret = saved(&with("s3://bucket/f", &[("aws_secret_access_key", "wrong-secret")]));
    assert_eq!(wrong_secret.kind(), ErrorKind::PermissionDenied, "{wrong_secret}");
    let wrong_bucket = saved(&with("s3://no-such-bucket/f", &[]));
    for error in [&wrong_secret, &wrong_bucket] {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(SECRET) && !text.contains("wrong-secret"), "{text}");
        assert!(error.location().unwrap().starts_with("s3://"), "{text}");
        assert_eq!(error.document(), Some("x"), "{text}");
    }
    let storage = server.storage("f");
    assert!(!format!("{storage:?}").contains(SECRET));
    for (url, options, words) in [
        ("s3://bucket/f", vec![("aws_endpiont", "x")], "aws_endpoint"),
        ("s3://bucket/f", vec![("aws_endpoint", "http://127.0.0.1:1")], "aws_allow_http"),
        ("s3://key:secret@bucket/f", vec![], "credentials"),
        ("http://localhost/bucket", vec![], "aws_endpoint"),
        ("ftp://somewhere", vec![], "s3://"),
        ("a-folder", vec![("aws_endpoint", "x")], "no options"),
    ] {
        let error = Storage::open_with(url, options).unwrap_err();
        assert!(error.to_string().contains(words), "{url}: {error}");
        assert!(!error.to_string().contains("secret@"), "{error}");
    }
}

#[test]
fn damage_is_told_by_path_array_and_key() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let file = storage.info("run").unwrap().arrays[0].file.clone();
    let key = |rest: &str| format!("bigdata/dask_arrays/{file}/{rest}");
    let read = || storage.load::<Run>("run").unwrap().field.compute().map(drop).unwrap_err();
    let told = |error: &arraystow::Error, key: &str| {
        assert_eq!((error.path(), error.document()), (Some("field"), Some("run")), "{error}");
        assert_eq!(error.array(), Some(file.as_str()), "{error}");
        assert!(error.location().unwrap().contains(key), "{key}: {error}");
    };
    let chunk = key("c/1/2");
    let whole = server.read(&chunk);
    server.write(&chunk, &whole[..whole.len() / 2]);
    told(&read(), "c/1/2");
    assert!(read().is_corrupt());
    server.remove(&chunk);
    told(&read(), "c/1/2");
    assert!(read().is_corrupt(), "a lost chunk is no fill value: {}", read());
    server.write(&chunk, &whole);
    let metadata = key("zarr.json");
    let json = server.read(&metadata);
    for (from, to) in [("[90,80]", "[1099511627776,1048576]"), ("\"float64\"", "\"float32\""), ("\"lz4\"", "\"zstd\"")]
    {
        let text = String::from_utf8(json.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        server.write(&metadata, text.replace(from, to).as_bytes());
        told(&read(), &file);
    }
    server.remove(&metadata);
    told(&read(), &file);
    server.write(&metadata, &json);
    storage.load::<Run>("run").unwrap().field.compute().unwrap();
}

#[test]
fn a_failed_save_leaves_the_old_object_and_nothing_else() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let before = server.keys();
    let mut bad = run_of(2);
    bad.field = ChunkedArray::from_fn(&[90, 80], &[8, 8], |region| match region.start() {
        [64, 64] => Err("the detector is off"),
        _ => Ok(Array2::zeros((region.shape()[0], region.shape()[1]))),
    })
    .unwrap();
    let error = storage.save("run", &bad).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Source, Some("field")), "{error}");
    assert_eq!(server.keys(), before);
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);
}

#[test]
fn names_of_any_characters() {
    let server = Server::start();
    let storage = server.storage("with space/ä");
    for name in ["a b/c[1]/d.e", "ä/ß*", "x%2Fy", "#/?"] {
        storage.save(name, &Array1::from_iter(0..1000_i64)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(storage.load::<Array1<i64>>(name).unwrap()[999], 999);
    }
    let names: Vec<_> = storage.list("**").unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["#/?", "a b/c[1]/d.e", "x%2Fy", "ä/ß*"]);
}

#[test]
fn objects_are_copied_between_a_folder_and_a_server() {
    let server = Server::start();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [here, back] = folders.each_ref().map(|folder| Storage::open(folder.path()).unwrap());
    let there = server.storage("copies");
    let shared = run_of(3);
    here.save("sim/run", &(&shared, &shared.field)).unwrap();
    here.copy("sim/run", &there).unwrap();
    there.copy("sim/run", &back).unwrap();
    for storage in [&there, &back] {
        let (run, field): (Run, ChunkedArray<f64>) = storage.load("sim/run").unwrap();
        assert!(run.field.is_same(&field), "one array stays one array");
        assert_eq!(run.field.grid(), shared.field.grid());
        assert_eq!(run.field.compute().unwrap(), shared.field.compute().unwrap());
        assert_eq!(run.mask, shared.mask);
        let ids = |storage: &Storage| {
            let arrays = storage.info("sim/run").unwrap().arrays;
            arrays.into_iter().map(|array| (array.file, array.paths)).collect::<Vec<_>>()
        };
        assert_eq!(ids(storage), ids(&here));
    }
    // Again: nothing is written but the document. After a change: only what changed.
    server.requests();
    here.copy("sim/run", &there).unwrap();
    assert!(server.requests()["PUT"] <= 2);
    here.save("sim/run", &(run_of(4), &shared.field)).unwrap();
    here.copy("sim/run", &there).unwrap();
    let (run, _): (Run, ChunkedArray<f64>) = there.load("sim/run").unwrap();
    assert_eq!((run.step, run.field.sum().unwrap()), (4, run_of(4).field.sum().unwrap()));
    assert_eq!(documents_and_arrays(&server).1.len(), 3, "{:?}", server.keys());
    assert_eq!(here.copy("sim/run", &here).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(here.copy("sim/none", &there).unwrap_err().is_not_found());
}

#[test]
fn between_stores_chunks_go_over_as_they_are() {
    let (here, there) = (Server::start(), Server::start());
    let builder = |server: &Server, version| {
        let builder = Storage::builder(format!("s3://{BUCKET}")).codec(Codec::Zstd(9)).zarr_version(version);
        server.options().into_iter().fold(builder, |builder, (key, value)| builder.option(key, value))
    };
    let source = builder(&here, ZarrVersion::V3).open().unwrap();
    source.save("run", &run_of(1)).unwrap();
    source.copy("run", &there.storage("")).unwrap();
    let file = source.info("run").unwrap().arrays[0].file.clone();
    for name in ["zarr.json", "c/0/0", "c/2/2", "arraystow_checksums"] {
        let key = format!("bigdata/dask_arrays/{file}/{name}");
        assert!(here.read(&key) == there.read(&key), "{name} differs");
    }
    // Into a group of the other version they are written anew.
    let old = Server::start();
    let target = builder(&old, ZarrVersion::V2).open().unwrap();
    source.copy("run", &target).unwrap();
    assert!(old.keys().contains(&format!("bigdata/dask_arrays/{file}/.zarray")), "{:?}", old.keys());
    for storage in [there.storage(""), target] {
        let loaded: Run = storage.load("run").unwrap();
        assert_eq!(loaded.field.compute().unwrap(), run_of(1).field.compute().unwrap());
    }
}

#[test]
fn every_async_form_works_on_any_executor_and_does_not_block_it() {
    let server = Server::start();
    let storage = server.storage("");
    let work = async || {
        storage.save_async("run", &run_of(5)).await.unwrap();
        let loaded: Run = storage.load_async("run").await.unwrap();
        let tile = loaded.field.slice(s![0..2, 0..2]).unwrap().compute_async().await.unwrap();
        assert_eq!(tile.sum(), 5.0 + 6.0 + 85.0 + 86.0);
        assert_eq!(storage.list_async("*").await.unwrap().len(), 1);
        storage.remove_async("run").await.unwrap();
    };
    futures::executor::block_on(work());
    server.set_latency(Duration::from_millis(30));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ticks = runtime.block_on(async {
        let mut ticks = 0;
        let mut clock = tokio::time::interval(Duration::from_millis(10));
        let work = work();
        tokio::pin!(work);
        loop {
            tokio::select! {
                () = &mut work => return ticks,
                _ = clock.tick() => ticks += 1,
            }
        }
    });
    assert!(ticks > 10, "the executor was blocked: {ticks} ticks");
    assert_eq!(documents_and_arrays(&server), (vec![], vec![]));
}

#[test]
fn a_save_whose_future_is_dropped_takes_back_what_it_wrote() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let before = server.keys();
    let slow = ChunkedArray::from_fn(&[1000], &[10], |region| {
        std::thread::sleep(Duration::from_millis(5));
        Array1::<f64>::zeros(region.shape()[0])
    });
    let slow = slow.unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let save = storage.save_async("run", &slow);
        assert!(tokio::time::timeout(Duration::from_millis(60), save).await.is_err(), "the save was too fast");
    });
    // It is told at its next chunk.
    for _ in 0..200 {
        if server.keys() == before {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.keys(), before);
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);
}

#[test]
fn missing_credentials_are_told_of() {
    let server = Server::start();
    let metadata = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/169.254.169.254", metadata.local_addr().unwrap());
    drop(metadata);
    let options = [
        ("aws_endpoint", server.endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("aws_metadata_endpoint", nobody.as_str()),
    ];
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        panic!("this test needs an environment without AWS_ACCESS_KEY_ID");
    }
    let error = Storage::open_with("s3://bucket/f", options).unwrap().load::<i32>("x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.to_string().contains("aws_access_key_id"), "{error}");
}

#[test]
fn a_server_that_is_down_is_told_of() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let options = [
        ("aws_endpoint", endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("aws_access_key_id", KEY),
        ("aws_secret_access_key", SECRET),
    ];
    let storage = Storage::open_with("s3://bucket/f", options).unwrap();
    let error = storage.load::<i32>("x").unwrap_err();
    assert_eq!((error.kind(), error.document()), (ErrorKind::Io, Some("x")), "{error}");
    assert!(error.location().unwrap().contains("s3://bucket/f/x"), "{error}");
}

#[test]
fn a_storm_of_refusals_ends_in_an_error_and_leaves_the_old_object() {
    let server = Server::start();
    let client = AmazonS3Builder::new()
        .with_endpoint(&server.endpoint)
        .with_allow_http(true)
        .with_bucket_name(BUCKET)
        .with_access_key_id(KEY)
        .with_secret_access_key(SECRET)
        .with_retry(object_store::RetryConfig {
            max_retries: 2,
            retry_timeout: Duration::from_secs(5),
            backoff: object_store::BackoffConfig {
                init_backoff: Duration::from_millis(1),
                max_backoff: Duration::from_millis(5),
                ..Default::default()
            },
        });
    let storage = Storage::from_object_store(Arc::new(client.build().unwrap()), "folder").unwrap();
    storage.save("run", &run_of(1)).unwrap();
    let before = server.keys();
    server.refuse_every(1);
    for error in [
        storage.save("run", &run_of(2)).unwrap_err(),
        storage.save("new", &run_of(2)).unwrap_err(),
        storage.load::<Run>("run").unwrap_err(),
        storage.list("**").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.location().unwrap().contains("folder"), "{error}");
    }
    server.refuse_every(0);
    assert_eq!(server.keys(), before);
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);
}

#[test]
fn a_strangers_metadata_cost_nothing_however_large_the_shape() {
    let server = Server::start();
    let place = Place(server.clone());
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

#[test]
fn of_many_who_create_one_does() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    for storage in [server.storage(""), Storage::open(folder.path()).unwrap()] {
        storage.save("other", &1).unwrap();
        let created: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6_u64)
                .map(|thread| {
                    let storage = &storage;
                    scope.spawn(move || match storage.create("run", &run_of(thread)) {
                        Ok(()) => 1,
                        Err(error) if error.kind() == ErrorKind::AlreadyExists => 0,
                        Err(error) => panic!("{error}"),
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(created, 1);
        let loaded: Run = storage.load("run").unwrap();
        assert_eq!(loaded.field.compute().unwrap(), run_of(loaded.step).field.compute().unwrap());
    }
    assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
}

#[test]
fn memory_is_a_place_too() {
    let storage = Storage::open("memory:///some/folder").unwrap();
    storage.save("run", &run_of(1)).unwrap();
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);
    assert!(Storage::open("memory://").unwrap().list("**").unwrap().is_empty());
}
