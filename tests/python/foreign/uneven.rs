//! Chunks of different lengths (`rectilinear`): read as zarrs writes them, since zarr-python has them only from 3.2 on.

use arraystow::{ErrorKind, Limits, ZarrStore};
use ndarray::{Array3, s};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use zarrs::array::{Array, ArrayMetadata};
use zarrs::storage::store::MemoryStore;
use zarrs::storage::{ListableStorageTraits, ReadableStorageTraits};

const SHAPE: [usize; 3] = [7, 9, 4];

fn metadata(edges: &Value, codecs: &Value) -> Value {
    json!({
        "zarr_format": 3, "node_type": "array", "shape": SHAPE, "data_type": "int32", "fill_value": -1,
        "chunk_grid": {"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": edges}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "codecs": codecs,
    })
}

fn elements() -> Array3<i32> {
    Array3::from_shape_fn(SHAPE, |(i, j, k)| (100 * i + 10 * j + k) as i32)
}

/// Writes the array with zarrs.
fn write(folder: &Path, edges: &Value, codecs: &Value) {
    let store = Arc::new(MemoryStore::new());
    let metadata: ArrayMetadata = serde_json::from_value(metadata(edges, codecs)).unwrap();
    let array = Array::new_with_metadata(store.clone(), "/uneven", metadata).unwrap();
    array.store_metadata().unwrap();
    array.store_array_subset(&array.subset_all(), elements().into_raw_vec_and_offset().0).unwrap();
    for key in store.list().unwrap() {
        let path = folder.join(key.as_str());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, store.get(&key).unwrap().unwrap()).unwrap();
    }
}

#[test]
fn chunks_of_different_lengths_are_read() {
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let big = json!({"name": "bytes", "configuration": {"endian": "big"}});
    let zstd = json!({"name": "zstd", "configuration": {"level": 1, "checksum": false}});
    let transpose = json!({"name": "transpose", "configuration": {"order": [2, 0, 1]}});
    let grids = [
        json!([[1, 2, 4], [[3, 3]], [4]]),
        json!([[7], [1, [2, 2], 4], [[1, 4]]]),
        json!([3, [5, 4], 4]),
        json!([3, 4, 2]),
    ];
    for edges in &grids {
        for codecs in [json!([bytes]), json!([big, zstd]), json!([transpose, bytes, zstd])] {
            let what = format!("{edges} {codecs}");
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), edges, &codecs);
            let array = ZarrStore::open(folder.path()).unwrap().array("uneven").unwrap().downcast::<i32>().unwrap();
            assert_eq!(array.compute().unwrap(), elements().into_dyn(), "{what}");
            let part = s![2..6, 1..8;3, ..];
            assert_eq!(array.slice(part).unwrap().compute().unwrap(), elements().slice(part).into_dyn(), "{what}");
            for chunk in 0..array.grid().chunk_count() {
                let region = array.grid().chunk_region(chunk).unwrap();
                let expected = elements().into_dyn().slice(region.to_slice_info().as_slice()).to_owned();
                assert_eq!(array.chunk(&array.grid().chunk_coordinates(chunk).unwrap()).unwrap(), expected, "{what}");
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &grids[0], &json!([bytes]));
    let store = ZarrStore::open(folder.path()).unwrap();
    let array = store.array("uneven").unwrap();
    assert_eq!(array.grid().chunks(), [vec![1, 2, 4], vec![3, 3, 3], vec![4]]);
    assert_eq!(store.arrays("/").unwrap().arrays[0].form.as_ref().unwrap().grid, *array.grid());
    // A chunk that was never written, and one that is too short.
    std::fs::remove_file(folder.path().join("uneven/c/1/0/0")).unwrap();
    let array = array.downcast::<i32>().unwrap();
    assert_eq!(array.slice(s![1, 0, 0]).unwrap().compute().unwrap()[[]], -1);
    let chunk = folder.path().join("uneven/c/2/2/0");
    let cut = std::fs::read(&chunk).unwrap()[4..].to_vec();
    std::fs::write(chunk, cut).unwrap();
    assert!(array.compute().unwrap_err().is_corrupt());
}

#[test]
fn edges_that_reach_beyond_the_array_and_wrong_ones() {
    let open = |edges: &Value, codecs: Value, limits: Limits| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("zarr.json"), metadata(edges, &codecs).to_string()).unwrap();
        // The last chunk is stored in full: 4 x 5 x 4, of which 3 x 4 x 4 are in the array.
        let full: Vec<u8> = (0..80_i32).flat_map(i32::to_le_bytes).collect();
        std::fs::create_dir_all(folder.path().join("c/1/1")).unwrap();
        std::fs::write(folder.path().join("c/1/1/0"), full).unwrap();
        let array = ZarrStore::open(folder.path()).unwrap().with_limits(limits).array("/")?;
        let array = array.downcast::<i32>()?;
        assert_eq!(array.slice(s![6, 8, ..])?.compute()?.as_slice().unwrap(), [52, 53, 54, 55]);
        Ok(array.grid().chunks())
    };
    let bytes = || json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
    for edges in [json!([4, [5, 5], 4]), json!([[4, 4, 9], [[5, 7]], [4, 4]])] {
        let chunks = open(&edges, bytes(), Limits::default()).unwrap();
        assert_eq!(chunks, [vec![4, 3], vec![5, 4], vec![4]], "{edges}");
    }
    let refused = |edges: Value, codecs: Value, limits: Limits, kind: ErrorKind| {
        let error: arraystow::Error = open(&edges, codecs, limits).unwrap_err();
        assert_eq!(error.kind(), kind, "{edges}: {error}");
    };
    for wrong in [
        json!([[4, 4], [9]]),
        json!([[4], [9], [4]]),
        json!([[4, 0, 4], [9], [4]]),
        json!([[[4]], [9], [4]]),
        json!([[4.5, 4], [9], [4]]),
        json!(null),
    ] {
        refused(wrong, bytes(), Limits::default(), ErrorKind::Corrupt);
    }
    let edges = || json!([[1, [1, u64::MAX]], [9], [4]]);
    refused(edges(), bytes(), Limits::default().chunks(6), ErrorKind::Limit);
    let edges = || json!([[1, 1_u64 << 40], [1_u64 << 40], [4]]);
    refused(edges(), bytes(), Limits::default(), ErrorKind::Limit);
    let shards = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 1, 4], "codecs": bytes(), "index_codecs": bytes()}}]);
    refused(json!([[3, 4], [9], [4]]), shards, Limits::default(), ErrorKind::Unsupported);
}
