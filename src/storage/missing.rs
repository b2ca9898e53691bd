//! What is said of a document that is not there: where it was looked for, and which name may have been meant.

use super::name::Name;
use super::place::{Document, Place};
use crate::error::{Error, Result};

/// Names that are offered.
const MOST_OFFERED: usize = 3;

/// What there is near a name that there is not.
pub(super) struct Near {
    pub(super) missing: Missing,
    /// The names that there are in its place.
    pub(super) names: Vec<String>,
}

/// What is not there.
pub(super) enum Missing {
    /// The whole storage.
    Storage,
    /// This workflow, while the one above it is there.
    Workflow(String),
    Document,
}

/// Opens a document for a user, who wants to know what there is instead.
pub(super) fn open(place: &dyn Place, name: &Name) -> Result<Document> {
    place.open(name).map_err(|error| explained(error, place, name).in_document(name.as_str()))
}

/// Adds to an error about a document that is not there what there is instead.
pub(super) fn explained(error: Error, place: &dyn Place, name: &Name) -> Error {
    if !error.is_not_found() {
        return error;
    }
    let Some(near) = place.near(name) else { return error };
    let (text, wanted) = match &near.missing {
        Missing::Storage => {
            let text = format!("there is no storage in {:?}: nothing has been saved there", place.location());
            return error.reworded(&text);
        }
        Missing::Workflow(workflow) => {
            (format!("there is no workflow {workflow:?} in {:?}", place.location()), workflow.as_str())
        }
        Missing::Document if name.workflow().is_empty() => {
            (format!("there is no document of that name in {:?}", place.location()), name.as_str())
        }
        Missing::Document => {
            let text =
                format!("there is no document of that name in {:?}, workflow {:?}", place.location(), name.workflow());
            (text, name.as_str())
        }
    };
    match offer(wanted, &near.names).as_slice() {
        [] => error.reworded(&text),
        [names @ .., last] if !names.is_empty() => {
            error.reworded(&format!("{text}; did you mean {} or {last}?", names.join(", ")))
        }
        [last, ..] => error.reworded(&format!("{text}; did you mean {last}?")),
    }
}

/// The names that are nearest to the one that is wanted, if any is near, quoted.
fn offer(wanted: &str, names: &[String]) -> Vec<String> {
    let last = |name: &str| name.rsplit_once('/').map_or(name, |(_, last)| last).to_lowercase();
    let wanted = last(wanted);
    let most = (wanted.chars().count() / 3).max(1);
    let distance = |name: &String| {
        let name = last(name);
        // A name that was cut, or has an ending.
        let is_begun = wanted.chars().count() > 2 && (name.starts_with(&wanted) || wanted.starts_with(&name));
        let distance = if is_begun { 1 } else { strsim::damerau_levenshtein(&wanted, &name) };
        (distance <= most).then_some(distance)
    };
    let mut near: Vec<_> = names.iter().filter_map(|name| Some((distance(name)?, name))).collect();
    near.sort_unstable();
    near.into_iter().take(MOST_OFFERED).map(|(_, name)| format!("{name:?}")).collect()
}
