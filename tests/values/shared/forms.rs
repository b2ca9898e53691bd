//! Shared values in every place that serde can express.

use super::{everywhere, place};
use arraystow::{Protocols, Shared, Storage, WeakShared};
use ndarray::Array1;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;

type Text = Shared<String>;

fn text(text: &str) -> Text {
    Shared::new(text.to_owned())
}

/// What is loaded is equal, and of the given texts the same are one.
fn same<T, F>(value: &T, texts: F)
where
    T: Serialize + DeserializeOwned + Debug + PartialEq,
    F: for<'a> Fn(&'a T) -> Vec<&'a Text>,
{
    for loaded in everywhere(value) {
        assert_eq!(&loaded, value);
        let (before, after) = (texts(value), texts(&loaded));
        assert_eq!(before.len(), after.len());
        for (at, one) in before.iter().enumerate() {
            for (other_at, other) in before.iter().enumerate() {
                assert_eq!(Shared::ptr_eq(one, other), Shared::ptr_eq(after[at], after[other_at]), "{at} {other_at}");
            }
        }
    }
}

#[test]
fn the_object_itself_may_be_shared() {
    same(&text("root"), |root| vec![root]);
    same(&Shared::new(vec![text("a")]), |root| vec![&root[0]]);
}

#[test]
fn options_sequences_tuples_and_maps() {
    let (a, b) = (text("a"), text("b"));
    same(&(Some(a.clone()), vec![b.clone(), a.clone()], [a.clone(), b.clone()], None::<Text>), |value| {
        vec![value.0.as_ref().unwrap(), &value.1[0], &value.1[1], &value.2[0], &value.2[1]]
    });
    let map: BTreeMap<String, Text> = [("x".into(), a.clone()), ("y".into(), b), ("z".into(), a)].into();
    same(&map, |map| map.values().collect());
}

#[test]
fn shared_lists_of_shared_values() {
    let (a, b) = (text("a"), text("b"));
    let list = Shared::new(vec![a.clone(), b.clone(), a.clone()]);
    for (first, second, loaded_b) in everywhere(&(list.clone(), list, b)) {
        assert!(
            Shared::ptr_eq(&first, &second)
                && Shared::ptr_eq(&first[0], &first[2])
                && Shared::ptr_eq(&first[1], &loaded_b)
        );
    }
    // A reference to a reference.
    let twice = Shared::new(a.clone());
    for (outer, inner) in everywhere(&(twice, a)) {
        assert!(Shared::ptr_eq(&*outer, &inner));
    }
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Fields {
    one: Text,
    other: Option<Text>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Flat {
    #[serde(flatten)]
    fields: Fields,
    last: Text,
    #[serde(flatten)]
    rest: BTreeMap<String, Text>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "kind")]
enum Internal {
    Struct { text: Text },
    Newtype(Fields),
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    Newtype(Text),
    Tuple(u8, Text),
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Shared(Text),
    Fields(Fields),
    List(Vec<Untagged>),
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum External {
    Newtype(Text),
    Struct { text: Text },
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Everything {
    flat: Flat,
    internal: Vec<Internal>,
    adjacent: Vec<Adjacent>,
    untagged: Vec<Untagged>,
    external: Vec<External>,
    shared_flat: Shared<Flat>,
}

fn flat(a: &Text, b: &Text) -> Flat {
    Flat {
        fields: Fields { one: a.clone(), other: Some(b.clone()) },
        last: a.clone(),
        rest: [("more".into(), b.clone())].into(),
    }
}

#[test]
fn every_representation_of_enums_and_flatten() {
    let (a, b) = (text("a"), text("b"));
    let fields = |other| Fields { one: a.clone(), other };
    let value = Everything {
        flat: flat(&b, &a),
        internal: vec![Internal::Struct { text: a.clone() }, Internal::Newtype(fields(None))],
        adjacent: vec![Adjacent::Newtype(a.clone()), Adjacent::Tuple(1, b.clone())],
        untagged: vec![
            Untagged::Number(1),
            Untagged::Shared(b.clone()),
            Untagged::Fields(fields(Some(b.clone()))),
            Untagged::List(vec![Untagged::Shared(a.clone())]),
        ],
        external: vec![External::Newtype(b.clone()), External::Struct { text: a.clone() }],
        shared_flat: Shared::new(flat(&a, &b)),
    };
    same(&value, |value| {
        let Internal::Struct { text } = &value.internal[0] else { panic!() };
        let Internal::Newtype(newtype) = &value.internal[1] else { panic!() };
        let (Adjacent::Newtype(first), Adjacent::Tuple(_, second)) = (&value.adjacent[0], &value.adjacent[1]) else {
            panic!()
        };
        let Untagged::Shared(shared) = &value.untagged[1] else { panic!() };
        let Untagged::List(list) = &value.untagged[3] else { panic!() };
        let Untagged::Shared(listed) = &list[0] else { panic!() };
        vec![
            &value.flat.fields.one,
            &value.flat.rest["more"],
            text,
            &newtype.one,
            first,
            second,
            shared,
            listed,
            &value.shared_flat.last,
            value.shared_flat.fields.other.as_ref().unwrap(),
        ]
    });
}

#[test]
fn an_untagged_enum_that_tries_another_type_first() {
    #[derive(Serialize, Deserialize, Debug)]
    #[serde(untagged)]
    enum Guess {
        Number(Shared<u64>),
        Pair(Shared<(u8, Shared<u64>)>),
        Texts(Shared<Vec<Text>>),
        Weak(WeakShared<Vec<Text>>),
    }
    let texts = Shared::new(vec![text("a"), text("b")]);
    let number = Shared::new(7);
    let value = vec![
        Guess::Weak(Shared::downgrade(&texts)),
        Guess::Texts(texts.clone()),
        Guess::Pair(Shared::new((1, number.clone()))),
        Guess::Number(number),
        Guess::Texts(texts.clone()),
        Guess::Weak(Shared::downgrade(&texts)),
    ];
    for loaded in everywhere(&value) {
        let [
            Guess::Weak(first),
            Guess::Texts(a),
            Guess::Pair(pair),
            Guess::Number(number),
            Guess::Texts(b),
            Guess::Weak(last),
        ] = loaded.as_slice()
        else {
            panic!("{loaded:?}")
        };
        assert!(Shared::ptr_eq(a, b) && Shared::ptr_eq(&pair.1, number) && *a[1] == "b");
        assert!(Shared::ptr_eq(&first.upgrade().unwrap(), a) && last.ptr_eq(first));
    }
}

#[test]
fn trait_objects() {
    #[typetag::serde(tag = "type")]
    trait Shape: Debug + Send + Sync {
        fn name(&self) -> &Text;
    }

    #[derive(Serialize, Deserialize, Debug)]
    struct Square {
        name: Text,
    }

    #[typetag::serde]
    impl Shape for Square {
        fn name(&self) -> &Text {
            &self.name
        }
    }

    let name = text("square");
    let shape: Shared<Box<dyn Shape>> = Shared::new(Box::new(Square { name: name.clone() }));
    let own: Box<dyn Shape> = Box::new(Square { name: name.clone() });
    for (a, b, own, name) in everywhere(&(shape.clone(), shape, own, name)) {
        assert!(Shared::ptr_eq(&a, &b) && Shared::ptr_eq(a.name(), &name) && Shared::ptr_eq(own.name(), &name));
    }
}

#[test]
fn elements_of_an_array_and_keys_of_a_map() {
    let (a, b) = (text("a"), text("b"));
    let array = Array1::from_vec(vec![a.clone(), b, a.clone()]);
    for (array, loaded) in everywhere(&(array, a.clone())) {
        assert!(Shared::ptr_eq(&array[0], &array[2]) && Shared::ptr_eq(&array[0], &loaded) && *array[1] == "b");
    }
    // JSON has no such keys.
    let value = (BTreeMap::from([(a.clone(), 1), (text("c"), 2)]), a);
    let bytes = arraystow::to_vec(&value, &Protocols::new()).unwrap();
    let (map, a): (BTreeMap<Text, u8>, Text) = arraystow::from_slice(&bytes, &Protocols::new()).unwrap();
    assert!(map.keys().any(|key| Shared::ptr_eq(key, &a)));
}

#[test]
fn a_value_that_is_walked_twice_is_one() {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Twice(Vec<Text>);
    impl Serialize for Twice {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            // As a format that counts first, and by a serializer that is not ours.
            serde_json::to_value(&self.0).map_err(serde::ser::Error::custom)?;
            self.0.serialize(serializer)
        }
    }
    let a = text("a");
    for (twice, loaded) in everywhere(&(Twice(vec![a.clone(), text("b"), a.clone()]), a)) {
        assert!(Shared::ptr_eq(&twice.0[0], &loaded) && Shared::ptr_eq(&twice.0[2], &loaded) && *twice.0[1] == "b");
    }
}

#[test]
fn two_types_of_one_value_are_two_allocations() {
    let shared = Shared::new(300_u16);
    let bytes = arraystow::to_vec(&vec![shared; 4], &Protocols::new()).unwrap();
    type Four = (Shared<u16>, Shared<u32>, Shared<u16>, Shared<u32>);
    let (a, b, c, d): Four = arraystow::from_slice(&bytes, &Protocols::new()).unwrap();
    assert!(Shared::ptr_eq(&a, &c) && Shared::ptr_eq(&b, &d) && u32::from(*a) == *b);
}

#[test]
fn a_method_call_reaches_the_value_inside() {
    struct Named(&'static str);
    impl Named {
        fn ptr_eq(&self, _: &Self) -> &str {
            self.0
        }
        fn downgrade(&self) -> &str {
            self.0
        }
        fn as_arc(&self) -> &str {
            self.0
        }
    }
    let shared = Shared::new(Named("inside"));
    assert_eq!([shared.ptr_eq(&shared), shared.downgrade(), shared.as_arc()], ["inside"; 3]);
}

#[test]
fn the_types_behave_as_arc_does() {
    let (a, b) = (text("a"), text("a"));
    assert!(a == b && a <= b && !Shared::ptr_eq(&a, &b) && a.len() == 1);
    assert_eq!(format!("{a} {a:?} {:?}", Shared::downgrade(&a)), "a \"a\" (Weak)");
    assert!(HashSet::from([a.clone()]).contains(&*b));
    assert!(Shared::into_arc(a.clone()).as_str() == "a" && *Shared::<u8>::default() == 0);
    let weak = WeakShared::from(&a);
    assert!(weak.clone().ptr_eq(&weak) && !weak.ptr_eq(&Shared::downgrade(&b)));
    assert!(WeakShared::<u8>::default().ptr_eq(&WeakShared::new()));
    drop(a);
    assert!(weak.upgrade().is_none());
}

#[test]
fn saved_and_loaded_from_an_executor() {
    let place = place();
    let storage = Storage::open(place.folder.path()).unwrap();
    let saving = {
        let a = text("a");
        storage.save_async("x", &vec![a.clone(), a])
    };
    futures::executor::block_on(async {
        saving.await.unwrap();
        let loaded: Vec<Text> = storage.load_async("x").await.unwrap();
        assert!(Shared::ptr_eq(&loaded[0], &loaded[1]));
    });
}
