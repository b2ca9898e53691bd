//! Without a feature for object stores, there is no protocol for them.

use super::Protocols;
use crate::backend::Backend;
use crate::protocol::files::Files;
use std::fmt::DebugStruct;
use std::sync::Arc;

impl Protocols {
    pub(super) fn object_files(&self) -> Option<Files> {
        None
    }

    pub(super) fn object_backend(&self) -> Option<Arc<dyn Backend>> {
        None
    }

    pub(super) fn debug_objects(&self, _: &mut DebugStruct<'_, '_>) {}
}
