//! External objects: in folders and in object stores, through every step that knows no Rust type.

mod damage;
mod failures;
mod golden;
mod objects;
mod own_files;
mod sample;
mod without_types;
