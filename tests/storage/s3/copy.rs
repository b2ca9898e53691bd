//! Copies between a folder and a server, and between servers.

use super::support::{Run, documents_and_arrays, run_of};
use arraystow::{ChunkedArray, Codec, ErrorKind, Storage, ZarrVersion};
use arraystow_s3_server::Server;

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
        assert!(run.field.ptr_eq(&field), "one array stays one array");
        assert_eq!(run.field.grid(), shared.field.grid());
        assert_eq!(run.field.compute().unwrap(), shared.field.compute().unwrap());
        assert_eq!(run.mask, shared.mask);
        let ids = |storage: &Storage| {
            let arrays = storage.info("sim/run").unwrap().arrays;
            arrays.into_iter().map(|array| (array.file, array.paths)).collect::<Vec<_>>()
        };
        assert_eq!(ids(storage), ids(&here));
    }
    // Again: nothing is written but a lease and the document. After a change: only what changed.
    server.requests();
    let report = here.copy("sim/run", &there).unwrap();
    assert_eq!(server.requests()["PUT"], 2);
    assert_eq!((report.arrays_written, report.arrays_linked, report.arrays_kept), (0, 0, 2));
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
    let builder = |server: &Server, version| server.builder("").codec(Codec::zstd(9).unwrap()).zarr_version(version);
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
fn a_damaged_chunk_is_not_copied_to_another_store() {
    let (here, there) = (Server::start(), Server::start());
    let source = here.storage("");
    source.save("run", &run_of(1)).unwrap();
    let file = source.info("run").unwrap().arrays[0].file.clone();
    let key = format!("bigdata/dask_arrays/{file}/c/1/1");
    let mut chunk = here.read(&key);
    let last = chunk.len() - 1;
    chunk[last] ^= 1;
    here.write(&key, &chunk);
    let error = source.copy("run", &there.storage("")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(there.keys().iter().all(|key| !key.contains(&file)), "{:?}", there.keys());
}
