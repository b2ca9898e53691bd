//! SESSIONS: one value, whose arrays many programs write, and one commit.
//!
//! A session is a save that waits between its walk and its commit. `begin` makes the plan and writes what the value
//! has; `slot` writes chunks of the pending arrays and gives receipts; `commit` completes the arrays from the receipts
//! and carries out the rest of the save.

mod adopt;
mod any_slot;
mod async_forms;
mod begin;
mod commit;
mod open;
mod opened;
mod receipt;
mod record;
mod regions;
mod resume;
mod rows;
mod slot;
mod state;
mod ticket;

pub use any_slot::AnySlot;
pub use open::{MissingRegion, Session};
pub use receipt::Receipt;
pub(super) use record::{DeadSession, Sessions};
pub use slot::Slot;
pub use ticket::Ticket;

use crate::error::Error;

/// The error for a place without arrays that several programs write.
fn not_here() -> Error {
    Error::unsupported(
        "several programs cannot write an array in this place: that needs Zarr arrays, in a folder or an object store",
    )
}
