//! The differences between the formats. The rest of the plug-in uses these and does not check the format.

/// What one format does its own way.
pub(in crate::plugin) struct Quirks {
    /// How many levels of nesting its reader accepts.
    pub(in crate::plugin) levels: u16,
    /// What counts as a level beside lists, for errors.
    pub(in crate::plugin) nested: &'static str,
    /// Whether a `Some` counts as a level.
    pub(in crate::plugin) counts_options: bool,
    /// Whether NaN and the infinities can be written.
    pub(in crate::plugin) has_nan: bool,
    /// Whether keys of maps can be other values than strings.
    pub(in crate::plugin) has_all_keys: bool,
    /// Whether types that distinguish formats for people from others (addresses, UUIDs) are written as for people.
    /// serde's buffers are for people, whatever they hold, so a format that is not would write such types in two ways.
    pub(in crate::plugin) human_readable: bool,
    /// Whether a unit is written as null: the format's own way, an empty list, is a list for a reader without the type.
    pub(in crate::plugin) unit_is_null: bool,
    /// Whether its reader accepts a value only if it is asked for the type that was written. Numbers and keys are then
    /// read as whatever they are.
    pub(in crate::plugin) exact_types: bool,
    /// Whether it has a form of its own for persistent ids. A plain array that is stored then is there as its id alone.
    pub(in crate::plugin) has_ids: bool,
}

/// A serializer that the user brings: nothing is known of it.
pub(in crate::plugin) const UNKNOWN: Quirks = Quirks {
    levels: u16::MAX,
    nested: "",
    counts_options: false,
    has_nan: true,
    has_all_keys: true,
    human_readable: false,
    unit_is_null: false,
    exact_types: false,
    has_ids: false,
};
