//! Every form that serde can give a value, with arrays in it, in every format: what round trips, what is refused when
//! it is saved, what cannot be read, and why. `docs/formats.md` is made of it:
//! `ARRAYSTOW_WRITE_DOCS=1 cargo test --test forms`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(feature = "hdf5")]

mod arrays;
mod containers;
mod enums;
mod flatten;
mod formats;
mod graphs;
mod refusals;
mod scalars;
mod serde_forms;
mod structs;
mod table;
mod values;
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
