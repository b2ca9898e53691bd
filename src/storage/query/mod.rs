//! Queries: the documents with certain values in certain fields.

mod comparison;
mod index;
mod run;
mod shape;
#[cfg(test)]
mod tests;

pub use comparison::Comparison;

use super::Storage;
use super::entry::ListEntry;
use crate::error::Result;
use crate::plugin::Value;
use comparison::Condition;
use std::fmt;

/// A search for values by their fields. See [`Storage::query`].
#[derive(Clone)]
#[must_use = "nothing is looked for before `run` is called"]
pub struct Query {
    storage: Storage,
    glob: String,
    conditions: Vec<Condition>,
    selected: Vec<String>,
    is_indexed: bool,
}

/// A value that satisfies the conditions of a [query](Storage::query).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct QueryMatch {
    /// Its name, as [`Storage::list`] returns it.
    pub entry: ListEntry,
    /// The fields that the query names, with their paths. Only fields that are null, a bool, a number or a string are
    /// here.
    pub fields: Vec<(String, Value)>,
}

impl QueryMatch {
    /// Returns the field with this path, if it is one of [`fields`](Self::fields). See [`Storage::query`] for an
    /// example.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&Value> {
        self.fields.iter().find(|(known, _)| known == path).map(|(_, value)| value)
    }
}

impl Storage {
    /// Returns a query for values whose names match a glob (see [`list`](Self::list)) and whose fields satisfy
    /// conditions. No Rust type is needed.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{Comparison, Query, QueryMatch, Value};
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct Run {
    ///     alpha: f64,
    ///     scheme: &'static str,
    /// }
    ///
    /// storage.save("runs/1", &Run { alpha: 0.1, scheme: "euler" })?;
    /// storage.save("runs/2", &Run { alpha: 0.5, scheme: "euler" })?;
    /// storage.save("runs/3", &Run { alpha: 0.9, scheme: "heun" })?;
    ///
    /// let query: Query = storage.query("runs/**").filter("alpha", Comparison::Greater, 0.3).select("scheme");
    /// let found: Vec<QueryMatch> = query.run()?;
    /// assert_eq!(found.len(), 2);
    /// assert_eq!(found[0].entry.name, "runs/2");
    /// assert_eq!(found[0].field("alpha").and_then(Value::as_f64), Some(0.5));
    /// assert_eq!(found[1].field("scheme").and_then(Value::as_text), Some("heun"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # The index
    ///
    /// A query keeps the simple fields of the documents in an index: a file `.index` beside the arrays of each workflow
    /// that has at least 16 documents, or a key of that name in an object store. The next query reads only the
    /// documents that have changed since. The index is a cache:
    ///
    /// - Whether a document has changed is seen in the listing: by the file's number, length and times, or by the tag
    ///   that an object store gives to each version. A document that changed less than two seconds before it was read
    ///   is read again.
    /// - An index that is missing, damaged or of another version is made again. It may be removed at any time.
    /// - If the storage may not be written to, the query works without saving the index.
    /// - Long strings, long lists and deeply nested fields are not in the index. A query for one of them reads the
    ///   documents that have it.
    ///
    /// # Writers
    ///
    /// Saves and removals may happen at the same time. Each document is seen as it was at one moment during the query.
    /// A document that is removed in the meantime is not found.
    pub fn query(&self, glob: &str) -> Query {
        Query {
            storage: self.clone(),
            glob: glob.to_owned(),
            conditions: Vec::new(),
            selected: Vec::new(),
            is_indexed: true,
        }
    }
}

impl Query {
    /// Adds a condition on the field at a path, such as `runs[3].alpha` (see [`Value::find`]). All conditions must be
    /// satisfied.
    ///
    /// A value without such a field does not satisfy the condition, and neither does one whose field is of another
    /// kind: numbers are compared with numbers, strings with strings, bools with bools. Integers that `f64` cannot
    /// represent are rounded when they are compared with floats. If one of two floats is an `f32`, they are compared as
    /// `f32`; a document in pickle has only `f64`. A field is equal to [`Value::Null`] if it is null, and not equal to
    /// it if it is there and is not null.
    ///
    /// See [`Storage::query`] for an example.
    pub fn filter(mut self, path: &str, comparison: Comparison, value: impl Into<Value>) -> Self {
        self.conditions.push(Condition { path: path.to_owned(), comparison, wanted: value.into() });
        self
    }

    /// Adds a field to the [fields](QueryMatch::fields) of the results. The value need not have it.
    ///
    /// See [`Storage::query`] for an example.
    pub fn select(mut self, path: &str) -> Self {
        self.selected.push(path.to_owned());
        self
    }

    /// Reads every document, and neither reads nor writes an index.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::Comparison;
    ///
    /// storage.save("answer", &42)?;
    /// let query = storage.query("*").filter("", Comparison::Equal, 42).without_index();
    /// assert_eq!(query.run()?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn without_index(mut self) -> Self {
        self.is_indexed = false;
        self
    }

    /// Returns the values that satisfy all conditions, in the order of their names. See [`Storage::query`] for an
    /// example.
    ///
    /// # Errors
    /// `InvalidName` if the glob is invalid; `InvalidInput` if a condition has a value that is not null, a bool, a
    /// number or a string; otherwise the error of the first document that cannot be read. See
    /// [`run_each`](Self::run_each).
    pub fn run(&self) -> Result<Vec<QueryMatch>> {
        self.run_each()?.into_iter().collect()
    }

    /// Like [`run`](Self::run), with an error in the place of each document that cannot be read.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::Comparison;
    ///
    /// storage.save("a", &1)?;
    /// storage.save("b", &2)?;
    /// std::fs::write(folder.path().join("b"), "")?; // an empty file is a truncated document
    /// let mut found = storage.query("*").filter("", Comparison::Equal, 1).run_each()?.into_iter();
    /// assert_eq!(found.next().unwrap()?.entry.name, "a");
    /// assert_eq!(found.next().unwrap().unwrap_err().document(), Some("b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if the glob is invalid; `InvalidInput` if a condition has a value that is not null, a bool, a
    /// number or a string; `Io` if a folder cannot be listed.
    pub fn run_each(&self) -> Result<Vec<Result<QueryMatch>>> {
        self.find_each()
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("storage", &self.storage)
            .field("glob", &self.glob)
            .field("conditions", &self.conditions)
            .field("selected", &self.selected)
            .finish_non_exhaustive()
    }
}
