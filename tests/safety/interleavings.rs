//! Two at a time on one object, in every interleaving with one or two changes of turn: whole objects or an error that
//! says what happened, and nothing leaks.

use super::gate::Gate;
use super::sample::{
    Run, assert_field, assert_whole, files, files_named, in_all_turns, is_about_others, run_of, step_of, swept, times,
};
use super::turns::{InTurns, Turns};
use arraystow::faults::watch;
use arraystow::{Durability, ErrorKind, Result, Storage, StorageBuilder};
use object_store::memory::InMemory;
use std::path::Path;
use std::sync::Arc;

/// A place that both actors use, each through a handle of its own.
pub trait Place {
    fn new(turns: Option<Arc<Turns>>, like: &Self) -> Self;
    fn handle(&self, actor: usize) -> Storage;
    /// Takes the document of `sim/run` away, so that its arrays are what a killed copy leaves.
    fn take_document(&self);
    fn assert_nothing_leaked(&self, what: &str);
}

pub struct Folder {
    folder: Arc<tempfile::TempDir>,
    _watching: Option<arraystow::faults::Watching>,
}

impl Folder {
    pub fn empty() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        Self { folder: Arc::new(folder), _watching: None }
    }
}

impl Place for Folder {
    fn new(turns: Option<Arc<Turns>>, like: &Self) -> Self {
        let watching = turns.map(|turns| watch(like.folder.path(), Arc::new(InTurns(turns))));
        Self { folder: like.folder.clone(), _watching: watching }
    }

    fn handle(&self, _: usize) -> Storage {
        Storage::builder(self.folder.path().join("root")).durability(Durability::NotSynced).open().unwrap()
    }

    fn take_document(&self) {
        std::fs::remove_file(self.folder.path().join("root/sim/run")).unwrap();
    }

    fn assert_nothing_leaked(&self, what: &str) {
        let storage = self.handle(0);
        assert_eq!(files(Path::new(storage.location())), files_named(&storage), "{what}");
    }
}

pub struct Store {
    store: Arc<InMemory>,
    turns: Option<Arc<Turns>>,
    ignores_conditions: bool,
}

impl Store {
    pub fn empty() -> Self {
        Self { store: Arc::new(InMemory::new()), turns: None, ignores_conditions: false }
    }

    fn ignoring_conditions() -> Self {
        Self { ignores_conditions: true, ..Self::empty() }
    }
}

impl Place for Store {
    fn new(turns: Option<Arc<Turns>>, like: &Self) -> Self {
        Self { store: like.store.clone(), turns, ..*like }
    }

    fn handle(&self, actor: usize) -> Storage {
        let gate = match self.turns.clone() {
            None => Gate::open(self.store.clone()),
            Some(turns) => Gate::in_turns(self.store.clone(), move || {
                let turns = turns.clone();
                Box::pin(async move { turns.wait_async(actor).await })
            }),
        };
        let gate = if self.ignores_conditions { gate.ignoring_conditions() } else { gate };
        StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap()
    }

    fn take_document(&self) {
        use object_store::ObjectStoreExt;
        futures::executor::block_on(self.store.delete(&"root/sim/run".into())).unwrap();
    }

    fn assert_nothing_leaked(&self, _: &str) {
        // Without locks what two leave to each other may have to be swept: see docs/guarantees.md.
        swept(&self.handle(0));
    }
}

pub type Actor = fn(&Storage) -> Result<()>;

/// What both do, who they are, and what may be there afterwards.
pub type Pair<'a> = (&'a str, [Actor; 2], &'a [Option<u64>]);

pub const SAVES_2: Actor = |storage| storage.save("sim/run", &run_of(2)).map(drop);
const SAVES_3: Actor = |storage| storage.save("sim/run", &run_of(3)).map(drop);
const CREATES: Actor = |storage| storage.create("sim/run", &run_of(4)).map(drop);
pub const REMOVES: Actor = |storage| storage.remove("sim/run");
const REMOVES_ALL: Actor = |storage| storage.remove_matching("sim/*").map(drop);
const SAVES_ANOTHER: Actor = |storage| storage.save("sim/other", &run_of(5)).map(drop);
pub const SWEEPS: Actor = |storage| storage.sweep().and_then(|found| found.remove()).map(drop);
pub const KEEPS: Actor = |storage| {
    let run: Run = storage.load("sim/run")?;
    storage.save("sim/run", &run).map(drop)
};
pub const LINKS: Actor = |storage| {
    let run: Run = storage.load("sim/run")?;
    storage.save("sim/other", &run).map(drop)
};
/// Adds one step to the run: what it adds to is the other's, or the other adds to it.
pub const UPDATES: Actor = |storage| {
    storage.update("sim/run", |run: &mut Run| {
        let step = run.step + 1;
        *run = Run { field: &run.field + 1000.0, mask: &run.mask + 1, name: format!("run {step}"), step, note: None };
        Ok(())
    })
};
/// The same, without trying again.
const ADDS: Actor = |storage| {
    let mut run: Run = storage.load("sim/run")?;
    run.step += 1;
    run.name = format!("run {}", run.step);
    run.field = &run.field + 1000.0;
    run.mask += 1;
    storage.save("sim/run", &run).map(drop)
};
/// Makes another run, and exchanges both.
const SWAPS: Actor = |storage| {
    storage.save("sim/other", &run_of(5))?;
    let (run, other): (Run, Run) = (storage.load("sim/run")?, storage.load("sim/other")?);
    storage.save("sim/run", &other)?;
    storage.save("sim/other", &run).map(drop)
};
pub const LOADS: Actor = |storage| {
    let run: Run = storage.load("sim/run")?;
    match run.field.compute() {
        Ok(field) => assert_field(&field, run.step),
        // Replaced or removed since: an error, never zeros.
        Err(error) => assert!(error.is_gone(), "{error}"),
    }
    Ok(())
};
const VERIFIES: Actor = |storage| {
    let found = storage.verify("sim/run", arraystow::VerifyDepth::Deep)?;
    assert!(found.is_sound(), "{:?}", found.faults);
    Ok(())
};

/// What is there when both begin.
#[derive(Clone, Copy)]
pub enum Begin {
    Empty,
    /// `sim/run` of step 1.
    Saved,
    /// `sim/run` of step 6, as a copy.
    Copied,
    /// What a killed copy of it leaves.
    Leftovers,
}

/// The step of `sim/run`; 0 for a number.
fn found_in(storage: &Storage) -> Option<u64> {
    storage.load::<u64>("sim/run").ok().or_else(|| step_of(storage, "sim/run"))
}

/// Tries both actors in many interleavings.
pub fn interleave<P: Place>(
    empty: impl Fn() -> P,
    actors: [Actor; 2],
    begins: Begin,
    allowed: &[Option<u64>],
    names: &str,
) {
    let once = |first: usize, switches: &[usize]| {
        let place = empty();
        let sound = P::new(None, &place);
        match begins {
            Begin::Empty => {}
            Begin::Saved => drop(sound.handle(0).save("sim/run", &run_of(1)).unwrap()),
            Begin::Copied | Begin::Leftovers => COPIES(&sound.handle(0)).unwrap(),
        }
        if matches!(begins, Begin::Leftovers) {
            sound.take_document();
        }
        let turns = Arc::new(Turns::new(first, switches));
        let watched = P::new(Some(turns.clone()), &place);
        let handles = [watched.handle(0), watched.handle(1)];
        let results: Vec<Result<()>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..2)
                .map(|actor| {
                    let (turns, handle) = (&turns, &handles[actor]);
                    scope.spawn(move || turns.act(actor, || actors[actor](handle)))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        drop(watched);
        drop(handles);
        let what = format!("{names}, {first} first, turns change at {switches:?}: {results:?}");
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            // A number is there, which is no run.
            let is_number = names.contains("number") && error.kind() == ErrorKind::Serde;
            let expected = is_about_others(error) || error.kind() == ErrorKind::AlreadyExists || is_number;
            assert!(expected, "{what}");
        }
        let found = found_in(&sound.handle(0));
        assert!(allowed.contains(&found), "{what}: {found:?}");
        if names.ends_with("sweep of an earlier copy") && results[0].is_ok() {
            assert_eq!(found, Some(6), "{what}");
        }
        if names == "add and add" {
            let added = results.iter().filter(|result| result.is_ok()).count() as u64;
            assert_eq!(found, Some(1 + added), "{what}");
        }
        if names == "swap and sweep" {
            assert!(results.iter().all(|result| result.is_ok()), "{what}");
            assert_eq!(step_of(&sound.handle(0), "sim/other"), Some(1), "{what}");
        }
        let others = ["sim/other", "a/b/run"].map(|name| sound.handle(0).load::<Run>(name));
        others.iter().flatten().for_each(assert_whole);
        let is_renamed = names.starts_with("rename") || names.starts_with("move");
        if is_renamed && !names.ends_with("remove") {
            let there = others.iter().flatten().count() + usize::from(found.is_some());
            assert!(there > 0, "{what}: the value is lost");
        }
        sound.assert_nothing_leaked(&what);
        swept(&sound.handle(0));
        assert_eq!(found_in(&sound.handle(0)), found, "{what}");
        turns.steps()
    };
    let doubles = if matches!(begins, Begin::Empty | Begin::Saved) { 25 } else { 8 };
    let tried = in_all_turns(times(doubles, 600), once);
    println!("{names}: {tried} interleavings");
}

fn all_pairs<P: Place>(empty: impl Fn() -> P) {
    let one = Some(1);
    let pairs: [(bool, Pair<'_>); 22] = [
        (true, ("save and save", [SAVES_2, SAVES_3], &[Some(2), Some(3)])),
        (false, ("first save and first save", [SAVES_2, SAVES_3], &[Some(2), Some(3)])),
        (false, ("create and create", [CREATES, CREATES], &[Some(4)])),
        (false, ("create and save", [CREATES, SAVES_2], &[Some(2)])),
        (true, ("save and remove", [SAVES_2, REMOVES], &[Some(2), None])),
        (true, ("remove and remove", [REMOVES, REMOVES], &[None])),
        (true, ("save and sweep", [SAVES_2, SWEEPS], &[Some(2)])),
        (true, ("remove and sweep", [REMOVES, SWEEPS], &[None])),
        (true, ("keep and save", [KEEPS, SAVES_2], &[Some(1), Some(2)])),
        (true, ("keep and remove", [KEEPS, REMOVES], &[one, None])),
        (true, ("update and update", [UPDATES, UPDATES], &[Some(3)])),
        (true, ("update and save", [UPDATES, SAVES_2], &[Some(2), Some(3)])),
        (true, ("update and sweep", [UPDATES, SWEEPS], &[Some(2)])),
        // One of them may be refused, and then nothing of the other is lost.
        (true, ("add and add", [ADDS, ADDS], &[Some(2), Some(3)])),
        (true, ("swap and sweep", [SWAPS, SWEEPS], &[Some(5)])),
        (true, ("link and remove", [LINKS, REMOVES], &[None])),
        (true, ("load and save", [LOADS, SAVES_2], &[Some(2)])),
        (true, ("verify and save", [VERIFIES, SAVES_2], &[Some(2)])),
        (true, ("remove and save of another", [REMOVES, SAVES_ANOTHER], &[None])),
        (true, ("remove all and save", [REMOVES_ALL, SAVES_2], &[Some(2), None])),
        (true, ("remove all and remove", [REMOVES_ALL, REMOVES], &[None])),
        (true, ("remove all and link", [REMOVES_ALL, LINKS], &[None])),
    ];
    for (begins, (names, actors, allowed)) in pairs {
        interleave(&empty, actors, if begins { Begin::Saved } else { Begin::Empty }, allowed, names);
    }
}

#[test]
fn in_a_folder() {
    all_pairs(Folder::empty);
}

#[test]
fn in_a_store() {
    all_pairs(Store::empty);
}

/// There, of two at the same moment the later one stays. What is there is whole all the same.
#[test]
fn in_a_store_that_ignores_conditions() {
    let both = [Some(1), Some(2), Some(3)];
    let pairs: [Pair<'_>; 7] = [
        ("save and save", [SAVES_2, SAVES_3], &[Some(2), Some(3)]),
        ("keep and save", [KEEPS, SAVES_2], &both),
        ("keep and remove", [KEEPS, REMOVES], &[Some(1), None]),
        ("keep and remove all", [KEEPS, REMOVES_ALL], &[Some(1), None]),
        ("keep and a number", [KEEPS, SAVES_A_NUMBER], &[Some(1), Some(0)]),
        ("keep and keep", [KEEPS, KEEPS], &both),
        ("keep and sweep", [KEEPS, SWEEPS], &[Some(1)]),
    ];
    for (names, actors, allowed) in pairs {
        interleave(Store::ignoring_conditions, actors, Begin::Saved, allowed, &format!("{names}, conditions ignored"));
    }
}

/// From a storage that is never changed.
const COPIES: Actor = |storage| {
    static SOURCE: std::sync::OnceLock<(tempfile::TempDir, Storage)> = std::sync::OnceLock::new();
    let (_, source) = SOURCE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let source = Storage::open(folder.path()).unwrap();
        source.save("sim/run", &run_of(6)).unwrap();
        (folder, source)
    });
    source.copy("sim/run", storage).map(drop)
};
const SAVES_A_NUMBER: Actor = |storage| storage.save("sim/run", &0_u64).map(drop);
/// Begins with what the copy brings.
const COPIES_AND_SAVES: Actor = |storage| {
    COPIES(storage)?;
    SAVES_2(storage)
};
const COPIES_AND_SAVES_A_NUMBER: Actor = |storage| {
    COPIES(storage)?;
    SAVES_A_NUMBER(storage)
};
const COPIES_AND_REMOVES: Actor = |storage| {
    COPIES(storage)?;
    REMOVES(storage)
};
const COPIES_AND_REMOVES_ALL: Actor = |storage| {
    COPIES(storage)?;
    REMOVES_ALL(storage)
};

/// Copies bring arrays under the ids that they have elsewhere, which others may remove or bring at the same time.
fn pairs_of_copies<P: Place>(empty: impl Fn() -> P, begins_so: impl Fn(Begin) -> bool) {
    use Begin::{Copied, Leftovers, Saved};
    let (number, six, gone) = (Some(0), Some(6), None);
    let pairs: [(Begin, Pair<'_>); 12] = [
        (Saved, ("copy and copy", [COPIES, COPIES], &[six])),
        (Saved, ("copy and save", [COPIES, SAVES_2], &[Some(2), six])),
        (Saved, ("copy and sweep", [COPIES, SWEEPS], &[six])),
        (Saved, ("copy and a copy replaced", [COPIES, COPIES_AND_SAVES], &[Some(2), six])),
        (Saved, ("copy and a copy removed", [COPIES, COPIES_AND_REMOVES], &[gone, six])),
        (Saved, ("copy and a copy removed with all", [COPIES, COPIES_AND_REMOVES_ALL], &[gone, six])),
        // What replaces the copy has no arrays to announce.
        (Copied, ("copy again and a number", [COPIES, SAVES_A_NUMBER], &[number, six])),
        (Saved, ("copy and a copy replaced by a number", [COPIES, COPIES_AND_SAVES_A_NUMBER], &[number, six])),
        (Copied, ("copy again and remove", [COPIES, REMOVES], &[gone, six])),
        (Leftovers, ("copy and sweep of an earlier copy", [COPIES, SWEEPS], &[gone, six])),
        (Leftovers, ("copy and copy over an earlier one", [COPIES, COPIES], &[gone, six])),
        (Leftovers, ("copy and remove over an earlier one", [COPIES_AND_REMOVES, SWEEPS], &[gone, six])),
    ];
    for (begins, (names, actors, allowed)) in pairs.into_iter().filter(|(begins, _)| begins_so(*begins)) {
        // One may always be refused because of the other: then what was there before may stay.
        let before = if matches!(begins, Saved) { Some(1) } else { allowed[0] };
        interleave(&empty, actors, begins, &[allowed, &[before]].concat(), names);
    }
}

#[test]
fn of_copies_in_a_folder() {
    pairs_of_copies(Folder::empty, |_| true);
}

#[test]
fn of_copies_in_a_store() {
    pairs_of_copies(Store::empty, |_| true);
}

#[test]
fn of_copies_in_a_store_that_ignores_conditions() {
    pairs_of_copies(Store::ignoring_conditions, |begins| !matches!(begins, Begin::Saved));
}
