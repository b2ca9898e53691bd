//! The pages of the repository's folder `docs`. The [`guide`] lists them by subject.
//!
//! They are here in the documentation only; the crate itself has no such module. Their code runs as doc tests.

/// Makes a module of each page, in the order of the guide.
///
/// Markdown uses the first definition of a link. The definitions before a page replace those in the page, which lead
/// from file to file. A link to the page `a.md` has the label `a`, and one to a heading of it `a heading`.
///
/// The chart of the benchmarks is a file, which the documentation does not have: an empty picture replaces it. The
/// tables of that page have all its numbers.
macro_rules! pages {
    (
        anchors: [$($page:literal $anchor:literal $module:ident),* $(,)?]
        $($name:ident: $file:literal, $what:literal;)*
    ) => {
        macro_rules! links {
            () => {
                concat!(
                    $("[", $file, "]: crate::pages::", stringify!($name), "\n",)*
                    $("[", $page, " ", $anchor, "]: crate::pages::", stringify!($module), "#", $anchor, "\n",)*
                    "[command]: https://github.com/arraystow/arraystow/blob/main/cli/README.md\n",
                    "[python]: https://github.com/arraystow/arraystow/blob/main/python/README.md\n",
                    "[chart]: data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\n",
                )
            };
        }
        $(
            #[doc = $what]
            #[doc = ""]
            #[doc = links!()]
            #[doc = ""]
            #[doc = include_str!(concat!("../docs/", $file, ".md"))]
            pub mod $name {}
        )*
    };
}

pages! {
    anchors: [
        "arrays" "chunk-shapes" arrays,
        "coming-from" "functionfuse" coming_from,
        "elements" "how-they-are-stored" elements,
        "faq" "invalidname" faq,
        "fields" "plain-arrays" fields,
        "guarantees" "arrays-that-grow-and-change" guarantees,
        "guarantees" "in-an-object-store" guarantees,
        "guarantees" "in-folders" guarantees,
        "guarantees" "limits-on-untrusted-input" guarantees,
        "guarantees" "sessions" guarantees,
        "guarantees" "stores-that-ignore-conditions" guarantees,
        "guarantees" "updates" guarantees,
        "labelled-cubes" "in-python" labelled_cubes,
        "labels" "missing-values" labels,
        "labels" "names-and-units" labels,
        "labels" "what-operations-keep" labels,
        "layout" "indexes" layout,
        "layout" "packed-files" layout,
        "other-programs" "one-file-for-a-colleague" other_programs,
        "performance" "memory" performance,
        "storages" "codecs" storages,
        "storages" "searching" storages,
    ]
    guide: "guide", "All pages, by subject.";

    start: "start", "From `cargo add` to a loaded tile.";
    when_not: "when-not", "When not to use arraystow, and what to use instead.";
    coming_from: "coming-from", "From serde with arrays inline, bincode, npy files, plain HDF5, FunctionFuse.";
    building: "building", "What a build needs, and the features.";

    arrays: "arrays", "How chunked arrays are made, computed and printed; all operations.";
    fields: "fields", "Plain arrays, lists, matrices, images; the options of a field.";
    labels: "labels", "Names of axes, units and missing values, which xarray and netCDF read too.";
    elements: "elements", "Elements that are not numbers: dates, strings, records.";
    sharing: "sharing", "Values that occur in several places.";
    external_objects: "external-objects", "Values with files of their own.";
    schema_evolution: "schema-evolution", "What a load does when the type has changed.";

    storages: "storages", "Names, options, updates, searching, formats.";
    object_stores: "object-stores", "S3 and other servers, and what each needs.";
    upkeep: "upkeep", "Verifying, cleaning up, and looking at values.";
    tasks: "tasks", "Async functions, cancelling, progress.";
    tracing: "tracing", "Spans and events, for logs and OpenTelemetry.";
    sessions: "sessions", "Many programs write one value.";
    many_machines: "many-machines", "How the cost of a session grows, and how much one driver can handle.";
    untrusted: "untrusted", "What is checked in files of unknown origin, and the limits.";

    time_series: "time-series", "Arrays that grow by a step each day.";
    checkpoints: "checkpoints", "A history of values that takes only the space of what changes.";
    sweeps: "sweeps", "Thousands of runs, filtered by parameter.";
    image_pyramids: "image-pyramids", "A large picture in several resolutions, read by tiles.";
    model_weights: "model-weights", "A model and an optimizer that share their weights.";
    labelled_cubes: "labelled-cubes", "Arrays with named axes and units, as one dataset.";
    tables: "tables", "Arrays of records.";
    examples: "examples", "Complete programs, beside the same in Python.";

    rust_and_python: "rust-and-python", "A Rust program and its Python colleagues.";
    other_programs: "other-programs", "Reading files of other programs; one file for a colleague.";
    functionfuse: "functionfuse", "Documents of FunctionFuse.";
    readers: "readers", "How other programs read arrays.";
    foreign: "foreign", "Which files of other programs are read.";

    faq: "faq", "Common questions, and every kind of error.";
    guarantees: "guarantees", "What arraystow promises, and the test behind each promise.";
    formats: "formats", "Which forms of serde round-trip through which format.";
    performance: "performance", "Time and memory, measured.";
    benchmarks: "benchmarks", "arraystow compared with what people use today.";
    layout: "layout", "What lies on disk.";
    how_it_works: "how-it-works", "How arrays are taken out of a value and put back.";
}
