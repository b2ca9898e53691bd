//! Without a feature for object stores, a URL cannot be opened.

use super::StorageBuilder;
use crate::error::{Error, Result};
use crate::storage::place::Place;
use std::sync::Arc;

impl StorageBuilder {
    pub(super) fn place_of_client(&self) -> Option<Result<Arc<dyn Place>>> {
        None
    }

    pub(super) fn place_of_url(&self) -> Result<Arc<dyn Place>> {
        let scheme = self.root.to_str().and_then(|root| root.split_once("://")).map(|(scheme, _)| scheme);
        Err(Error::unsupported(match scheme.unwrap_or_default().to_ascii_lowercase().as_str() {
            "s3" | "s3a" => "s3:// needs the feature `s3` of arraystow",
            "gs" => "gs:// needs the feature `gcs` of arraystow",
            "az" | "azure" | "abfs" | "abfss" => "az:// needs the feature `azure` of arraystow",
            _ => "object stores need a feature of arraystow: enable `s3`, `gcs` or `azure`",
        }))
    }
}
