//! Documents of FunctionFuse with values that arraystow does not read, or cannot write in the same way. The pickles are
//! those of Python 3.11 and numpy 2.4.

use arraystow::{ErrorKind, Format, Storage, Value, VerifyDepth};
use ndarray::Array3;
use serde::Deserialize;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;

fn storage(format: Format, pickle: &[u8]) -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("w")).unwrap();
    std::fs::write(folder.path().join("w/value"), [pickle, &Sha1::digest(pickle)].concat()).unwrap();
    let storage = Storage::builder(folder.path()).format(format).open().unwrap();
    (folder, storage)
}

#[test]
fn a_string_that_is_not_unicode_is_an_error_where_it_is_read() {
    #[derive(Deserialize)]
    struct Known {
        b: u8,
    }
    // {"a": os.fsdecode(b"\xff"), "b": 1}
    let pickle = b"\x80\x04\x95\x15\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94\x8c\x03\xed\xb3\xbf\x94\x8c\x01b\x94K\x01u.";
    let (_folder, storage) = storage(Format::Cbor, pickle);
    assert_eq!(storage.load::<Known>("w/value").unwrap().b, 1);
    let error = storage.value("w/value").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serde, "{error}");
    assert!(error.to_string().contains("the string at \"a\" has a lone surrogate"), "{error}");
    assert!(storage.info("w/value").unwrap().arrays.is_empty());
    assert!(storage.verify("w/value", VerifyDepth::Deep).unwrap().is_sound());
    assert!(storage.sweep().unwrap().skipped().is_empty());
    let other = tempfile::tempdir().unwrap();
    storage.copy("w/value", &Storage::open(other.path()).unwrap()).unwrap();
    storage.remove("w/value").unwrap();
    // np.str_("\udcff") and np.array(["\udcff", "x"])
    let scalar = b"\x80\x04\x95`\0\0\0\0\0\0\0\x8c\x16numpy._core.multiarray\x94\x8c\x06scalar\x94\x93\x94\x8c\x05numpy\
        \x94\x8c\x05dtype\x94\x93\x94\x8c\x02U1\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNK\x04K\x04K\x08t\x94bC\x04\
        \xff\xdc\0\0\x94\x86\x94R\x94.";
    let array = b"\x80\x04\x95\x8b\0\0\0\0\0\0\0\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\
        \x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\0\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x02\x85\x94h\x03\x8c\x05dtype\
        \x94\x93\x94\x8c\x02U1\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNK\x04K\x04K\x08t\x94b\x89C\x08\xff\xdc\0\0x\
        \0\0\0\x94t\x94b.";
    for pickle in [scalar.as_slice(), array] {
        let (_folder, storage) = self::storage(Format::Cbor, pickle);
        let error = storage.value("w/value").unwrap_err();
        assert!(error.to_string().contains("a lone surrogate"), "{error}");
        storage.remove("w/value").unwrap();
    }
}

#[test]
fn a_transposed_numpy_array_has_the_order_of_its_axes() {
    // np.arange(24, dtype="i1").reshape(2, 3, 4).transpose(1, 2, 0), protocol 5
    let pickle = |order: &[u8]| {
        let begin = b"\x80\x05\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\x93\x94(\x96\x18\0\0\0\0\0\0\0";
        let elements: Vec<u8> = (0..24).collect();
        let rest =
            b"\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02i1\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNN\
            J\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\x02K\x03K\x04\x87\x94\x8c\x01";
        [begin, elements.as_slice(), rest, order, b"t\x94R\x94."].concat()
    };
    let (_folder, storage) = storage(Format::Cbor, &pickle(b"K\x94K\x01K\x02K\0\x87\x94"));
    let array: Array3<i8> = storage.load("w/value").unwrap();
    let expected = Array3::from_shape_fn((3, 4, 2), |(i, j, k)| (k * 12 + i * 4 + j) as i8);
    assert_eq!(array, expected);
    for (order, text) in [
        (&b"K\x94K\x01K\x01K\0\x87\x94"[..], "not of its own shape"),
        (b"K\x94K\x01K\0\x86\x94", "not of its own shape"),
        (b"K\x94K\x03K\x01K\0\x87\x94", "not of its own shape"),
        (b"K\x94", "_frombuffer"),
        (b"A\x94", "_frombuffer"),
    ] {
        let (_folder, storage) = self::storage(Format::Cbor, &pickle(order));
        let error = storage.value("w/value").unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn an_object_of_another_serializer_is_not_lost() {
    let pickle = b"\x80\x04}(\x8c\x01o\x8c\x0fOtherSerializer\x8c\x051.0.0\x8c\x05file1\x86\x86Q\x8c\x01nK\x01u.";
    for format in [Format::Cbor, Format::Pickle] {
        let (_folder, storage) = storage(format, pickle);
        let value = storage.value("w/value").unwrap();
        assert!(matches!(value.get("o"), Some(Value::External(id)) if id.name() == "OtherSerializer"), "{value}");
        let error = storage.save("w/value", &value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert_eq!(storage.info("w/value").unwrap().external_objects.len(), 1);
    }
}

#[test]
fn tuples_are_keys() {
    // {(1, 2): "x", (1, 2, 3, 4): "y", (): 0}
    let pickle = b"\x80\x04\x95!\0\0\0\0\0\0\0}\x94(K\x01K\x02\x86\x94\x8c\x01x\x94(K\x01K\x02K\x03K\x04t\x94\x8c\x01y\x94)K\0u.";
    let (_folder, storage) = storage(Format::Pickle, pickle);
    let value = storage.value("w/value").unwrap();
    storage.save("w/value", &value).unwrap();
    assert_eq!(storage.value("w/value").unwrap().to_string(), "{[1, 2]: \"x\", [1, 2, 3, 4]: \"y\", []: 0}");
    let lists = BTreeMap::from([(vec![1, 2], 1.5), (vec![], 2.5)]);
    storage.save("w/lists", &lists).unwrap();
    assert_eq!(storage.load::<BTreeMap<Vec<u8>, f64>>("w/lists").unwrap(), lists);
}
