//! The ranks of an MPI run write one array, with the crate mpi (rsmpi).
//!
//! ```text
//! apt install libopenmpi-dev openmpi-bin libclang-dev
//! cargo build --manifest-path examples/mpi/Cargo.toml
//! mpirun -n 4 examples/mpi/target/debug/arraystow-example-mpi FOLDER
//! ```
//!
//! The folder must be one that all machines of the run see.

use arraystow_example_many_processes::{Communicator, Outcome, check, run};
use mpi::datatype::PartitionMut;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives as _, Root as _};
use std::path::Path;

/// The ranks of MPI.
struct Ranks(SimpleCommunicator);

impl Communicator for Ranks {
    fn rank(&self) -> usize {
        self.0.rank().unsigned_abs() as usize
    }

    fn size(&self) -> usize {
        self.0.size().unsigned_abs() as usize
    }

    fn broadcast(&self, bytes: Option<Vec<u8>>) -> Outcome<Vec<u8>> {
        let first = self.0.process_at_rank(0);
        let mut len = bytes.as_ref().map_or(0, Vec::len);
        first.broadcast_into(&mut len);
        let mut bytes = bytes.unwrap_or_else(|| vec![0; len]);
        first.broadcast_into(&mut bytes[..]);
        Ok(bytes)
    }

    fn gather(&self, bytes: Vec<u8>) -> Outcome<Option<Vec<Vec<u8>>>> {
        let first = self.0.process_at_rank(0);
        let len = i32::try_from(bytes.len())?;
        if self.rank() > 0 {
            first.gather_into(&len);
            first.gather_varcount_into(&bytes[..]);
            return Ok(None);
        }
        let mut lens = vec![0; self.size()];
        first.gather_into_root(&len, &mut lens[..]);
        let (mut starts, mut end) = (Vec::with_capacity(lens.len()), 0_i32);
        for len in &lens {
            starts.push(end);
            end = end.checked_add(*len).ok_or("the ranks send more than 2 GiB")?;
        }
        let mut all = vec![0; lens.iter().map(|len| len.unsigned_abs() as usize).sum()];
        first.gather_varcount_into_root(&bytes[..], &mut PartitionMut::new(&mut all[..], &lens[..], &starts[..]));
        let mut rest = all.as_slice();
        let parts = lens.iter().map(|len| {
            let (part, after) = rest.split_at(len.unsigned_abs() as usize);
            rest = after;
            part.to_vec()
        });
        Ok(Some(parts.collect()))
    }
}

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).ok_or("the argument is a folder that all ranks see")?;
    let folder = Path::new(&folder);
    let universe = mpi::initialize().ok_or("MPI is already initialized")?;
    let ranks = Ranks(universe.world());
    if let Err(error) = run(&ranks, folder) {
        // The others may be waiting for this one.
        eprintln!("rank {}: {error}", ranks.rank());
        ranks.0.abort(1);
    }
    ranks.0.barrier();
    if ranks.rank() == 0 { check(folder) } else { Ok(()) }
}
