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
        Err(Error::unsupported("a URL is given: object stores need the feature `s3` of arraystow"))
    }
}
