//! A persistent type has no parameters.
use arraystow::Persistent;

#[derive(Persistent)]
struct Generic<T> {
    value: T,
}

#[derive(Persistent)]
struct Borrowed<'a> {
    value: &'a str,
}

fn main() {}
