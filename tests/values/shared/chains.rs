//! Long and deep: no recursion is as long as the object.

use super::on_a_small_stack;
use arraystow::{Format, Protocols, Shared, Storage, WeakShared};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct Link {
    name: u32,
    next: Option<Shared<Link>>,
    before: WeakShared<Link>,
}

/// So many links, each held by the one before.
fn links(count: u32) -> Vec<Shared<Link>> {
    let mut links: Vec<Shared<Link>> = Vec::new();
    for name in (0..count).rev() {
        let before = links.last().map_or_else(WeakShared::new, Shared::downgrade);
        links.push(Shared::new(Link { name, next: links.last().cloned(), before }));
    }
    links.reverse();
    links
}

fn check(mut link: Shared<Link>, count: u32) {
    for name in 0..count {
        assert_eq!(link.name, name);
        let Some(next) = link.next.clone() else {
            assert_eq!(name, count - 1);
            return;
        };
        assert!(Shared::ptr_eq(&link.before.upgrade().unwrap(), &next));
        link = next;
    }
}

#[test]
fn a_list_held_by_its_head_only() {
    on_a_small_stack(|| {
        let head = links(100_000).swap_remove(0);
        let bytes = arraystow::to_vec(&head, &Protocols::new()).unwrap();
        let loaded: Shared<Link> = arraystow::from_slice(&bytes, &Protocols::new()).unwrap();
        assert_eq!(Arc::strong_count(Shared::as_arc(&loaded)), 1);
        check(loaded, 100_000);
    });
}

#[test]
fn a_list_in_a_vector_with_links_between_neighbours() {
    on_a_small_stack(|| {
        let folder = tempfile::tempdir().unwrap();
        for format in [Format::Cbor, Format::Json] {
            let storage = Storage::builder(folder.path()).format(format).open().unwrap();
            storage.save("list", &links(100_000)).unwrap();
            let loaded: Vec<Shared<Link>> = storage.load("list").unwrap();
            assert_eq!(loaded.len(), 100_000);
            for pair in loaded.windows(2) {
                assert!(Shared::ptr_eq(pair[0].next.as_ref().unwrap(), &pair[1]));
            }
            check(loaded.into_iter().next().unwrap(), 100_000);
        }
    });
}

#[test]
fn many_long_chains_that_begin_in_one_value() {
    on_a_small_stack(|| {
        let heads: Vec<_> = (0..3).map(|_| links(25_000).swap_remove(0)).collect();
        let bytes = arraystow::to_vec(&(heads, "x".repeat(1000)), &Protocols::new()).unwrap();
        let (loaded, _): (Vec<Shared<Link>>, String) = arraystow::from_slice(&bytes, &Protocols::new()).unwrap();
        assert_eq!(loaded.len(), 3);
        loaded.into_iter().for_each(|head| check(head, 25_000));
    });
}

#[test]
fn a_chain_of_values_that_are_deep_themselves() {
    #[derive(Serialize, Deserialize)]
    enum Deep {
        In(Box<Deep>),
        Next(Shared<Deep>),
        End,
    }
    fn deep(mut inner: Deep, depth: usize) -> Deep {
        for _ in 0..depth {
            inner = Deep::In(Box::new(inner));
        }
        inner
    }
    on_a_small_stack(|| {
        let mut value = deep(Deep::End, 200);
        for _ in 0..3000 {
            value = deep(Deep::Next(Shared::new(value)), 200);
        }
        let bytes = arraystow::to_vec(&value, &Protocols::new()).unwrap();
        let loaded: Deep = arraystow::from_slice(&bytes, &Protocols::new()).unwrap();
        let (mut at, mut count) = (&loaded, 0);
        loop {
            match at {
                Deep::In(inner) => at = inner,
                Deep::Next(next) => (at, count) = (&**next, count + 1),
                Deep::End => break,
            }
        }
        assert_eq!(count, 3000);
    });
}

#[test]
fn paths_in_a_chain_do_not_grow_with_it() {
    let place = super::place();
    #[derive(Serialize, Deserialize)]
    struct Kept {
        data: arraystow::ChunkedArray<u8>,
        next: Option<Shared<Kept>>,
    }
    let data = || arraystow::ChunkedArray::from_ndarray(ndarray::Array1::<u8>::zeros(3), &[3]).unwrap();
    let mut head = Shared::new(Kept { data: data(), next: None });
    for _ in 0..40 {
        head = Shared::new(Kept { data: data(), next: Some(head) });
    }
    let storage = Storage::open(place.folder.path()).unwrap();
    storage.save("chain", &head).unwrap();
    let paths: Vec<_> = storage.info("chain").unwrap().arrays.into_iter().map(|array| array.paths).collect();
    assert_eq!(paths[0], ["data"]);
    assert_eq!(paths[3], ["next.next.next.data"]);
    assert_eq!(paths[30], [format!("<shared 15>{}.data", ".next".repeat(16))]);
}

#[test]
fn dropping_a_long_chain_does_not_recurse() {
    on_a_small_stack(|| {
        let head = links(1_000_000).swap_remove(0);
        let (kept, rest) = (head.next.clone().unwrap(), head);
        drop(rest);
        assert_eq!(Arc::strong_count(Shared::as_arc(&kept)), 1);
        drop(kept);
    });
}
