//! The order of the modules: a file may name, after `crate::` or `super::`, only modules that come before its own.
//!
//! Names that stand in comments, in documentation and in unit tests do not count.

use super::Result;
use super::imports::{Imports, Names};
use std::collections::{BTreeMap, BTreeSet};

/// The modules of the crate, lowest first. `conformance` is above all of them.
const CRATE: [&str; 14] = [
    "error",
    "near",
    "lock",
    "trace",
    "per_process",
    "limits",
    "task",
    "array",
    "protocol",
    "backend",
    "engine",
    "foreign",
    "plugin",
    "storage",
];
/// The modules of the plug-in, lowest first.
const PLUGIN: [&str; 12] =
    ["document", "format", "external", "shared", "walk", "ser", "de", "drive", "fields", "resolver", "write", "api"];
/// Files that import each other, because what they work on contains itself.
const CIRCLES: [&[&str]; 5] = [
    // A data type is made of data types.
    &[
        "array/data_type",
        "array/data_type/enumeration",
        "array/data_type/notation",
        "array/data_type/record",
        "array/data_type/subarray",
    ],
    // A type of elements has a number's operations, or none, and its bytes.
    &["array/element", "array/encoding", "array/number"],
    // A field of records is an array of any type.
    &["array/any_ndarray", "array/encoded_ndarray"],
    // An array is computed from arrays.
    &["array/chunked", "array/erased", "array/evaluation", "array/source", "array/stored"],
    // A block of an HDF5 file leads to blocks.
    &[
        "backend/hdf5/watch",
        "backend/hdf5/watch/arrays",
        "backend/hdf5/watch/headers",
        "backend/hdf5/watch/heaps",
        "backend/hdf5/watch/records",
        "backend/hdf5/watch/trees",
        "backend/hdf5/watch/types",
    ],
];

#[test]
fn modules_import_only_from_those_before_them() -> Result<()> {
    let mut wrong = Vec::new();
    for (file, imports) in Imports::read()?.names() {
        let Some(own) = file.first().and_then(|name| place(&CRATE, name)) else { continue };
        for import in imports {
            match import.first().map(|name| place(&CRATE, name)) {
                Some(Some(there)) if there <= own => {}
                _ => wrong.push(format!("{} imports {}", file.join("::"), import.join("::"))),
            }
        }
    }
    assert!(wrong.is_empty(), "against the order {CRATE:?}:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn rooms_of_the_plugin_import_only_from_those_before_them() -> Result<()> {
    let mut wrong = Vec::new();
    for (file, imports) in Imports::read()?.names() {
        let [first, room, ..] = file.as_slice() else { continue };
        if first != "plugin" {
            continue;
        }
        let own = place(&PLUGIN, room).ok_or_else(|| format!("the room {room} has no place in the order"))?;
        for import in imports.iter().filter(|import| import.first() == Some(first)) {
            match import.get(1).map(|name| place(&PLUGIN, name)) {
                Some(Some(there)) if there <= own => {}
                _ => wrong.push(format!("{} imports {}", file.join("::"), import.join("::"))),
            }
        }
    }
    assert!(wrong.is_empty(), "against the order {PLUGIN:?}:\n{}", wrong.join("\n"));
    Ok(())
}

/// A file that imports what another one exports again imports from the file that defines it.
#[test]
fn files_make_no_circles_but_the_known_ones() -> Result<()> {
    let imports = Imports::read()?;
    let edges = imports.edges();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for file in edges.keys() {
        let there_and_back =
            reachable(&edges, file).into_iter().filter(|other| reachable(&edges, other).contains(file));
        let circle: Vec<String> = there_and_back.map(|other| other.join("/")).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let known: BTreeSet<Vec<String>> =
        CIRCLES.iter().map(|circle| circle.iter().map(|&file| file.to_owned()).collect()).collect();
    assert_eq!(circles, known);
    Ok(())
}

fn reachable<'a>(edges: &BTreeMap<&'a Names, BTreeSet<&'a Names>>, from: &'a Names) -> BTreeSet<&'a Names> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        open.extend(edges.get(at).into_iter().flatten().filter(|next| seen.insert(**next)).copied());
    }
    seen
}

fn place(order: &[&str], name: &str) -> Option<usize> {
    order.iter().position(|module| *module == name)
}
