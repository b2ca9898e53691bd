//! What options of fields do, through the public API only.

mod astype;
mod forms;
mod keeping;
mod saving;
mod shared;
mod support;
