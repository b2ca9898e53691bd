//! Objects of any type outside the document: in folders and in object stores, through every step that knows no Rust type.

mod damage;
mod failures;
mod golden;
mod objects;
mod sample;
mod without_types;
