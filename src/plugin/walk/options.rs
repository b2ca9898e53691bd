//! Field options: what `#[stow(..)]` says of the arrays in a field, while the field is serialized.
//!
//! serde hands nothing down to what lies within a field. So the options are in force in the save's state for as long as the
//! field's own `Serialize` runs, and every array that is met meanwhile asks for them.

use crate::array::{ArrayMeta, ChunkGrid, Codec, ErasedArray};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// The options of one field, as the macro writes them down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// A chunk shape, for arrays of as many axes.
    pub chunks: Option<&'static [usize]>,
    /// How chunks are compressed, where the array itself has no codec.
    pub codec: Option<Codec>,
    /// Whether plain arrays stay in the document.
    pub inline: bool,
}

/// The options in force, in a save's state.
#[derive(Default)]
pub(in crate::plugin) struct InForce {
    now: Options,
    /// Those that were in force, by the name of their newtype: what serde buffered comes by once more.
    named: HashMap<&'static str, Options>,
}

impl Options {
    /// These options within a field of others: the inner ones win.
    fn within(self, outer: Self) -> Self {
        let diverted = self.chunks.is_some() || self.codec.is_some();
        Self {
            chunks: self.chunks.or(outer.chunks),
            codec: self.codec.or(outer.codec),
            inline: self.inline || (outer.inline && !diverted),
        }
    }
}

impl InForce {
    /// Whether plain arrays stay in the document.
    pub(in crate::plugin) fn inline(&self) -> bool {
        self.now.inline
    }

    /// What the field says of its arrays, where nothing was chosen for an array itself.
    pub(in crate::plugin) fn meta(&self) -> ArrayMeta {
        ArrayMeta::of_codec(self.now.codec)
    }

    /// Puts options in force within those of a field around, which are returned. They are known by their name from now on.
    pub(in crate::plugin) fn enter(&mut self, name: &'static str, options: Options) -> Options {
        self.named.insert(name, options);
        let outer = self.now;
        self.now = options.within(outer);
        outer
    }

    /// Options that were in force before, by the name of their newtype.
    pub(in crate::plugin) fn named(&self, name: &'static str) -> Option<Options> {
        self.named.get(name).copied()
    }

    /// Those of the field that the walk is in, for a shared value that is walked later.
    pub(in crate::plugin) fn now(&self) -> Options {
        self.now
    }

    /// Puts them in force again.
    pub(in crate::plugin) fn put(&mut self, options: Options) {
        self.now = options;
    }

    /// The grid that an array of this shape is to have.
    pub(in crate::plugin) fn grid(&self, shape: &[usize]) -> Result<Option<ChunkGrid>> {
        let Some(chunks) = self.now.chunks else { return Ok(None) };
        if chunks.len() != shape.len() {
            return Err(Error::invalid(format!(
                "#[stow(chunks = {chunks:?})] is for arrays of {} axes, but this one has the shape {shape:?}: give as many \
                 numbers as it has axes, or leave chunks out",
                chunks.len()
            )));
        }
        ChunkGrid::regular(shape, chunks).map(Some)
    }

    /// The array as it is to be cut: itself, if it is cut so already.
    pub(in crate::plugin) fn cut(&self, array: Arc<dyn ErasedArray>) -> Result<Arc<dyn ErasedArray>> {
        match self.grid(array.grid().shape())? {
            Some(grid) if grid != *array.grid() => array.rechunked(&grid),
            _ => Ok(array),
        }
    }
}
