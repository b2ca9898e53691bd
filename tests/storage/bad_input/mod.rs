//! What is damaged, missing, exchanged or not ours: a typed error that says where, never a panic, never a wrong value.

mod beginnings;
mod documents;
mod foreign;
mod missing;
mod panics;

use arraystow::{ChunkedArray, Codec, Error, ErrorKind, Format, Storage};
use ndarray::{Array1, Array2, Array3};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize, Debug)]
struct Run {
    name: String,
    field: ChunkedArray<f32>,
}

#[derive(Serialize, Deserialize, Debug)]
struct Runs {
    runs: Vec<Run>,
    mask: Array2<bool>,
}

fn runs() -> Runs {
    let run = |number: usize| Run {
        name: format!("run {number}"),
        field: ChunkedArray::from_ndarray(
            Array2::from_shape_fn((40, 30), |(i, j)| (number * 10_000 + i * 30 + j) as f32),
            &[16, 16],
        )
        .unwrap(),
    };
    Runs { runs: (0..3).map(run).collect(), mask: Array2::from_shape_fn((80, 80), |(i, j)| i > j) }
}

struct Saved {
    folder: tempfile::TempDir,
    storage: Storage,
}

impl Saved {
    fn new(codec: Codec) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).codec(codec).open().unwrap();
        storage.save("sim/all", &runs()).unwrap();
        Self { folder, storage }
    }

    fn document(&self) -> PathBuf {
        self.folder.path().join("sim/all")
    }

    /// The file of the array at that place in the object.
    fn array(&self, path: &str) -> PathBuf {
        let info = self.storage.info("sim/all").unwrap();
        let array = info.arrays.iter().find(|array| array.paths == [path]).unwrap();
        self.folder.path().join("sim/bigdata").join(&array.file)
    }

    fn load(&self) -> Result<Runs, Error> {
        self.storage.load("sim/all")
    }

    /// All three fields, or their errors.
    fn fields(&self) -> Vec<Result<f64, Error>> {
        self.load().unwrap().runs.iter().map(|run| run.field.sum()).collect()
    }
}

/// The error names everything that one needs to find what is wrong.
fn names_everything(error: &Error, path: &str, file: &Path) {
    let text = error.to_string();
    assert_eq!(error.document(), Some("sim/all"), "{text}");
    assert_eq!(error.path(), Some(path), "{text}");
    assert_eq!(error.array(), file.file_name().unwrap().to_str(), "{text}");
    assert!(error.location().unwrap().ends_with(file.file_name().unwrap().to_str().unwrap()), "{text}");
    for part in ["sim/all", path, file.file_name().unwrap().to_str().unwrap()] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn a_document_cut_anywhere_is_corrupt() {
    let saved = Saved::new(Codec::NONE);
    let whole = std::fs::read(saved.document()).unwrap();
    for len in 0..whole.len() {
        std::fs::write(saved.document(), &whole[..len]).unwrap();
        let error = saved.load().unwrap_err();
        assert_eq!((error.kind(), error.document()), (ErrorKind::Corrupt, Some("sim/all")), "{len}: {error}");
        assert!(error.location().unwrap().ends_with("sim/all"), "{error}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    std::fs::write(saved.document(), &longer).unwrap();
    assert!(saved.load().unwrap_err().is_corrupt());
    std::fs::write(saved.document(), &whole).unwrap();
    assert_eq!(saved.load().unwrap().runs.len(), 3);
}

#[test]
fn a_document_altered_anywhere_is_refused() {
    let saved = Saved::new(Codec::NONE);
    let whole = std::fs::read(saved.document()).unwrap();
    for position in 0..whole.len() {
        let mut altered = whole.clone();
        altered[position] ^= 1 << (position % 8);
        std::fs::write(saved.document(), &altered).unwrap();
        let error = saved.load().unwrap_err();
        // In the frame version, a document of a later arraystow.
        let expected = if (8..10).contains(&position) { ErrorKind::Unsupported } else { ErrorKind::Corrupt };
        assert_eq!((error.kind(), error.document()), (expected, Some("sim/all")), "byte {position}: {error}");
    }
}

#[test]
fn halves_of_two_documents_are_no_document() {
    let saved = Saved::new(Codec::NONE);
    let first = std::fs::read(saved.document()).unwrap();
    let mut other = runs();
    other.runs[0].name = "ruin0".to_owned();
    saved.storage.save("sim/all", &other).unwrap();
    let second = std::fs::read(saved.document()).unwrap();
    assert_eq!(first.len(), second.len());
    for at in (0..first.len()).step_by(7).skip(40) {
        std::fs::write(saved.document(), [&first[..at], &second[at..]].concat()).unwrap();
        assert!(saved.load().unwrap_err().is_corrupt(), "joined at {at}");
    }
}

#[test]
fn a_missing_array_hides_nothing_but_itself() {
    let saved = Saved::new(Codec::NONE);
    let file = saved.array("runs[1].field");
    std::fs::remove_file(&file).unwrap();
    let fields = saved.fields();
    assert!(fields[0].is_ok() && fields[2].is_ok());
    let error = fields[1].as_ref().unwrap_err();
    assert!(error.is_gone(), "{error}");
    names_everything(error, "runs[1].field", &file);
}

#[test]
fn a_missing_plain_array_fails_the_load_and_says_which() {
    let saved = Saved::new(Codec::NONE);
    let file = saved.array("mask");
    std::fs::remove_file(&file).unwrap();
    let error = saved.load().unwrap_err();
    assert!(error.is_gone(), "{error}");
    names_everything(&error, "mask", &file);
}

#[test]
fn a_truncated_array_is_corrupt() {
    for codec in [Codec::NONE, Codec::gzip(5).unwrap()] {
        let saved = Saved::new(codec);
        let file = saved.array("runs[1].field");
        let whole = std::fs::read(&file).unwrap();
        for len in (0..whole.len()).step_by(whole.len() / 23) {
            std::fs::write(&file, &whole[..len]).unwrap();
            let fields = saved.fields();
            assert!(fields[0].is_ok() && fields[2].is_ok());
            let error = fields[1].as_ref().unwrap_err();
            assert!(error.is_corrupt(), "{len}: {error:?}");
            names_everything(error, "runs[1].field", &file);
        }
    }
}

#[test]
fn arrays_under_each_others_names_are_found_out() {
    let saved = Saved::new(Codec::NONE);
    let (a, b) = (saved.array("runs[0].field"), saved.array("runs[2].field"));
    let aside = a.with_extension("aside");
    std::fs::rename(&a, &aside).unwrap();
    std::fs::rename(&b, &a).unwrap();
    std::fs::rename(&aside, &b).unwrap();
    let fields = saved.fields();
    assert!(fields[1].is_ok());
    for (field, path, file) in [(&fields[0], "runs[0].field", &a), (&fields[2], "runs[2].field", &b)] {
        let error = field.as_ref().unwrap_err();
        assert!(error.is_corrupt(), "{error:?}");
        names_everything(error, path, file);
    }
}

#[test]
fn a_link_or_a_folder_in_the_place_of_an_array_is_not_opened() {
    let saved = Saved::new(Codec::NONE);
    let file = saved.array("runs[1].field");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &file).unwrap();
    let error = saved.fields().remove(1).unwrap_err();
    names_everything(&error, "runs[1].field", &file);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let error = saved.fields().remove(1).unwrap_err();
    names_everything(&error, "runs[1].field", &file);
}

#[test]
fn another_type_or_rank_than_the_saved_one_is_an_error() {
    let saved = Saved::new(Codec::NONE);

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Typed<T> {
        runs: Vec<Field<T>>,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Field<T> {
        field: T,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Mask<T> {
        mask: T,
    }
    fn refused<T>(result: Result<T, Error>, path: &str, words: &[&str]) {
        let error = result.map(drop).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some(path)), "{error}");
        for word in words {
            assert!(error.to_string().contains(word), "{word} is not in: {error}");
        }
    }
    let storage = &saved.storage;
    refused(storage.load::<Typed<ChunkedArray<f64>>>("sim/all"), "runs[0].field", &["float32", "float64"]);
    refused(storage.load::<Typed<ChunkedArray<bool>>>("sim/all"), "runs[0].field", &["float32", "bool"]);
    let axes = |stored: &'static str, wanted: &'static str| [stored, "number of axes is 2", wanted];
    refused(storage.load::<Typed<Array3<f32>>>("sim/all"), "runs[0].field", &axes("[40, 30]", "asks for 3"));
    refused(storage.load::<Mask<Array1<bool>>>("sim/all"), "mask", &axes("[80, 80]", "asks for 1"));
    refused(storage.load::<Mask<Option<Array3<bool>>>>("sim/all"), "mask", &axes("[80, 80]", "asks for 3"));
    refused(storage.load::<Mask<ndarray::Array0<bool>>>("sim/all"), "mask", &axes("[80, 80]", "asks for 0"));
    refused(storage.load::<Mask<ndarray::Array6<u8>>>("sim/all"), "mask", &axes("[80, 80]", "asks for 6"));
    for error in [
        storage.load::<Mask<Array2<f64>>>("sim/all").unwrap_err(),
        storage.load::<Mask<String>>("sim/all").unwrap_err(),
    ] {
        assert_eq!((error.document(), error.path()), (Some("sim/all"), Some("mask")), "{error}");
        assert!(matches!(error.kind(), ErrorKind::TypeMismatch | ErrorKind::Serde), "{error:?}");
        assert!(!error.to_string().contains("Custom("), "{error}");
    }
    // One that is small enough to be in the document, in each of its formats.
    for format in [Format::Cbor, Format::Json] {
        let storage = Storage::builder(saved.folder.path()).format(format).open().unwrap();
        storage.save("small", &BTreeMap::from([("mask", Array2::from_elem((2, 3), true))])).unwrap();
        refused(storage.load::<Mask<Array1<bool>>>("small"), "mask", &axes("[2, 3]", "asks for 1"));
        refused(storage.load::<Mask<Array3<bool>>>("small"), "mask", &axes("[2, 3]", "asks for 3"));
        let error = storage.load::<Mask<Array2<f64>>>("small").unwrap_err();
        assert!(error.to_string().contains("an array's elements") && !error.to_string().contains("Custom("), "{error}");
    }
}

#[test]
fn an_object_of_which_everything_is_damaged_can_still_be_removed() {
    let saved = Saved::new(Codec::NONE);
    let whole = std::fs::read(saved.document()).unwrap();
    // The body is damaged, an array is missing, another is rubbish.
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    std::fs::write(saved.document(), altered).unwrap();
    std::fs::remove_file(saved.array("mask")).unwrap();
    std::fs::write(saved.array("runs[0].field"), "rubbish").unwrap();
    assert!(saved.load().unwrap_err().is_corrupt());
    saved.storage.remove("sim/all").unwrap();
    assert_eq!(std::fs::read_dir(saved.folder.path()).unwrap().count(), 0);
}
