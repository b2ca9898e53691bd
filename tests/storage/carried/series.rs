//! A stored array that grows, and one that changes in part.

use super::{CHUNK, CHUNK_BYTES, Calls, Place, assert_holds, assert_sound, counted, done, elements};
use arraystow::{ArrayFormat, ChunkedArray, Codec, Storage};
use ndarray::{Array2, ArrayD, Axis, concatenate, s};
use std::sync::atomic::Ordering;

/// What is stored beside chunks: documents, metadata, checksums.
const BESIDE: u64 = 16 << 10;

fn appended(storage: &Storage, name: &str, step: &ChunkedArray<i64>) -> (usize, u64) {
    let series: ChunkedArray<i64> = storage.load(name).unwrap();
    done(&storage.save(name, &series.appended(0, step).unwrap()).unwrap())
}

#[test]
fn an_append_writes_the_new_chunks() {
    for codec in [Codec::NONE, Codec::zstd(1).unwrap(), Codec::gzip(1).unwrap()] {
        for place in Place::all() {
            let storage = place.builder().codec(codec).open().unwrap();
            // 8 chunks in each of 4 columns.
            let mut expected = elements([8 * CHUNK[0], 4 * CHUNK[1]], 0);
            let (first, _) = counted(&expected);
            storage.save("series", &first).unwrap();
            for step in 1..4 {
                let behind = elements([CHUNK[0], 4 * CHUNK[1]], step << 32);
                let (array, count) = counted(&behind);
                let old = 4 * (7 + step as usize);
                let (carried, written) = appended(&storage, "series", &array);
                assert_eq!((carried, count.load(Ordering::SeqCst)), (old, 4), "{codec}");
                let copied = if place.links() { 0 } else { old as u64 * CHUNK_BYTES };
                assert!(written <= copied + 4 * CHUNK_BYTES + BESIDE, "{codec}: {written} bytes were written");
                expected = concatenate![Axis(0), expected, behind];
                assert_holds(&storage, "series", &expected.clone().into_dyn());
            }
        }
    }
}

#[test]
fn a_chunk_that_is_not_full_is_filled_up_first() {
    for place in Place::all() {
        let storage = place.storage();
        let columns = 6 * CHUNK[1] + 5;
        let mut expected = elements([10 * CHUNK[0] + 3, columns], 0);
        storage.save("series", &counted(&expected).0).unwrap();
        let behind = elements([CHUNK[0], columns], 1 << 32);
        // The last row of chunks is computed, with one new row. Those at the far edge of the other axis are as they
        // were.
        assert_eq!(appended(&storage, "series", &counted(&behind).0).0, 10 * 7);
        expected = concatenate![Axis(0), expected, behind];
        assert_holds(&storage, "series", &expected.clone().into_dyn());
        let array: ChunkedArray<i64> = storage.load("series").unwrap();
        assert_eq!(array.grid().chunk_shape().unwrap(), CHUNK);
        // The other axis.
        let beside = elements([11 * CHUNK[0] + 3, 3], 2 << 32);
        let array = array.appended(1, &ChunkedArray::from(beside.clone())).unwrap();
        assert_eq!(storage.save("series", &array).unwrap().chunks_carried, 12 * 6);
        assert_holds(&storage, "series", &concatenate![Axis(1), expected, beside].into_dyn());
    }
}

/// The edges of the other axis waste a fifth, which leaves little for the axis that grows.
#[test]
fn a_series_keeps_its_chunks_as_it_grows() {
    const CHUNK: [usize; 2] = [6, 10];
    const COLUMNS: usize = 25;
    for place in Place::all() {
        let storage = place.storage();
        let mut expected = elements([CHUNK[0], COLUMNS], 0);
        storage.save("series", &ChunkedArray::from_ndarray(expected.clone(), &CHUNK).unwrap()).unwrap();
        let mut loaded: ChunkedArray<i64> = storage.load("series").unwrap();
        for step in 1..40 {
            let behind = elements([1, COLUMNS], (step as i64) << 32);
            // Loaded each time, or never.
            let series = if step < 20 { storage.load("series").unwrap() } else { loaded };
            let series = series.appended(0, &ChunkedArray::from(behind.clone())).unwrap();
            let plan = storage.plan("series", &series).unwrap();
            let report = storage.save("series", &series).unwrap();
            // All but the last row of chunks, which is filled.
            let full = (CHUNK[0] + step - 1) / CHUNK[0];
            assert_eq!(report.chunks_carried, 3 * full, "step {step}");
            assert_eq!(plan.arrays[0].chunks, 3 * (CHUNK[0] + step).div_ceil(CHUNK[0]));
            expected = concatenate![Axis(0), expected, behind];
            loaded = series;
        }
        assert_holds(&storage, "series", &expected.into_dyn());
    }
}

/// A short array is stored in smaller chunks than it has. A longer one is encoded once in those that it has.
#[test]
fn a_longer_series_gets_its_own_chunks() {
    for place in Place::all() {
        let storage = place.storage();
        let mut expected = elements([9, 3], 0);
        storage.save("series", &ChunkedArray::from_ndarray(expected.clone(), &[8, 3]).unwrap()).unwrap();
        let mut carried = Vec::new();
        for step in 1..20 {
            let behind = elements([1, 3], step << 32);
            carried.push(appended(&storage, "series", &ChunkedArray::from(behind.clone())).0);
            expected = concatenate![Axis(0), expected, behind];
        }
        // Chunks of 5 rows, until 13 rows are stored in chunks of 8.
        assert_eq!(carried, [1, 2, 2, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3]);
        assert_holds(&storage, "series", &expected.into_dyn());
    }
}

#[test]
fn an_update_writes_what_the_region_touches() {
    for place in Place::all() {
        let storage = place.storage();
        let mut expected = elements([6 * CHUNK[0], 4 * CHUNK[1]], 0);
        storage.save("map", &counted(&expected).0).unwrap();
        let map: ChunkedArray<i64> = storage.load("map").unwrap();
        let block = elements([3, 2 * CHUNK[1]], 1 << 40);
        let region = s![20..23, 16..16 + 2 * CHUNK[1]];
        let report = storage.save("map", &map.updated(region, &ChunkedArray::from(block.clone())).unwrap()).unwrap();
        assert_eq!(report.chunks_carried, 24 - 3);
        assert_eq!(map.compute().unwrap(), expected.clone().into_dyn(), "a handle on it stays valid");
        expected.slice_mut(region).assign(&block);
        drop(map);
        assert_holds(&storage, "map", &expected.into_dyn());
    }
}

#[test]
fn labels_alone_take_the_data_with_them() {
    for place in Place::all() {
        let storage = place.builder().codec(Codec::gzip(2).unwrap()).open().unwrap();
        let expected = elements([4 * CHUNK[0], 3 * CHUNK[1]], 0);
        storage.save("map", &counted(&expected).0).unwrap();
        let map: ChunkedArray<i64> = place.storage().load("map").unwrap();
        let map = map.with_dims(["y", "x"]).unwrap().with_attr("units", "m").unwrap().with_fill(7);
        let report = place.storage().save("map", &map).unwrap();
        assert_eq!((report.arrays_written, report.chunks_carried), (1, 12));
        assert!(!place.links() || report.bytes_written < BESIDE, "{report}");
        let loaded: ChunkedArray<i64> = storage.load("map").unwrap();
        assert_eq!((loaded.axis("x"), loaded.attr("units"), loaded.fill()), (Some(1), Some(&"m".into()), Some(7)));
        assert_holds(&storage, "map", &expected.into_dyn());
    }
}

#[test]
fn the_codec_of_the_stored_array_is_kept() {
    for place in Place::all() {
        let compressible = Array2::from_shape_fn((64, 64), |(i, _)| i as i64);
        let array = ChunkedArray::from_ndarray(compressible.clone(), &[16, 64]).unwrap();
        let with_codec = place.builder().codec(Codec::gzip(3).unwrap()).open().unwrap();
        with_codec.save("small", &array).unwrap();
        let plain = place.builder().codec(Codec::NONE).open().unwrap();
        let loaded: ChunkedArray<i64> = plain.load("small").unwrap();
        let grown =
            loaded.appended(0, &array).unwrap().updated(s![0, 0], &ChunkedArray::from(ndarray::arr0(1))).unwrap();
        let report = plain.save("small", &grown).unwrap();
        assert_eq!(report.chunks_carried, 7, "all but one, of what was loaded and of what was saved before");
        assert!(plain.info("small").unwrap().array_bytes() < 16 << 10, "{report}");
        // Another one is chosen: everything is encoded again.
        let loaded: ChunkedArray<i64> = plain.load("small").unwrap();
        let report =
            plain.save("small", &loaded.appended(0, &array).unwrap().with_codec(Codec::gzip(1).unwrap())).unwrap();
        assert_eq!(report.chunks_carried, 0);
        let mut expected = concatenate![Axis(0), compressible, compressible, compressible];
        expected[[0, 0]] = 1;
        assert_holds(&plain, "small", &expected.into_dyn());
    }
}

#[test]
fn slices_and_concatenations_along_chunks_pass_them_on() {
    for place in Place::all() {
        let storage = place.storage();
        let (one, two) = (elements([64, 64], 0), elements([32, 64], 1 << 32));
        storage.save("one", &counted(&one).0).unwrap();
        storage.save("two", &counted(&two).0).unwrap();
        let (a, b): (ChunkedArray<i64>, ChunkedArray<i64>) =
            (storage.load("one").unwrap(), storage.load("two").unwrap());
        let both = ChunkedArray::concatenate(0, [&b, &a.slice(s![16..48, ..]).unwrap(), &(&b + 1)]).unwrap();
        let report = storage.save("both", &both).unwrap();
        assert_eq!(report.chunks_carried, 8, "four of each stored array, none of the computed one");
        let expected = concatenate![Axis(0), two, one.slice(s![16..48, ..]), &two + 1];
        assert_holds(&storage, "both", &expected.into_dyn());
        // Beside the borders of chunks, and in other steps, nothing can be.
        for slice in [s![1..49, ..], s![16..48;2, ..], s![16..48;-1, ..]] {
            let report = storage.save("part", &a.slice(slice).unwrap()).unwrap();
            assert_eq!(report.chunks_carried, 0, "{slice:?}");
            assert_holds(&storage, "part", &one.slice(slice).to_owned().into_dyn());
        }
        assert_sound(&storage, "one");
    }
}

#[test]
fn the_calls_of_an_append_are_those_for_the_new_chunks() {
    for format in [ArrayFormat::Hdf5, ArrayFormat::Zarr] {
        let place = Place::folder(format);
        let Place::Folder(folder, _) = &place else { unreachable!() };
        let storage = place.storage();
        storage.save("series", &counted(&elements([32 * CHUNK[0], CHUNK[1]], 0)).0).unwrap();
        let (calls, _watching) = Calls::watched(folder.path());
        appended(&storage, "series", &counted(&elements([CHUNK[0], CHUNK[1]], 1)).0);
        let (written, links) = calls.take();
        match format {
            ArrayFormat::Zarr => {
                assert_eq!(links, 32);
                assert!(written < CHUNK_BYTES + BESIDE, "{written}");
            }
            _ => {
                assert_eq!(links, 0);
                let chunks = 33 * CHUNK_BYTES;
                assert!((chunks..chunks + BESIDE).contains(&written), "{written}");
            }
        }
    }
    let place = Place::store();
    let Place::Store(server) = &place else { unreachable!() };
    let storage = place.storage();
    storage.save("series", &counted(&elements([32 * CHUNK[0], CHUNK[1]], 0)).0).unwrap();
    let step = counted(&elements([CHUNK[0], CHUNK[1]], 1)).0;
    let series: ChunkedArray<i64> = storage.load("series").unwrap();
    let series = series.appended(0, &step).unwrap();
    server.requests();
    storage.save("series", &series).unwrap();
    let requests = server.requests();
    assert_eq!(requests["COPY"], 32, "{requests:?}");
    // One chunk, checksums, metadata, the announcement and the document.
    assert!(requests["PUT"] <= 6 && requests["GET"] <= 6, "{requests:?}");
}

#[test]
fn an_array_of_another_storage_is_carried_undecoded() {
    for format in [ArrayFormat::Hdf5, ArrayFormat::Zarr] {
        let (here, there) = (Place::folder(format), Place::folder(format));
        let expected = elements([4 * CHUNK[0], CHUNK[1]], 0);
        here.storage().save("series", &counted(&expected).0).unwrap();
        let series: ChunkedArray<i64> = here.storage().load("series").unwrap();
        let behind = elements([CHUNK[0], CHUNK[1]], 1);
        let grown = series.appended(0, &counted(&behind).0).unwrap();
        let report = there.storage().save("series", &grown).unwrap();
        assert_eq!(report.chunks_carried, 4);
        let expected: ArrayD<i64> = concatenate![Axis(0), expected, behind].into_dyn();
        assert_holds(&there.storage(), "series", &expected);
        // Of the other format: computed.
        let other = if format == ArrayFormat::Zarr { ArrayFormat::Hdf5 } else { ArrayFormat::Zarr };
        let there = Place::folder(other);
        assert_eq!(there.storage().save("series", &grown).unwrap().chunks_carried, 0);
        assert_holds(&there.storage(), "series", &expected);
    }
}
