//! The data model and what computes it, through the public API only; no file is touched.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod arrays {
    mod errors;
    mod expressions;
    mod grids;
    mod limits;
    mod making;
    mod operations;
    mod reductions;
    mod sharing;
    mod slicing;
    mod support;
    mod threads;
}
