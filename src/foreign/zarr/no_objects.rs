//! Without a feature for object stores, a URL cannot be opened.

use super::ZarrStore;
use crate::error::{Error, Result};

impl ZarrStore {
    pub(super) fn open_url(_: &str) -> Result<Self> {
        Err(Error::unsupported("object stores need a feature of arraystow: enable `s3`, `gcs` or `azure`"))
    }
}
