//! Names of values in a folder: which are possible, and which a glob matches.

use super::folder::{names, run, storage};
use arraystow::ErrorKind;
use arraystow_tests::files_by_array as files;
use std::path::Path;

#[test]
fn names_outside_the_grammar_are_refused() {
    let (folder, storage) = storage();
    let bad = [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../b",
        "a/./b",
        ".hidden",
        "a/.b",
        "a\\b",
        "a:b",
        "a\nb",
        "a\0b",
        "bigdata",
        "bigdata/x",
        "a/bigdata",
        "a/bigdata/b",
    ];
    for name in bad {
        for error in [
            storage.save(name, &1).unwrap_err(),
            storage.load::<i32>(name).unwrap_err(),
            storage.remove(name).unwrap_err(),
            storage.contains(name).unwrap_err(),
            storage.info(name).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidName, "{name:?}: {error}");
        }
    }
    assert!(storage.save(&"x".repeat(300), &1).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    for name in ["a", "A/b", "a b/c[1]/d.e", "ä/ß*", "bigdata2", "A/b..c"] {
        storage.save(name, &name.len()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(storage.load::<usize>(name).unwrap(), name.len());
    }
}

#[test]
fn a_new_value_is_not_named_as_the_folder_of_the_arrays_in_other_case() {
    let (_folder, storage) = storage();
    storage.save("a/x", &1).unwrap();
    for name in ["a/BigData", "BIGDATA/x", "a/bigData/x"] {
        for error in [storage.save(name, &1).unwrap_err(), storage.rename("a/x", name).map(drop).unwrap_err()] {
            assert!(error.kind() == ErrorKind::InvalidName && error.to_string().contains("bigdata"), "{error}");
        }
    }
    // One that is there already is a value like any other.
    let workflow = Path::new(storage.location()).join("a");
    std::fs::rename(workflow.join("x"), workflow.join("BigData")).unwrap();
    storage.save("a/BigData", &2).unwrap();
    assert_eq!(storage.load::<i32>("a/BigData").unwrap(), 2);
}

#[test]
fn a_document_cannot_be_a_workflow_too() {
    let (_folder, storage) = storage();
    storage.save("a/b", &1).unwrap();
    for name in ["a/b/c", "a/b/c/d", "a"] {
        let error = storage.save(name, &2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName, "{name}: {error}");
    }
    assert!(storage.load::<i32>("a").unwrap_err().is_not_found());
    assert_eq!(names(&storage, "**"), ["a/b"]);
}

#[test]
fn a_strangers_file_is_not_replaced() {
    let (_folder, storage) = storage();
    std::fs::create_dir_all(Path::new(storage.location())).unwrap();
    std::fs::write(Path::new(storage.location()).join("thesis"), "years of work").unwrap();
    assert_eq!(storage.save("thesis", &1).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(storage.load::<i32>("thesis").unwrap_err().is_corrupt());
    assert!(storage.remove("thesis").unwrap_err().is_corrupt());
    assert_eq!(std::fs::read_to_string(Path::new(storage.location()).join("thesis")).unwrap(), "years of work");
}

#[test]
fn lists_by_glob_over_workflow_and_task() {
    let (_folder, storage) = storage();
    for name in ["top", "a/x", "a/y", "a/b/x", "c/x"] {
        storage.save(name, &run(1)).unwrap();
    }
    assert_eq!(names(&storage, "**"), ["a/b/x", "a/x", "a/y", "c/x", "top"]);
    assert_eq!(names(&storage, "*"), ["top"]);
    assert_eq!(names(&storage, "a/*"), ["a/x", "a/y"]);
    assert_eq!(names(&storage, "*/x"), ["a/x", "c/x"]);
    assert_eq!(names(&storage, "**/x"), ["a/b/x", "a/x", "c/x"]);
    assert_eq!(names(&storage, "{a,c}/[xy]"), ["a/x", "a/y", "c/x"]);
    assert_eq!(names(&storage, "bigdata/*"), Vec::<String>::new());
    assert_eq!(names(&storage, "a/bigdata/*"), Vec::<String>::new());
    assert_eq!(names(&storage, "../**"), Vec::<String>::new());
    assert_eq!(storage.list("").unwrap_err().kind(), ErrorKind::InvalidName);
    assert_eq!(storage.list("[").unwrap_err().kind(), ErrorKind::InvalidName);

    assert_eq!(storage.remove_matching("*/x").unwrap(), ["a/x", "c/x"]);
    assert_eq!(storage.remove_workflow("a").unwrap(), ["a/b/x", "a/y"]);
    assert!(storage.remove_workflow("").is_err());
    assert!(storage.remove_workflow("a").unwrap_err().is_not_found());
    assert_eq!(
        files(Path::new(storage.location())).len(),
        3,
        "top and its arrays: {:?}",
        files(Path::new(storage.location()))
    );
}

#[test]
fn no_glob_leads_out_of_the_storage() {
    let (folder, storage) = storage();
    storage.save("inside", &1).unwrap();
    std::fs::write(folder.path().join("outside"), "a stranger's").unwrap();
    for glob in ["../*", "../**", "**/../*", "{..,x}/*", "[.][.]/*", "/*", "../surveys/*"] {
        assert!(names(&storage, glob).is_empty(), "{glob}: {:?}", names(&storage, glob));
        assert!(storage.remove_matching(glob).unwrap().is_empty(), "{glob}");
    }
    assert!(storage.remove_workflow("..").is_err());
    assert!(folder.path().join("outside").exists());
}
