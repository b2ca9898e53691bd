//! The command on real storages, as a shell starts it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{ChunkedArray, Shared, Storage};
use ndarray::{Array2, array};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn arraystow(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_arraystow")).args(arguments).output().unwrap()
}

/// What the command prints, if it succeeds.
fn printed(arguments: &[&str]) -> String {
    let output = arraystow(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Json {
    serde_json::from_str(&printed(&[arguments, &["--json"]].concat())).unwrap()
}

/// The exit code, and what is printed to stderr.
fn refused(arguments: &[&str]) -> (i32, String) {
    let output = arraystow(arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[derive(Serialize)]
struct Run {
    name: String,
    alpha: f64,
    steps: Vec<u32>,
    field: ChunkedArray<f32>,
    mask: Array2<bool>,
}

fn run(alpha: f64) -> Run {
    let field = Array2::from_shape_fn((60, 40), |(i, j)| if i == j { f32::NAN } else { (i * 40 + j) as f32 });
    let field = ChunkedArray::from_ndarray(field, &[20, 20]).unwrap();
    let field = field.with_dims(["y", "x"]).unwrap().with_attr("units", "m s-1").unwrap();
    let mask = Array2::from_shape_fn((100, 100), |(i, j)| i < j);
    Run { name: "first\u{1b}[31m".into(), alpha, steps: vec![1, 2, 3], field, mask }
}

/// Three runs in a folder.
fn three_runs() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage");
    let storage = Storage::open(&place).unwrap();
    for (name, alpha) in [("runs/a", 0.1), ("runs/b", 0.5), ("other/c", f64::NAN)] {
        storage.save(name, &run(alpha)).unwrap();
    }
    (folder, place.display().to_string())
}

/// The file of a value's first array.
fn first_array(place: &str, name: &str) -> PathBuf {
    let info = Storage::open(place).unwrap().info(name).unwrap();
    let (workflow, _) = name.rsplit_once('/').unwrap();
    Path::new(place).join(workflow).join("bigdata").join(&info.arrays[0].file)
}

#[test]
fn ls_tree_and_du_list_what_is_there() {
    let (_folder, place) = three_runs();
    assert_eq!(printed(&["ls", &place]), "other/c\nruns/a\nruns/b\n");
    assert_eq!(printed(&["ls", &place, "runs/*", "--reverse"]), "runs/b\nruns/a\n");
    assert_eq!(printed(&["ls", &place, "--sort", "size"]).lines().count(), 3);
    let long = printed(&["ls", "-l", &place, "runs/a"]);
    assert!(long.contains("2 arrays") && long.contains("Z ") && long.ends_with("runs/a\n"), "{long}");
    let entries = json(&["ls", "-l", &place]);
    assert_eq!((&entries[2]["name"], &entries[2]["arrays"]), (&json!("runs/b"), &json!(2)));
    assert!(entries[2]["array_bytes"].as_u64().unwrap() > 19_000);

    let tree = printed(&["tree", &place]);
    assert!(
        tree.contains("└── runs/\n") && tree.contains("field: float32[60, 40] in chunks of [20, 20], 9.6 kB"),
        "{tree}"
    );
    let du = json(&["du", &place]);
    assert_eq!((&du[0]["workflow"], &du[1]["values"]), (&json!("other"), &json!(2)));
}

#[test]
fn show_prints_the_value_and_no_control_characters() {
    let (_folder, place) = three_runs();
    let shown = printed(&["show", &place, "runs/a"]);
    let expected = "name: \"first\\u{1b}[31m\"\nalpha: 0.1\nsteps: [1, 2, 3]\nfield: float32[60, 40] in chunks of \
                    [20, 20], 9.6 kB, axes y, x, units \"m s-1\"\nmask: bool[100, 100]";
    assert!(shown.starts_with(expected), "{shown}");
    assert_eq!(printed(&["show", &place, "runs/a", "steps[1]"]), "2\n");
    let value = json(&["show", &place, "other/c"]);
    assert_eq!((&value["alpha"], &value["steps"]), (&json!("NaN"), &json!([1, 2, 3])));
    let field = &value["field"]["$array"];
    assert_eq!((&field["data_type"], &field["paths"]), (&json!("float32"), &json!(["field"])));
    let (code, error) = refused(&["show", &place, "runs/a", "step"]);
    assert_eq!((code, error.as_str()), (1, "error: \"runs/a\" has nothing at \"step\"\n"));
}

#[test]
fn show_prints_forms_of_all_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let shared = Shared::new(vec![(1, "x".to_owned()), (2, "y".to_owned())]);
    let pairs = std::collections::BTreeMap::from([(1, "one"), (2, "two")]);
    storage.save("all", &(None::<u8>, &shared, &shared, pairs, array![1.5, 2.5], Vec::<u8>::new())).unwrap();
    let place = folder.path().display().to_string();
    let shown = printed(&["show", &place, "all"]);
    let expected = "[0]: null\n[1]: &0\n  [0]: [1, \"x\"]\n  [1]: [2, \"y\"]\n[2]: *0\n[3]:\n  1: \"one\"\n  2: \
                    \"two\"\n[4]: array [2] in the document: 1.5, 2.5\n[5]: []\n";
    assert_eq!(shown, expected);
    let expected = json!([
        null,
        { "$shared": 0, "value": [[1, "x"], [2, "y"]] },
        { "$shared": 0 },
        [[1, "one"], [2, "two"]],
        { "$array": { "shape": [2], "elements": [1.5, 2.5] } },
        [],
    ]);
    assert_eq!(json(&["show", &place, "all"]), expected);
}

#[test]
fn escape_sequences_of_a_storage_do_not_reach_the_terminal() {
    const EVIL: &str = "a\u{1b}]0;b\u{7}\u{9b}31m";
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("storage").display().to_string();
    let texts = ChunkedArray::from(array![EVIL.to_owned()]).with_attr("units", EVIL).unwrap();
    let numbers = ChunkedArray::from(array![[1.0, 2.0]]).with_attr("note", EVIL).unwrap();
    let value = std::collections::BTreeMap::from([(EVIL, Shared::new((texts, numbers, EVIL)))]);
    Storage::open(&place).unwrap().save("evil", &value).unwrap();
    let info = Storage::open(&place).unwrap().info("evil").unwrap();
    for array in &info.arrays {
        let path = &array.paths[0];
        for command in ["head", "stats", "plot"] {
            let output = arraystow(&[command, &place, "evil", path]);
            let texts = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
            let is_clean = |text: &String| !text.chars().any(|c| c.is_control() && c != '\n');
            assert!(texts.iter().all(is_clean), "{command}: {texts:?}");
        }
    }
    for arguments in [&["show", &place, "evil"][..], &["tree", &place], &["ls", &place, "-l"], &["du", &place]] {
        let text = printed(arguments);
        assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{arguments:?}: {text:?}");
    }
}

#[test]
fn stats_and_head_read_arrays() {
    let (_folder, place) = three_runs();
    let stats = json(&["stats", &place, "runs/a", "field", "--bins", "4"]);
    assert_eq!((&stats["nan"], &stats["elements"]), (&json!(40), &json!(2400)));
    assert_eq!((&stats["min"], &stats["max"]), (&json!(1), &json!(2399)));
    let counts: i64 = stats["histogram"].as_array().unwrap().iter().map(|bin| bin["count"].as_i64().unwrap()).sum();
    assert_eq!(counts, 2360);
    assert!(printed(&["stats", &place, "runs/a", "field"]).contains("2400 elements, 40 NaN"));
    let head = printed(&["head", &place, "runs/a", "field", "-n", "2"]);
    assert!(head.ends_with("[[NaN, 1],\n [40, NaN]]\n"), "{head}");

    let (code, error) = refused(&["stats", &place, "runs/a"]);
    assert!(code == 2 && error.contains("choose one of [\"field\", \"mask\"]"), "{error}");
    let (code, error) = refused(&["stats", &place, "runs/a", "mask"]);
    assert!(code == 1 && error.contains("elements of bool have no minimum"), "{error}");
    let (code, error) = refused(&["head", &place, "runs/a", "feild"]);
    assert!(code == 1 && error.contains("did you mean \"field\"?"), "{error}");
}

#[test]
fn large_integers_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    Storage::open(folder.path()).unwrap().save("big", &ChunkedArray::from(array![i64::MAX, i64::MAX - 1])).unwrap();
    let stats = json(&["stats", &place, "big"]);
    assert_eq!((&stats["min"], &stats["max"]), (&json!(i64::MAX - 1), &json!(i64::MAX)));
}

#[test]
fn find_compares_fields() {
    let (_folder, place) = three_runs();
    assert_eq!(printed(&["find", &place, "--where", "alpha > 0.3"]), "runs/b\n");
    assert_eq!(printed(&["find", &place, "runs/**", "--where", "alpha<0.3", "--where", "steps[2] = 3"]), "runs/a\n");
    assert_eq!(printed(&["find", &place, "other/*", "--where", "name contains first"]), "other/c\n");
    assert_eq!(json(&["find", &place, "--where", "alpha > 0.3"])[0]["fields"]["alpha"], 0.5);
    std::fs::write(Path::new(&place).join("runs/a"), "").unwrap();
    let output = arraystow(&["find", &place, "--where", "alpha == 0.5"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b"runs/b\n"[..], Some(1)), "{error}");
    assert!(error.contains("runs/a"), "{error}");
    let (code, error) = refused(&["find", &place, "--where", "alpha"]);
    assert!(code == 2 && error.contains("params.alpha > 0.3"), "{error}");
}

#[test]
fn diff_prints_what_differs() {
    let (_folder, place) = three_runs();
    assert_eq!(printed(&["diff", &place, "runs/a", "runs/a"]), "");
    let diff = |arguments: &[&str]| {
        let output = arraystow(&[&["diff", &place], arguments].concat());
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(diff(&["runs/a", "runs/b"]), "~ alpha: 0.1 -> 0.5\n");

    let storage = Storage::open(&place).unwrap();
    let mut other = run(f64::NAN);
    other.steps = vec![1, 5];
    let changed = Array2::from_shape_fn((60, 40), |(i, j)| match (i, j) {
        (i, j) if i == j => f32::NAN,
        (50, 30) => 2032.5,
        (2, 30) => f32::NAN,
        _ => (i * 40 + j) as f32,
    });
    // Other chunks are no difference, and a NaN is equal to a NaN.
    let field = ChunkedArray::from_ndarray(changed, &[60, 10]).unwrap().with_dims(["y", "x"]).unwrap();
    other.field = field.with_attr("units", "m s-1").unwrap();
    other.mask = other.mask.slice(ndarray::s![..99, ..]).to_owned();
    storage.save("other/d", &other).unwrap();
    let found = diff(&["other/c", "other/d"]);
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines[..2], ["~ steps[1]: 2 -> 5", "- steps[2]: 3"]);
    assert_eq!(lines[2], "~ field: 2 of 2400 elements differ, by up to 2.5, first at [2, 30]");
    assert!(lines[3].starts_with("~ mask: bool[100, 100] ") && lines[3].contains("-> bool[99, 100] "), "{found}");
    assert_eq!(lines.len(), 4, "{found}");

    let other_place = tempfile::tempdir().unwrap();
    Storage::open(other_place.path()).unwrap().save("runs/a", &(1, "text")).unwrap();
    let found = diff(&["runs/a", "--in", other_place.path().to_str().unwrap(), "--json"]);
    let found: Json = serde_json::from_str(&found).unwrap();
    let whole = json!({ "path": "", "change": "changed", "from": "a map of 5 fields", "to": "a list of 2 values" });
    assert_eq!(found, json!([whole]));
    let (code, error) = refused(&["diff", &place, "runs/a"]);
    assert!(code == 2 && error.contains("--in"), "{error}");
}

#[derive(Serialize)]
struct Link {
    number: u32,
    next: Option<Shared<Link>>,
}

fn chain(links: u32) -> Shared<Link> {
    let first = Shared::new(Link { number: 0, next: None });
    (1..links).fold(first, |next, number| Shared::new(Link { number, next: Some(next) }))
}

#[test]
fn long_chains_of_shared_values_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let storage = Storage::open(place).unwrap();
    storage.save("short", &chain(100)).unwrap();
    storage.save("long", &chain(20_000)).unwrap();
    assert!(printed(&["show", place, "short"]).contains("number: 99"));
    assert_eq!(printed(&["diff", place, "short", "short"]), "");
    for arguments in
        [&["show", place, "long"][..], &["show", place, "long", "--json"], &["diff", place, "long", "short"]]
    {
        let (code, error) = refused(arguments);
        assert!(code == 1 && error.contains("more than 1000 levels deep"), "{arguments:?}: {error}");
    }
}

#[test]
fn diff_finds_keys_of_all_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let storage = Storage::open(place).unwrap();
    storage.save("numbers", &std::collections::BTreeMap::from([(1, "a"), (2, "b")])).unwrap();
    storage.save("others", &std::collections::BTreeMap::from([(2, "c"), (3, "d")])).unwrap();
    storage.save("texts", &std::collections::BTreeMap::from([("1", "a"), ("2", "b")])).unwrap();
    let diff = |one: &str, other: &str| {
        let output = arraystow(&["diff", place, one, other]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(diff("numbers", "others"), "- 1: \"a\"\n~ 2: \"b\" -> \"c\"\n+ 3: \"d\"\n");
    // The number 1 is not the text 1.
    assert_eq!(diff("numbers", "texts").lines().count(), 4);
}

#[test]
fn verify_finds_a_flipped_bit() {
    let (_folder, place) = three_runs();
    assert_eq!(json(&["verify", &place]).as_array().unwrap().len(), 3);
    let file = first_array(&place, "runs/a");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let output = arraystow(&["verify", &place]);
    let (found, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(found.contains(&file.display().to_string()) && said.contains("1 damaged"), "{found}{said}");
    assert_eq!(arraystow(&["verify", &place, "other/*"]).status.code(), Some(0));
}

#[test]
fn cp_mv_and_rm_move_and_remove() {
    let (folder, place) = three_runs();
    let other = folder.path().join("other").display().to_string();
    assert_eq!(json(&["cp", &place, &other, "runs/*"]).as_array().unwrap().len(), 2);
    assert_eq!(printed(&["ls", &other]), "runs/a\nruns/b\n");
    let (code, error) = refused(&["mv", &place, &other, "other/c"]);
    assert!(code == 2 && error.contains("--yes"), "{error}");
    printed(&["mv", &place, &other, "other/c", "--yes"]);
    assert_eq!(
        (printed(&["ls", &place]).as_str(), printed(&["ls", &other]).as_str()),
        ("runs/a\nruns/b\n", "other/c\nruns/a\nruns/b\n")
    );

    let renamed = json(&["rename", &place, "runs/b", "runs/last"]);
    assert_eq!((&renamed["arrays_kept"], &renamed["bytes_written"]), (&json!(2), &json!(0)));
    let (code, error) = refused(&["rename", &place, "runs/last", "runs/a"]);
    assert!(code == 1 && error.contains("\"runs/a\" is in use"), "{error}");
    printed(&["rename", &place, "runs/last", "runs/b"]);

    let (code, _) = refused(&["rm", &place, "runs/a"]);
    assert_eq!(code, 2);
    let (code, error) = refused(&["rm", &place, "runs/x", "--yes"]);
    assert!(code == 1 && error.contains("runs/x"), "{error}");
    printed(&["rm", "--yes", &place, "runs/*"]);
    assert_eq!(printed(&["ls", &place]), "");
    assert_eq!(json(&["verify", &other]).as_array().unwrap().len(), 3);
}

#[test]
fn sweep_removes_leftovers() {
    let (_folder, place) = three_runs();
    assert_eq!(json(&["sweep", &place, "--dry-run"]), json!([]));
    let bigdata = Path::new(&place).join("runs/bigdata");
    let left = bigdata.join("01234567-89ab-4def-8123-456789abcdef");
    std::fs::copy(first_array(&place, "runs/a"), &left).unwrap();
    assert_eq!(json(&["sweep", &place, "--dry-run"])[0]["kind"], json!("array"));
    assert!(left.exists());
    assert_eq!(refused(&["sweep", &place]).0, 2);
    printed(&["sweep", &place, "--yes"]);
    assert!(!left.exists());
}

#[test]
fn export_writes_what_numpy_reads() {
    let (folder, place) = three_runs();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (npy, csv, text) = (file("field.npy"), file("field.csv"), file("run.json"));
    printed(&["export", &place, "runs/a", "--path", "field", &npy]);
    printed(&["export", &place, "runs/a", "--path", "field", &csv]);
    printed(&["export", &place, "runs/a", &text]);
    let (code, error) = refused(&["export", &place, "runs/a", "--path", "field", &npy]);
    assert!(code == 2 && error.contains("--force"), "{error}");
    let script = "import sys, numpy as np\n\
                  expected = np.arange(2400, dtype='f4').reshape(60, 40)\n\
                  expected[np.arange(40), np.arange(40)] = np.nan\n\
                  npy = np.load(sys.argv[1])\n\
                  assert npy.dtype == np.float32\n\
                  np.testing.assert_array_equal(npy, expected)\n\
                  np.testing.assert_array_equal(np.loadtxt(sys.argv[2], delimiter=',').astype('f4'), expected)\n";
    arraystow_tests::python_env::run(&["numpy==2.2.6"], script, &[&npy, &csv]);
    let value: Json = serde_json::from_slice(&std::fs::read(&text).unwrap()).unwrap();
    assert_eq!(value["steps"], json!([1, 2, 3]));

    // And back.
    printed(&["import", &npy, &place, "back"]);
    let storage = Storage::open(&place).unwrap();
    let back: ChunkedArray<f32> = storage.load("back").unwrap();
    assert_eq!((back.shape(), back.skip_nan().max().unwrap()), (&[60, 40][..], 2399.0));
    let (code, error) = refused(&["import", &npy, &place, "back"]);
    assert!(code == 1 && error.contains("back"), "{error}");
}

#[test]
fn export_writes_pictures_parts_and_elements() {
    let (folder, place) = three_runs();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (png, part, elements, packed) = (file("field.png"), file("part.npy"), file("field.json"), file("run.h5"));
    printed(&["export", &place, "runs/a", "--path", "field", &png]);
    assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(refused(&["export", &place, "runs/a", "--path", "field", &png]).0, 2);
    printed(&["export", &place, "runs/a", "--path", "field", "--slice", "y=3, x=:4", &part]);
    printed(&["import", &part, &place, "part"]);
    let back: ChunkedArray<f32> = Storage::open(&place).unwrap().load("part").unwrap();
    assert_eq!(back.slice(ndarray::s![..3]).unwrap().compute().unwrap(), array![120.0, 121.0, 122.0].into_dyn());
    assert_eq!(back.shape(), [4]);

    printed(&["export", &place, "runs/a", "--path", "field", &elements]);
    let lists: Json = serde_json::from_slice(&std::fs::read(&elements).unwrap()).unwrap();
    assert_eq!((&lists[0][0], &lists[59][39], lists.as_array().unwrap().len()), (&json!("NaN"), &json!(2399.0), 60));
    printed(&["export", &place, "runs/a", "--path", "mask", "--slice", "0, :3", "--force", &elements]);
    let lists: Json = serde_json::from_slice(&std::fs::read(&elements).unwrap()).unwrap();
    assert_eq!(lists, json!([false, true, true]));
    let (code, error) = refused(&["export", &place, "runs/a", "--slice", "0", "--force", &elements]);
    assert!(code == 2 && error.contains("--path"), "{error}");

    printed(&["export", &place, "runs/a", &packed]);
    let array = arraystow::Hdf5File::open(&packed).unwrap().array("/field").unwrap();
    assert_eq!((array.shape(), array.dims()), (&[60, 40][..], Some(&["y".to_owned(), "x".to_owned()][..])));
    assert_eq!(refused(&["export", &place, "runs/a", "--path", "field", &packed]).0, 2);
    assert_eq!(refused(&["export", &place, "runs/a", &file("run.txt")]).0, 2);
}

#[test]
fn import_reads_hdf5_and_zarr() {
    let (_folder, place) = three_runs();
    let file = first_array(&place, "runs/a").display().to_string();
    printed(&["import", &file, &place, "again", "--array", "dask_arrays"]);
    let again: ChunkedArray<f32> = Storage::open(&place).unwrap().load("again").unwrap();
    assert_eq!((again.shape(), again.dims().unwrap()), (&[60, 40][..], &["y".to_owned(), "x".to_owned()][..]));
    let (code, error) = refused(&["import", "/nowhere", &place, "x"]);
    assert!(code == 1 && error.contains("/nowhere"), "{error}");
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let (code, error) = refused(&["show", &place, "nothing", "--json"]);
    let error: Json = serde_json::from_str(&error).unwrap();
    assert_eq!((code, &error["error"]["kind"]), (1, &json!("not_found")));
    let (code, error) = refused(&["ls", &folder.path().join("no").display().to_string()]);
    assert!(code == 1 && error.contains("there is no storage"), "{error}");
    assert_eq!(refused(&["nonsense"]).0, 2);
}

#[test]
fn the_demo_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("demo").display().to_string();
    let text = printed(&["demo", &place]);
    assert!(text.contains("└── two-stones") && text.contains("height (m)"), "{text}");
    // Every line that it proposes works, and is found by its program's path.
    let program = env!("CARGO_BIN_EXE_arraystow");
    let proposed: Vec<&str> = text.lines().filter(|line| line.starts_with(program)).collect();
    assert!(proposed.len() > 8, "{text}");
    // A second time, what is there stays.
    let modified = |place: &str| json(&["ls", "-l", place])[0]["modified"].clone();
    let before = modified(&place);
    assert!(printed(&["demo", &place]).contains("stays as it is"));
    assert_eq!(modified(&place), before);
    for line in proposed.iter().filter(|line| ![" browse ", " serve "].iter().any(|live| line.contains(live))) {
        let line = if line.contains(" rm ") { line.replacen(" rm ", " rm --yes ", 1) } else { (*line).to_owned() };
        let output = Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(folder.path().join("two-stones.h5").exists() && folder.path().join("height.npy").exists());
    assert_eq!(printed(&["ls", &place]), "");
    assert!(printed(&["completions", "bash"]).contains("_arraystow"));
    let manual = printed(&["man"]);
    for part in [".TH arraystow", "arraystow\\-find", "\\-\\-where", "\\-\\-chunks"] {
        assert!(manual.contains(part), "{part}: {manual}");
    }
}

#[test]
fn import_finds_the_only_array_of_a_zarr_store() {
    let folder = tempfile::tempdir().unwrap();
    let (zarr, place) = (folder.path().join("zarr"), folder.path().join("place").display().to_string());
    let storage = Storage::builder(&zarr).array_format(arraystow::ArrayFormat::Zarr).open().unwrap();
    storage.save("one", &ChunkedArray::from(array![[1_i16, 2], [3, 4]])).unwrap();
    let group = zarr.join("bigdata/dask_arrays").display().to_string();
    printed(&["import", &group, &place, "one"]);
    let one: ChunkedArray<i16> = Storage::open(&place).unwrap().load("one").unwrap();
    assert_eq!(one.compute().unwrap(), array![[1, 2], [3, 4]].into_dyn());
}

#[test]
#[cfg(unix)]
fn an_interrupt_takes_back_what_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place").display().to_string();
    let zeros =
        ChunkedArray::from_fn(&[32_768, 1024], &[1024, 1024], |region| ndarray::ArrayD::<f32>::zeros(region.shape()));
    Storage::open(&place).unwrap().save("zeros", &zeros.unwrap()).unwrap();
    let file = folder.path().join("zeros.npy");
    let mut export = Command::new(env!("CARGO_BIN_EXE_arraystow"));
    let export = export.args(["export", &place, "zeros"]).arg(&file).stderr(std::process::Stdio::piped());
    let mut export = export.spawn().unwrap();
    let is_part = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().ends_with(".part");
    let has_part = || std::fs::read_dir(folder.path()).unwrap().any(|entry| is_part(entry.unwrap()));
    while !has_part() {
        assert!(export.try_wait().unwrap().is_none(), "it ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-TERM", &export.id().to_string()]).status().unwrap().success());
    let output = export.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("removing what is incomplete"), "{said}");
    assert!(!has_part() && !file.exists());
}
