//! What is refused, and what the errors say.

use super::{everywhere, on_a_small_stack};
use arraystow::{ErrorKind, Protocols, Shared, WeakShared};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Mutex;

#[derive(Serialize, Deserialize)]
struct Person {
    friends: Mutex<Vec<Shared<Person>>>,
}

fn person() -> Shared<Person> {
    Shared::new(Person { friends: Mutex::default() })
}

fn befriend(one: &Shared<Person>, other: &Shared<Person>) {
    one.friends.lock().unwrap().push(other.clone());
}

#[derive(Serialize)]
struct Object {
    people: Vec<Shared<Person>>,
}

#[test]
fn a_circle_of_strong_references_is_refused_with_its_places() {
    let people: Vec<_> = (0..4).map(|_| person()).collect();
    befriend(&people[0], &people[2]);
    befriend(&people[2], &people[3]);
    let object = Object { people: people.clone() };
    arraystow::to_vec(&object, &Protocols::new()).unwrap();
    befriend(&people[3], &people[2]);
    let error = arraystow::to_vec(&object, &Protocols::new()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("people[2]")), "{error}");
    let text = error.to_string();
    assert!(text.contains("people[2] -> people[3] and back") && text.contains("WeakShared"), "{text}");
    people.iter().for_each(|person| person.friends.lock().unwrap().clear());

    let alone = person();
    befriend(&alone, &alone);
    let error = arraystow::to_vec(&alone, &Protocols::new()).unwrap_err();
    assert!(error.to_string().contains("the value itself and back"), "{error}");
    alone.friends.lock().unwrap().clear();
}

#[test]
fn a_circle_of_a_hundred_thousand_is_found_without_recursion() {
    on_a_small_stack(|| {
        let people: Vec<_> = (0..100_000).map(|_| person()).collect();
        people.windows(2).for_each(|pair| befriend(&pair[0], &pair[1]));
        befriend(&people[99_999], &people[0]);
        let error = arraystow::to_vec(&people[5], &Protocols::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("99994 more"), "{error}");
        people[7].friends.lock().unwrap().clear();
    });
}

#[test]
fn without_a_context_the_error_says_what_to_do() {
    let error = serde_json::to_string(&Shared::new(1)).unwrap_err().to_string();
    assert!(error.contains("shared value") && error.contains("arraystow::to_vec"), "{error}");
    let error = serde_json::from_str::<Shared<u8>>(r#"["SharedSerializer",["1.0.0","1"]]"#).unwrap_err().to_string();
    assert!(error.contains("shared value") && error.contains("arraystow::from_slice"), "{error}");
}

#[test]
fn what_fails_in_a_shared_value_names_the_place() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    let error = arraystow::to_vec(&vec![("a", Shared::new(Fails))], &Protocols::new()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("[0][1]")), "{error}");

    let bytes = arraystow::to_vec(&vec![Shared::new(vec![1_u16, 300])], &Protocols::new()).unwrap();
    let error = arraystow::from_slice::<Vec<Shared<Vec<u8>>>>(&bytes, &Protocols::new()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("[0][1]")), "{error}");
}

#[test]
fn a_weak_reference_is_not_taken_for_a_strong_one() {
    let shared = Shared::new(1_u8);
    let bytes = arraystow::to_vec(&(Shared::downgrade(&shared), shared), &Protocols::new()).unwrap();
    let error = arraystow::from_slice::<(Shared<u8>, Shared<u8>)>(&bytes, &Protocols::new()).unwrap_err();
    assert!(error.to_string().contains("WeakShared"), "{error}");
    // The other way round is no danger.
    let (a, b): (WeakShared<u8>, WeakShared<u8>) = arraystow::from_slice(&bytes, &Protocols::new()).unwrap();
    assert!(a.upgrade().is_none() && b.upgrade().is_none());
}

#[test]
fn a_weak_reference_finds_its_value_when_that_is_built() {
    #[derive(Serialize)]
    struct Saved {
        itself: WeakShared<Saved>,
        value: u8,
    }
    /// Looks while it is loaded.
    #[derive(Deserialize)]
    #[serde(from = "Raw")]
    struct Loaded {
        itself: WeakShared<Loaded>,
        was_there: bool,
        value: u8,
    }
    #[derive(Deserialize)]
    struct Raw {
        itself: WeakShared<Loaded>,
        value: u8,
    }
    impl From<Raw> for Loaded {
        fn from(Raw { itself, value }: Raw) -> Self {
            Self { was_there: itself.upgrade().is_some(), itself, value }
        }
    }
    let saved = Shared::new_cyclic(|itself| Saved { itself: itself.clone(), value: 7 });
    let bytes = arraystow::to_vec(&saved, &Protocols::new()).unwrap();
    let loaded: Shared<Loaded> = arraystow::from_slice(&bytes, &Protocols::new()).unwrap();
    assert!(!loaded.was_there && Shared::ptr_eq(&loaded.itself.upgrade().unwrap(), &loaded) && loaded.value == 7);
}

#[test]
fn a_panic_on_the_way_leaves_nothing_behind() {
    #[derive(Deserialize, Debug)]
    #[serde(from = "u8")]
    struct Panics;
    impl From<u8> for Panics {
        fn from(_: u8) -> Self {
            panic!("in the user's code")
        }
    }
    let bytes = arraystow::to_vec(&vec![Shared::new(1_u8)], &Protocols::new()).unwrap();
    let load = || arraystow::from_slice::<Vec<Shared<Panics>>>(&bytes, &Protocols::new()).map(drop);
    assert!(std::panic::catch_unwind(load).is_err());
    for loaded in everywhere(&vec![Shared::new(1_u8)]) {
        assert_eq!(*loaded[0], 1);
    }
}
