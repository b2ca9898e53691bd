//! For lists of numbers, dates, strings or records: `#[serde(with = "arraystow::vec")]`.
//!
//! serde writes a `Vec` into the document, one element after the other. With this attribute, a `Vec<T>`, `VecDeque<T>`,
//! `Box<[T]>` or `&[T]` of [elements](crate::Element) is stored as an array with one axis, in a file like other arrays.
//! The elements do not pass through serde. The document has the array's persistent id.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let storage = arraystow::Storage::open(folder.path())?;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Recording {
//!     station: String,
//!     #[serde(with = "arraystow::vec")]
//!     samples: Vec<f32>,
//! }
//!
//! let recording = Recording { station: "Brocken".into(), samples: vec![0.5; 1_000_000] };
//! storage.save("monday", &recording)?;
//! assert!(storage.info("monday")?.bytes < 1000); // the document
//!
//! let recording: Recording = storage.load("monday")?;
//! assert_eq!(recording.samples, vec![0.5; 1_000_000]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A document in which the field is an ordinary list, because it was saved before the attribute was added, can still be
//! loaded from self-describing formats. [`mod@crate::ndarray`] is the same for arrays and matrices;
//! [`PlainArray`](crate::PlainArray) lists the types. Use `#[stow]` for options, and for lists that stay in the
//! document while they are small.

pub use crate::plugin::fields::ndarray::{astype, deserialize, serialize};
