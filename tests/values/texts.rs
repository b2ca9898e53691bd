//! Texts of any length as elements: `ChunkedArray<String>`.

use arraystow::{
    AnyArray, AnyNdArray, ArrayFormat, ChunkedArray, Chunking, Codec, DataType, Element, ErrorKind, FixedText, Limits,
    Padding, Storage, Value, VerifyDepth, ZarrVersion,
};
use arraystow_s3_server::Server;
use ndarray::{Array1, Array2, array, s};
use serde::{Deserialize, Serialize};

/// Texts of very different lengths, some of them empty and some not ASCII.
fn text(i: usize) -> String {
    match i % 7 {
        0 => String::new(),
        1 => format!("{i}"),
        2 => "Ä".repeat(i),
        3 => format!("a line\nand {i} \u{1f30d} more"),
        4 => "x".repeat(i * 37),
        5 => " spaces ".to_owned(),
        _ => format!("station {i}"),
    }
}

fn texts() -> Array2<String> {
    Array2::from_shape_fn((7, 9), |(i, j)| text(9 * i + j))
}

/// A storage of each kind; the server must live as long.
fn everywhere(mut test: impl FnMut(&str, &Storage)) {
    let folder = tempfile::tempdir().unwrap();
    test("hdf5", &Storage::open(folder.path().join("hdf5")).unwrap());
    let zstd = Codec::zstd(1).unwrap();
    test("hdf5 zstd", &Storage::builder(folder.path().join("hdf5 zstd")).codec(zstd).open().unwrap());
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        let builder = Storage::builder(folder.path().join(format!("{version:?}"))).array_format(ArrayFormat::Zarr);
        test(&format!("folder {version:?}"), &builder.zarr_version(version).open().unwrap());
    }
    let server = Server::start();
    for codec in ["blosc", "gzip:3", "zstd:3", "pcodec:4", "none"] {
        test(codec, &server.builder(codec.split(':').next().unwrap()).codec(codec.parse().unwrap()).open().unwrap());
    }
    let of_2 = server.builder("two").zarr_version(ZarrVersion::V2);
    test("version 2 on a server", &of_2.codec(Codec::zstd(1).unwrap()).open().unwrap());
    test("shards", &server.builder("shards").shard_bytes(1000).open().unwrap());
}

#[test]
fn texts_come_back_as_they_were_saved() {
    everywhere(|what, storage| {
        let elements = texts();
        let whole = elements.clone().into_dyn();
        let array = ChunkedArray::from_ndarray(elements.clone(), &[3, 4]).unwrap();
        storage.save("it", &array).unwrap_or_else(|error| panic!("{what}: {error}"));
        let loaded: ChunkedArray<String> = storage.load("it").unwrap();
        assert_eq!((loaded.grid(), loaded.data_type()), (array.grid(), DataType::String), "{what}");
        assert_eq!(loaded.compute().unwrap(), whole, "{what}");
        assert_eq!(loaded.chunk(&[2, 2]).unwrap(), elements.slice(s![6.., 8..]).into_dyn(), "{what}");
        let part = elements.slice(s![1..6;2, -1]).to_owned().into_dyn();
        assert_eq!(loaded.slice(s![1..6;2, -1]).unwrap().compute().unwrap(), part, "{what}");
        let verification = storage.verify("it", VerifyDepth::Deep).unwrap();
        assert!(verification.is_sound() && verification.unchecked == 0, "{what}: {verification:?}");
        assert_eq!(storage.info("it").unwrap().arrays[0].data_type, DataType::String, "{what}");

        // Without its type.
        let any = storage.array("it", "").unwrap();
        assert_eq!((any.data_type(), any.shape()), (DataType::String, &[7, 9][..]), "{what}");
        assert_eq!(any.compute().unwrap(), AnyNdArray::String(whole.clone()), "{what}");
        assert_eq!(any.downcast::<String>().unwrap().compute().unwrap(), whole, "{what}");
        let of_any = any.slice(s![1..6;2, -1]).unwrap();
        assert_eq!(of_any.compute().unwrap().downcast::<String>().unwrap(), part, "{what}");
        assert_eq!(any.to_bytes().unwrap(), AnyArray::from(&array).to_bytes().unwrap(), "{what}");

        // Saved again, in part, in other chunks, without its type, and not at all: it stays where it is.
        let file = storage.info("it").unwrap().arrays[0].file.clone();
        storage.save("it", &loaded).unwrap();
        assert_eq!(storage.info("it").unwrap().arrays[0].file, file, "{what}");
        storage.save("again", &(any, of_any, loaded.rechunk(&[5, 2]).unwrap())).unwrap();
        type Again = (ChunkedArray<String>, ChunkedArray<String>, ChunkedArray<String>);
        let (again, of_again, recut): Again = storage.load("again").unwrap();
        assert_eq!(again.compute().unwrap(), whole, "{what}");
        assert_eq!(of_again.compute().unwrap(), part, "{what}");
        assert_eq!(recut.compute().unwrap(), whole, "{what}");
        // Later versions have the strings that stay.
        let grown = again.appended(0, &ChunkedArray::from(Array2::from_elem((2, 9), "new".to_owned()))).unwrap();
        storage.save("grown", &grown).unwrap();
        let grown: ChunkedArray<String> = storage.load("grown").unwrap();
        assert_eq!(grown.slice(s![..7, ..]).unwrap().compute().unwrap(), whole, "{what}");
        assert_eq!(grown.slice(s![7.., ..]).unwrap().ne("new").count().unwrap(), 18, "{what}");
        assert!(!grown.slice(s![7.., ..]).unwrap().ne("new").any().unwrap(), "{what}");
        for name in ["it", "again", "grown"] {
            storage.remove(name).unwrap();
        }
    });
}

#[test]
fn arrays_of_any_shape_come_back() {
    everywhere(|what, storage| {
        let single = ChunkedArray::from(ndarray::arr0("one text".to_owned()));
        let empty = ChunkedArray::<String>::zeros(&[0, 3], &[1, 3]).unwrap();
        let irregular =
            ChunkedArray::from_ndarray(Array1::from_iter((0..10).map(text)), Chunking::Irregular(vec![vec![3, 5, 2]]));
        let lazy = ChunkedArray::from_fn(&[100], &[9], |region| {
            Array1::from_iter((region.start()[0]..region.start()[0] + region.shape()[0]).map(text))
        });
        storage.save("shapes", &(&single, &empty, irregular.unwrap(), lazy.unwrap())).unwrap();
        type Shapes = (ChunkedArray<String>, ChunkedArray<String>, ChunkedArray<String>, ChunkedArray<String>);
        let (single, empty, irregular, lazy): Shapes = storage.load("shapes").unwrap();
        assert_eq!(single.compute().unwrap()[[]], "one text", "{what}");
        assert_eq!(empty.compute().unwrap().shape(), [0, 3], "{what}");
        assert_eq!(irregular.compute().unwrap(), Array1::from_iter((0..10).map(text)).into_dyn(), "{what}");
        assert_eq!(lazy.compute().unwrap(), Array1::from_iter((0..100).map(text)).into_dyn(), "{what}");
        storage.remove("shapes").unwrap();
    });
}

#[test]
fn operations_take_texts() {
    let rivers = array!["Rhein", "Donau", "", "Elbe"].map(|name| (*name).to_owned());
    let array = ChunkedArray::from_ndarray(rivers, &[2]).unwrap();
    let all = |array: ChunkedArray<String>| array.compute().unwrap().into_raw_vec_and_offset().0;
    assert_eq!(array.eq("Donau").compute().unwrap(), array![false, true, false, false].into_dyn());
    assert!(!array.ne(&array).any().unwrap());
    assert_eq!(array.map(|name| name.len() as u64).sum().unwrap(), 14);
    let lower = array.map(|name| name.to_lowercase());
    assert_eq!(all(lower.clone()), ["rhein", "donau", "", "elbe"]);
    assert_eq!(
        all(array.eq("").select(&ChunkedArray::full(&[4], "?".to_owned(), &[4]).unwrap(), &array).unwrap()),
        ["Rhein", "Donau", "?", "Elbe"]
    );
    assert_eq!(all(array.zip_with(&lower, |a, b| a + &b).unwrap())[3], "Elbeelbe");
    assert_eq!(all(array.take(0, &[3, 0]).unwrap()), ["Elbe", "Rhein"]);
    assert_eq!(all(array.slice(s![..;-2]).unwrap()), ["Elbe", "Donau"]);
    assert_eq!(all(array.pad(&[(1, 1)], Padding::Constant("-".to_owned())).unwrap()).first().unwrap(), "-");
    assert_eq!(all(ChunkedArray::concatenate(0, [&array, &lower]).unwrap()).len(), 8);
    assert_eq!(all(array.reshape(&[2, 2]).unwrap().transpose()), ["Rhein", "", "Donau", "Elbe"]);
    assert_eq!(all(array.updated(s![1..2], &ChunkedArray::from(array!["Oder".to_owned()])).unwrap())[1], "Oder");
    assert_eq!((array.count().unwrap(), array.along(&[0]).unwrap().any().compute().unwrap()[[]]), (4, true));
    let doubled = array.zip_with(&array, |a, b| a + &b).unwrap();
    let twice = doubled.zip_with(&doubled, |a, b| a + &b).unwrap();
    assert_eq!(all(twice)[3], "Elbe".repeat(4));
    let failing = array.try_map(|name| name.parse::<u32>());
    assert_eq!(failing.compute().unwrap_err().kind(), ErrorKind::UserCode);
    assert_eq!(format!("{array:?}"), "ChunkedArray<string>[4] in chunks of [2]");
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Diary {
    #[serde(with = "arraystow::vec")]
    days: Vec<String>,
    #[serde(with = "arraystow::ndarray")]
    places: Array2<String>,
}

#[test]
fn plain_texts_are_diverted_where_the_field_says_so() {
    everywhere(|what, storage| {
        let diary = Diary { days: (0..500).map(text).collect(), places: texts() };
        storage.save("diary", &diary).unwrap();
        let info = storage.info("diary").unwrap();
        assert!(
            info.arrays.iter().all(|array| array.data_type == DataType::String) && info.arrays.len() == 2,
            "{what}"
        );
        assert_eq!(storage.load::<Diary>("diary").unwrap(), diary, "{what}");
        storage.remove("diary").unwrap();

        // An ndarray by itself reads what was saved as a chunked one, and the other way round.
        let array = ChunkedArray::from_ndarray(texts(), &[2, 9]).unwrap();
        storage.save("array", &array).unwrap();
        assert_eq!(storage.load::<Array2<String>>("array").unwrap(), texts(), "{what}");
        let Value::Array(found) = storage.value("array").unwrap() else { panic!("{what}") };
        assert_eq!(found.data_type(), DataType::String, "{what}");
        let long = Array1::from_iter((0..1000).map(|i| format!("station {i}")));
        storage.save("array", &long).unwrap();
        let loaded: ChunkedArray<String> = storage.load("array").unwrap();
        assert_eq!(loaded.compute().unwrap(), long.into_dyn(), "{what}");
        storage.remove("array").unwrap();
    });
}

#[arraystow::stow]
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Words {
    #[stow(chunks = [100])]
    many: Vec<String>,
    #[stow(inline)]
    few: Array1<String>,
}

#[test]
fn options_of_fields_hold_for_texts() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).open().unwrap();
    let words = Words { many: (0..1000).map(text).collect(), few: array!["a".to_owned(), String::new()] };
    storage.save("words", &words).unwrap();
    let arrays = storage.info("words").unwrap().arrays;
    assert_eq!((arrays.len(), &arrays[0].data_type), (1, &DataType::String));
    assert_eq!(storage.load::<Words>("words").unwrap(), words);
}

#[test]
fn texts_of_a_fixed_length_are_read_as_ones_of_any() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let names = Array1::from_iter((0..30).map(|i| FixedText::<12>::new(format!("n{i}")).unwrap()));
    storage.save("names", &ChunkedArray::from(names.clone())).unwrap();
    let loaded: ChunkedArray<String> = storage.load("names").unwrap();
    assert_eq!(loaded.compute().unwrap(), names.map(ToString::to_string).into_dyn());
    let any = storage.array("names", "").unwrap();
    assert_eq!(any.downcast::<String>().unwrap().compute().unwrap()[[7]], "n7");
}

#[derive(Clone, Debug, Default, PartialEq, Element, Serialize)]
struct Named {
    name: String,
    size: u32,
}

#[derive(Serialize)]
struct Runs<T: Element> {
    runs: Vec<ChunkedArray<T>>,
}

#[test]
fn what_cannot_be_stored_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let hdf5 = Storage::open(folder.path().join("hdf5")).unwrap();
    let zarr = Storage::builder(folder.path().join("zarr")).array_format(ArrayFormat::Zarr);
    let runs = |array: ChunkedArray<String>| Runs { runs: vec![array] };
    // HDF5 ends a text there.
    let with_nul = ChunkedArray::from_ndarray(array!["a", "b", "c\0d"].map(|text| (*text).to_owned()), &[2]).unwrap();
    let error = hdf5.save("it", &runs(with_nul.clone())).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some("runs[0]")), "{error}");
    assert!(error.to_string().contains("element [2]") && error.to_string().contains("Zarr"), "{error}");
    assert!(hdf5.list("**").unwrap().is_empty());
    zarr.clone().open().unwrap().save("it", &with_nul).unwrap();
    let loaded: ChunkedArray<String> = zarr.clone().open().unwrap().load("it").unwrap();
    assert_eq!(loaded.compute().unwrap()[[2]], "c\0d");

    let records = Runs { runs: vec![ChunkedArray::from(array![Named::default()])] };
    let error = zarr.clone().open().unwrap().save("it", &records).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some("runs[0]")), "{error}");
    assert!(error.to_string().contains("\"name\"") && error.to_string().contains("FixedText"), "{error}");

    // More bytes in a chunk than are read again.
    let limits = Limits::default().chunk_bytes(1 << 12);
    let limited = [zarr.limits(limits), Storage::builder(folder.path().join("limited")).limits(limits)];
    for limited in limited.map(|builder| builder.open().unwrap()) {
        let long = ChunkedArray::from(Array1::from_elem(5, "x".repeat(1000)));
        let error = limited.save("it", &runs(long.clone())).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Limit, Some("runs[0]")), "{error}");
        assert!(error.to_string().contains("smaller chunks"), "{error}");
        limited.save("it", &long.rechunk(&[4]).unwrap()).unwrap();
        assert_eq!(limited.load::<ChunkedArray<String>>("it").unwrap().compute().unwrap(), long.compute().unwrap());
    }
}
