//! What does not round trip, and the notes about it; what is around the tables of the page.

use crate::formats::Format::{self, Cbor, Json, MessagePack, Postcard, Ron};
use crate::table::Expected::{self, Differs, Refused, Unreadable};
use crate::table::Why;

type Cell = (Format, Expected);

const SOME: Why = "These formats write nothing of a `Some` but what is in it, so `Some(None)`, `Some(())` and `Some` of a unit \
    struct would be read back as `None`. Ours refuse it; MessagePack loses it without a word. Use a `bool` or an enum of your \
    own, or leave out the field that is `None` (serde_with's `double_option` with `skip_serializing_if`).";
const SELF: Why = "postcard does not write what there is, only the values, and serde must know what there is for `tag`, `untagged` \
    and types that take anything. postcard writes them all the same, so it is found only on loading. Use enums as serde has \
    them, without attributes.";
const LENGTH: Why = "postcard writes how many entries a map has before the entries, and `flatten` does not know. Write the fields \
    out, or keep the struct or map as a field.";
const SKIPPED: Why = "postcard reads every field of a struct, also those that `skip_serializing_if` left out. `skip` is fine, and so \
    is `default` alone.";
const RON_NAMES: Why = "RON writes names of fields as they are, and takes letters, digits, `_`, `-`, `.` and `+` in them. Choose \
    another name. (Keys of maps are texts in quotes; any will do.)";
const KEYS: Why = "JSON has only texts as keys. Texts, `char`, `bool`, numbers, unit variants and newtypes of these become such; \
    others do not. Save in CBOR, or keep the map as a list of pairs: `Vec<(K, V)>`.";
const KEY_KINDS: Why = "In JSON a number becomes a text when it is a key, and what was a number cannot be known. A map that has both is \
    refused, and so is a flattened map of numbers beside other fields. If all keys are numbers it cannot be known when it is \
    saved that an `untagged` type will read them. Save in CBOR, or make the keys texts.";
const BUFFERED_KEYS: Why = "Where serde buffers (`flatten`, `tag`, `untagged`), it does not make numbers of JSON's keys again. That it \
    will buffer cannot be known when it is saved. Save in CBOR, or make the keys texts.";
const RON_FLAT_KEYS: Why = "RON takes only names where serde asks for a field, as it does for the keys of a flattened map. Make the keys \
    texts.";
const TAGGED: Why = "`tag` puts a field beside those of the contents; a chunked array is an id and has none. serde refuses it for every \
    format. Use `tag` and `content`, or a variant with a field. (A plain array has fields and takes the tag, but then lies in the \
    document, however large it is.)";
const TWICE: Why = "A key that is there twice would be one on loading: a field and a key of a flattened map, a `tag` and a field of the \
    contents, keys of two flattened maps (which serde gives to both). Ours refuse it. Others tell on loading, or keep the last. \
    Rename one.";
const WIDE: Why = "Where serde buffers (`flatten`, `tag`, `untagged`), it has no integers of more than 64 bits, not even for small numbers \
    in a field of type `i128` or `u128`; an `untagged` enum then takes the next variant that fits. That it will buffer cannot be known when it is saved. Keep the number outside, or as a \
    text: `#[serde(with = \"...\")]`.";
const NAN: Why = "JSON has no NaN and no infinities; it would have `null`, which is read back as an error or, in an `Option`, as `None`. \
    Save in CBOR, or use `None`. Arrays are not concerned: they lie beside the document, and one with a NaN does so however \
    small it is.";
const NAN_BITS: Why = "RON writes NaN as a word: which of the many it was is lost. Arrays of 4 KiB or more are not concerned, nor smaller \
    ones with a NaN.";
const FLAT_NONE: Why = "serde reads a flattened map that is optional as `Some` of what is left, which may be nothing. Flatten the map itself.";
const READABLE: Why = "Some types (addresses, UUIDs, dates) are written differently in formats for people and in others, and where serde \
    buffers (`flatten`, `tag`, `untagged`) it reads them as in formats for people. Our CBOR writes them as those do. Configure \
    the serializer as `with_human_readable()`, and the deserializer too.";

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
    (MessagePack, Differs(SOME)),
];
pub(crate) const RICH_KEYS: &[Cell] = &[(Json, Refused("list of pairs", KEYS))];
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
    (MessagePack, TAGGED_TUPLE),
    (Ron, TAGGED_TUPLE),
    (Postcard, Refused("Serialization Error", TAGGED)),
];
const THERE_TWICE: Expected = Refused("is there twice", TWICE);
const FOUND_TWICE: Expected = Unreadable("duplicate field", TWICE);
pub(crate) const TAG_TWICE: &[Cell] =
    &[(Cbor, THERE_TWICE), (Json, THERE_TWICE), (MessagePack, FOUND_TWICE), (Ron, FOUND_TWICE), SELF_DESCRIBING];
pub(crate) const FIELD_TWICE: &[Cell] =
    &[(Cbor, THERE_TWICE), (Json, THERE_TWICE), (MessagePack, FOUND_TWICE), (Ron, FOUND_TWICE), FLATTENED];
pub(crate) const KEY_TWICE: &[Cell] =
    &[(Cbor, THERE_TWICE), (Json, THERE_TWICE), (MessagePack, Differs(TWICE)), (Ron, Differs(TWICE)), FLATTENED];
const NOT_WIDE: Expected = Unreadable("i128", WIDE);
pub(crate) const TAGGED_WIDE: &[Cell] =
    &[(Cbor, NOT_WIDE), (Json, NOT_WIDE), (MessagePack, NOT_WIDE), (Ron, NOT_WIDE), SELF_DESCRIBING];
pub(crate) const UNTAGGED_WIDE: &[Cell] = &[
    (Cbor, Differs(WIDE)),
    (Json, Differs(WIDE)),
    (MessagePack, Unreadable("did not match any variant", WIDE)),
    (Ron, Differs(WIDE)),
    SELF_DESCRIBING,
];
pub(crate) const FLAT_WIDE: &[Cell] =
    &[(Cbor, NOT_WIDE), (Json, NOT_WIDE), (MessagePack, NOT_WIDE), (Ron, NOT_WIDE), FLATTENED];
pub(crate) const NOT_A_NUMBER: &[Cell] = &[(Json, Refused("JSON has no", NAN)), (Ron, Differs(NAN_BITS))];
pub(crate) const INFINITE: &[Cell] = &[(Json, Refused("JSON has no", NAN))];
pub(crate) const FLAT_OPTION: &[Cell] = &[
    (Cbor, Differs(FLAT_NONE)),
    (Json, Differs(FLAT_NONE)),
    (MessagePack, Differs(FLAT_NONE)),
    (Ron, Differs(FLAT_NONE)),
    FLATTENED,
];
pub(crate) const FLAT_ADDRESS: &[Cell] = &[(MessagePack, Unreadable("expected IP address", READABLE)), FLATTENED];

pub(crate) const BEFORE: &str = "\
# Forms and formats

What serde can express, and whether it comes back: a chunked array, a plain array that is diverted and one that stays in the
document, in every form, through every format. CBOR and JSON are the formats of `Storage` and `to_vec`; MessagePack (rmp-serde, with
named fields), RON and postcard stand for any other that you bring to `arraystow::serialize`.

- **yes**: what was saved is loaded, element by element, chunk by chunk, NaN bit by bit.
- **refused**: the save fails, with the place in the object, and writes nothing.
- **not read**: it is written, and the load fails.
- **differs**: it is written, and the load gives another value.

In CBOR and JSON, which the library chooses and knows, what would not be read back is refused where it can be known from the value
alone. Of a serializer of yours the library knows nothing: what that one does not refuse itself is written.

This page is made by `tests/forms`, which tries each cell: `ARRAYSTOW_WRITE_DOCS=1 cargo test --test forms`.
";

pub(crate) const AFTER: &str = "
## What is refused beside

- **Depth.** A document of `Storage` or `to_vec` may be 255 levels of lists, maps, structs, variants and options deep in CBOR, 127 in
  JSON, where an option is none; a variant with several fields is two. This is what can be read on the stack of a thread. Keep long
  lists in a `Vec`.
- **Lengths.** A `Serialize` of your own that gives another number of elements or fields than it said is refused.
- **Names.** `$arraystow::stored` and `$arraystow::inline` cannot be keys, fields or variants.

## What cannot be known when it is saved

- Which type will read it. `flatten`, `tag` and `untagged` are not to be seen in what serde writes; what serde's buffers lose (above) is
  found on loading.
- Whether another variant of an `untagged` enum fits as well: the first that fits is taken. A tuple `(A, u8)` and a `Vec` of two fit
  each other.
- Fields that are written and never read (`skip_deserializing`), or read and never written (`skip_serializing` without `default`).
- `Serialize` and `Deserialize` of your own that do not fit each other.
";
