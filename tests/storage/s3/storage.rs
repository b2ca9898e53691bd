//! What is saved comes back, in every version of Zarr and with every codec.

use super::support::{Run, documents_and_arrays, run_of};
use arraystow::{Codec, LocalFiles, Protocols, S3Protocol, Storage, ZarrVersion};
use arraystow_s3_server::Server;
use ndarray::{Array1, s};
use std::sync::Arc;

#[test]
fn an_object_comes_back_with_its_arrays() {
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        for codec in
            [None, Some(Codec::NONE), Some(Codec::zstd(3).unwrap()), Some(Codec::gzip(5).unwrap()), Some(Codec::BLOSC)]
        {
            let server = Server::start();
            let builder = server.builder("some/folder").zarr_version(version);
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
    let storage = server.builder("p").codec(Codec::pcodec(8).unwrap()).open().unwrap();
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
fn memory_is_a_place_too() {
    let storage = Storage::open("memory:///some/folder").unwrap();
    storage.save("run", &run_of(1)).unwrap();
    assert_eq!(storage.load::<Run>("run").unwrap().step, 1);
    assert!(Storage::open("memory://").unwrap().list("**").unwrap().is_empty());
}

#[test]
#[cfg(feature = "hdf5")]
fn of_both_protocols_file_is_taken() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let client = Arc::new(server.client().build().unwrap());
    let s3 = S3Protocol::new(client, "arrays").unwrap();
    let files = LocalFiles::new(folder.path()).unwrap();
    let both = Protocols::new().with_s3(s3.clone()).with_file(files.clone());
    let document = arraystow::to_vec(&run_of(1), &both).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(server.keys(), Vec::<String>::new());
    for protocols in [both, Protocols::new().with_file(files)] {
        let loaded: Run = arraystow::from_slice(&document, &protocols).unwrap();
        assert_eq!(loaded.field.compute().unwrap(), run_of(1).field.compute().unwrap());
    }
}
