//! What does not round trip, and the notes about it; what is around the tables of the page.

use crate::formats::Format::{self, Cbor, Json, MessagePack, Pickle, Postcard, Ron};
use crate::table::Expected::{self, Differs, Refused, Unreadable};
use crate::table::Why;

type Cell = (Format, Expected);

const SOME: Why = "CBOR, JSON, pickle and MessagePack write only the contents of a `Some`. `Some(None)`, `Some(())` \
    and `Some` of a unit struct would be read back as `None`. In arraystow's own formats they are errors. \
    MessagePack loses them silently. Use a `bool` or an enum of your own, or leave out the field that is `None` \
    (serde_with's `double_option` with `skip_serializing_if`).";
const SELF: Why = "postcard writes only values, without their types. `tag`, `untagged` and types that accept \
    anything need the types. postcard writes such values anyway, so the error occurs when the value is loaded. Use \
    enums without these attributes.";
const LENGTH: Why = "postcard writes the number of entries of a map before the entries, and with `flatten` the \
    number is not known. List the fields one by one, or keep the struct or map as a field.";
const SKIPPED: Why = "postcard reads every field of a struct, including those that `skip_serializing_if` has \
    omitted. `skip` works, and so does `default` alone.";
const RON_NAMES: Why = "RON writes field names as they are, and reads only letters, digits, `_`, `-`, `.` and `+` in \
    them. Choose another name. Keys of maps are quoted, and may be any string.";
const KEYS: Why = "JSON has only strings as keys. Strings, `char`, `bool`, numbers, unit variants and newtypes of \
    these become strings. Other keys are errors. In a pickle a key must be hashable in Python: a number, a string, \
    bytes, or a tuple of them, which a list in a key becomes. Save in CBOR, or keep the map as a list of pairs: `Vec<(K, V)>`.";
const KEY_KINDS: Why = "JSON writes a key that is a number as a string, and a reader cannot know that it was a \
    number. A map with both kinds of keys is an error, and so is a flattened map with numbers as keys beside other \
    fields. If all keys are numbers, a save cannot know that an `untagged` type will read them. Save in CBOR, or \
    make the keys strings.";
const BUFFERED_KEYS: Why = "Where serde buffers (`flatten`, `tag`, `untagged`), it does not convert JSON's keys back \
    into numbers. A save cannot know that serde will buffer. Save in CBOR, or make the keys strings.";
const RON_FLAT_KEYS: Why = "RON reads only identifiers where serde expects a field, and serde expects a field for \
    each key of a flattened map. Make the keys strings.";
const TAGGED: Why = "`tag` puts a field beside the fields of the contents. A chunked array is serialized as an id, \
    which has no fields, so serde returns an error in every format. Use `tag` and `content`, or a variant with a \
    field. A plain array has fields and can take the tag, but then it is stored in the document, however large it \
    is.";
const TWICE: Why = "A key that occurs twice in a map would be one key after loading. This happens with a field and a \
    key of a flattened map, a `tag` and a field of the contents, and keys of two flattened maps (which serde gives \
    to both). In arraystow's own formats it is an error. Other formats fail when the value is loaded, or keep the \
    last value. Rename one of them.";
const WIDE: Why = "Where serde buffers (`flatten`, `tag`, `untagged`), it does not support `i128` and `u128`, not \
    even for small numbers. An `untagged` enum then takes the next variant that fits. A save cannot know that serde \
    will buffer. Keep the number outside of such types, or as a string: `#[serde(with = \"...\")]`.";
const NAN: Why = "JSON has no NaN and no infinities. They would become `null`, which is read back as an error, or as \
    `None` in an `Option`. Save in CBOR, or use `None`. Arrays are not affected: an array with a NaN is stored \
    outside the document, however small it is.";
const NAN_BITS: Why = "RON writes every NaN as the same word, so its bits are lost. Arrays of 4 KiB or more are not \
    affected, nor are smaller ones with a NaN.";
const FLAT_NONE: Why = "serde reads an optional flattened map as `Some` of all remaining fields, even if there are \
    none. Flatten the map itself.";
const READABLE: Why = "Some types (addresses, UUIDs, dates) have two forms: one for human-readable formats and one \
    for the others. Where serde buffers (`flatten`, `tag`, `untagged`), it reads the human-readable form. \
    arraystow's own formats write that form. For MessagePack, configure the serializer and the deserializer \
    `with_human_readable()`.";

/// Self-describing data in a format that is not.
pub(crate) const SELF_DESCRIBING: Cell = (Postcard, Unreadable("never implement", SELF));
pub(crate) const FLATTENED: Cell = (Postcard, Refused("length of a sequence must be known", LENGTH));
pub(crate) const SKIPS: &[Cell] = &[(Postcard, Unreadable("end of buffer", SKIPPED))];
pub(crate) const ANY: &[Cell] = &[SELF_DESCRIBING];
pub(crate) const FLAT: &[Cell] = &[FLATTENED];
pub(crate) const RENAMED: &[Cell] = &[(Ron, Refused("Invalid identifier", RON_NAMES))];
pub(crate) const SOME_NONE: &[Cell] = &[
    (Cbor, Refused("read back as None", SOME)),
    (Json, Refused("read back as None", SOME)),
    (Pickle, Refused("read back as None", SOME)),
    (MessagePack, Differs(SOME)),
];
pub(crate) const OPTION_KEYS: &[Cell] = &[(Json, Refused("list of pairs", KEYS))];
pub(crate) const RICH_KEYS: &[Cell] =
    &[(Json, Refused("list of pairs", KEYS)), (Pickle, Refused("list of pairs", KEYS))];
pub(crate) const MIXED_KEYS: &[Cell] = &[(Json, Refused("strings and numbers as keys", KEY_KINDS)), SELF_DESCRIBING];
pub(crate) const NUMBER_KEYS: &[Cell] = &[(Json, Differs(KEY_KINDS)), SELF_DESCRIBING];
pub(crate) const BUFFERED_NUMBER_KEYS: &[Cell] =
    &[(Json, Unreadable("invalid type: string", BUFFERED_KEYS)), SELF_DESCRIBING];
pub(crate) const FLAT_NUMBER_KEYS: &[Cell] = &[
    (Json, Refused("strings and numbers as keys", KEY_KINDS)),
    (Ron, Unreadable("Expected string", RON_FLAT_KEYS)),
    FLATTENED,
];
const TAGGED_TUPLE: Expected = Refused("containing a tuple", TAGGED);
pub(crate) const TAGGED_ARRAY: &[Cell] = &[
    (Cbor, TAGGED_TUPLE),
    (Json, TAGGED_TUPLE),
    (Pickle, TAGGED_TUPLE),
    (MessagePack, TAGGED_TUPLE),
    (Ron, TAGGED_TUPLE),
    (Postcard, Refused("Serialization Error", TAGGED)),
];
const THERE_TWICE: Expected = Refused("occurs twice", TWICE);
const FOUND_TWICE: Expected = Unreadable("duplicate field", TWICE);
pub(crate) const TAG_TWICE: &[Cell] = &[
    (Cbor, THERE_TWICE),
    (Json, THERE_TWICE),
    (Pickle, THERE_TWICE),
    (MessagePack, FOUND_TWICE),
    (Ron, FOUND_TWICE),
    SELF_DESCRIBING,
];
pub(crate) const FIELD_TWICE: &[Cell] = &[
    (Cbor, THERE_TWICE),
    (Json, THERE_TWICE),
    (Pickle, THERE_TWICE),
    (MessagePack, FOUND_TWICE),
    (Ron, FOUND_TWICE),
    FLATTENED,
];
pub(crate) const KEY_TWICE: &[Cell] = &[
    (Cbor, THERE_TWICE),
    (Json, THERE_TWICE),
    (Pickle, THERE_TWICE),
    (MessagePack, Differs(TWICE)),
    (Ron, Differs(TWICE)),
    FLATTENED,
];
const NOT_WIDE: Expected = Unreadable("i128", WIDE);
pub(crate) const TAGGED_WIDE: &[Cell] = &[
    (Cbor, NOT_WIDE),
    (Json, NOT_WIDE),
    (Pickle, NOT_WIDE),
    (MessagePack, NOT_WIDE),
    (Ron, NOT_WIDE),
    SELF_DESCRIBING,
];
pub(crate) const UNTAGGED_WIDE: &[Cell] = &[
    (Cbor, Differs(WIDE)),
    (Json, Differs(WIDE)),
    (Pickle, Differs(WIDE)),
    (MessagePack, Unreadable("did not match any variant", WIDE)),
    (Ron, Differs(WIDE)),
    SELF_DESCRIBING,
];
pub(crate) const FLAT_WIDE: &[Cell] =
    &[(Cbor, NOT_WIDE), (Json, NOT_WIDE), (Pickle, NOT_WIDE), (MessagePack, NOT_WIDE), (Ron, NOT_WIDE), FLATTENED];
pub(crate) const NOT_A_NUMBER: &[Cell] = &[(Json, Refused("JSON has no", NAN)), (Ron, Differs(NAN_BITS))];
pub(crate) const INFINITE: &[Cell] = &[(Json, Refused("JSON has no", NAN))];
pub(crate) const FLAT_OPTION: &[Cell] = &[
    (Cbor, Differs(FLAT_NONE)),
    (Json, Differs(FLAT_NONE)),
    (Pickle, Differs(FLAT_NONE)),
    (MessagePack, Differs(FLAT_NONE)),
    (Ron, Differs(FLAT_NONE)),
    FLATTENED,
];
pub(crate) const FLAT_ADDRESS: &[Cell] = &[(MessagePack, Unreadable("expected IP address", READABLE)), FLATTENED];

pub(crate) const BEFORE: &str = "\
# Forms and formats

This page lists which of the forms that serde can express round-trip through which format. Each form is tried with a
chunked array, with a plain array that is diverted, and with a plain array that stays in the document.

- CBOR, JSON and pickle are the formats of `Storage`; `to_vec` writes CBOR.
- MessagePack (rmp-serde, with named fields), RON and postcard are examples of formats that you bring to
  `arraystow::serialize`.

A cell of the tables:

- **yes**: the loaded value is the saved one, element by element, chunk by chunk, NaN bit by bit.
- **refused**: the save fails, names the place in the value, and writes nothing.
- **not read**: the save succeeds, and the load fails.
- **differs**: the save succeeds, and the load gives another value.

In arraystow's own formats, a save fails if the value could not be read back, as far as the value alone shows this. With
a serializer of your own, only the errors of that serializer make a save fail.

The numbers refer to the notes [below the tables](#why-not-and-what-to-do-instead). `tests/forms` tries each cell and
writes this page: `ARRAYSTOW_WRITE_DOCS=1 cargo test --test forms`.
";

pub(crate) const AFTER: &str = "
## What else is refused

- **Depth.** A document of `Storage` or `to_vec` has at most 255 levels of lists, maps, structs, variants and options in
  CBOR. In pickle the limit is 255 levels and in JSON 127, where an option is not a level. A variant with several
  fields counts as two levels. Documents within these limits can be read on the stack of a thread. Keep long linked
  lists in a `Vec`, or make their nodes `Shared`.
- **Lengths.** An implementation of `Serialize` must write as many elements or fields as it announces.
- **Names.** `$arraystow::stored` and `$arraystow::inline` cannot be keys, fields or variants.

## What a save cannot know

- Which type will read the value. `flatten`, `tag` and `untagged` are not visible in what serde writes. What serde's
  buffers lose (see the notes) shows only when the value is loaded.
- Whether another variant of an `untagged` enum fits as well. serde takes the first that fits. For example, a `Vec` of
  two elements can be read as a tuple `(A, u8)`.
- Fields that are written and never read (`skip_deserializing`), or read and never written (`skip_serializing` without
  `default`).
- `Serialize` and `Deserialize` implementations that do not match each other.
";
