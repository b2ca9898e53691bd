//! What a format can read back, checked while a value is written.
//!
//! A format that cannot read back what it was given often fails only on loading, or never. What CBOR and JSON would
//! lose is an error while the value is walked, with its place. Nothing is checked for a user's own serializer.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::path::Path;
use crate::plugin::format::quirks;
use crate::plugin::format::quirks::Quirks;

/// Where a walk is, as the format's reader will count it.
#[derive(Clone, Copy)]
#[repr(align(8))]
pub(in crate::plugin) struct Rules {
    format: Option<Format>,
    /// The number of `Some` directly around: the formats write only what is inside.
    options: u16,
    /// The levels that the reader will have counted here.
    depth: u16,
}

impl Rules {
    /// For CBOR or JSON, or for an unknown format.
    pub(in crate::plugin) fn of(format: Option<Format>) -> Self {
        Self { format, options: 0, depth: 0 }
    }

    #[inline]
    pub(in crate::plugin) fn quirks(self) -> &'static Quirks {
        quirks(self.format)
    }

    #[inline]
    pub(in crate::plugin) fn is_known(self) -> bool {
        self.format.is_some()
    }

    /// Whether the format writes NaN and the infinities as null. An unknown format for people may be JSON.
    pub(in crate::plugin) fn loses_nan(self, human_readable: bool) -> bool {
        if self.is_known() { !self.quirks().has_nan } else { human_readable }
    }

    #[inline]
    pub(in crate::plugin) fn is_human_readable(self, inner: bool) -> bool {
        self.quirks().human_readable || inner
    }

    /// Within a list, a map, a struct or a variant.
    #[inline]
    pub(in crate::plugin) fn enter(self, path: &Path<'_>) -> Result<Self> {
        if !self.is_known() {
            return Ok(self);
        }
        let quirks = self.quirks();
        let options = if quirks.counts_options { self.options } else { 0 };
        let depth = self.depth.saturating_add(options).saturating_add(1);
        if depth <= quirks.levels { Ok(Self { options: 0, depth, ..self }) } else { Err(self.too_deep(path)) }
    }

    /// Within a `Some`.
    #[inline]
    pub(in crate::plugin) fn some(self, path: &Path<'_>) -> Result<Self> {
        let (options, quirks) = (self.options.saturating_add(1), self.quirks());
        let is_deep = quirks.counts_options && self.depth.saturating_add(options) > quirks.levels;
        if is_deep { Err(self.too_deep(path)) } else { Ok(Self { options, ..self }) }
    }

    #[cold]
    fn too_deep(self, path: &Path<'_>) -> Error {
        let Quirks { levels, nested, .. } = self.quirks();
        refusal(
            ErrorKind::Limit,
            path,
            format!(
                "the value is nested deeper than the {levels} levels of lists, {nested} may have: keep lists and trees in a Vec, with indices"
            ),
        )
    }

    /// Fails for a `None` within a `Some`.
    #[inline]
    pub(in crate::plugin) fn none(self, path: &Path<'_>) -> Result<()> {
        if self.options > 0 && self.is_known() { Err(lost("None", path)) } else { Ok(()) }
    }

    /// Fails for a unit within a `Some`.
    #[inline]
    pub(in crate::plugin) fn unit(self, path: &Path<'_>) -> Result<()> {
        if self.options > 0 && self.is_known() { Err(lost("()", path)) } else { Ok(()) }
    }

    /// Fails for NaN and the infinities if the format does not have them.
    #[inline]
    pub(in crate::plugin) fn float(self, is_finite: bool, value: f64, path: &Path<'_>) -> Result<()> {
        if is_finite || self.quirks().has_nan { Ok(()) } else { Err(not_in_json(value, path)) }
    }

    /// Fails for sequences, maps and structs of another length than they announced: CBOR has written that one.
    #[inline]
    pub(in crate::plugin) fn len(self, said: Option<usize>, given: usize, path: &Path<'_>) -> Result<()> {
        match said {
            Some(said) if said != given && self.is_known() => Err(wrong_len(said, given, path)),
            _ => Ok(()),
        }
    }
}

#[cold]
fn lost(what: &str, path: &Path<'_>) -> Error {
    refusal(
        ErrorKind::Unsupported,
        path,
        format!(
            "Some({what}) would be read back as None: a document has only the contents of a Some; use a bool \
             or an enum of your own, or serde_with's double_option"
        ),
    )
}

#[cold]
fn not_in_json(value: f64, path: &Path<'_>) -> Error {
    refusal(
        ErrorKind::Unsupported,
        path,
        format!(
            "JSON has no {value}, and would have null in its place: save the value in Format::Cbor, or use an \
             Option and None"
        ),
    )
}

#[cold]
fn wrong_len(said: usize, given: usize, path: &Path<'_>) -> Error {
    refusal(
        ErrorKind::Serde,
        path,
        format!(
            "the type's Serialize announces {said} elements or fields, and writes {given}: correct the length that it \
                passes to the serializer"
        ),
    )
}

/// The error for a part of the value that is not written.
#[cold]
pub(in crate::plugin) fn refusal(kind: ErrorKind, path: &Path<'_>, text: String) -> Error {
    Error::new(kind, text).at_path(&path.to_string())
}
