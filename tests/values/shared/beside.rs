//! Around a serializer of the user's own: the shared values are in a file beside the arrays.

use super::{on_a_small_stack, place};
use arraystow::{ChunkedArray, ErrorKind, PersistentId, Protocols, Shared, WeakShared};
use ndarray::Array1;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) fn json<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    let mut out = Vec::new();
    arraystow::serialize(value, &mut serde_json::Serializer::new(&mut out), protocols)?;
    arraystow::deserialize(&mut serde_json::Deserializer::from_slice(&out), protocols)
}

pub(crate) fn message_pack<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    let mut out = Vec::new();
    arraystow::serialize(value, &mut rmp_serde::Serializer::new(&mut out).with_struct_map(), protocols)?;
    arraystow::deserialize(&mut rmp_serde::Deserializer::from_read_ref(&out), protocols)
}

fn postcard<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    let mut serializer = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
    arraystow::serialize(value, &mut serializer, protocols)?;
    let out = postcard::ser_flavors::Flavor::finalize(serializer.output).unwrap();
    arraystow::deserialize(&mut postcard::Deserializer::from_bytes(&out), protocols)
}

#[derive(Serialize, Deserialize)]
struct Node {
    name: String,
    field: ChunkedArray<i32>,
    next: Option<Shared<Node>>,
    before: WeakShared<Node>,
}

fn node(name: &str, next: Option<Shared<Node>>, before: WeakShared<Node>) -> Node {
    let field = ChunkedArray::from_ndarray(Array1::from_iter(0..name.len() as i32), &[2]).unwrap();
    Node { name: name.to_owned(), field, next, before }
}

fn pair() -> Vec<Shared<Node>> {
    let first = Shared::new_cyclic(|first| {
        let second = Shared::new(node("second", None, first.clone()));
        node("first", Some(second), WeakShared::new())
    });
    let second = first.next.clone().unwrap();
    vec![first, second]
}

fn check(loaded: &[Shared<Node>]) {
    assert!(Shared::ptr_eq(loaded[0].next.as_ref().unwrap(), &loaded[1]));
    assert!(Shared::ptr_eq(&loaded[1].before.upgrade().unwrap(), &loaded[0]));
    assert_eq!(loaded[1].field.sum().unwrap(), 15);
}

#[test]
fn in_any_format_even_one_that_does_not_describe_itself() {
    let place = place();
    for round_trip in [json::<Vec<Shared<Node>>>, message_pack, postcard] {
        check(&round_trip(&pair(), &place.protocols).unwrap());
    }
}

#[test]
fn the_file_is_named_by_the_references_and_can_be_removed() {
    let place = place();
    let files = || std::fs::read_dir(place.folder.path().join("arrays")).unwrap().count();
    let mut out = Vec::new();
    arraystow::serialize(&pair(), &mut serde_json::Serializer::new(&mut out), &place.protocols).unwrap();
    // Two arrays and one file for both nodes.
    assert_eq!(files(), 3);
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let id: PersistentId = serde_json::from_value(document[0].clone()).unwrap();
    assert_eq!(id.name(), "SharedSerializer");
    let load = || {
        let mut input = serde_json::Deserializer::from_slice(&out);
        arraystow::deserialize::<Vec<Shared<Node>>, _>(&mut input, &place.protocols)
    };
    check(&load().unwrap());
    place.protocols.remove_object(&id).unwrap();
    assert_eq!(files(), 2);
    let error = load().err().unwrap();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(error.path(), Some("[0]"));

    // Without any there is no file.
    json(&1, &Protocols::new()).unwrap();
    json(&WeakShared::<u8>::new(), &Protocols::new()).unwrap();
    let error = json(&Shared::new(1), &Protocols::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("with_file"), "{error}");
}

#[test]
fn a_long_list_needs_no_long_stack() {
    on_a_small_stack(|| {
        #[derive(Serialize, Deserialize)]
        struct Link(u32, Option<Shared<Link>>);
        let place = place();
        let list = (0..100_000).fold(Shared::new(Link(0, None)), |list, at| Shared::new(Link(at + 1, Some(list))));
        for round_trip in [json::<(u8, Shared<Link>, Shared<Link>)>, postcard] {
            let (_, loaded, again) = round_trip(&(1, list.clone(), list.clone()), &place.protocols).unwrap();
            assert!(Shared::ptr_eq(&loaded, &again));
            let (mut link, mut count) = (&loaded, 0);
            while let Some(next) = &link.1 {
                (link, count) = (next, count + 1);
            }
            assert_eq!((link.0, count), (0, 100_000));
        }
    });
}

#[test]
fn a_damaged_file_and_wrong_references_are_refused() {
    let place = place();
    let arrays = place.folder.path().join("arrays");
    let mut out = Vec::new();
    let value = [Shared::new("one".to_owned())];
    arraystow::serialize(&value, &mut serde_json::Serializer::new(&mut out), &place.protocols).unwrap();
    let load = |text: &str| {
        let mut input = serde_json::Deserializer::from_str(text);
        arraystow::deserialize::<Vec<Shared<String>>, _>(&mut input, &place.protocols).unwrap_err()
    };
    let text = String::from_utf8(out.clone()).unwrap();
    assert_eq!(load(&text.replace("_1\"", "_2\"")).kind(), ErrorKind::Corrupt);
    assert_eq!(load(&text.replace("_1\"", "_0\"")).kind(), ErrorKind::Corrupt);
    assert_eq!(load(&text.replace("_1\"", "_-1\"")).kind(), ErrorKind::Corrupt);
    assert_eq!(load(r#"[["SharedSerializer", ["1.0.0", "../secret_1"]]]"#).kind(), ErrorKind::InvalidName);
    assert_eq!(load(r#"[["SharedSerializer", ["1.0.0", "1"]]]"#).kind(), ErrorKind::Unsupported);
    assert!(load(r#"[["SharedSerializer", ["1.0.0", "0b0e_1"]]]"#).is_not_found());
    let two = format!("[{0}, {1}]", &text[1..text.len() - 1], r#"["SharedSerializer", ["1.0.0", "0b0e_1"]]"#);
    assert_eq!(load(&two).kind(), ErrorKind::Unsupported);

    let file = std::fs::read_dir(&arrays).unwrap().next().unwrap().unwrap().path();
    let good = std::fs::read(&file).unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        std::fs::write(&file, bytes).unwrap();
        assert!(matches!(load(&text).kind(), ErrorKind::Corrupt | ErrorKind::Unsupported), "byte {at}");
    }
    std::fs::write(&file, b"").unwrap();
    assert!(load(&text).is_corrupt());
}
