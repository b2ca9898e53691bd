//! Misspelled places. They are an error with the right spelling, instead of a folder of that name.

use crate::error::{Error, Result};
use std::path::Path;

/// The schemes of object stores' URLs.
const STORES: [&str; 8] = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "memory"];
/// Other schemes that users try.
const OTHERS: [&str; 6] = ["file", "http", "https", "gcs", "ftp", "hdfs"];

/// Fails for a string that looks like a URL but is not one, and for a string that only a shell turns into a path. To
/// use a folder of that name, write `./` before it.
pub(crate) fn check(place: &Path) -> Result<()> {
    let Some(text) = place.to_str() else { return Ok(()) };
    if text.is_empty() {
        return Err(Error::invalid("a storage needs a folder: \".\" is the current one"));
    }
    let is_ragged = text.trim() != text || text.chars().any(char::is_control);
    if is_ragged && (is_url(text) || !place.exists()) {
        return Err(Error::invalid("the place begins or ends with white space, or contains a line break: remove that"));
    }
    if let Some((scheme, rest)) = text.split_once(':') {
        check_url(text, &scheme.to_ascii_lowercase(), rest)?;
    }
    if let Some((scheme, rest)) = text.split_once("//")
        && STORES.contains(&scheme.to_ascii_lowercase().as_str())
    {
        return Err(misspelled(scheme, rest));
    }
    check_shell(text)
}

/// Returns whether the place is given as a URL.
pub(crate) fn is_url(place: &str) -> bool {
    place.contains("://")
}

fn check_url(text: &str, scheme: &str, rest: &str) -> Result<()> {
    if scheme == "file" {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        let right = if path.starts_with('/') { shown(path) } else { None }.unwrap_or("/data/surveys");
        return Err(Error::invalid(format!(
            "a folder lies on this machine and is given by its path alone, without {scheme}: in front: write {right:?}"
        )));
    }
    if !STORES.contains(&scheme) && !OTHERS.contains(&scheme) {
        return Ok(());
    }
    let after = rest.strip_prefix("//");
    let names_bucket = after.is_some_and(|after| scheme == "memory" || !after.is_empty() && !after.starts_with('/'));
    if names_bucket && is_url(text) { Ok(()) } else { Err(misspelled(scheme, rest)) }
}

fn misspelled(scheme: &str, rest: &str) -> Error {
    let path = rest.trim_start_matches('/');
    let right = match shown(path).filter(|path| !path.is_empty()) {
        Some(path) => path,
        None if scheme == "memory" => "",
        None => "bucket/folder",
    };
    Error::invalid(format!(
        "a URL has \"://\" after its scheme, and then the bucket: write \"{scheme}://{right}\" (for a folder of this name, write \
         \"./\" in front)"
    ))
}

fn check_shell(text: &str) -> Result<()> {
    let first = text.split(['/', '\\']).next().unwrap_or_default();
    let is_variable = |name: &str| {
        let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let is_home = first == "~" || first == "$HOME" || first == "${HOME}";
    if !is_home && !first.starts_with('~') && !first.strip_prefix('$').is_some_and(is_variable) {
        return Ok(());
    }
    let home = std::env::var("HOME").ok().filter(|home| is_home && !home.is_empty());
    let rest = text.get(first.len()..).unwrap_or_default();
    let right = home.map_or_else(|| "/home/me/data".to_owned(), |home| format!("{}{rest}", home.trim_end_matches('/')));
    Err(Error::invalid(format!(
        "only a shell replaces {first:?} by a folder: write out the path, as in {right:?} (for a folder of this name, write \
         \"./\" in front)"
    )))
}

/// Returns a path for a message, unless it may contain credentials.
fn shown(path: &str) -> Option<&str> {
    let is_plain =
        path.len() <= 200 && path.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ' '));
    is_plain.then_some(path)
}
