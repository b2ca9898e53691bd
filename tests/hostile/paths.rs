//! Documents that name an array very many times, or in very many ways.

use crate::support::{refused, soon};
use arraystow::{ErrorKind, Storage, Value};
use ndarray::Array1;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// A plain array of which only the version is read.
struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct First;

        impl<'de> Visitor<'de> for First {
            type Value = Unread;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unread, A::Error> {
                map.next_entry::<String, u8>().map(|_| Unread)
            }
        }

        deserializer.deserialize_struct("Array", &["v", "dim", "data"], First)
    }
}

#[test]
fn each_place_of_a_plain_array_is_counted() {
    const PLACES: usize = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("it", &vec![Array1::<u8>::zeros(1 << 16); 2]).unwrap();
    let Value::List(arrays) = storage.value("it").unwrap() else { panic!("a list") };
    storage.save("few", &vec![arrays[0].clone(); 1000]).unwrap();
    assert_eq!(storage.info("few").unwrap().arrays.len(), 1);
    assert_eq!(storage.load::<Vec<Unread>>("few").unwrap().len(), 1000);
    assert_eq!(storage.load::<Vec<Array1<u8>>>("few").unwrap().len(), 1000);

    // Of 64 MiB each, which is more than the memory of any machine.
    storage.save("it", &Array1::<u8>::zeros(64 << 20)).unwrap();
    let array = storage.value("it").unwrap();
    storage.save("it", &vec![array; PLACES]).unwrap();
    let loaded = soon("copies", move || (storage.load::<Vec<Unread>>("it").map(|all| all.len()), folder));
    let error = refused("copies", loaded.0, &[ErrorKind::Limit]);
    assert!(error.to_string().contains("does not fit into memory"), "{error}");
}

#[derive(Deserialize)]
struct Layer {
    #[serde(default)]
    weight: Array1<f32>,
}

#[test]
fn places_with_very_many_dots_are_not_compared_in_all_ways() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let large = |name: &str| BTreeMap::from([(name.to_owned(), Array1::<f32>::zeros(5000))]);
    let dots = vec!["q"; 100_000].join(".");
    let layers = BTreeMap::from([
        ("a.b".to_owned(), BTreeMap::from([("c.d".to_owned(), large("weight"))])),
        (dots, BTreeMap::from([("x".to_owned(), large("other"))])),
    ]);
    storage.save("it", &layers).unwrap();
    let loaded = soon("dots", move || storage.load::<HashMap<String, HashMap<String, Layer>>>("it").unwrap());
    assert_eq!((loaded.len(), loaded["a.b"]["c.d"].weight.len()), (2, 5000));
}
