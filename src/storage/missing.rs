//! What is said of a missing document: where it was looked for, and which name may have been meant.

use super::name::{Name, Workflow};
use super::place::{Document, Missing, Near, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::near::did_you_mean;

/// Opens a document for a user, who wants to know what there is instead.
pub(super) fn open(place: &dyn Place, name: &Name) -> Result<Document> {
    place.open(name).map_err(|error| explained(error, place, name).in_document(name.as_str()))
}

/// Adds to an error about a missing document what there is instead.
pub(super) fn explained(error: Error, place: &dyn Place, name: &Name) -> Error {
    if !error.is_not_found() {
        return error;
    }
    match place.near(name) {
        Some(near) => error.reworded(&near.text(place, name)),
        None => error,
    }
}

/// What a removal came to: what it found, for each name the error about a missing document, and the first
/// other error, after which no more is taken.
pub(super) struct RemovalResults<T> {
    pub(super) there: Vec<T>,
    pub(super) missing: Vec<Option<Error>>,
    pub(super) failed: Option<Error>,
}

/// Sorts the results of a removal.
pub(super) fn sorted<T>(results: impl Iterator<Item = Result<T>>) -> RemovalResults<T> {
    let mut found = RemovalResults { there: Vec::new(), missing: Vec::new(), failed: None };
    for result in results {
        match result {
            Ok(there) => {
                found.there.push(there);
                found.missing.push(None);
            }
            // Another process has removed it.
            Err(error) if error.is_not_found() => found.missing.push(Some(error)),
            Err(error) => {
                found.failed = Some(error);
                break;
            }
        }
    }
    found
}

/// The error for a workflow in which there are no documents.
pub(super) fn no_workflow(place: &dyn Place, workflow: &Workflow) -> Error {
    let (text, location) = (workflow.as_str(), place.location());
    let text = format!("there is no document in the workflow {text:?}, nor below it, in {location:?}");
    // As if for a document in it.
    let name = workflow.name("-").ok();
    let near = name.and_then(|name| Some((place.near(&name)?, name)));
    match near.filter(|(near, _)| matches!(near.missing, Missing::Storage | Missing::Workflow(_))) {
        Some((near, name)) => Error::new(ErrorKind::NotFound, near.text(place, &name)),
        None => Error::new(ErrorKind::NotFound, text),
    }
}

impl Near {
    fn text(&self, place: &dyn Place, name: &Name) -> String {
        let location = place.location();
        let (text, wanted) = match &self.missing {
            Missing::Storage => return format!("there is no storage in {location:?}: nothing has been saved there"),
            Missing::Workflow(workflow) => {
                let workflow = workflow.as_str();
                (format!("there is no workflow {workflow:?} in {location:?}"), workflow)
            }
            Missing::DocumentOfWorkflow => {
                return format!(
                    "there is no document of that name in {location:?}, but a workflow: list its documents"
                );
            }
            Missing::Document if name.workflow().is_root() => {
                (format!("there is no document of that name in {location:?}"), name.as_str())
            }
            Missing::Document => {
                let workflow = name.workflow().as_str();
                (format!("there is no document of that name in {location:?}, workflow {workflow:?}"), name.as_str())
            }
        };
        let near = did_you_mean(wanted, self.names.iter().map(String::as_str));
        format!("{text}{}", near.unwrap_or_default())
    }
}
