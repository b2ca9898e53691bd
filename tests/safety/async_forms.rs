//! The async forms of the storage's functions.

use super::place::Place;
use super::sample::{Run, noted_run_of, step_of};
use arraystow::{ErrorKind, Result, VerifyDepth};
use futures::executor::block_on;

#[test]
fn every_function_has_an_async_form() {
    for (place, other) in Place::all().into_iter().zip(Place::all()) {
        let storage = place.storage();
        block_on(async {
            assert!(!storage.exists_async().await.unwrap());
            storage.create_async("w/run", &noted_run_of(1)).await.unwrap();
            assert_eq!(
                storage.create_async("w/run", &noted_run_of(1)).await.unwrap_err().kind(),
                ErrorKind::AlreadyExists
            );
            storage.save_async("w/run", &noted_run_of(2)).await.unwrap();
            assert!(storage.exists_async().await.unwrap() && storage.contains_async("w/run").await.unwrap());
            assert_eq!(storage.info_async("w/run").await.unwrap().arrays.len(), 2);
            let field = storage.array_async("w/run", "field").await.unwrap();
            assert_eq!(field.to_bytes_async().await.unwrap().len(), 30 * 20 * 8);
            assert_eq!(field.compute_async().await.unwrap().shape(), [30, 20]);
            assert_eq!(field.chunk_async(&[0, 0]).await.unwrap().shape(), [30, 20]);
            let value = storage.value_async("w/run").await.unwrap();
            assert!(format!("{value:?}").contains("run 2"));
            let (run, version) = storage.load_versioned_async::<Run>("w/run").await.unwrap();
            assert_eq!((run.step, &version), (2, &storage.version_async("w/run").await.unwrap()));
            storage.save_if_async("w/run", &noted_run_of(3), &version).await.unwrap();
            let error = storage.save_if_async("w/run", &noted_run_of(4), &version).await.unwrap_err();
            assert!(error.is_conflict());
            let change = |run: &mut Run| -> Result<u64> { Ok(std::mem::replace(run, noted_run_of(4)).step) };
            assert_eq!(storage.update_async("w/run", change).await.unwrap(), 3);
            storage.copy_async("w/run", &other.storage()).await.unwrap();
            assert_eq!(other.storage().load_async::<Run>("w/run").await.unwrap().step, 4);
            assert!(storage.verify_async("w/run", VerifyDepth::Deep).await.unwrap().is_sound());
            assert_eq!(storage.verify_all_async(VerifyDepth::Quick).await.unwrap().len(), 1);
            let swept = storage.sweep_async().await.unwrap();
            assert!(swept.remove_async().await.unwrap().is_empty());
            assert!(storage.repair_async("**").await.unwrap().faults.is_empty());
            assert_eq!(storage.list_async("w/*").await.unwrap().len(), 1);
            storage.save_async("w/a", &1).await.unwrap();
            storage.save_async("w/b", &2).await.unwrap();
            storage.remove_async("w/a").await.unwrap();
            assert_eq!(storage.remove_matching_async("*/b").await.unwrap(), ["w/b"]);
            assert_eq!(storage.remove_workflow_async("w").await.unwrap(), ["w/run"]);
        });
        assert_eq!(step_of(&storage, "w/run"), None);
    }
}
