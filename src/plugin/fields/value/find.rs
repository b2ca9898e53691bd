//! The part of a [`Value`] at a path.

use super::Value;
use std::borrow::Cow;
use std::collections::HashSet;

impl Value {
    /// Returns the part of the value at a path, such as `runs[3].alpha`, in the form that errors and
    /// [`ArrayInfo::paths`](crate::ArrayInfo::paths) have. The empty path is the value itself. A key that contains dots
    /// or brackets is found, too, and so is a key that is an integer.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::Value;
    /// use std::collections::BTreeMap;
    ///
    /// storage.save("runs", &vec![BTreeMap::from([("alpha", 0.1)]), BTreeMap::from([("alpha", 0.2)])])?;
    /// let runs = storage.value("runs")?;
    /// assert_eq!(runs.find("[1].alpha").and_then(Value::as_f64), Some(0.2));
    /// assert!(runs.find("[1].beta").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Self> {
        let (mut left, mut met) = (vec![(self, path)], HashSet::new());
        while let Some((value, path)) = left.pop() {
            if path.is_empty() {
                return Some(value);
            }
            let found = value.resolved();
            // A value that a document has in many places is looked into once.
            if !std::ptr::eq(found, value) && !met.insert((std::ptr::from_ref(found), path.len())) {
                continue;
            }
            match found {
                Self::Map(entries) => left.extend(
                    // The first is to be popped first.
                    entries.iter().rev().filter_map(|(key, value)| Some((value, below_key(path, &key_text(key)?)?))),
                ),
                Self::List(values) => {
                    let below = below_index(path);
                    left.extend(below.and_then(|(index, path)| Some((values.get(index)?, path))));
                }
                _ => {}
            }
        }
        None
    }
}

/// A key as paths have it. Keys of other types are not found.
pub(crate) fn key_text(key: &Value) -> Option<Cow<'_, str>> {
    match key {
        Value::Integer(number) => Some(number.to_string().into()),
        key => key.as_text().map(Cow::Borrowed),
    }
}

/// The rest of a path that begins with this key. It is shorter than the path.
pub(crate) fn below_key<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(key)?;
    match rest.strip_prefix('.') {
        Some(rest) => Some(rest),
        None if rest.is_empty() || rest.starts_with('[') => Some(rest).filter(|rest| rest.len() < path.len()),
        None => None,
    }
}

/// The index that a path begins with, and the rest. It is shorter than the path.
pub(crate) fn below_index(path: &str) -> Option<(usize, &str)> {
    let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}
