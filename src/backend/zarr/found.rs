//! The form in which the metadata of either version are read, and the errors that both share.

use super::description::Description;
use super::fill::Fill;
use super::keys::Keys;
use super::pipeline::Pipeline;
use super::shards::Indexing;
use super::uneven::FoundChunks;
use crate::array::{Codec, DataType};
use crate::backend::layout::MOST_AXES;
use crate::error::{Error, Result};

/// The metadata as one version has them.
pub(super) struct FoundMetadata {
    pub(super) shape: Vec<usize>,
    pub(super) chunks: FoundChunks,
    pub(super) data_type: DataType,
    pub(super) pipeline: Pipeline,
    /// The codec that arrays of arraystow with this pipeline are written with.
    pub(super) codec: Option<Codec>,
    /// The shape of a shard's parts and how its index is in it, if there are shards.
    pub(super) sharding: Option<(Vec<usize>, Indexing)>,
    pub(super) fill: Fill,
    pub(super) keys: Keys,
    pub(super) description: Option<Description>,
}

/// Fails for an array of more axes than are read, before anything else is made of its shape.
pub(super) fn check_axes(shape: &[usize]) -> Result<()> {
    if shape.len() <= MOST_AXES {
        return Ok(());
    }
    Err(Error::unsupported(format!("the array has {} axes, and at most {MOST_AXES} can be read", shape.len())))
}

/// The error for elements of a type that is not known.
pub(super) fn unknown_type(found: &str) -> Error {
    Error::unsupported(format!(
        "the array holds elements of the type {found}, which arraystow does not support; convert it to one of {}",
        DataType::names()
    ))
}
