//! Arrays and values without their Rust types.

mod arrays;
mod paths;
mod values;
