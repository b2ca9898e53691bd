//! What queries find, and what they refuse.

use super::support::{SETTLE, assert_right, folder, indexed, names_of, run};
use arraystow::{Comparison, ErrorKind, Task, Value};
use std::collections::BTreeMap;

#[test]
fn the_same_values_are_found_with_an_index_and_without() {
    let (_folder, storage) = folder();
    indexed(&storage, 40);
    storage.save("runs/late/one", &run(3)).unwrap();
    storage.save("other/one", &run(4)).unwrap();
    for glob in ["**", "runs/*", "runs/1*", "runs/{1,2}?", "*/one", "runs/7", "nothing/*"] {
        assert_right(&storage, glob, glob);
    }
}

#[test]
fn the_fields_of_the_query_are_returned_once_and_only_if_they_are_simple() {
    let (_folder, storage) = folder();
    indexed(&storage, 20);
    let query = storage.query("runs/11").filter("alpha", Comparison::Less, 5).filter("alpha", Comparison::Greater, 1);
    let query = query.select("alpha").select("note").select("marks").select("missing").select("beta");
    for query in [query.clone(), query.without_index()] {
        let found = query.run().unwrap();
        let paths: Vec<&str> = found[0].fields.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["alpha", "note", "beta"]);
        assert_eq!(found[0].field("note").and_then(Value::as_text), Some(run(11).note.as_str()));
        assert!(matches!(found[0].field("beta"), Some(Value::Float32(beta)) if *beta == 1.1));
        assert!(found[0].field("missing").is_none());
    }
}

#[test]
fn numbers_of_every_size_are_compared() {
    let (_folder, storage) = folder();
    let numbers = [i128::MIN, i128::from(i64::MIN), -1, 0, i128::from(u64::MAX), i128::from(u64::MAX) + 1, i128::MAX];
    for (at, number) in numbers.iter().enumerate() {
        storage.save(&format!("n/{at}"), &BTreeMap::from([("n", *number)])).unwrap();
    }
    (0..20).for_each(|n| drop(storage.save(&format!("n/u{n}"), &BTreeMap::from([("n", u128::MAX - n)])).unwrap()));
    std::thread::sleep(SETTLE);
    for _ in 0..2 {
        for number in numbers {
            let found = storage.query("n/*").filter("n", Comparison::LessOrEqual, number).run().unwrap();
            assert_eq!(found.len(), numbers.iter().filter(|other| **other <= number).count(), "{number}");
        }
    }
}

#[test]
fn keys_are_found_as_paths_have_them() {
    let (_folder, storage) = folder();
    for n in 0..20_u32 {
        storage.save(&format!("maps/{n}"), &BTreeMap::from([(n, vec![("x[0]", n)])])).unwrap();
        storage.save(&format!("keys/{n}"), &BTreeMap::from([("", n), ("a.b", n + 1), ("c[0]", n + 2)])).unwrap();
    }
    std::thread::sleep(SETTLE);
    for _ in 0..2 {
        for (glob, path, number) in
            [("maps/*", "7[0][1]", 7), ("keys/*", "a.b", 8), ("keys/*", "c[0]", 9), ("keys/*", "a.b.", 8)]
        {
            let query = storage.query(glob).filter(path, Comparison::Equal, number);
            assert_eq!(names_of(&query.run().unwrap()), [glob.replace('*', "7")], "{path}");
            assert_eq!(query.without_index().run().unwrap().len(), 1, "{path}");
        }
        for path in ["..", "[0]", "c", "a", "a.b.c", "maps/7"] {
            assert!(storage.query("**").filter(path, Comparison::NotEqual, -1).run().unwrap().is_empty(), "{path}");
        }
    }
}

#[test]
fn an_unreadable_document_is_an_error_in_its_place() {
    let (folder, storage) = folder();
    indexed(&storage, 20);
    let path = folder.path().join("root/runs/12");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::write(folder.path().join("root/runs/readme.txt"), "not a document").unwrap();
    let query = storage.query("runs/*").filter("step", Comparison::GreaterOrEqual, 11);
    for _ in 0..2 {
        let found = query.run_each().unwrap();
        let names: Vec<String> = found.iter().flatten().map(|found| found.entry.name.clone()).collect();
        assert_eq!(names, ["runs/11", "runs/13", "runs/14", "runs/15", "runs/16", "runs/17", "runs/18", "runs/19"]);
        let error = found.into_iter().find_map(Result::err).unwrap();
        assert!(error.is_corrupt() && error.document() == Some("runs/12"), "{error}");
        assert!(query.run().unwrap_err().is_corrupt());
    }
}

#[test]
fn wrong_queries_are_refused() {
    let (_folder, storage) = folder();
    let refused = |query: arraystow::Query, kind| assert_eq!(query.run().unwrap_err().kind(), kind, "{query:?}");
    refused(storage.query("a["), ErrorKind::InvalidName);
    refused(storage.query(""), ErrorKind::InvalidName);
    refused(storage.query("**").filter("a", Comparison::Contains, 1), ErrorKind::InvalidInput);
    refused(storage.query("**").filter("a", Comparison::Equal, Value::List(Vec::new())), ErrorKind::InvalidInput);
    assert!("=~".parse::<Comparison>().is_err());
    assert!(storage.query("../*").run().unwrap().is_empty());
}

#[test]
fn queries_are_cancelled_and_run_without_blocking() {
    let (_folder, storage) = folder();
    indexed(&storage, 20);
    let query = storage.query("runs/*").filter("done", Comparison::Equal, true);
    assert_eq!(futures::executor::block_on(query.run_async()).unwrap().len(), 10);
    assert_eq!(futures::executor::block_on(query.run_each_async()).unwrap().len(), 10);
    let task = Task::new();
    task.cancel();
    assert!(task.run(|| query.run()).unwrap_err().is_cancelled());
    assert!(task.run(|| query.clone().without_index().run()).unwrap_err().is_cancelled());
}
