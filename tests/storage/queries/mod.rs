//! Queries: what they find, and the index that spares them the documents.

mod answers;
mod clean;
mod index;
mod random;
mod stores;
mod support;
mod writers;
