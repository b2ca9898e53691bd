//! Graphs: who holds whom is the same after loading.

use super::everywhere;
use arraystow::{Shared, WeakShared};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

#[derive(Serialize, Deserialize, Debug)]
struct Node {
    name: u32,
    holds: Vec<Shared<Node>>,
}

fn node(name: u32, holds: &[&Shared<Node>]) -> Shared<Node> {
    Shared::new(Node { name, holds: holds.iter().copied().cloned().collect() })
}

#[test]
fn a_diamond_has_one_bottom() {
    let bottom = node(3, &[]);
    let top = node(0, &[&node(1, &[&bottom]), &node(2, &[&bottom, &bottom])]);
    for loaded in everywhere(&top) {
        let (left, right) = (&loaded.holds[0], &loaded.holds[1]);
        assert_eq!((loaded.name, left.name, right.name), (0, 1, 2));
        assert!(Shared::ptr_eq(&left.holds[0], &right.holds[0]) && Shared::ptr_eq(&left.holds[0], &right.holds[1]));
        assert_eq!(left.holds[0].name, 3);
        assert_eq!(Arc::strong_count(Shared::as_arc(&left.holds[0])), 3, "nothing else holds it after the load");
    }
}

#[test]
fn equal_values_of_their_own_stay_apart() {
    let (one, other) = (Shared::new(5_u8), Shared::new(5_u8));
    for (a, b, c) in everywhere(&(one.clone(), other, one)) {
        assert!(Shared::ptr_eq(&a, &c) && !Shared::ptr_eq(&a, &b) && *b == 5);
    }
}

#[test]
fn one_value_is_written_once() {
    let long = Shared::new("x".repeat(10_000));
    let document = arraystow::to_vec(&vec![long; 100], &arraystow::Protocols::new()).unwrap();
    assert!(document.len() < 15_000, "{}", document.len());
}

#[derive(Serialize, Deserialize)]
struct Branch {
    name: String,
    parent: WeakShared<Branch>,
    children: Vec<Shared<Branch>>,
}

#[test]
fn a_tree_finds_its_parents() {
    fn grow(name: &str, depth: usize, parent: WeakShared<Branch>) -> Shared<Branch> {
        Shared::new_cyclic(|this| Branch {
            name: name.to_owned(),
            parent,
            children: (0..2 * depth.min(1) + depth)
                .map(|child| grow(&format!("{name}.{child}"), depth - 1, this.clone()))
                .collect(),
        })
    }
    fn check(branch: &Shared<Branch>, count: &mut usize) {
        *count += 1;
        for (number, child) in branch.children.iter().enumerate() {
            assert_eq!(child.name, format!("{}.{number}", branch.name));
            assert!(Shared::ptr_eq(&child.parent.upgrade().unwrap(), branch));
            check(child, count);
        }
    }
    let tree = grow("root", 4, WeakShared::new());
    let mut count = 0;
    check(&tree, &mut count);
    for loaded in everywhere(&tree) {
        let mut loaded_count = 0;
        check(&loaded, &mut loaded_count);
        assert_eq!(loaded_count, count);
        assert!(loaded.parent.upgrade().is_none());
        assert_eq!(Arc::strong_count(Shared::as_arc(&loaded)), 1);
    }
    // A child alone: its parent is not part of the object.
    for loaded in everywhere(&tree.children[1]) {
        assert!(loaded.parent.upgrade().is_none());
        assert!(Shared::ptr_eq(&loaded.children[0].parent.upgrade().unwrap(), &loaded));
    }
}

#[derive(Serialize, Deserialize)]
struct Station {
    name: u32,
    to: Mutex<Vec<WeakShared<Station>>>,
}

#[test]
fn a_graph_may_have_circles_of_weak_edges() {
    let stations: Vec<_> = (0..50).map(|name| Shared::new(Station { name, to: Mutex::default() })).collect();
    let targets = |from: u32| [(from + 1) % 50, (from * 7) % 50, from];
    for station in &stations {
        let to = targets(station.name).map(|name| Shared::downgrade(&stations[name as usize]));
        *station.to.lock().unwrap() = to.to_vec();
    }
    for loaded in everywhere(&stations) {
        for station in &loaded {
            for (weak, name) in station.to.lock().unwrap().iter().zip(targets(station.name)) {
                assert!(Shared::ptr_eq(&weak.upgrade().unwrap(), &loaded[name as usize]));
            }
        }
    }
}

#[test]
fn weak_references_to_what_is_not_in_the_object_lead_nowhere() {
    let (inside, outside) = (Shared::new(1_u8), Shared::new(2_u8));
    let dead = Shared::downgrade(&Shared::new(3_u8));
    // One comes before what it leads to, one is named twice.
    let value = (
        Shared::downgrade(&outside),
        Shared::downgrade(&inside),
        inside,
        dead,
        (Shared::downgrade(&outside), WeakShared::<u8>::new()),
    );
    for (to_outside, to_inside, inside, dead, (again, none)) in everywhere(&value) {
        assert!([to_outside, dead, again, none].iter().all(|weak| weak.upgrade().is_none()));
        assert!(Shared::ptr_eq(&to_inside.upgrade().unwrap(), &inside));
    }
}

#[test]
fn a_weak_reference_is_clean_of_types() {
    // At one address at the same time: a value and its first field. No two types share a number.
    #[derive(Serialize, Deserialize)]
    struct Outer {
        inner: u64,
    }
    let (outer, inner) = (Shared::new(Outer { inner: 7 }), Shared::new(8_u64));
    for (a, b, c, d) in everywhere(&(outer.clone(), inner.clone(), outer, inner)) {
        assert!(Shared::ptr_eq(&a, &c) && Shared::ptr_eq(&b, &d));
        assert_eq!((a.inner, *b), (7, 8));
    }
    for (a, b, c) in everywhere(&(Shared::new(()), Shared::new(()), Shared::new([(); 3]))) {
        assert!(!Shared::ptr_eq(&a, &b) && c.len() == 3);
    }
}

#[test]
fn a_field_that_was_removed_takes_nothing_along() {
    #[derive(Serialize)]
    struct Saved {
        first: Shared<Vec<u32>>,
        other: Shared<String>,
        second: Shared<Vec<u32>>,
        weak: WeakShared<String>,
    }
    #[derive(Deserialize)]
    struct Loaded {
        second: Shared<Vec<u32>>,
        third: Option<Shared<u8>>,
        weak: WeakShared<String>,
    }
    let (first, other) = (Shared::new(vec![1, 2]), Shared::new("o".to_owned()));
    let saved = Saved { second: first.clone(), weak: Shared::downgrade(&other), first, other };
    let bytes = arraystow::to_vec(&saved, &arraystow::Protocols::new()).unwrap();
    let loaded: Loaded = arraystow::from_slice(&bytes, &arraystow::Protocols::new()).unwrap();
    assert_eq!(*loaded.second, [1, 2]);
    assert!(loaded.third.is_none() && loaded.weak.upgrade().is_none());
}

#[test]
fn threads_save_and_load_at_once() {
    let shared = node(1, &[&node(2, &[])]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let value = vec![shared.clone(), shared.clone(), shared.holds[0].clone()];
                    let bytes = arraystow::to_vec(&value, &arraystow::Protocols::new()).unwrap();
                    let loaded: Vec<Shared<Node>> =
                        arraystow::from_slice(&bytes, &arraystow::Protocols::new()).unwrap();
                    assert!(Shared::ptr_eq(&loaded[0], &loaded[1]) && Shared::ptr_eq(&loaded[0].holds[0], &loaded[2]));
                }
            });
        }
    });
}

#[derive(Serialize, Deserialize)]
struct Vertex {
    name: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<Shared<Vertex>>,
    nested: Option<Box<(u8, Shared<Vertex>)>>,
    weak: Mutex<Vec<WeakShared<Vertex>>>,
}

#[derive(Serialize, Deserialize)]
struct Object {
    weak_first: Vec<WeakShared<Vertex>>,
    roots: BTreeMap<String, Shared<Vertex>>,
}

/// Names every vertex by the order in which it is met, and returns which holds which.
fn structure(object: &Object) -> Vec<String> {
    fn meet(vertex: &Shared<Vertex>, seen: &mut HashMap<usize, usize>, reported: &mut Vec<String>) -> usize {
        let address = Arc::as_ptr(Shared::as_arc(vertex)).addr();
        if let Some(number) = seen.get(&address) {
            return *number;
        }
        let number = seen.len();
        seen.insert(address, number);
        for held in vertex.before.iter().chain(vertex.nested.iter().map(|nested| &nested.1)) {
            let held = meet(held, seen, reported);
            reported.push(format!("{number} holds {held}"));
        }
        reported.push(format!("{number} is {}", vertex.name));
        number
    }
    let (mut seen, mut reported) = (HashMap::new(), Vec::new());
    for (name, root) in &object.roots {
        let number = meet(root, &mut seen, &mut reported);
        reported.push(format!("{name} is {number}"));
    }
    // What weak edges lead to: only what is held.
    let weak = |weak: &WeakShared<Vertex>| {
        let target = weak.upgrade().and_then(|target| seen.get(&Arc::as_ptr(Shared::as_arc(&target)).addr()).copied());
        format!("to {target:?}")
    };
    reported.extend(object.weak_first.iter().map(weak));
    let mut open: Vec<_> = object.roots.values().cloned().collect();
    let mut visited = std::collections::HashSet::new();
    while let Some(vertex) = open.pop() {
        if visited.insert(Arc::as_ptr(Shared::as_arc(&vertex)).addr()) {
            reported.extend(vertex.weak.lock().unwrap().iter().map(weak));
            open.extend(vertex.before.iter().chain(vertex.nested.iter().map(|nested| &nested.1)).cloned());
        }
    }
    reported
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_graph_has_the_same_structure_after_loading(
        edges in prop::collection::vec((any::<usize>(), prop::collection::vec(any::<usize>(), 0..4), any::<bool>()), 1..40),
        weak in prop::collection::vec((any::<usize>(), any::<usize>()), 0..30),
        roots in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let mut vertices: Vec<Shared<Vertex>> = Vec::new();
        for (name, (first, before, nested)) in edges.into_iter().enumerate() {
            let one = |at: usize| vertices.get(at % vertices.len().max(1)).cloned();
            let vertex = Vertex {
                name,
                before: before.into_iter().filter_map(one).collect(),
                nested: one(first).filter(|_| nested).map(|vertex| Box::new((1, vertex))),
                weak: Mutex::default(),
            };
            vertices.push(Shared::new(vertex));
        }
        let one = |at: usize| &vertices[at % vertices.len()];
        for (from, to) in &weak {
            one(*from).weak.lock().unwrap().push(Shared::downgrade(one(*to)));
        }
        let object = Object {
            weak_first: weak.iter().map(|(_, to)| Shared::downgrade(one(*to))).collect(),
            roots: roots.iter().enumerate().map(|(name, at)| (format!("r{name}"), one(*at).clone())).collect(),
        };
        let before = structure(&object);
        for loaded in everywhere(&object) {
            prop_assert_eq!(&structure(&loaded), &before);
        }
    }
}
