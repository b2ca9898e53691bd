//! Every form that serde can give a value, with arrays in it, in every format: what round trips, what is refused when it is
//! saved, what cannot be read, and why. `docs/formats.md` is made of it: `ARRAYSTOW_WRITE_DOCS=1 cargo test --test forms`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(feature = "hdf5")]

#[path = "forms/arrays.rs"]
mod arrays;
#[path = "forms/containers.rs"]
mod containers;
#[path = "forms/enums.rs"]
mod enums;
#[path = "forms/flatten.rs"]
mod flatten;
#[path = "forms/formats.rs"]
mod formats;
#[path = "forms/graphs.rs"]
mod graphs;
#[path = "forms/refusals.rs"]
mod refusals;
#[path = "forms/scalars.rs"]
mod scalars;
#[path = "forms/structs.rs"]
mod structs;
#[path = "forms/table.rs"]
mod table;
#[path = "forms/values.rs"]
mod values;
#[path = "forms/why.rs"]
mod why;

#[test]
fn each_form_in_each_format_is_as_the_page_says() {
    let mut table = table::Table::default();
    structs::rows(&mut table);
    containers::rows(&mut table);
    enums::rows(&mut table);
    flatten::rows(&mut table);
    scalars::rows(&mut table);
    arrays::rows(&mut table);
    table.check();
    table::compare("../docs/formats.md", &table.page(why::BEFORE, why::AFTER));
}
