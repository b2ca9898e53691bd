//! What is known of the format behind the plug-in, and what follows from it.
//!
//! A format that cannot read back what it was given often says so only on loading, or never. The formats that the library
//! chooses itself are known, so what they would lose is refused while the value is walked, with its place. Of a serializer
//! that the user brings nothing is known, and nothing is refused.

use crate::error::{Error, ErrorKind};
use crate::plugin::document::frame::Format;
use crate::plugin::document::path::Path;
use crate::plugin::walk::context::keep_error;
use serde::ser;

/// Lists, maps, variants and options within each other that a document in CBOR may have: what its reader can be trusted
/// with on the stack of a thread.
const CBOR_LEVELS: u16 = 255;
/// One more for what is at the bottom.
pub(in crate::plugin) const CBOR_STEPS: u16 = CBOR_LEVELS + 1;
/// As many as serde_json reads.
const JSON_LEVELS: u16 = 127;

/// Where a walk is, as the format's reader will count it.
#[derive(Clone, Copy)]
#[repr(align(8))]
pub(in crate::plugin) struct Rules {
    format: Option<Format>,
    /// How many `Some` are directly around: the formats write what is inside and nothing else.
    options: u16,
    /// What the reader will have counted down to here.
    depth: u16,
}

impl Rules {
    /// For a format of ours, or for one that is not known.
    pub(in crate::plugin) fn of(format: Option<Format>) -> Self {
        Self { format, options: 0, depth: 0 }
    }

    pub(in crate::plugin) fn is_known(self) -> bool {
        self.format.is_some()
    }

    pub(in crate::plugin) fn is_cbor(self) -> bool {
        self.format == Some(Format::Cbor)
    }

    /// Whether the format writes numbers that are none as nothing. An unknown format for people may be JSON.
    pub(in crate::plugin) fn loses_nan(self, human_readable: bool) -> bool {
        match self.format {
            Some(format) => format == Format::Json,
            None => human_readable,
        }
    }

    /// serde's buffers are for people, whatever was buffered: so that types which differ in that (addresses, UUIDs) are
    /// read as they were written, our CBOR is, too.
    pub(in crate::plugin) fn is_human_readable(self, inner: bool) -> bool {
        self.is_cbor() || inner
    }

    /// Within a list, a map, a struct or a variant.
    #[inline]
    pub(in crate::plugin) fn enter<E: ser::Error>(self, path: &Path<'_>) -> Result<Self, E> {
        match self.format {
            None => Ok(self),
            Some(Format::Cbor) => self.at(self.depth.saturating_add(self.options).saturating_add(1), path),
            Some(Format::Json) => self.at(self.depth + 1, path),
        }
    }

    #[inline]
    fn at<E: ser::Error>(self, depth: u16, path: &Path<'_>) -> Result<Self, E> {
        let entered = Self { format: self.format, options: 0, depth };
        if depth <= entered.most() { Ok(entered) } else { Err(self.too_deep(path)) }
    }

    /// Within a `Some`.
    #[inline]
    pub(in crate::plugin) fn some<E: ser::Error>(self, path: &Path<'_>) -> Result<Self, E> {
        let options = self.options.saturating_add(1);
        let is_deep = self.is_cbor() && self.depth.saturating_add(options) > self.most();
        if is_deep { Err(self.too_deep(path)) } else { Ok(Self { options, ..self }) }
    }

    fn most(self) -> u16 {
        match self.format {
            None => u16::MAX,
            Some(Format::Cbor) => CBOR_LEVELS,
            Some(Format::Json) => JSON_LEVELS,
        }
    }

    #[cold]
    fn too_deep<E: ser::Error>(self, path: &Path<'_>) -> E {
        let (levels, what) = match self.format {
            Some(Format::Json) => (JSON_LEVELS, "maps and variants that a document in JSON"),
            _ => (CBOR_LEVELS, "maps, variants and options that a document in CBOR"),
        };
        refuse(
            ErrorKind::Limit,
            path,
            &format!(
                "the object is nested deeper than the {levels} levels of lists, {what} may have: keep lists and trees in a Vec, with indices"
            ),
        )
    }

    /// Refuses a `None` within a `Some`.
    #[inline]
    pub(in crate::plugin) fn none<E: ser::Error>(self, path: &Path<'_>) -> Result<(), E> {
        if self.options > 0 && self.is_known() { Err(self.lost("None", path)) } else { Ok(()) }
    }

    /// Refuses a unit within a `Some`.
    #[inline]
    pub(in crate::plugin) fn unit<E: ser::Error>(self, path: &Path<'_>) -> Result<(), E> {
        if self.options > 0 && self.is_known() { Err(self.lost("()", path)) } else { Ok(()) }
    }

    #[cold]
    fn lost<E: ser::Error>(self, what: &str, path: &Path<'_>) -> E {
        refuse(
            ErrorKind::Unsupported,
            path,
            &format!(
                "Some({what}) would be read back as None: CBOR and JSON write nothing of a Some but what is in it; use a bool \
                 or an enum of your own, or serde_with's double_option"
            ),
        )
    }

    /// Refuses numbers that are none where the format has none.
    #[inline]
    pub(in crate::plugin) fn float<E: ser::Error>(self, is_finite: bool, value: f64, path: &Path<'_>) -> Result<(), E> {
        if is_finite || self.format != Some(Format::Json) { Ok(()) } else { Err(not_in_json(value, path)) }
    }

    /// Refuses sequences, maps and structs of another length than they said: CBOR has written that.
    #[inline]
    pub(in crate::plugin) fn len<E: ser::Error>(
        self,
        said: Option<usize>,
        given: usize,
        path: &Path<'_>,
    ) -> Result<(), E> {
        match said {
            Some(said) if said != given && self.is_known() => Err(wrong_len(said, given, path)),
            _ => Ok(()),
        }
    }
}

#[cold]
fn not_in_json<E: ser::Error>(value: f64, path: &Path<'_>) -> E {
    refuse(
        ErrorKind::Unsupported,
        path,
        &format!(
            "JSON has no {value}, and would have null in its place: save the object in Format::Cbor, or use an \
             Option and None"
        ),
    )
}

#[cold]
fn wrong_len<E: ser::Error>(said: usize, given: usize, path: &Path<'_>) -> E {
    refuse(
        ErrorKind::Serde,
        path,
        &format!(
            "the type's Serialize says that there are {said} elements or fields, and gives {given}: correct the length that it \
             hands to the serializer"
        ),
    )
}

/// The typed error, on its way through the format.
#[cold]
pub(in crate::plugin) fn refuse<E: ser::Error>(kind: ErrorKind, path: &Path<'_>, text: &str) -> E {
    let error = Error::new(kind, text).at_path(&path.to_string());
    keep_error(&error);
    E::custom(error)
}
