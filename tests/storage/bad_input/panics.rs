//! Functions of the user's that panic or fail: the array, its place, the chunk and its region.

use arraystow::{ChunkedArray, Error, ErrorKind, LocalFiles, Protocols, Region, Storage};
use ndarray::ArrayD;
use std::collections::BTreeMap;

fn names_the_chunk(error: &Error, why: &str) {
    assert_eq!(error.kind(), ErrorKind::UserCode, "{error}");
    for part in ["chunk 3 (start [2, 3], shape [2, 2])", "an array of shape [5, 5]", why] {
        assert!(error.to_string().contains(part), "{part} is not in: {error}");
    }
}

fn ones(chunk: impl Fn(&Region) -> Result<ArrayD<f64>, String> + Send + Sync + 'static) -> ChunkedArray<f64> {
    ChunkedArray::from_fn(&[5, 5], &[2, 3], chunk).unwrap()
}

#[test]
fn a_chunk_function_that_panics_or_fails_is_an_error_with_array_chunk_and_region() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path().join("own")).unwrap());
    let bad = |region: &Region| region.start() == [2, 3];
    let panics = ones(move |region| {
        assert!(!bad(region), "the detector\nis off");
        Ok(ArrayD::ones(region.shape()))
    });
    let fails =
        ones(move |region| if bad(region) { Err("it is off".into()) } else { Ok(ArrayD::ones(region.shape())) });
    let maps = ones(|region| Ok(ArrayD::from_elem(region.shape(), if region.start() == [2, 3] { 7.0 } else { 1.0 })));
    let maps = maps.map(|x| if x == 7.0 { panic!("seven") } else { x });
    let zips = maps.zip_with(&ones(|region| Ok(ArrayD::ones(region.shape()))), |x, y| x + y).unwrap();
    for (array, why) in [
        (&panics, "panicked in chunk 3"),
        (&panics, "the detector\\nis off"),
        (&fails, "failed in chunk 3"),
        (&fails, "it is off"),
        (&maps, "the function of a map panicked"),
        (&zips, "seven"),
    ] {
        for storage in [Storage::open(folder.path()).unwrap(), Storage::open("memory://").unwrap()] {
            let object = BTreeMap::from([(
                "runs",
                vec![(1, ones(|region| Ok(ArrayD::ones(region.shape())))), (2, array.clone())],
            )]);
            let error = storage.save("w/x", &object).unwrap_err();
            names_the_chunk(&error, why);
            assert_eq!((error.path(), error.document()), (Some("runs[1][1]"), Some("w/x")), "{error}");
            assert!(error.array().is_some_and(|array| error.to_string().contains(array)), "{error}");
        }
        let error = arraystow::to_vec(&(array,), &protocols).unwrap_err();
        names_the_chunk(&error, why);
        assert_eq!(error.path(), Some("[0]"), "{error}");
        for error in [
            array.compute().unwrap_err(),
            array.sum().unwrap_err(),
            array.chunk(&[1, 1]).unwrap_err(),
            (array * array).max().unwrap_err(),
            array.chunks().unwrap().nth(3).unwrap().unwrap_err(),
        ] {
            names_the_chunk(&error, why);
        }
    }
}
