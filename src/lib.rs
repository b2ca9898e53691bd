//! contents page: to be written.

mod array;
mod backend;
mod protocol;
mod engine;
mod error;

pub use array::{Arithmetic, ChunkGrid, ChunkSource, ChunkedArray, Codec, DataType, Element, IntoChunk, RealElement, Region, Summable};
pub use engine::Chunks;
pub use error::{Error, ErrorKind, Result};
pub use protocol::{FileHandle, FileProtocol, LocalFiles, Mode, Protocols};
