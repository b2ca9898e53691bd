//! What the command does not destroy, does not lose and does not hide.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{ChunkedArray, Shared, Storage, WeakShared};
use ndarray::{Array1, Array2, array};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_arraystow");

fn arraystow(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

/// What the command prints, if it succeeds.
#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = arraystow(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn json(arguments: &[&str]) -> Json {
    serde_json::from_str(&printed(&[arguments, &["--json"]].concat())).unwrap()
}

/// The exit code, and what is printed to stderr.
fn refused(arguments: &[&str]) -> (i32, String) {
    let output = arraystow(arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// The exit code of a command whose stdout is closed.
fn with_closed_output(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(PROGRAM);
    let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn storage() -> (TempDir, String, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let storage = Storage::open(&place).unwrap();
    (folder, place, storage)
}

#[test]
fn the_exact_name_of_a_value_selects_only_that_value() {
    let (_folder, place, storage) = storage();
    for name in ["a[1]", "a1", "runs/b*", "runs/bx", "{x,y}", "x", "plain"] {
        storage.save(name, &name).unwrap();
    }
    printed(&["rm", &place, "a[1]", "--yes"]);
    assert!(storage.contains("a1").unwrap() && !storage.contains("a[1]").unwrap());
    for name in ["runs/b*", "{x,y}"] {
        assert_eq!(printed(&["ls", &place, name]), format!("{name}\n"));
        assert_eq!(json(&["verify", &place, name]).as_array().unwrap().len(), 1);
        assert_eq!(printed(&["find", &place, name]), format!("{name}\n"));
    }
    // What is no name is a pattern as before.
    assert_eq!(printed(&["ls", &place, "runs/b?"]), "runs/b*\nruns/bx\n");
    assert_eq!(printed(&["ls", &place, "a[1]"]), "a1\n");
}

#[test]
fn copies_do_not_replace_other_values() {
    let (folder, place, here) = storage();
    let other = folder.path().join("other").display().to_string();
    let there = Storage::open(&other).unwrap();
    let value = |alpha: f64| (alpha, ChunkedArray::from(Array1::<f32>::ones(3000)));
    here.save("runs/a", &value(1.0)).unwrap();
    here.save("runs/b", &value(2.0)).unwrap();
    assert_eq!(json(&["cp", &place, &other]).as_array().unwrap().len(), 2);
    // The same once more.
    assert_eq!(json(&["cp", &place, &other])[0]["report"]["arrays_written"], 0);

    there.save("runs/b", &"mine").unwrap();
    here.save("runs/c", &3).unwrap();
    for arguments in [&["cp", &place, &other, "runs/*"][..], &["mv", &place, &other, "runs/*", "--yes"]] {
        let (code, error) = refused(arguments);
        assert!(code == 2 && error.contains("\"runs/b\" exists in ") && error.contains("add --force"), "{error}");
        assert_eq!(there.load::<String>("runs/b").unwrap(), "mine");
        // Nothing is done by halves.
        assert!(!there.contains("runs/c").unwrap() && here.contains("runs/a").unwrap());
    }
    printed(&["cp", &place, &other, "runs/b", "--force"]);
    assert_eq!(there.load::<(f64, ChunkedArray<f32>)>("runs/b").unwrap().0, 2.0);
    // Another version of the same value is another value.
    here.save("runs/a", &value(4.0)).unwrap();
    assert_eq!(refused(&["mv", &place, &other, "runs/a", "--yes"]).0, 2);
    printed(&["mv", &place, &other, "runs/a", "--yes", "--force"]);
    assert_eq!(there.load::<(f64, ChunkedArray<f32>)>("runs/a").unwrap().0, 4.0);
    assert!(!here.contains("runs/a").unwrap());
    // A move that was killed before its removal is continued.
    printed(&["mv", &place, &other, "runs/b", "--yes"]);
    assert!(!here.contains("runs/b").unwrap());
}

/// A child that exports a large array, and has begun.
#[cfg(unix)]
fn exporting(folder: &Path, through: &mut Command) -> Child {
    let place = folder.join("large");
    let zeros =
        ChunkedArray::from_fn(&[16_384, 1024], &[1024, 1024], |region| ndarray::ArrayD::<f32>::zeros(region.shape()));
    Storage::open(&place).unwrap().save("zeros", &zeros.unwrap()).unwrap();
    let command = through.arg("export").arg(place).arg("zeros").arg(folder.join("zeros.npy"));
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while parts(folder) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the signal");
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

/// Files in a folder that are not complete.
#[cfg(unix)]
fn parts(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".part")).count()
}

#[cfg(unix)]
fn kill(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[test]
#[cfg(unix)]
fn an_interrupt_cancels_although_stderr_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = exporting(folder.path(), &mut Command::new(PROGRAM));
    drop(child.stderr.take());
    kill("-TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(parts(folder.path()) == 0 && !folder.path().join("zeros.npy").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_was_ignored_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    // As `nohup` does.
    let mut shell = Command::new("sh");
    let child = exporting(folder.path(), shell.args(["-c", "trap '' HUP INT; exec \"$0\" \"$@\"", PROGRAM]));
    kill("-HUP", &child);
    kill("-INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path().join("zeros.npy").exists());
}

#[test]
fn files_that_are_there_stay() {
    let (folder, place, storage) = storage();
    storage.save("it", &ChunkedArray::from(Array2::<f64>::eye(20))).unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    for ending in ["npy", "csv", "json", "svg", "h5"] {
        std::fs::write(file(&format!("it.{ending}.part")), "mine").unwrap();
        printed(&["export", &place, "it", &file(&format!("it.{ending}"))]);
        assert_eq!(std::fs::read_to_string(file(&format!("it.{ending}.part"))).unwrap(), "mine");
        assert_eq!(refused(&["export", &place, "it", &file(&format!("it.{ending}"))]).0, 2);
    }
    printed(&["show", &place, "it", "--html", &file("it.html")]);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 5 + 5 + 2, "no hidden file is left");
}

#[test]
fn diff_compares_what_arrays_are_said_to_be() {
    let (_folder, place, storage) = storage();
    let field = |units: &str| ChunkedArray::from(array![1.0, 2.0]).with_attr("units", units).unwrap();
    for (name, units) in [("m", "m"), ("km", "km")] {
        storage.save(&format!("pair/{name}"), &BTreeMap::from([((1, 2), field(units))])).unwrap();
        storage.save(&format!("text/{name}"), &BTreeMap::from([("a\u{1b}b", field(units))])).unwrap();
    }
    for kind in ["pair", "text"] {
        let (one, other) = (format!("{kind}/m"), format!("{kind}/km"));
        let output = arraystow(&["diff", &place, &one, &other]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{kind}: {text}");
        assert!(text.contains("units m -> ") && text.contains("units km"), "{text}");
        assert!(printed(&["show", &place, &one]).contains("units m"));
        assert!(printed(&["show", &place, &one, "--json"]).contains("\"units\""));
    }

    // An array that one value has in two places, and the other one twice.
    let twice = Shared::new(field("m"));
    storage.save("once", &(&twice, &twice)).unwrap();
    storage.save("twice", &(field("m"), field("m"))).unwrap();
    assert_eq!(printed(&["diff", &place, "once", "twice"]), "");

    storage.save("unfilled", &ChunkedArray::from(array![1, 2])).unwrap();
    storage.save("filled", &ChunkedArray::from(array![1, 2]).with_fill(-1)).unwrap();
    let output = arraystow(&["diff", &place, "unfilled", "filled"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(3) && text.ends_with(", fill -1\n"), "{text}");
}

#[test]
fn stats_leave_missing_and_infinite_elements_aside() {
    let (_folder, place, storage) = storage();
    storage.save("depth", &ChunkedArray::from(array![12_i16, -9999, 7, -9999]).with_fill(-9999)).unwrap();
    let stats = json(&["stats", &place, "depth"]);
    let found = ["min", "max", "mean", "missing", "nan", "infinite"].map(|key| &stats[key]);
    assert_eq!(found, [&json!(7), &json!(12), &json!(9.5), &json!(2), &json!(0), &json!(0)]);
    assert!(printed(&["stats", &place, "depth"]).contains("4 elements, 0 NaN, 2 missing\n"));

    let numbers = ChunkedArray::from_ndarray(array![1.0, f64::INFINITY, f64::NAN, 3.0], &[1]).unwrap();
    storage.save("infinite", &numbers).unwrap();
    let stats = json(&["stats", &place, "infinite", "--bins", "2"]);
    let found = ["max", "mean", "std", "infinite"].map(|key| &stats[key]);
    assert_eq!(found, [&json!("inf"), &json!("inf"), &json!("NaN"), &json!(1)]);
    assert_eq!((&stats["histogram"][0]["from"], &stats["histogram"][1]["to"]), (&json!(1.0), &json!(3.0)));
    assert!(printed(&["stats", &place, "infinite"]).contains("1 infinite, which the histogram leaves out"));

    storage.save("ends", &ChunkedArray::from(array![-1.092, 0.031])).unwrap();
    let count = |stats: &Json| -> i64 {
        stats["histogram"].as_array().unwrap().iter().map(|bin| bin["count"].as_i64().unwrap()).sum()
    };
    assert_eq!(count(&json(&["stats", &place, "ends"])), 2);
    storage.save("wide", &ChunkedArray::from(array![-f64::MAX, f64::MAX])).unwrap();
    assert_eq!(count(&json(&["stats", &place, "wide"])), 2);
    assert_eq!(count(&json(&["plot", &place, "wide", "--histogram"])), 2);
}

#[test]
fn head_prints_all_elements_of_the_corner() {
    let (_folder, place, storage) = storage();
    let numbers = Array2::from_shape_fn((40, 40), |(row, column)| 100 * row + column);
    storage.save("it", &ChunkedArray::from(numbers.mapv(|number| number as i32))).unwrap();
    let head = printed(&["head", &place, "it", "-n", "30"]);
    assert!(!head.contains("...") && head.contains("1515") && head.lines().count() == 31, "{head}");
    let found = json(&["head", &place, "it", "-n", "30"]);
    assert_eq!((&found["shape"], &found["elements"][15][15]), (&json!([30, 30]), &json!(1515)));
}

#[derive(Serialize)]
struct Node {
    number: u32,
    next: WeakShared<Node>,
}

#[test]
fn long_chains_of_weak_references_are_refused() {
    let (folder, place, storage) = storage();
    let save = |name: &str, nodes: u32| {
        let mut list = vec![Shared::new(Node { number: 0, next: WeakShared::new() })];
        for number in 1..nodes {
            let next = Shared::downgrade(&list[list.len() - 1]);
            list.push(Shared::new(Node { number, next }));
        }
        // From its root, no walk gets deeper than a node: each one refers to the one before it.
        storage.save(&format!("{name}-upwards"), &list).unwrap();
        // The first one refers to all others.
        list.reverse();
        storage.save(name, &list).unwrap();
    };
    save("short", 100);
    save("long", 20_000);
    assert!(printed(&["show", &place, "short"]).contains("number: 99"));
    assert_eq!(json(&["show", &place, "short", "[99]"])["value"]["number"], 0);
    let (page, file) = (folder.path().join("page.html"), folder.path().join("part.json"));
    let (page, file) = (page.display().to_string(), file.display().to_string());
    assert!(printed(&["show", &place, "long-upwards"]).contains("number: 99"));
    assert!(printed(&["show", &place, "long-upwards", "[300]"]).contains("number: 300"));
    for arguments in [
        &["show", &place, "long"][..],
        &["show", &place, "long", "--json"],
        &["show", &place, "long-upwards", "[19999]"],
        &["show", &place, "long-upwards", "[19999]", "--json"],
        &["show", &place, "long-upwards", "[19999]", "--html", &page],
        &["export", &place, "long-upwards", "--path", "[19999]", &file],
    ] {
        let (code, error) = refused(arguments);
        assert!(code == 1 && error.contains("more than 1000 levels deep"), "{arguments:?}: {error}");
    }
}

#[test]
fn options_without_an_object_store_are_refused() {
    let (_folder, place, _) = storage();
    let (code, error) = refused(&["ls", &place, "--option", "aws_region=x"]);
    assert!(code == 2 && error.contains("no place of this command is a URL"), "{error}");
}

#[test]
#[cfg(unix)]
fn what_was_found_is_not_hidden_by_a_closed_output() {
    let (_folder, place, storage) = storage();
    storage.save("a", &vec![0; 5000]).unwrap();
    storage.save("b", &vec![1; 5000]).unwrap();
    storage.save("c", &ChunkedArray::from(Array1::<f32>::ones(3000))).unwrap();
    assert_eq!(with_closed_output(&["diff", &place, "a", "b"]), (3, String::new()));
    std::fs::remove_file(Path::new(&place).join("bigdata").join(&storage.info("c").unwrap().arrays[0].file)).unwrap();
    assert_eq!(with_closed_output(&["verify", &place]).0, 3);
    assert_eq!(with_closed_output(&["ls", &place]), (0, String::new()));
    // Nothing panics.
    for arguments in [&["completions", "bash"][..], &["man"], &["demo", &place]] {
        assert_eq!(with_closed_output(arguments), (0, String::new()), "{arguments:?}");
    }
}

#[test]
fn values_that_cannot_be_read_do_not_hide_the_others() {
    let (_folder, place, storage) = storage();
    for name in ["runs/a", "runs/b", "runs/c"] {
        storage.save(name, &ChunkedArray::from(Array1::<f32>::ones(3000))).unwrap();
    }
    std::fs::write(Path::new(&place).join("runs/b"), "").unwrap();
    for arguments in [&["ls", "-l", &place][..], &["ls", "--sort", "size", &place], &["tree", &place]] {
        let output = arraystow(arguments);
        let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let lines = text.lines().filter(|line| line.ends_with('a') || line.ends_with('c')).count();
        assert_eq!((output.status.code(), lines), (Some(1), 2), "{arguments:?}: {text}{error}");
        assert!(error.contains("runs/b"), "{error}");
    }
    let output = arraystow(&["du", &place, "--json"]);
    let usage: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &usage[0]["values"]), (Some(1), &json!(2)));
}

#[test]
fn json_is_json() {
    let (folder, place, storage) = storage();
    storage.save("it", &BTreeMap::from([("alpha", f64::NAN), ("beta", f64::INFINITY)])).unwrap();
    let found = json(&["find", &place, "--where", "beta > 3"]);
    assert_eq!(found[0]["fields"], json!({ "beta": "inf" }), "{found}");

    storage.save("cells", &ChunkedArray::from(array![[1.0, f64::NAN], [f64::INFINITY, f64::NEG_INFINITY]])).unwrap();
    assert_eq!(json(&["plot", &place, "cells"])["cells"]["means"], json!([1.0, null, "inf", "-inf"]));

    let (code, error) = refused(&["ls", "--json"]);
    let error: Json = serde_json::from_str(&error).unwrap();
    assert!(code == 2 && error["error"]["message"].as_str().unwrap().contains("PLACE"), "{error}");
    assert!(printed(&["--help", "--json"]).contains("Usage"));

    let old = SystemTime::UNIX_EPOCH - Duration::from_secs(86_400);
    let document = std::fs::File::options().write(true).open(Path::new(&place).join("it")).unwrap();
    document.set_modified(old).unwrap();
    let entries = json(&["ls", &place]);
    assert_eq!((entries.as_array().unwrap().len(), &entries[1]["modified"]), (2, &Json::Null));
    assert_eq!(json(&["ls", "-l", &place])[1]["modified"], Json::Null);
    assert_eq!(json(&["find", &place, "it"])[0]["modified"], Json::Null);
    assert!(printed(&["ls", "-l", &place, "it"]).starts_with("1969-12-31"));

    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let file = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.h5"));
        let output = Command::new(PROGRAM).args(["pack", &place, "it", "--json", "-o"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let packed: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert!(file.exists() && packed["file"].as_str().unwrap().ends_with("\u{fffd}.h5"), "{packed}");
    }
    drop(folder);
}
