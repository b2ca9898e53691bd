//! The fields of what `--json` prints. Programs read them: fields are only added.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{ChunkedArray, Storage};
use ndarray::{Array2, array};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::process::{Command, Output};
use tempfile::TempDir;

#[derive(Serialize)]
struct Run {
    alpha: f64,
    field: ChunkedArray<f32>,
}

fn run(alpha: f64) -> Run {
    let field = Array2::from_elem((40, 50), alpha as f32);
    Run { alpha, field: ChunkedArray::from_ndarray(field, &[20, 20]).unwrap().with_dims(["y", "x"]).unwrap() }
}

struct Place {
    folder: TempDir,
    storage: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = folder.path().join("storage").display().to_string();
        for (name, alpha) in [("runs/a", 0.5), ("runs/b", 1.5)] {
            Storage::open(&storage).unwrap().save(name, &run(alpha)).unwrap();
        }
        Self { folder, storage }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// What a command prints to stdout: one document, and nothing to stderr.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Json {
        let output = self.start(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 3)) && errors.is_empty(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn start(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arraystow"));
        command.args(arguments).arg("--json").current_dir(self.folder.path()).output().unwrap()
    }

    /// The fields of what a command prints, or of the entries of the list that it prints.
    #[track_caller]
    fn fields(&self, arguments: &[&str], expected: &str) -> Json {
        let printed = self.json(arguments);
        let maps = printed.as_array().map_or_else(|| vec![&printed], |entries| entries.iter().collect());
        assert!(!maps.is_empty(), "{arguments:?}");
        for map in maps {
            assert_eq!(keys(map), expected, "{arguments:?}");
        }
        printed
    }
}

fn keys(map: &Json) -> String {
    let mut keys: Vec<&str> = map.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys.join(" ")
}

const ARRAY: &str = "attrs bytes codec data_type digest dims file format grid paths plain";
const REPORT: &str = "arrays_kept arrays_linked arrays_written bytes_written chunks_carried external_objects_kept \
                      external_objects_written version";

#[test]
fn commands_that_look_print_these_fields() {
    let place = Place::new();
    let at = place.storage.as_str();
    place.fields(&["ls", at], "bytes modified name");
    let sized = "array_bytes arrays bytes external_bytes external_objects modified name";
    place.fields(&["ls", "-l", at], sized);
    place.fields(&["ls", "--sort", "size", at], sized);
    place.fields(&["du", at], "array_bytes document_bytes external_bytes values workflow");
    let tree = place.fields(&["tree", at], "workflows");
    assert_eq!(keys(&tree["workflows"]["runs"]), "values");
    assert!(tree["workflows"]["runs"]["values"]["a"][0].is_string(), "{tree}");
    let found = place.fields(&["find", at, "--where", "alpha > 1"], "bytes fields modified name");
    assert_eq!(keys(&found[0]["fields"]), "alpha");

    let shown = place.fields(&["show", at, "runs/a"], "alpha field");
    assert_eq!(keys(&shown["field"]["$array"]), ARRAY);
    let stats = "array elements histogram infinite max mean min missing nan std";
    let stats = place.fields(&["stats", at, "runs/a"], stats);
    assert_eq!(keys(&stats["array"]), ARRAY);
    place.fields(&["head", at, "runs/a"], "array elements shape");
    let plot = place.fields(&["plot", at, "runs/a"], "array axes cells limits part");
    assert_eq!(
        (keys(&plot["cells"]).as_str(), keys(&plot["axes"][0]).as_str()),
        ("columns elements means nan rows", "first last len name")
    );
    let line = place.fields(&["plot", at, "runs/a", "--slice", "0"], "array axes limits line part");
    assert_eq!(keys(&line["line"]), "elements nan ranges");
    let histogram = place.fields(&["plot", at, "runs/a", "--histogram"], "array histogram part");
    assert_eq!(keys(&histogram["histogram"][0]), "count from to");

    let differences = place.json(&["diff", at, "runs/a", "runs/b"]);
    assert_eq!(keys(&differences[0]), "change from path to");
    assert_eq!((keys(&differences[1]).as_str(), &differences[1]["change"]), ("change path to", &"elements".into()));
    place.fields(&["verify", at], "arrays bytes external_objects faults name unchecked");
}

#[test]
fn commands_that_change_print_these_fields() {
    let place = Place::new();
    let (at, other) = (place.storage.as_str(), place.path("other"));
    assert_eq!(keys(&place.fields(&["cp", at, &other], "name report")[0]["report"]), REPORT);
    assert_eq!(
        keys(&place.fields(&["mv", &other, &place.path("third"), "**", "--yes"], "name report")[0]["report"]),
        REPORT
    );
    place.fields(&["rename", at, "runs/b", "runs/c"], REPORT);
    place.fields(&["repack", at, "runs/c", "--codec", "zstd"], "arrays bytes_after bytes_before name version");
    assert_eq!(place.json(&["rm", at, "runs/c", "--yes"]), serde_json::json!(["runs/c"]));
    std::fs::write(format!("{at}/runs/bigdata/01234567-89ab-4def-8123-456789abcdef"), "left").unwrap();
    place.fields(&["sweep", at, "--yes"], "bytes kind location");

    place.fields(&["pack", at, "runs/a", "-o", "a.h5"], "arrays bytes file");
    place.fields(&["unpack", "a.h5", at, "runs/b"], REPORT);
    for ending in ["npy", "csv", "json"] {
        let file = format!("field.{ending}");
        let written = place.fields(&["export", at, "runs/a", "--path", "field", &file], "bytes file");
        assert_eq!(
            (&written["file"], written["bytes"].as_u64()),
            (&file.as_str().into(), Some(std::fs::metadata(place.path(&file)).unwrap().len()))
        );
    }
    place.fields(&["export", at, "runs/a", "b.h5"], "arrays bytes file");
    let picture = "array axes bytes cells file limits part";
    place.fields(&["export", at, "runs/a", "field.png"], picture);
    place.fields(&["plot", at, "runs/a", "-o", "field.svg"], picture);
    place.fields(&["show", at, "runs/a", "--html", "a.html"], "bytes file");
    place.fields(&["import", "field.npy", at, "imported"], REPORT);
    // A second time, what is there stays, and that is no error.
    let first = place.fields(&["demo", "ponds"], REPORT);
    let again = place.fields(&["demo", "ponds"], REPORT);
    assert_eq!(
        (&first["version"], &again["arrays_written"], &again["arrays_kept"]),
        (&again["version"], &0.into(), &2.into())
    );
}

#[test]
fn errors_have_a_message() {
    let place = Place::new();
    let error = |arguments: &[&str]| -> Json {
        let output = place.start(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        serde_json::from_slice(&output.stderr).unwrap()
    };
    for arguments in [
        &["show", &place.storage, "nothing"][..],
        &["show", &place.storage, "runs/a", "nothing"],
        &["rm", &place.storage, "runs/a"],
        &["nonsense"],
    ] {
        let error = error(arguments);
        assert!(keys(&error) == "error" && error["error"]["message"].is_string(), "{error}");
    }
}

#[test]
fn maps_with_other_keys_are_pairs_and_nothing_is_an_empty_list() {
    let place = Place::new();
    Storage::open(&place.storage).unwrap().save("map", &BTreeMap::from([((1, 2), array![1.5])])).unwrap();
    let expected = serde_json::json!([[[1, 2], { "$array": { "shape": [1], "elements": [1.5] } }]]);
    assert_eq!(place.json(&["show", &place.storage, "map"]), expected);
    assert_eq!(place.json(&["ls", &place.storage, "no*"]), serde_json::json!([]));
}

#[test]
fn the_help_names_all_exit_codes() {
    let place = Place::new();
    let help = String::from_utf8(place.start(&["--help"]).stdout).unwrap();
    for code in ["0 success", "1 an error", "2 wrong", "3 `verify`", "129 the terminal", "130 interrupted"] {
        assert!(help.replace("\n", " ").replace("  ", " ").contains(code), "{code}: {help}");
    }
}
