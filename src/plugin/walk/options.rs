//! Field options: the contents of `#[stow(..)]` for the arrays in a field, while the field is serialized.
//!
//! serde passes nothing down to the contents of a field. So the options are in force in the save's state for as long as
//! the field's own `Serialize` runs, and every array in it uses them.

use crate::array::{ArrayMeta, Attr, ChunkGrid, Codec, ErasedArray, Labels, Said};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// The options of one field, as the macro generates them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// A chunk shape, for arrays with this number of axes.
    pub chunks: Option<&'static [usize]>,
    /// The codec, if the array itself has none.
    pub codec: Option<Codec>,
    /// Names of axes, for arrays with this number of axes.
    pub dims: Option<&'static [&'static str]>,
    /// Attributes, if the array itself has none with that name.
    pub attrs: &'static [(&'static str, FieldAttr)],
    /// Whether plain arrays stay in the document.
    pub inline: bool,
}

/// The value of an attribute, as the macro generates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldAttr {
    /// A string.
    Text(&'static str),
    /// An integer.
    Int(i64),
    /// The bits of a floating-point number.
    Float(u64),
}

impl From<FieldAttr> for Attr {
    fn from(attr: FieldAttr) -> Self {
        match attr {
            FieldAttr::Text(text) => text.into(),
            FieldAttr::Int(number) => number.into(),
            FieldAttr::Float(bits) => f64::from_bits(bits).into(),
        }
    }
}

/// The options in force, in a save's state.
#[derive(Default)]
pub(in crate::plugin) struct InForce {
    now: Options,
    /// What they choose for arrays; made once, since many arrays may share it.
    meta: ArrayMeta,
    /// Those that were in force, by the name of their newtype: what serde buffered comes by once more.
    named: HashMap<&'static str, Options>,
}

impl Options {
    /// These options within a field of others: the inner ones win.
    fn within(self, outer: Self) -> Self {
        let diverted = self.chunks.is_some() || self.codec.is_some() || self.is_labelled();
        Self {
            chunks: self.chunks.or(outer.chunks),
            codec: self.codec.or(outer.codec),
            dims: self.dims.or(outer.dims),
            attrs: if self.attrs.is_empty() { outer.attrs } else { self.attrs },
            inline: self.inline || (outer.inline && !diverted),
        }
    }

    /// Whether the field has labels for its arrays. The document has no place for them.
    fn is_labelled(&self) -> bool {
        self.dims.is_some() || !self.attrs.is_empty()
    }

    fn labels(&self) -> Labels {
        let dims = self.dims.map(|dims| dims.iter().map(|dim| (*dim).to_owned()).collect());
        let attrs = self.attrs.iter().map(|(name, value)| ((*name).to_owned(), Attr::from(*value))).collect();
        Labels::new(Said { dims, attrs, fill: None })
    }
}

impl InForce {
    /// Whether a plain array is diverted, however small it is.
    pub(in crate::plugin) fn divert_all(&self) -> bool {
        self.now.is_labelled() && !self.now.inline
    }

    /// Whether plain arrays stay in the document.
    pub(in crate::plugin) fn inline(&self) -> bool {
        self.now.inline
    }

    /// What the field chooses for its arrays. The choice for an array itself takes precedence.
    pub(in crate::plugin) fn meta(&self) -> &ArrayMeta {
        &self.meta
    }

    /// Puts options in force within those of a field around, which are returned. They are known by their name from now
    /// on.
    pub(in crate::plugin) fn enter(&mut self, name: &'static str, options: Options) -> Options {
        self.named.insert(name, options);
        let outer = self.now;
        self.put(options.within(outer));
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
        self.meta = ArrayMeta { codec: options.codec, labels: options.labels() };
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
