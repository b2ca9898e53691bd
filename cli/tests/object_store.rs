//! The command on an S3 server: what it prints is what it prints of a folder with the same values.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "s3")]

use arraystow::{ArrayFormat, ChunkedArray, Storage};
use arraystow_s3_server::{BUCKET, Server};
use ndarray::{Array2, ArrayD, IxDyn};
use serde::Serialize;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

#[derive(Serialize)]
struct Run {
    alpha: f64,
    field: ChunkedArray<f32>,
    mask: Array2<bool>,
}

fn run(alpha: f64) -> Run {
    let field = ArrayD::from_shape_fn(IxDyn(&[3, 60, 40]), |at| match at[1] == at[2] {
        true => f32::NAN,
        false => (at[0] * 2400 + at[1] * 40 + at[2]) as f32 * alpha as f32,
    });
    let field = ChunkedArray::from_ndarray(field, &[1, 25, 20]).unwrap().with_dims(["time", "y", "x"]).unwrap();
    Run { alpha, field: field.with_attr("units", "K").unwrap(), mask: Array2::from_shape_fn((99, 99), |(i, j)| i < j) }
}

/// Two runs on a server, and the same in a folder of Zarr arrays.
struct Places {
    server: Server,
    folder: TempDir,
}

impl Places {
    fn new() -> Self {
        let places = Self { server: Server::start(), folder: tempfile::tempdir().unwrap() };
        let builder = Storage::builder(places.local()).array_format(ArrayFormat::Zarr);
        for storage in [builder.open().unwrap(), places.server.storage("root")] {
            for (name, alpha) in [("runs/a", 0.1), ("runs/b", 0.5)] {
                storage.save(name, &run(alpha)).unwrap();
            }
        }
        places
    }

    fn remote(&self) -> String {
        format!("s3://{BUCKET}/root")
    }

    fn local(&self) -> PathBuf {
        self.folder.path().join("storage")
    }

    /// A file that a command writes.
    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn start(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arraystow"));
        let options = self.server.options().into_iter().map(|(key, value)| (key.to_uppercase(), value));
        command.args(arguments).envs(options).env_remove("COLORTERM").output().unwrap()
    }

    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.start(arguments);
        // `diff` has found differences.
        let is_done = matches!(output.status.code(), Some(0 | 3));
        assert!(is_done, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command prints of the value on the server is what it prints of the one in the folder.
    #[track_caller]
    fn agree(&self, command: &str, arguments: &[&str]) -> String {
        let on = |place: &str| self.printed(&[&[command, place], arguments].concat()).replace(place, "PLACE");
        let (remote, local) = (on(&self.remote()), on(self.local().to_str().unwrap()));
        assert_eq!(remote, local, "{command} {arguments:?}");
        remote
    }

    /// The file that a command writes of the value on the server is the one that it writes of the one in the folder.
    #[track_caller]
    fn files_agree(&self, command: &str, arguments: &[&str], name: &str) {
        let on = |place: &str, side: &str| {
            let file = self.file(&format!("{side}-{name}"));
            let output = if command == "export" { vec![file.as_str()] } else { vec!["-o", file.as_str()] };
            self.printed(&[&[command, place], arguments, &output].concat());
            std::fs::read(file).unwrap()
        };
        let same = on(&self.remote(), "remote") == on(self.local().to_str().unwrap(), "local");
        assert!(same, "{command} {arguments:?}: {name}");
    }
}

#[test]
fn what_only_reads_prints_the_same() {
    let places = Places::new();
    assert_eq!(places.agree("ls", &[]), "runs/a\nruns/b\n");
    assert!(places.agree("tree", &[]).contains("field"));
    assert!(places.agree("show", &["runs/a"]).contains("float32[3, 60, 40]"));
    assert!(places.agree("stats", &["runs/a", "field"]).contains("7200 elements, 120 NaN"));
    places.agree("head", &["runs/a", "field"]);
    places.agree("find", &["runs/*", "--where", "alpha > 0.3"]);
    places.agree("diff", &["runs/a", "runs/b"]);
    places.agree("verify", &["runs/a"]);
    // Documents in a store also have the metadata of small arrays.
    assert!(places.printed(&["du", &places.remote()]).contains("2 values  runs"));
    places.agree("sweep", &["--dry-run"]);
}

#[test]
fn pictures_are_the_same() {
    let places = Places::new();
    for slice in ["0, :, :", "time=2", ":, 7, 30"] {
        let text = places.agree("plot", &["runs/a", "field", "--slice", slice, "--colors", "true", "--size", "60x20"]);
        assert!(text.contains('\u{1b}') || slice.starts_with(':'), "{slice}: {text}");
    }
    places.agree("plot", &["runs/a", "field", "--histogram"]);
    places.files_agree("plot", &["runs/a", "field", "--slice", "1, :, :"], "field.png");
    places.files_agree("plot", &["runs/a", "field", "--slice", "1, :, :"], "field.svg");
    // A picture of few elements reads only the chunks of its slice.
    let chunks = |slice: &str| {
        places.server.requests();
        places.printed(&["plot", &places.remote(), "runs/a", "field", "--slice", slice]);
        places.server.requests().get("GET").copied().unwrap_or(0)
    };
    let (one, all) = (chunks("0, :20, :20"), chunks(":, 7, 30"));
    assert!(one < all && all <= one + 3, "{one} and {all} gets");
}

#[test]
fn exports_are_the_same() {
    let places = Places::new();
    for name in ["field.npy", "field.json"] {
        places.files_agree("export", &["runs/a", "--path", "field"], name);
    }
    places.files_agree("export", &["runs/a", "--path", "mask"], "mask.csv");
    // Both are read back from the packed file.
    let packed = places.file("a.h5");
    places.printed(&["pack", &places.remote(), "runs/a", "-o", &packed]);
    places.printed(&["unpack", &packed, &places.remote(), "runs/again"]);
    let difference = places.printed(&["diff", &places.remote(), "runs/a", "runs/again"]);
    assert_eq!(difference, places.printed(&["diff", &places.remote(), "runs/a", "runs/a"]));
}

#[test]
fn values_go_to_a_server_and_back() {
    let places = Places::new();
    let (local, remote) = (places.local(), places.remote());
    let (local, other) = (local.to_str().unwrap(), places.file("back"));
    places.printed(&["cp", local, &format!("{remote}/copies"), "runs/*"]);
    places.printed(&["mv", &format!("{remote}/copies"), &other, "runs/*", "--yes"]);
    assert_eq!(places.printed(&["ls", &format!("{remote}/copies")]), "");
    let stats = |place: &str| -> Json {
        let stats = places.printed(&["stats", place, "runs/b", "field", "--json"]);
        let mut stats: Json = serde_json::from_str(&stats).unwrap();
        // The other folder has it in HDF5.
        stats["array"].take();
        stats
    };
    assert_eq!(stats(local), stats(&other));
    places.printed(&["rename", &remote, "runs/a", "runs/c"]);
    places.printed(&["rm", &remote, "runs/b", "--yes"]);
    places.printed(&["repack", &remote, "runs/c", "--codec", "zstd:3"]);
    assert_eq!(places.printed(&["ls", &remote]), "runs/c\n");
    assert!(places.printed(&["show", &remote, "runs/c"]).contains("zstd:3"));
    places.printed(&["rm", &remote, "runs/c", "--yes"]);
    places.printed(&["sweep", &remote, "--yes"]);
    let left: Vec<String> = places.server.keys().into_iter().filter(|key| !key.ends_with(".index")).collect();
    assert!(left.iter().all(|key| Path::new(key).ends_with("zarr.json")), "{left:?}");
}

#[test]
fn copies_from_hdf5_to_a_server_are_continued() {
    let places = Places::new();
    let (folder, remote) = (places.file("hdf5"), format!("{}/copies", places.remote()));
    let here = Storage::open(&folder).unwrap();
    for (name, alpha) in [("runs/a", 0.1), ("runs/b", 0.5)] {
        here.save(name, &run(alpha)).unwrap();
    }
    places.printed(&["cp", &folder, &remote, "runs/*"]);
    // The second one finds its copies.
    let again: Json = serde_json::from_str(&places.printed(&["cp", &folder, &remote, "runs/*", "--json"])).unwrap();
    assert!(again.as_array().unwrap().iter().all(|copied| copied["report"]["arrays_written"] == 0), "{again}");
    // Nothing of the arrays is read, however many chunks they have.
    places.server.requests();
    assert_eq!(places.printed(&["diff", &folder, "runs/a", "--in", &remote]), "");
    let gets = places.server.requests().get("GET").copied().unwrap_or(0);
    assert!(gets < 18, "{gets} gets for arrays of 19 chunks");

    places.server.storage("root/copies").save("runs/b", &run(0.7)).unwrap();
    for arguments in [&["cp", &folder, &remote, "runs/*"][..], &["mv", &folder, &remote, "runs/*", "--yes"]] {
        let output = places.start(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains("\"runs/b\" exists in "), "{error}");
        assert!(here.contains("runs/a").unwrap() && here.contains("runs/b").unwrap());
    }
    // A move that was killed before its removal goes on.
    places.printed(&["mv", &folder, &remote, "runs/a", "--yes"]);
    assert_eq!(places.printed(&["ls", &folder]), "runs/b\n");
    assert!(places.printed(&["stats", &remote, "runs/a", "field"]).contains("7200 elements, 120 NaN"));
}

#[test]
fn a_difference_reads_only_chunks_that_differ() {
    let places = Places::new();
    let (folder, remote) = (places.file("hdf5"), places.remote());
    let mut field = Array2::<f32>::from_shape_fn((100, 512), |(i, j)| (i * 512 + j) as f32);
    for (name, number) in [("steps/1", 0.5), ("steps/2", 2.0)] {
        field[[37, 5]] = number;
        let chunked = ChunkedArray::from_ndarray(field.clone(), &[1, 512]).unwrap();
        places.server.storage("root").save(name, &chunked).unwrap();
        // Ten chunks in an object.
        places.server.builder("shards").shard_bytes(20 << 10).open().unwrap().save(name, &chunked).unwrap();
        Storage::open(&folder).unwrap().save(name, &chunked).unwrap();
    }
    let expected = "~ (the value): 1 of 51200 elements differ, by up to 1.5, first at [37, 5]\n";
    for place in [remote.clone(), format!("s3://{BUCKET}/shards")] {
        places.server.requests();
        assert_eq!(places.printed(&["diff", &place, "steps/1", "steps/2"]), expected);
        let gets = places.server.requests().get("GET").copied().unwrap_or(0);
        assert!(gets < 30, "{place}: {gets} gets for two arrays of 100 chunks, of which one differs");
    }

    // In a folder, damage in another chunk is not seen: it is not read.
    assert_eq!(places.printed(&["diff", &folder, "steps/1", "steps/2"]), expected);
    let file = &Storage::open(&folder).unwrap().info("steps/2").unwrap().arrays[0].file;
    let file = Path::new(&folder).join("steps/bigdata").join(file);
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(4).position(|window| window == 40_000_f32.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(places.printed(&["diff", &folder, "steps/1", "steps/2"]), expected);
    assert_eq!(places.start(&["verify", &folder, "steps/2"]).status.code(), Some(3));
    // Other chunks, or another codec, are compared by their elements.
    places.printed(&["repack", &remote, "steps/1", "--codec", "zstd"]);
    assert_eq!(places.printed(&["diff", &remote, "steps/1", "steps/2"]), expected);
}

#[test]
fn options_are_those_of_the_urls() {
    let places = Places::new();
    let options: Vec<String> =
        places.server.options().into_iter().map(|(key, value)| format!("--option={key}={value}")).collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_arraystow")).args(arguments).args(&options).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let (local, copies) = (places.local(), format!("{}/copies", places.remote()));
    let local = local.to_str().unwrap();
    run(&["cp", local, &copies, "runs/*"]);
    assert_eq!(run(&["ls", &copies]), "runs/a\nruns/b\n");
    assert_eq!(run(&["diff", local, "runs/a", "--in", &copies]), "");
    run(&["import", &format!("{copies}/runs/bigdata/dask_arrays"), local, "imported", "--array", &field(local)]);
    let imported: ChunkedArray<f32> = Storage::open(local).unwrap().load("imported").unwrap();
    assert_eq!(imported.shape(), [3, 60, 40]);
    run(&["mv", &copies, local, "runs/*", "--yes"]);
    assert_eq!(run(&["ls", &copies]), "");
}

/// The name of the first array of `runs/a`.
fn field(place: &str) -> String {
    Storage::open(place).unwrap().info("runs/a").unwrap().arrays[0].file.clone()
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let places = Places::new();
    let output = Command::new(env!("CARGO_BIN_EXE_arraystow"))
        .args([
            "ls",
            &places.remote(),
            "--option",
            "aws_endpoint=http://127.0.0.1:9",
            "--option",
            "aws_allow_http=true",
        ])
        .args([
            "--option",
            "aws_access_key_id=a",
            "--option",
            "aws_secret_access_key=hidden",
            "--option",
            "aws_region=us-east-1",
        ])
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && errors.contains("127.0.0.1:9") && !errors.contains("hidden"), "{errors}");
}
