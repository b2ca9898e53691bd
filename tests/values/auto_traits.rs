//! Which types may go to other threads, be moved while they are pinned, and be used after a panic. A change of a
//! private field can take this from users without a compile error here.

use arraystow::*;
use std::collections::BTreeSet;
use std::panic::{RefUnwindSafe, UnwindSafe};

fn of_threads<T: Send + Sync + Unpin>() {}
fn of_data<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}

/// Checks the types, and returns their names without parameters.
macro_rules! check {
    ($which:ident: $($name:ident $(<$($of:ty),*>)?),* $(,)?) => {{
        $($which::<$name $(<$($of),*>)?>();)*
        vec![$(stringify!($name)),*]
    }};
}

/// Traits, aliases and macros of the root.
const OTHERS: [&str; 18] = [
    "Arithmetic",
    "ChunkSource",
    "Element",
    "FileHandle",
    "FileProtocol",
    "FromPlainArray",
    "IntoChunk",
    "Number",
    "Operand",
    "Persistent",
    "PersistentSerializer",
    "PlainArray",
    "PlainReader",
    "RealElement",
    "Reduction",
    "Result",
    "S3Protocol",
    "Summable",
];

#[test]
fn every_public_type_has_the_auto_traits_that_its_users_need() {
    // Plain data.
    let data = check!(of_data:
        AnyNdArray, ArrayAction, ArrayForm, ArrayFormat, ArrayInfo, Attr, ChunkGrid, Chunking, Codec, Comparison, DataType, Durability,
        EncodedNdArray, EnumType, ErrorKind, ExternalObjectInfo, Field, Format, Leftover, LeftoverKind, Limits, ListEntry,
        MissingRegion, OpenMode, Padding<f64>, PersistentId, Receipt, RecordType, Region, RepairedArray, SaveReport, SubarrayType, TaskProgress, Ticket, TimeUnit, ValueInfo,
        VerifyDepth, Version, ZarrVersion,
    );
    // These hold what users bring: sources of chunks, protocols, serializers, errors. Those may not be safe after a
    // panic.
    let shared = check!(of_threads:
        AnyArray, AnySlot, ArrayPreview, SavePreview, ChunkedArray<f64>, Chunks<f64>, Error, FileReader, FileWriter, FoundArray, FoundArrays, Hdf5File, InlineArray, LocalFiles,
        ObjectStoreProtocol, PackedFile, Protocols, Session, Shared<f64>, SkipNan<f64>, Slot<f64>, Storage, StorageBuilder, Task, Value, WeakShared<f64>,
        Query, QueryMatch, Repair, Sweep, Verification, ZarrStore,
    );
    of_threads::<persistent::ExternalFiles>();
    of_data::<FixedBytes<8>>();
    of_data::<FixedText<8>>();

    let checked: BTreeSet<&str> =
        data.into_iter().chain(shared).chain(["FixedBytes", "FixedText"]).chain(OTHERS).collect();
    assert_eq!(checked, exported(), "a name of the root is missing here, or one here is gone");
}

/// Returns the names of types, traits and aliases that the root of the crate exports.
fn exported() -> BTreeSet<&'static str> {
    let root = include_str!("../../src/lib.rs").split("pub mod __private").next().unwrap();
    let exports = root.split("pub use ").skip(1).map(|rest| rest.split(';').next().unwrap());
    let names = exports.flat_map(|export| export.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    names.filter(|name| name.starts_with(char::is_uppercase)).collect()
}
