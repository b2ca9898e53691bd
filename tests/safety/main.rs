//! Nothing is lost: what is promised of saves, loads, removals and sweeps, tried by killing, failing, cutting the
//! power, flipping bits and racing.
//!
//! `ARRAYSTOW_DEEP=1 cargo test --test safety` tries more of each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs
)]
#![allow(unreachable_pub, reason = "modules of one program")]
#![cfg(all(feature = "hdf5", feature = "s3"))]

mod async_forms;
mod cancelled;
mod copies;
mod crash;
mod early;
mod failing;
mod full_disk;
mod gate;
mod growing;
mod integrity;
mod interleavings;
mod io_faults;
mod lost_answers;
mod many;
mod packs;
mod parts;
mod place;
mod power_cut;
mod progress;
mod renames;
mod sample;
mod session_clocks;
mod session_faults;
mod session_kills;
mod session_requests;
mod session_turns;
mod session_twice;
mod sessions;
mod stress;
mod swaps;
mod sweep;
mod turns;
mod updates;
