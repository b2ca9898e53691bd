//! PROTOCOLS: how bytes are reached. They know files and objects, not arrays.

mod file;
#[cfg(unix)]
mod local;
mod protocols;

pub use file::{FileHandle, FileProtocol, Mode};
#[cfg(unix)]
pub use local::LocalFiles;
pub use protocols::Protocols;
