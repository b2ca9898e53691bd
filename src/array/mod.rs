//! DATA MODEL: chunked arrays and their lazy operations.
//!
//! Here an array is a shape, a chunk grid, a data type and a source that produces regions. This module depends on
//! neither the plug-in nor storage nor threads: `engine` computes arrays in parallel, `backend` stores them. Values
//! such as a codec or a chunk grid implement serde's traits here.

mod any;
mod any_bytes;
mod any_ndarray;
mod arithmetic;
mod attr;
mod borrowed;
#[cfg(feature = "jiff")]
mod cf;
mod chunked;
mod chunking;
mod codec;
mod constructors;
mod corner;
mod data_type;
mod dispatch;
mod element;
mod encoded;
mod encoded_ndarray;
mod encoding;
mod erased;
mod evaluation;
mod fixed;
mod function;
mod gather;
mod grid;
mod guard;
mod kept;
mod labelled;
mod labels;
mod line;
mod memory;
mod meta;
mod notes;
mod number;
mod operations;
mod ops;
mod optional;
mod ordered;
pub(crate) mod packed;
mod pending;
mod plain;
mod printed;
mod region;
mod scratch;
mod slice;
mod source;
mod stored;
mod text;
mod texts;
#[cfg(feature = "jiff")]
mod times;

pub use any::AnyArray;
pub use any_ndarray::AnyNdArray;
pub use arithmetic::Arithmetic;
pub use attr::Attr;
pub use chunked::ChunkedArray;
pub use chunking::Chunking;
pub use codec::Codec;
#[doc(hidden)]
pub use data_type::EnumName;
pub use data_type::{DataType, EnumType, Field, RecordType, SubarrayType, TimeUnit};
pub use element::{Element, RealElement};
pub use encoded_ndarray::EncodedNdArray;
#[doc(hidden)]
pub use encoding::{Encoding, RecordReader, default_memory, in_field};
pub use fixed::{FixedBytes, FixedText};
pub use function::{ChunkSource, IntoChunk};
pub use grid::ChunkGrid;
#[cfg(feature = "conformance")]
pub(crate) use number::sample_value;
pub use number::{Number, Summable};
pub use ops::{Operand, Padding, Reduction};
pub use plain::{FromPlainArray, PlainArray, PlainReader};
pub use region::Region;

pub(crate) use borrowed::{BorrowedElements, is_same};
#[cfg(any(feature = "hdf5", feature = "zarr"))]
pub(crate) use codec::CodecKind;
pub(crate) use corner::Corner;
pub(crate) use dispatch::{with_element, with_typed};
pub(crate) use encoded::EncodedArray;
pub(crate) use encoding::{byte_len, decode, decode_labelled, encode, encode_region};
pub(crate) use erased::ErasedArray;
pub(crate) use evaluation::{Evaluation, Fork, largest_chunk_for};
pub(crate) use labels::{Labels, Said, few};
#[cfg(feature = "hdf5")]
pub(crate) use labels::{MOST_ATTR_BYTES, MOST_ATTRS};
pub(crate) use memory::{element_count, machine_memory, zeroed};
pub(crate) use meta::ArrayMeta;
pub(crate) use number::AnyNumber;
pub(crate) use operations::check_astype;
pub(crate) use ops::{Count, Extreme, Mean, Pick, Position, Reducer, Skip, Spread, Sum, Truth, state_of};
pub(crate) use ordered::{distance, key, key_bits, number_of};
pub(crate) use printed::texts;
#[cfg(feature = "zarr")]
pub(crate) use source::copy_into;
pub(crate) use stored::{StoredBytes, StoredLayout};
