//! The pages of the repository's folder `docs`.
//!
//! They are here in the documentation only; the crate itself has no such module.

// Markdown uses the first definition of a link: these replace the files' own, which link from file to file.
macro_rules! pages {
    ($($(#[$links:meta])* $name:ident: $file:literal, $what:literal;)*) => { $(
        #[doc = $what]
        #[doc = ""]
        $(#[$links])*
        #[doc = ""]
        #[doc = include_str!(concat!("../docs/", $file, ".md"))]
        pub mod $name {}
    )* };
}

pages! {
    #[doc = "[checkpoints]: crate::pages::checkpoints"]
    #[doc = "[examples]: crate::pages::examples"]
    #[doc = "[foreign]: crate::pages::foreign"]
    #[doc = "[formats]: crate::pages::formats"]
    #[doc = "[guarantees sessions]: crate::pages::guarantees#sessions"]
    #[doc = "[guarantees stores-that-ignore-conditions]: crate::pages::guarantees#stores-that-ignore-conditions"]
    #[doc = "[labelled cubes]: crate::pages::labelled_cubes"]
    #[doc = "[tables]: crate::pages::tables"]
    #[doc = "[many machines]: crate::pages::many_machines"]
    #[doc = "[performance memory]: crate::pages::performance#memory"]
    #[doc = "[time series]: crate::pages::time_series"]
    guide: "guide", "Chunked arrays, field options, shared values, updates, verification, object stores.";
    benchmarks: "benchmarks", "arraystow compared with what people use today.";
    building: "building", "What a build needs, and the features.";
    #[doc = "[guarantees arrays-that-grow-and-change]: crate::pages::guarantees#arrays-that-grow-and-change"]
    #[doc = "[time series]: crate::pages::time_series"]
    checkpoints: "checkpoints", "A history of values that takes only the space of what changes.";
    #[doc = "[guide functionfuse]: crate::pages::guide#documents-of-functionfuse"]
    #[doc = "[schema evolution]: crate::pages::schema_evolution"]
    #[doc = "[when not]: crate::pages::when_not"]
    coming_from: "coming-from", "From serde with arrays inline, bincode, npy files, plain HDF5, FunctionFuse.";
    examples: "examples", "Complete programs, beside the same in Python.";
    #[doc = "[foreign]: crate::pages::foreign"]
    #[doc = "[formats]: crate::pages::formats"]
    #[doc = "[guarantees]: crate::pages::guarantees"]
    #[doc = "[guide]: crate::pages::guide"]
    #[doc = "[readers]: crate::pages::readers"]
    #[doc = "[schema evolution]: crate::pages::schema_evolution"]
    faq: "faq", "Common questions, and every kind of error.";
    #[doc = "[guide files-of-other-programs]: crate::pages::guide#files-of-other-programs"]
    foreign: "foreign", "Which files of other programs are read.";
    formats: "formats", "Which forms of serde round-trip through which format.";
    #[doc = "[foreign]: crate::pages::foreign"]
    #[doc = "[guide]: crate::pages::guide"]
    #[doc = "[guide untrusted-files]: crate::pages::guide#untrusted-files"]
    guarantees: "guarantees", "What arraystow promises, and the test behind each promise.";
    #[doc = "[guarantees]: crate::pages::guarantees"]
    how_it_works: "how-it-works", "How arrays are taken out of a value and put back.";
    #[doc = "[guide names-units-missing-values]: crate::pages::guide#names-units-missing-values"]
    #[doc = "[foreign]: crate::pages::foreign"]
    #[doc = "[time series]: crate::pages::time_series"]
    labelled_cubes: "labelled-cubes", "Arrays with named axes and units, as one dataset.";
    layout: "layout", "What lies on disk.";
    #[doc = "[guarantees sessions]: crate::pages::guarantees#sessions"]
    #[doc = "[guide many-writers-one-commit]: crate::pages::guide#many-writers-one-commit"]
    many_machines: "many-machines", "How the cost of a session grows, and how much one driver can handle.";
    performance: "performance", "Time and memory, measured.";
    readers: "readers", "How other programs read arrays.";
    schema_evolution: "schema-evolution", "What a load does when the type has changed.";
    #[doc = "[guide dates-strings-records]: crate::pages::guide#dates-strings-records"]
    #[doc = "[readers]: crate::pages::readers"]
    tables: "tables", "Arrays of records.";
    #[doc = "[checkpoints]: crate::pages::checkpoints"]
    #[doc = "[guarantees arrays-that-grow-and-change]: crate::pages::guarantees#arrays-that-grow-and-change"]
    time_series: "time-series", "Arrays that grow by a step each day.";
    #[doc = "[benchmarks]: crate::pages::benchmarks"]
    #[doc = "[building]: crate::pages::building"]
    #[doc = "[checkpoints]: crate::pages::checkpoints"]
    #[doc = "[foreign]: crate::pages::foreign"]
    #[doc = "[guarantees]: crate::pages::guarantees#stores-that-ignore-conditions"]
    #[doc = "[guide other types]: crate::pages::guide#other-types"]
    #[doc = "[layout]: crate::pages::layout"]
    #[doc = "[readers]: crate::pages::readers"]
    when_not: "when-not", "When not to use arraystow, and what to use instead.";
}
