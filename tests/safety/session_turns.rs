//! Two at a time on one session, in every interleaving with one change of turn and some with two: a worker, a driver
//! that commits, one that gives up, a sweep. The value is whole or not there, and nothing leaks.

use super::gate::Gate;
use super::sample::{files, files_named, in_all_turns, swept, times};
use super::turns::{InTurns, Turns};
use arraystow::faults::watch;
use arraystow::{ArrayFormat, ChunkedArray, Durability, Receipt, Region, Result, Storage, StorageBuilder, Ticket};
use ndarray::ArrayD;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use std::path::Path;
use std::sync::Arc;

const SHAPE: [usize; 2] = [8, 6];

/// A place that both actors use, each through a handle of its own.
enum Place {
    Folder(tempfile::TempDir),
    Store(Arc<InMemory>),
}

impl Place {
    fn folder() -> Self {
        Self::Folder(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    fn store() -> Self {
        Self::Store(Arc::new(InMemory::new()))
    }

    fn handle(&self, turns: Option<(Arc<Turns>, usize)>) -> Storage {
        match self {
            Self::Folder(folder) => {
                let builder = Storage::builder(folder.path().join("root")).array_format(ArrayFormat::Zarr);
                builder.durability(Durability::NotSynced).open().unwrap()
            }
            Self::Store(store) => {
                let gate = match turns {
                    None => Gate::open(store.clone()),
                    Some((turns, actor)) => Gate::in_turns(store.clone(), move || {
                        let turns = turns.clone();
                        Box::pin(async move { turns.wait_async(actor).await })
                    }),
                };
                StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap()
            }
        }
    }

    /// Takes the lease of a session away: to a sweep, it has run out.
    fn end_lease(&self, id: &str) {
        let key = format!("root/sim/bigdata/.saving/{id}/lease");
        match self {
            Self::Folder(folder) => std::fs::remove_file(folder.path().join(key)).unwrap(),
            Self::Store(store) => futures::executor::block_on(store.delete(&key.into())).unwrap(),
        }
    }

    fn assert_nothing_leaked(&self, what: &str) {
        let storage = self.handle(None);
        swept(&storage);
        match self {
            Self::Folder(_) => {
                let root = Path::new(storage.location());
                assert_eq!(arraystow_tests::files_by_array(root), files_named(&storage), "{what}: {:?}", files(root));
            }
            Self::Store(store) => {
                use futures::TryStreamExt;
                let keys: Vec<_> = futures::executor::block_on(store.list(None).try_collect()).unwrap();
                let arrays = storage.list("**").unwrap().into_iter().map(|entry| storage.info(&entry.name).unwrap());
                let arrays: Vec<String> = arrays.flat_map(|info| info.arrays).map(|array| array.file).collect();
                for key in keys.iter().map(|meta| meta.location.as_ref()) {
                    let is_named = arrays.iter().any(|array| key.contains(array.as_str()));
                    let is_own = key == "root/sim/many" || key.ends_with("dask_arrays/zarr.json");
                    assert!(is_named || is_own, "{what}: {key}");
                }
            }
        }
    }
}

fn block(region: &Region) -> ArrayD<i32> {
    ArrayD::from_shape_fn(region.shape(), |at| ((region.start()[0] + at[0]) * 100 + region.start()[1] + at[1]) as i32)
}

/// A session that is to be committed: its id, a ticket and the receipts of all chunks.
struct Begun {
    id: String,
    ticket: Ticket,
    receipts: Vec<Receipt>,
}

type Actor = fn(&Storage, &Begun) -> Result<()>;

const COMMITS: Actor = |storage, begun| storage.resume("sim/many", &begun.id)?.commit(begun.receipts.clone()).map(drop);
const ABANDONS: Actor = |storage, begun| storage.resume("sim/many", &begun.id)?.abandon();
const WRITES: Actor = |storage, begun| {
    let slot = storage.slot::<i32>(&begun.ticket)?;
    slot.regions(2).iter().try_for_each(|region| slot.write(region, block(region).view()).map(drop))
};
const SWEEPS: Actor = |storage, _| storage.sweep().and_then(|found| found.remove()).map(drop);
const SAVES: Actor = |storage, _| storage.save("sim/many", &7).map(drop);
const REMOVES: Actor = |storage, _| storage.remove("sim/many");

/// Who is at work, and whether the session has run out for a sweep while its driver goes on.
fn interleave(empty: fn() -> Place, names: &str, actors: [Actor; 2], has_run_out: bool) {
    let once = |first: usize, switches: &[usize]| {
        let place = empty();
        let sound = place.handle(None);
        let value = ChunkedArray::<i32>::pending(&SHAPE, &[4, 3]).unwrap();
        let session = sound.begin("sim/many", &value).unwrap();
        let ticket = session.ticket("").unwrap();
        let slot = sound.slot::<i32>(&ticket).unwrap();
        let write = |region: &Region| slot.write(region, block(region).view()).unwrap();
        let receipts = slot.regions(3).iter().map(write).collect();
        let begun = Begun { id: session.id().to_owned(), ticket, receipts };
        if has_run_out {
            place.end_lease(&begun.id);
        }
        let turns = Arc::new(Turns::new(first, switches));
        let watching = match &place {
            Place::Folder(folder) => Some(watch(folder.path(), Arc::new(InTurns(turns.clone())))),
            Place::Store(_) => None,
        };
        let handles = [0, 1].map(|actor| place.handle(Some((turns.clone(), actor))));
        let results: Vec<Result<()>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..2)
                .map(|actor| {
                    let (turns, handle, begun, session) = (&turns, &handles[actor], &begun, &session);
                    scope.spawn(move || {
                        turns.act(actor, || match has_run_out && actor == 0 {
                            // A driver that holds the session still.
                            true => session.commit(begun.receipts.clone()).map(drop),
                            false => actors[actor](handle, begun),
                        })
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        drop((watching, handles));
        let what = format!("{names}, {first} first, turns change at {switches:?}: {results:?}");
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(error.is_gone() || error.is_not_found() || error.is_conflict(), "{what}");
        }
        let found = sound.load::<ChunkedArray<i32>>("sim/many").and_then(|array| array.compute());
        let whole = block(&Region::new([0, 0], SHAPE).unwrap());
        match &found {
            Ok(found) => assert_eq!(*found, whole, "{what}"),
            Err(error) if names.contains("save") => assert_eq!(sound.load::<i32>("sim/many").unwrap(), 7, "{error}"),
            Err(error) => assert!(error.is_not_found(), "{what}: {error}"),
        }
        let commits = names.split(" and ").next() == Some("commit");
        if commits && !names.contains("remove") && !names.contains("save") {
            assert_eq!(
                found.is_ok(),
                results[0].is_ok() || (names.ends_with("commit") && results[1].is_ok()),
                "{what}"
            );
        }
        drop(session);
        if let Ok(left) = sound.resume("sim/many", &begun.id) {
            left.abandon().unwrap();
        }
        place.assert_nothing_leaked(&what);
        turns.steps()
    };
    let tried = in_all_turns(times(20, 600), once);
    println!("{names}: {tried} interleavings");
}

fn all_pairs(empty: fn() -> Place) {
    interleave(empty, "commit and commit", [COMMITS, COMMITS], false);
    interleave(empty, "commit and abandon", [COMMITS, ABANDONS], false);
    interleave(empty, "commit and sweep", [COMMITS, SWEEPS], false);
    interleave(empty, "commit and write", [COMMITS, WRITES], false);
    interleave(empty, "commit and save", [COMMITS, SAVES], false);
    interleave(empty, "commit and remove", [COMMITS, REMOVES], false);
    interleave(empty, "commit and sweep of what has run out", [COMMITS, SWEEPS], true);
    interleave(empty, "write and abandon", [WRITES, ABANDONS], false);
    interleave(empty, "write and sweep", [WRITES, SWEEPS], false);
    interleave(empty, "write and write", [WRITES, WRITES], false);
}

#[test]
fn in_a_folder() {
    all_pairs(Place::folder);
}

#[test]
fn in_a_store() {
    all_pairs(Place::store);
}
