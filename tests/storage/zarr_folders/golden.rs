//! What lies in a folder with Zarr arrays is frozen: `tests/golden/zarr/folder` keeps loading.
//!
//! `ARRAYSTOW_WRITE_GOLDEN=1 cargo test --test storage zarr_folders::golden` writes it.

use super::{assert_is, copy, run_of};
use arraystow::{ArrayFormat, Codec, Storage, VerifyDepth};
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/zarr/folder")
}

#[test]
fn what_was_once_written_loads() {
    if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
        let _ = std::fs::remove_dir_all(golden());
        for (step, codec) in [Codec::NONE, Codec::BLOSC].into_iter().enumerate() {
            let builder = Storage::builder(golden()).array_format(ArrayFormat::Zarr).codec(codec);
            builder.open().unwrap().save(&format!("sim/{step}"), &run_of(step)).unwrap();
        }
        std::fs::remove_file(golden().join("sim/bigdata/.lock")).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&golden(), folder.path());
    let storage = Storage::open(folder.path()).unwrap();
    for step in [0, 1] {
        let name = format!("sim/{step}");
        assert_is(&storage.load(&name).unwrap(), step);
        assert!(storage.verify(&name, VerifyDepth::Deep).unwrap().is_sound());
        assert!(storage.info(&name).unwrap().arrays.iter().all(|array| array.format == ArrayFormat::Zarr));
    }
}
