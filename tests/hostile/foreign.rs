//! HDF5 files of other programs, opened by the paths of their datasets and listed.

use crate::support::{refused, soon};
use arraystow::{ErrorKind, FoundArrays, Hdf5File};
use arraystow_tests::python_env;
use std::path::Path;

const MAKE: &str = r#"
import sys, numpy as np, h5py
folder = sys.argv[1]
def new(name, libver): return h5py.File(f"{folder}/{name}-{libver}", "w", libver=libver)
for libver in ["earliest", "latest"]:
    if "many" in sys.argv:
        with new("many", libver) as file:
            group = file.create_group("many")
            target = group.create_dataset("target", data=np.arange(3.0))
            for number in range(60_000):
                group.id.links.create_hard(b"link %06d" % number, group.id, b"target")
    if "deep" in sys.argv:
        with new("deep", libver) as file:
            group = file
            for level in range(4_000):
                group = group.create_group("g" * 50)
            group["x"] = 1.0
    if "circles" in sys.argv:
        with new("circles", libver) as file:
            for outer in range(30):
                for inner in range(30):
                    file[f"{outer}/{inner}"] = file["/"]
            file["x"] = np.arange(3.0)
    if "names" in sys.argv:
        with new("names", libver) as file:
            for name in [b"\xff\xfe", b"\x1b[31mred", b"line\nbreak", "é".encode(), b"n" * 60_000, b" ", b".."]:
                file.id.links.create_soft(b"soft " + name[:10], b"/" + name)
                h5py.h5d.create(file.id, name, h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((3,)))
            file["long"] = h5py.SoftLink("/" + "long/" * 10_000)
            file["longer"] = h5py.SoftLink("x" * 60_000)
"#;

/// Of all files those of some names; making the others takes a while.
fn make(wanted: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&[folder.path().to_str().unwrap()], wanted].concat();
    python_env::run(python_env::HDF5, MAKE, &arguments);
    folder
}

fn list(folder: &Path, name: &str) -> FoundArrays {
    let file = Hdf5File::open(folder.join(name)).unwrap();
    soon(name, move || file.arrays("/").unwrap())
}

#[test]
fn groups_of_many_links_nested_groups_and_circles_are_listed_in_bounded_time() {
    let folder = make(&["many", "deep", "circles"]);
    for libver in ["earliest", "latest"] {
        let many = list(folder.path(), &format!("many-{libver}"));
        assert!(!many.is_complete);
        assert!((9_000..=10_000).contains(&many.arrays.len()), "{}", many.arrays.len());
        let deep = list(folder.path(), &format!("deep-{libver}"));
        assert!(!deep.is_complete && deep.arrays.is_empty(), "{deep:?}");
        let circles = list(folder.path(), &format!("circles-{libver}"));
        assert!(circles.is_complete);
        assert_eq!(circles.arrays.iter().map(|found| found.path.as_str()).collect::<Vec<_>>(), ["/x"]);
    }
}

#[test]
fn a_path_is_followed_in_bounded_time() {
    let folder = make(&["many", "deep", "circles"]);
    for libver in ["earliest", "latest"] {
        let open = |name: &str| Hdf5File::open(folder.path().join(format!("{name}-{libver}"))).unwrap();
        let file = open("many");
        soon("a link among many", move || {
            assert_eq!(file.array("many/link 059999").unwrap().to_bytes().unwrap().len(), 24);
            refused("no link among many", file.array("many/link 060000"), &[ErrorKind::NotFound]);
        });
        let file = open("circles");
        soon("a long way round", move || {
            let path = "1/2/".repeat(10_000) + "x";
            assert_eq!(file.array(&path).unwrap().shape(), [3]);
        });
        let file = open("deep");
        let path = format!("{}/", "g".repeat(50)).repeat(4_000) + "x";
        soon("a deep way", move || assert_eq!(file.array(&path).unwrap().shape(), [0_usize; 0]));
    }
}

#[test]
fn names_are_shown_as_text() {
    let folder = make(&["names"]);
    for libver in ["earliest", "latest"] {
        let name = format!("names-{libver}");
        let found = list(folder.path(), &name);
        assert!(found.is_complete);
        assert_eq!(found.arrays.len(), 7);
        let file = Hdf5File::open(folder.path().join(&name)).unwrap();
        let mut unreadable = 0;
        for found in &found.arrays {
            match &found.form {
                Ok(_) => assert_eq!(file.array(&found.path).unwrap().shape(), [3], "{:?}", found.path),
                Err(error) => {
                    assert!(error.to_string().contains("UTF-8"), "{error}");
                    unreadable += 1;
                }
            }
        }
        assert_eq!(unreadable, 1);
        for path in ["\u{1b}[31mblue", "line\n", "long", "longer/x", "soft \u{fffd}"] {
            let file = file.clone();
            let error = soon(path, move || {
                refused(path, file.array(path), &[ErrorKind::NotFound, ErrorKind::Limit, ErrorKind::Unsupported])
            });
            assert!(!error.to_string().contains(['\u{1b}', '\n']), "{error:?}");
        }
    }
}
