//! What may be in the value of a session, and what its arrays keep.

use super::{Place, block, pending, ramp, swept, write_all};
use arraystow::{ArrayFormat, ChunkedArray, Codec, FixedText, Region, Shared, Slot, VerifyDepth};
use arraystow_tests::python_env::{ZARR, run};
use ndarray::{Array1, Array2, ArrayD, Ix0};
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Everything {
    #[stow(dims = ["lat", "lon"], units = "m", attrs(long_name = "height"), chunks = [20, 30], codec = "zstd:3")]
    height: ChunkedArray<f32>,
    more: Vec<Part>,
    plain: Array2<f64>,
    shared: Shared<Part>,
    same: Shared<Part>,
}

#[derive(Serialize, Deserialize)]
struct Part {
    field: ChunkedArray<f32>,
    text: String,
}

#[test]
fn everything_beside_the_pending_arrays_is_saved_too() {
    for place in Place::all() {
        let storage = place.storage();
        let part = |text: &str, field| Part { field, text: text.to_owned() };
        let shared = Shared::new(part("shared", pending(&[12], &[5])));
        let twice = pending(&[7, 8], &[3, 3]);
        let value = Everything {
            height: pending(&[60, 90], &[60, 90]),
            more: vec![part("computed", ramp(&[50], &[20])), part("a", twice.clone()), part("b", twice)],
            plain: Array2::from_elem((40, 50), 1.5),
            shared: shared.clone(),
            same: shared,
        };
        let session = storage.begin("sim/all", &value).unwrap();
        let mut paths = session.paths();
        paths.sort();
        assert_eq!(paths, ["height", "more[1].field", "shared.field"], "{}", place.name);
        assert_eq!(session.ticket("more[2].field").unwrap().shape(), [7, 8]);
        let session = place.storage().resume("sim/all", session.id()).unwrap();
        let receipts = write_all(&storage, &session, 4);
        session.commit(receipts).unwrap();

        let found: Everything = storage.load("sim/all").unwrap();
        assert_eq!(found.height.compute().unwrap(), ramp(&[60, 90], &[60, 90]).compute().unwrap());
        assert_eq!(found.height.grid().chunk_shape(), Some(vec![20, 30]));
        assert_eq!(found.height.dims().unwrap(), ["lat", "lon"]);
        assert_eq!(found.height.attr("long_name"), Some(&"height".into()));
        assert_eq!(found.plain, value.plain);
        assert_eq!(found.more[0].field.max().unwrap(), 49.0);
        assert_eq!(found.more[1].field.compute().unwrap(), found.more[2].field.compute().unwrap());
        assert_eq!(found.shared.field.max().unwrap(), 11.0);
        assert!(Shared::ptr_eq(&found.shared, &found.same));
        assert!(storage.verify("sim/all", VerifyDepth::Deep).unwrap().faults.is_empty());
        let info = storage.info("sim/all").unwrap();
        assert_eq!(info.arrays.len(), 5, "{}", place.name);
        let height = info.arrays.iter().find(|array| array.paths == ["height"]).unwrap();
        assert_eq!(height.format, ArrayFormat::Zarr);
        assert_eq!(swept(&storage), 0);
        // A later save links what lies there.
        let report = storage.save("sim/next", &found.height).unwrap();
        assert_eq!(report.arrays_written + report.arrays_linked, 1);
    }
}

#[test]
fn arrays_of_all_shapes() {
    for place in Place::all() {
        let storage = place.storage();
        let value =
            (pending(&[], &[]), pending(&[0, 5], &[2, 5]), pending(&[3], &[10]), pending(&[1, 2, 3, 4], &[1, 1, 2, 3]));
        let session = storage.begin("x", &value).unwrap();
        let slot: Slot<f32> = storage.slot(&session.ticket("[0]").unwrap()).unwrap();
        let scalar = ndarray::arr0(5.0_f32);
        let scalar = slot.write(&slot.regions(9)[0], scalar.view().into_dimensionality::<Ix0>().unwrap()).unwrap();
        let mut receipts = vec![scalar];
        for ticket in session.tickets().into_iter().skip(1) {
            let slot: Slot<f32> = storage.slot(&ticket).unwrap();
            receipts.extend(slot.regions(5).iter().map(|region| slot.write(region, block(region).view()).unwrap()));
        }
        session.commit(receipts).unwrap();
        type Four = (ChunkedArray<f32>, ChunkedArray<f32>, ChunkedArray<f32>, ChunkedArray<f32>);
        let (a, b, c, d): Four = storage.load("x").unwrap();
        assert_eq!((a.sum().unwrap(), b.len(), c.sum().unwrap()), (5.0, 0, 3.0), "{}", place.name);
        assert_eq!(d.compute().unwrap(), ramp(&[1, 2, 3, 4], &[1, 2, 3, 4]).compute().unwrap());
    }
}

#[test]
fn elements_of_all_kinds() {
    for place in Place::all() {
        let storage = place.storage();
        let texts = ChunkedArray::<FixedText<8>>::pending(&[6], &[2]).unwrap();
        let missing = ChunkedArray::<Option<i16>>::pending(&[6], &[4]).unwrap().with_fill(Some(-1));
        let words = ChunkedArray::<String>::pending(&[5], &[2]).unwrap();
        let packed = ChunkedArray::<f64>::pending(&[1000], &[100]).unwrap().with_codec(Codec::gzip(4).unwrap());
        let session = storage.begin("x", &(texts, missing, packed, words)).unwrap();
        let ticket = |path: &str| session.ticket(path).unwrap();
        let texts = Array1::from_shape_fn(6, |at| FixedText::<8>::new(format!("text {at}")).unwrap());
        let missing = ndarray::array![Some(3_i16), None, Some(5), None, None, Some(9)];
        let packed = Array1::from_elem(1000, 0.25);
        let slot: Slot<FixedText<8>> = storage.slot(&ticket("[0]")).unwrap();
        let mut receipts = vec![slot.write(&Region::new([0], [6]).unwrap(), texts.view()).unwrap()];
        let slot: Slot<Option<i16>> = storage.slot(&ticket("[1]")).unwrap();
        let error = slot
            .write(&Region::new([0], [6]).unwrap(), ndarray::array![Some(-1), None, None, Some(-1), None, None].view());
        assert!(error.unwrap_err().is_invalid_input());
        receipts.push(slot.write(&Region::new([0], [6]).unwrap(), missing.view()).unwrap());
        let slot: Slot<f64> = storage.slot(&ticket("[2]")).unwrap();
        // A view that is not contiguous.
        let wide = ndarray::stack![ndarray::Axis(1), packed, packed];
        receipts.push(slot.write(&Region::new([0], [1000]).unwrap(), wide.column(1)).unwrap());
        let words = ndarray::array!["", "Höhe", "a", "a longer text", "b"].map(|text| text.to_string());
        let slot: Slot<String> = storage.slot(&ticket("[3]")).unwrap();
        for region in slot.regions(9) {
            let words = words.view().into_dyn();
            receipts.push(slot.write(&region, words.slice(region.to_slice_info().as_slice())).unwrap());
        }
        session.commit(receipts).unwrap();
        type Four = (ChunkedArray<FixedText<8>>, ChunkedArray<Option<i16>>, ChunkedArray<f64>, ChunkedArray<String>);
        let (a, b, c, d): Four = storage.load("x").unwrap();
        assert_eq!(a.compute().unwrap(), texts.into_dyn(), "{}", place.name);
        assert_eq!(b.compute().unwrap(), missing.into_dyn());
        assert_eq!(c.compute().unwrap(), packed.into_dyn());
        assert_eq!(d.compute().unwrap(), words.into_dyn());
        assert!(storage.info("x").unwrap().array_bytes() < 5000, "{}", place.name);
    }
}

/// zarr-python reads the array as the elements that were written.
#[test]
fn zarr_python_reads_what_many_have_written() {
    let place = Place::folder();
    let storage = place.storage();
    let array = pending(&[60, 80], &[20, 40]).with_dims(["lat", "lon"]).unwrap();
    let session = storage.begin("sim/x", &array).unwrap();
    let receipts = write_all(&storage, &session, 4);
    session.commit(receipts).unwrap();
    let group = place.root().join("root/sim/bigdata/dask_arrays");
    let script = "import sys, zarr, numpy\n\
                  (array,) = [array for _, array in zarr.open_group(sys.argv[1], mode='r').arrays()]\n\
                  x, y = numpy.meshgrid(numpy.arange(60), numpy.arange(80), indexing='ij')\n\
                  expected = (x * 1000 + y).astype('float32')\n\
                  assert array.dtype == expected.dtype and array.shape == (60, 80) and array.chunks == (20, 40)\n\
                  assert array.metadata.dimension_names == ('lat', 'lon')\n\
                  assert (array[:] == expected).all()\n\
                  print('read')";
    let said = run(ZARR, script, &[group.to_str().unwrap()]);
    assert_eq!(said.trim(), "read");
}

/// zarr-python fills a pending array, of chunks and of shards, and its chunks are adopted.
#[test]
fn what_zarr_python_has_written_is_adopted() {
    for shard_bytes in [0, 20_000] {
        let mut place = Place::folder();
        place.shard_bytes = shard_bytes;
        let storage = place.storage();
        let array = pending(&[60, 80], &[20, 40]).with_dims(["lat", "lon"]).unwrap();
        let session = storage.begin("sim/x", &("text", array)).unwrap();
        let location = session.expose("[1]").unwrap();
        assert!(session.expose("[0]").unwrap_err().is_not_found());
        let script = "import sys, zarr, numpy\n\
                      zarr.config.set({'array.write_empty_chunks': True})\n\
                      array = zarr.open_array(sys.argv[1], mode='r+')\n\
                      x, y = numpy.meshgrid(numpy.arange(60), numpy.arange(80), indexing='ij')\n\
                      array[:int(sys.argv[2])] = (x * 1000 + y).astype('float32')[:int(sys.argv[2])]";
        run(ZARR, script, &[&location, "20"]);
        let receipt = session.adopt("[1]").unwrap();
        if shard_bytes == 0 {
            let missing = session.missing([&receipt]).unwrap();
            assert_eq!(missing.len(), 2);
            assert!(session.commit([receipt]).unwrap_err().is_invalid_input());
        }
        run(ZARR, script, &[&location, "60"]);
        // The driver may be another one by now.
        let session = place.storage().resume("sim/x", session.id()).unwrap();
        let receipt = session.adopt("[1]").unwrap();
        session.commit([receipt]).unwrap();
        let (_, array): (String, ChunkedArray<f32>) = storage.load("sim/x").unwrap();
        assert_eq!(array.compute().unwrap(), ramp(&[60, 80], &[20, 40]).compute().unwrap());
        assert!(storage.verify("sim/x", VerifyDepth::Deep).unwrap().is_sound());
        assert_eq!(swept(&storage), 0);
    }
}

#[test]
fn async_forms_do_the_same() {
    let place = Place::objects();
    let storage = place.storage();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let session = storage.begin_async("x", &("text", pending(&[40], &[10]))).await.unwrap();
        let slot: Slot<f32> = storage.slot_async(&session.ticket("[1]").unwrap()).await.unwrap();
        let regions = slot.regions(4);
        let writes = regions.iter().map(|region| slot.write_async(region, block(region)));
        let receipts: Vec<_> = futures::future::join_all(writes).await.into_iter().map(Result::unwrap).collect();
        let again = storage.resume_async("x", session.id()).await.unwrap();
        again.check_async(receipts.clone()).await.unwrap();
        again.commit_async(receipts).await.unwrap();
        let (_, array): (String, ChunkedArray<f32>) = storage.load_async("x").await.unwrap();
        let expected: ArrayD<f32> = block(&Region::new([0], [40]).unwrap());
        assert_eq!(array.compute_async().await.unwrap(), expected);
    });
}
