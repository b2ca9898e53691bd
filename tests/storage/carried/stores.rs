//! What only object stores have: shards, and servers that fail.

use super::{Place, assert_holds, counted, elements};
use arraystow::{ArrayFormat, ChunkedArray, Codec, ZarrVersion};
use ndarray::{Array2, Axis, concatenate};

#[test]
fn whole_shards_are_carried() {
    for place in [Place::store(), Place::folder(ArrayFormat::Zarr)] {
        // Four chunks in a shard.
        let storage = place.builder().shard_bytes(4 * 16 * 32 * 8).open();
        // Folders have no shards.
        let Ok(storage) = storage else { continue };
        let mut expected = elements([32 * 16, 32], 0);
        // A part that is all fill is not in its shard.
        expected.slice_mut(ndarray::s![16..32, ..]).fill(0);
        storage.save("series", &counted(&expected).0).unwrap();
        let series: ChunkedArray<i64> = storage.load("series").unwrap();
        let behind = elements([16, 32], 1 << 32);
        let report = storage.save("series", &series.appended(0, &counted(&behind).0).unwrap()).unwrap();
        assert_eq!(report.chunks_carried, 8);
        expected = concatenate![Axis(0), expected, behind];
        assert_holds(&storage, "series", &expected.clone().into_dyn());
        // The last shard is not full: it is put together again.
        let series: ChunkedArray<i64> = storage.load("series").unwrap();
        let report = storage.save("series", &series.appended(0, &counted(&behind).0).unwrap()).unwrap();
        assert_eq!(report.chunks_carried, 8);
        expected = concatenate![Axis(0), expected, behind];
        assert_holds(&storage, "series", &expected.clone().into_dyn());
        // Another fill value: parts that are not stored would be others.
        let series: ChunkedArray<i64> = storage.load("series").unwrap();
        let report = storage.save("series", &series.with_fill(-1)).unwrap();
        assert_eq!(report.chunks_carried, 0);
        assert_holds(&storage, "series", &expected.into_dyn());
    }
}

#[test]
fn a_failed_copy_fails_the_save_and_leaves_the_old_value() {
    let place = Place::store();
    let Place::Store(server) = &place else { unreachable!() };
    let storage = place.storage();
    let expected: Array2<i64> = elements([64, 32], 0);
    storage.save("series", &counted(&expected).0).unwrap();
    let series: ChunkedArray<i64> = storage.load("series").unwrap();
    let grown = series.appended(0, &counted(&expected).0).unwrap();
    server.forbid(&["COPY"]);
    let error = storage.save("series", &grown).unwrap_err();
    assert!(error.array().is_some() && error.location().is_some(), "{error}");
    server.forbid(&[]);
    assert_holds(&storage, "series", &expected.clone().into_dyn());
    assert_eq!(storage.save("series", &grown).unwrap().chunks_carried, 4);
    assert_holds(&storage, "series", &concatenate![Axis(0), expected, expected].into_dyn());
}

#[test]
fn version_2_of_zarr_keeps_the_codecs_that_it_has() {
    let (newer, older) = (Place::folder(ArrayFormat::Zarr), Place::folder(ArrayFormat::Zarr));
    let expected = elements([64, 32], 0);
    for (codec, carried) in [(Codec::zstd(3).unwrap(), 4), (Codec::BLOSC, 4), (Codec::pcodec(4).unwrap(), 0)] {
        let there = older.builder().zarr_version(ZarrVersion::V2).open().unwrap();
        let name = codec.name();
        newer.storage().save(name, &counted(&expected).0.with_codec(codec)).unwrap();
        newer.storage().copy(name, &there).unwrap();
        assert_holds(&there, name, &expected.clone().into_dyn());
        let series: ChunkedArray<i64> = newer.storage().load(name).unwrap();
        let grown = series.appended(0, &counted(&expected).0).unwrap();
        assert_eq!(there.save(name, &grown).unwrap().chunks_carried, carried, "{codec}");
        assert_holds(&there, name, &concatenate![Axis(0), expected, expected].into_dyn());
    }
}
