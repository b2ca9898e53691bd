//! A power cut at any moment: every call on the file system is recorded, and for every prefix of the record the folders
//! are laid out as a power cut could leave them. Of what was not synced, nothing, all or any part may be there.

mod copies;
mod disk;
mod record;

use super::sample::{Notes, Random, Run, field_of, files, files_named, noted_run_of, run_of, swept, times};
use arraystow::faults::watch;
use arraystow::{ArrayFormat, ChunkedArray, Codec, Durability, Receipt, Region, Session, Slot, Storage, VerifyDepth};
use disk::Disk;
use record::Recorder;
use std::path::Path;
use std::sync::Arc;

/// What a power cut may leave under a name: one of these steps, or nothing.
type Allowed<'a> = &'a [Option<u64>];

/// Returns an error unless one of the values that may be there is there, whole. Of several names, `a or b`, only one may
/// have a value if all are of one workflow.
fn check(storage: &Storage, names: &str, allowed: Allowed<'_>) -> Result<(), String> {
    let names: Vec<&str> = names.split(" or ").collect();
    let found = names.iter().map(|name| found(storage, name)).collect::<Result<Vec<_>, String>>()?;
    let there: Vec<u64> = found.into_iter().flatten().collect();
    let workflow = |name: &str| name.rsplit_once('/').unwrap().0.to_owned();
    if there.len() > 1 && names.iter().all(|name| workflow(name) == workflow(names[0])) {
        return Err(format!("{} of {names:?} are there", there.len()));
    }
    let found = there.first().copied();
    if allowed.contains(&found) { Ok(()) } else { Err(format!("{found:?} is there, not one of {allowed:?}")) }
}

/// The step that is there, whole.
fn found(storage: &Storage, name: &str) -> Result<Option<u64>, String> {
    Ok(match storage.load::<Run>(name) {
        Ok(run) => {
            let field = run.field.compute().map_err(|error| error.to_string())?;
            let expected = run_of(run.step);
            if field != expected.field.compute().unwrap() || run.mask != expected.mask || run.name != expected.name {
                return Err(format!("step {} is not whole", run.step));
            }
            let verified = storage.verify(name, VerifyDepth::Deep).map_err(|error| error.to_string())?;
            if !verified.is_sound() {
                return Err(format!("{:?}", verified.faults));
            }
            Some(run.step)
        }
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.to_string()),
    })
}

/// Records `action` and cuts the power after each of its calls. Returns the number of outcomes that were tried, and
/// what was wrong in them. What is saved under `name` must be one of `before` or `after`, and `after` once the action
/// has returned. `prepare` returns a name that is not durable when the action begins, or nothing.
fn cut_everywhere(
    durability: Durability,
    (format, codec): (ArrayFormat, Codec),
    prepare: impl Fn(&Storage) -> &'static str,
    action: impl Fn(&Storage),
    name: &str,
    before: Allowed<'_>,
    after: Option<u64>,
) -> (usize, Vec<String>) {
    let base = tempfile::tempdir().unwrap();
    let open = |base: &Path| {
        let builder = Storage::builder(base.join("root")).durability(durability).array_format(format).codec(codec);
        builder.serializer(Notes).open().unwrap()
    };
    let storage = open(base.path());
    let unsynced = prepare(&storage);
    let mut disk = Disk::of(base.path());
    if !unsynced.is_empty() {
        disk.forget(&base.path().join(unsynced));
    }
    let recorder = Arc::new(Recorder::default());
    let watching = watch(base.path(), recorder.clone());
    action(&storage);
    drop(watching);
    let record = recorder.take();
    assert!(record.len() > 3, "{record:?}");

    let (mut tried, mut wrong) = (0, Vec::new());
    for cut in 0..=record.len() {
        if cut > 0 {
            disk.apply(&record[cut - 1]);
        }
        let only_after = [after];
        let either = [before, &only_after].concat();
        let allowed: Allowed<'_> = if cut == record.len() { &only_after } else { &either };
        for luck in 0..times(6, 40) as u64 {
            let mut random = Random(luck * 7919 + cut as u64);
            let mut survives = |what: &str| match luck {
                0 => false,
                1 => true,
                2 => what == "name",
                3 => what == "bytes",
                _ => random.below(2) == 0,
            };
            let left = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
            disk.lay_out(left.path(), &mut survives);
            let storage = open(left.path());
            tried += 1;
            let problem = check(&storage, name, allowed).err().or_else(|| settle(&storage, luck)).or_else(|| {
                swept(&storage);
                let root = Path::new(storage.location());
                let (there, named) = (files(root), files_named(&storage));
                check(&storage, name, allowed)
                    .err()
                    .or_else(|| (there != named).then(|| format!("{there:?} {named:?}")))
            });
            wrong.extend(problem.map(|problem| {
                let last = cut.checked_sub(1).map(|last| &record[last]);
                format!("after {cut} of {} calls, the last being {last:?}, luck {luck}: {problem}", record.len())
            }));
        }
    }
    if durability == Durability::Synced {
        // The model sees what the disk has.
        let real = arraystow_tests::files(base.path());
        let model = tempfile::tempdir().unwrap();
        disk.lay_out(model.path(), &mut |_| true);
        let modelled = arraystow_tests::files(model.path());
        assert_eq!(real, modelled);
        for file in real {
            assert!(
                std::fs::read(base.path().join(&file)).unwrap() == std::fs::read(model.path().join(&file)).unwrap(),
                "{file} is modelled wrong"
            );
        }
    }
    (tried, wrong)
}

/// What another driver does after the power cut with a session that it finds: it commits or abandons it. Returns what was
/// wrong.
fn settle(storage: &Storage, luck: u64) -> Option<String> {
    let saving = Path::new(storage.location()).join("sim/bigdata/.saving");
    let entries = std::fs::read_dir(&saving).into_iter().flatten().map(|entry| entry.unwrap());
    // The others are records of saves.
    let sessions = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    for id in sessions.map(|entry| entry.file_name().into_string().unwrap()) {
        let settled = storage.resume("sim/run", &id).and_then(|session| match luck % 2 {
            0 => session.abandon(),
            _ => write(storage, &session).and_then(|receipts| session.commit(receipts)).map(drop),
        });
        match settled {
            Ok(()) => {}
            Err(error) if error.is_gone() || error.is_not_found() => {
                // It runs out at some time.
                let _ = std::fs::remove_file(saving.join(id).join("lease"));
            }
            Err(error) => return Some(format!("session {id}: {error}")),
        }
    }
    None
}

/// Writes the field of the second step.
fn write(storage: &Storage, session: &Session) -> arraystow::Result<Vec<Receipt>> {
    let slot: Slot<f64> = storage.slot(&session.ticket("field")?)?;
    let field = field_of(2, &[15, 20]);
    let write = |region: &Region| slot.write(region, field.slice(region.to_slice_info().as_slice())?.compute()?.view());
    slot.regions(2).iter().map(write).collect()
}

const HDF5: (ArrayFormat, Codec) = (ArrayFormat::Hdf5, Codec::NONE);
const ZARR: (ArrayFormat, Codec) = (ArrayFormat::Zarr, Codec::BLOSC);

fn nothing_is_lost(
    prepare: impl Fn(&Storage),
    action: impl Fn(&Storage),
    name: &str,
    before: Allowed<'_>,
    after: Option<u64>,
) {
    let prepared = |storage: &Storage| {
        prepare(storage);
        ""
    };
    for kind in [HDF5, (ArrayFormat::Hdf5, Codec::gzip(3).unwrap()), ZARR] {
        let (tried, wrong) = cut_everywhere(Durability::Synced, kind, prepared, &action, name, before, after);
        assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
        println!("{tried} power cuts");
    }
}

#[test]
fn in_a_first_save() {
    nothing_is_lost(|_| {}, |storage| drop(storage.save("a/b/run", &run_of(1)).unwrap()), "a/b/run", &[None], Some(1));
}

#[test]
fn in_a_save_that_replaces() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(storage.save("sim/run", &run_of(2)).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(2),
    );
}

#[test]
fn in_a_save_that_keeps_its_arrays() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(storage.save("sim/run", &storage.load::<Run>("sim/run").unwrap()).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(1),
    );
}

#[test]
fn in_a_save_that_links_arrays_of_another_object() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(storage.save("other/run", &storage.load::<Run>("sim/run").unwrap()).unwrap()),
        "other/run",
        &[None],
        Some(1),
    );
}

#[test]
fn in_a_save_that_takes_chunks_over() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| {
            let run: Run = storage.load("sim/run").unwrap();
            let field = run.field.with_attr("units", "K").unwrap();
            assert_eq!(storage.save("sim/run", &Run { field, ..run }).unwrap().chunks_carried, 1);
        },
        "sim/run",
        &[Some(1)],
        Some(1),
    );
}

#[test]
fn in_a_save_with_an_object_of_another_serializer() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &noted_run_of(1)).unwrap()),
        |storage| drop(storage.save("sim/run", &noted_run_of(2)).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(2),
    );
}

#[test]
fn in_a_session() {
    let prepare = |storage: &Storage| {
        storage.save("sim/run", &run_of(1)).unwrap();
        ""
    };
    let drive = |storage: &Storage| {
        let pending = ChunkedArray::pending(&[30, 20], &[15, 20]).unwrap();
        let session = storage.begin("sim/run", &Run { field: pending, ..run_of(2) }).unwrap();
        let receipts = write(storage, &session).unwrap();
        session.commit(receipts).unwrap();
    };
    // The pending array is a Zarr array in either, and the other one is an HDF5 file in the first.
    for kind in [HDF5, ZARR].into_iter().take(times(1, 2)) {
        let (tried, wrong) = cut_everywhere(Durability::Synced, kind, prepare, drive, "sim/run", &[Some(1)], Some(2));
        assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
        println!("{tried} power cuts");
    }
}

#[test]
fn in_a_removal() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| storage.remove("sim/run").unwrap(),
        "sim/run",
        &[Some(1)],
        None,
    );
}

#[test]
fn in_a_removal_of_many() {
    nothing_is_lost(
        |storage| {
            for name in ["sim/first", "sim/run", "sim/third"] {
                storage.save(name, &run_of(1)).unwrap();
            }
        },
        |storage| assert_eq!(storage.remove_workflow("sim").unwrap().len(), 3),
        "sim/run",
        &[Some(1)],
        None,
    );
}

#[test]
fn in_a_save_after_a_removal_that_emptied_the_folder() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| {
            storage.remove("sim/run").unwrap();
            storage.save("sim/run", &run_of(2)).unwrap();
        },
        "sim/run",
        &[Some(1), None],
        Some(2),
    );
}

#[test]
fn in_a_rename_within_a_workflow() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &noted_run_of(1)).unwrap()),
        |storage| {
            storage.rename("sim/run", "sim/new").unwrap();
            storage.rename("sim/new", "sim/last").unwrap();
        },
        "sim/run or sim/new or sim/last",
        &[Some(1)],
        Some(1),
    );
}

#[test]
fn in_a_rename_to_another_workflow() {
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &noted_run_of(1)).unwrap()),
        |storage| drop(storage.rename("sim/run", "a/b/run").unwrap()),
        "sim/run or a/b/run",
        &[Some(1)],
        Some(1),
    );
}

/// Without syncing much is lost: these tests would notice.
#[test]
fn these_tests_notice_what_is_not_synced() {
    for kind in [HDF5, ZARR] {
        let (tried, wrong) = cut_everywhere(
            Durability::NotSynced,
            kind,
            |storage| {
                storage.save("sim/run", &run_of(1)).unwrap();
                ""
            },
            |storage| drop(storage.save("sim/run", &run_of(2)).unwrap()),
            "sim/run",
            &[Some(1)],
            Some(2),
        );
        assert!(wrong.len() > tried / 20, "{} of {tried}", wrong.len());
    }
}
