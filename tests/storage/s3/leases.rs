//! Leases of saves: kept up under load, given back for good, and left where a commit may still be carried out.

use super::support::{Run, documents_and_arrays, run_of};
use arraystow::{ChunkedArray, Error, Storage};
use arraystow_s3_server::Server;
use ndarray::{Array1, Array2};
use std::time::Duration;

fn leases(server: &Server) -> Vec<String> {
    server.keys().into_iter().filter(|key| key.contains("/.saving/")).collect()
}

/// Thousands of chunks wait for their turn, for longer than the lease lasts without being renewed.
#[test]
fn a_lease_is_renewed_while_many_chunks_wait() {
    let server = Server::start();
    let storage = server.builder("f").lease(Duration::from_secs(2)).shard_bytes(0).open().unwrap();
    storage.save("warm-up", &1).unwrap();
    server.set_latency(Duration::from_millis(100));
    let array = ChunkedArray::from_ndarray(Array1::<u8>::ones(4000), &[1]).unwrap();
    storage.save("many", &array).unwrap();
    server.set_latency(Duration::ZERO);
    assert_eq!(storage.load::<ChunkedArray<u8>>("many").unwrap().sum().unwrap(), 4000);
    assert!(leases(&server).is_empty());
}

/// Without this, the store might carry the renewal out after the lease was removed.
#[test]
fn a_renewal_under_way_is_awaited_before_the_lease_goes() {
    let server = Server::start();
    let storage = server.builder("f").lease(Duration::from_secs(1)).open().unwrap();
    storage.save("warm-up", &1).unwrap();
    let holding = server.clone();
    let array = ChunkedArray::<f64>::from_fn(&[10, 10], &[10, 10], move |_| -> Result<Array2<f64>, _> {
        holding.hold("/.saving/");
        holding.wait_for_held();
        Err("the detector is off")
    });
    let array = array.unwrap();
    std::thread::scope(|scope| {
        let saving = scope.spawn(|| storage.save("run", &array).unwrap_err());
        server.wait_for_held();
        std::thread::sleep(Duration::from_millis(500));
        server.release();
        let error: Error = saving.join().unwrap();
        assert!(error.to_string().contains("the detector is off"), "{error}");
    });
    std::thread::sleep(Duration::from_millis(200));
    assert!(leases(&server).is_empty(), "{:?}", server.keys());
}

/// The client gives up, and the server carries the put of the document out later.
#[test]
fn what_a_late_commit_names_is_not_removed() {
    let source = Storage::open("memory://").unwrap();
    source.save("w/run", &run_of(2)).unwrap();
    type Write = fn(&Storage, &Storage) -> Result<arraystow::SaveReport, Error>;
    let writes: [Write; 2] =
        [|storage, _| storage.save("w/run", &run_of(2)), |storage, source| source.copy("w/run", storage)];
    for write in writes {
        let server = Server::start();
        let sound = server.storage("f");
        sound.save("w/run", &run_of(1)).unwrap();
        let storage = server.builder("f").option("timeout", "1 s").open().unwrap();
        storage.save("warm-up", &1).unwrap();
        server.hold("w/run");
        let error = write(&storage, &source).unwrap_err();
        assert!(error.is_unknown_outcome(), "{error:?}");
        let left = leases(&server);
        assert_eq!(left.len(), 1, "{:?}", server.keys());
        let is_named = |key: &String| error.left_behind().iter().any(|left| left.contains(key.as_str()));
        assert!(left.iter().all(is_named), "{:?}", error.left_behind());
        // Another program sweeps.
        assert!(sound.sweep().unwrap().remove().unwrap().is_empty());
        assert_eq!(sound.load::<Run>("w/run").unwrap().step, 1);
        server.release();
        while sound.load::<Run>("w/run").unwrap().step == 1 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let run: Run = sound.load("w/run").unwrap();
        assert_eq!(run.field.compute().unwrap(), run_of(2).field.compute().unwrap());
        // The lease runs out, and the replaced arrays are swept.
        server.age(Duration::from_secs(3600));
        assert!(!sound.sweep().unwrap().remove().unwrap().is_empty());
        assert_eq!(sound.load::<Run>("w/run").unwrap().field.compute().unwrap(), run.field.compute().unwrap());
        assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
    }
}
