//! Inside runtimes, and without blocking them.

use super::support::{Run, documents_and_arrays, run_of};
use arraystow::ChunkedArray;
use arraystow_s3_server::Server;
use ndarray::{Array1, s};
use std::time::Duration;

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
    // It is cancelled at its next chunk.
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
fn a_commit_once_begun_completes_without_its_future() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("sim/run", &run_of(1)).unwrap();
    let before = server.keys().len();
    server.hold("sim/run");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut save = Box::pin(storage.save_async("sim/run", &run_of(2)));
        assert!(tokio::time::timeout(Duration::from_millis(1), &mut save).await.is_err());
        server.wait_for_held();
        drop(save);
    });
    assert_eq!(storage.load::<Run>("sim/run").unwrap().step, 1, "the document's put is on its way");
    server.release();
    // The new document, its arrays, nothing of the old one, and no lease.
    for _ in 0..500 {
        if server.keys().len() == before && storage.load::<Run>("sim/run").unwrap().step == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let loaded: Run = storage.load("sim/run").unwrap();
    assert_eq!(loaded.step, 2);
    assert_eq!(loaded.field.compute().unwrap(), run_of(2).field.compute().unwrap());
    assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
    assert_eq!(server.keys().len(), before, "{:?}", server.keys());
}
