//! What does not round trip, and the notes about it; what is around the tables of the page.

use crate::formats::Format::{self, Cbor, Json, MessagePack, Pickle, Postcard, Ron};
use crate::table::Expected::{self, Differs, Refused, Unreadable};
use crate::table::Why;

type Cell = (Format, Expected);

const SOME: Why = "CBOR, JSON, pickle and MessagePack write of a `Some` only what is in it. `Some(None)`, `Some(())` \
    and `Some` of a unit struct would be read back as `None`. arraystow refuses them in its own formats. MessagePack loses \
    them silently. Use a `bool` or an enum of your own, or leave out the field that is `None` (serde_with's \
    `double_option` with `skip_serializing_if`).";
const SELF: Why = "postcard writes only values, not what they are. `tag`, `untagged` and types that take anything \
    need to know what they are. postcard writes them all the same, so the fault is found when the value is loaded. \
    Use enums without these attributes.";
const LENGTH: Why = "postcard writes the number of entries of a map before the entries, and `flatten` does not know \
    it. Write the fields out, or keep the struct or map as a field.";
const SKIPPED: Why = "postcard reads every field of a struct, those that `skip_serializing_if` has left out as well. \
    `skip` works, and so does `default` alone.";
const RON_NAMES: Why = "RON writes field names as they are, and reads letters, digits, `_`, `-`, `.` and `+` in \
    them. Choose another name. Keys of maps are quoted, and may be any text.";
const KEYS: Why = "JSON has only texts as keys. Texts, `char`, `bool`, numbers, unit variants and newtypes of these \
    become texts. Other keys do not. In a pickle a key must be what Python can hash: a number, a text, bytes, or a \
    tuple of them. Save in CBOR, or keep the map as a list of pairs: `Vec<(K, V)>`.";
const KEY_KINDS: Why = "JSON writes a number that is a key as a text, and a reader cannot know that it was a number. \
    A map with both kinds of keys is refused, and so is a flattened map of numbers beside other fields. If all keys \
    are numbers, a save cannot know that an `untagged` type will read them. Save in CBOR, or make the keys texts.";
const BUFFERED_KEYS: Why = "Where serde buffers (`flatten`, `tag`, `untagged`), it does not turn JSON's keys back \
    into numbers. A save cannot know that serde will buffer. Save in CBOR, or make the keys texts.";
const RON_FLAT_KEYS: Why = "RON reads only names where serde asks for a field, and serde asks for one for each key \
    of a flattened map. Make the keys texts.";
const TAGGED: Why = "`tag` puts a field beside the fields of the contents. A chunked array is an id and has no \
    fields, so serde refuses it in every format. Use `tag` and `content`, or a variant with a field. A plain array \
    has fields and takes the tag, but then lies in the document, however large it is.";
const TWICE: Why = "A key that stands twice in a map would be one key after loading. This happens with a field and a \
    key of a flattened map, a `tag` and a field of the contents, and keys of two flattened maps (which serde gives \
    to both). arraystow refuses it in its own formats. Other formats fail when the value is loaded, or keep the last. \
    Rename one of them.";
const WIDE: Why = "Where serde buffers (`flatten`, `tag`, `untagged`), it has no integers of more than 64 bits. This \
    holds for small numbers in a field of type `i128` or `u128` too. An `untagged` enum then takes the next variant \
    that fits. A save cannot know that serde will buffer. Keep the number outside, or as a text: `#[serde(with = \
    \"...\")]`.";
const NAN: Why = "JSON has no NaN and no infinities. They would become `null`, which is read back as an error, or as \
    `None` in an `Option`. Save in CBOR, or use `None`. Arrays are not affected: an array with a NaN lies beside the \
    document, however small it is.";
const NAN_BITS: Why = "RON writes every NaN as the same word, so its bits are lost. Arrays of 4 KiB or more are not \
    affected, nor are smaller ones with a NaN.";
const FLAT_NONE: Why = "serde reads an optional flattened map as `Some` of all remaining fields, which may be none. \
    Flatten the map itself.";
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
pub(crate) const MIXED_KEYS: &[Cell] = &[(Json, Refused("texts and numbers as keys", KEY_KINDS)), SELF_DESCRIBING];
pub(crate) const NUMBER_KEYS: &[Cell] = &[(Json, Differs(KEY_KINDS)), SELF_DESCRIBING];
pub(crate) const BUFFERED_NUMBER_KEYS: &[Cell] =
    &[(Json, Unreadable("invalid type: string", BUFFERED_KEYS)), SELF_DESCRIBING];
pub(crate) const FLAT_NUMBER_KEYS: &[Cell] = &[
    (Json, Refused("texts and numbers as keys", KEY_KINDS)),
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
const THERE_TWICE: Expected = Refused("is there twice", TWICE);
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

What comes back of what serde can express: a chunked array, a plain array that is diverted and a plain array that stays
in the document, in every form, through every format.

- CBOR, JSON and pickle are the formats of `Storage`; `to_vec` writes CBOR.
- MessagePack (rmp-serde, with named fields), RON and postcard are examples of formats that you bring to
  `arraystow::serialize`.

A cell of the tables:

- **yes**: the loaded value is the saved one, element by element, chunk by chunk, NaN bit by bit.
- **refused**: the save fails, names the place in the value, and writes nothing.
- **not read**: the save succeeds, and the load fails.
- **differs**: the save succeeds, and the load gives another value.

In its own formats, a save refuses what could not be read back, as far as the value alone shows it. arraystow knows
nothing of a serializer that you bring: what that serializer does not refuse itself is written.

The numbers lead to the notes [below the tables](#why-not-and-what-to-do-instead). `tests/forms` tries each cell and
writes this page: `ARRAYSTOW_WRITE_DOCS=1 cargo test --test forms`.
";

pub(crate) const AFTER: &str = "
## What else is refused

- **Depth.** A document of `Storage` or `to_vec` has at most 255 levels of lists, maps, structs, variants and options in
  CBOR, and 255 in pickle and 127 in JSON, where an option is no level. A variant with several fields is two levels. This is what can be
  read on the stack of a thread. Keep long lists in a `Vec`.
- **Lengths.** A `Serialize` of your own is refused if it announces one number of elements or fields and writes another.
- **Names.** `$arraystow::stored` and `$arraystow::inline` cannot be keys, fields or variants.

## What a save cannot know

- Which type will read the value. `flatten`, `tag` and `untagged` do not show in what serde writes. What serde's buffers
  lose (see the notes) is found when the value is loaded.
- Whether another variant of an `untagged` enum fits as well. serde takes the first that fits. A tuple `(A, u8)` and a
  `Vec` of two fit each other.
- Fields that are written and never read (`skip_deserializing`), or read and never written (`skip_serializing` without
  `default`).
- `Serialize` and `Deserialize` of your own that do not fit each other.
";
