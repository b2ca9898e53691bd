//! A history of checkpoints costs what changed from one to the next.

use super::{CHUNK, CHUNK_BYTES, Calls, Place, assert_sound, counted, elements};
use arraystow::{ArrayFormat, ChunkedArray, Storage};
use ndarray::{Array2, s};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone)]
struct State {
    step: usize,
    /// The first is computed anew in each step, the second changes in part.
    fields: Vec<ChunkedArray<i64>>,
}

const SHAPE: [usize; 2] = [8 * CHUNK[0], 2 * CHUNK[1]];
const CHUNKS: usize = 16;
const STEPS: usize = 50;

fn first(step: usize) -> Array2<i64> {
    elements(SHAPE, (step as i64) << 32)
}

/// One more step, and which elements the second field then has.
fn advance(state: &mut State, second: &mut Array2<i64>) {
    state.step += 1;
    let step = state.step;
    state.fields[0] = counted(&first(step)).0;
    let row = step * 5 % SHAPE[0];
    let block = elements([1, 4], (step as i64) << 48);
    state.fields[1] = state.fields[1].updated(s![row..row + 1, 3..7], &ChunkedArray::from(block.clone())).unwrap();
    second.slice_mut(s![row..row + 1, 3..7]).assign(&block);
}

fn start() -> (State, Array2<i64>) {
    let fields = (0..10).map(|field| counted(&elements(SHAPE, field << 40)).0).collect();
    (State { step: 0, fields }, elements(SHAPE, 1 << 40))
}

#[track_caller]
fn assert_state(storage: &Storage, name: &str, step: usize, second: &Array2<i64>) {
    let state: State = storage.load(name).unwrap();
    assert_eq!(state.step, step);
    for (field, array) in state.fields.iter().enumerate() {
        let expected = match field {
            0 => first(step),
            1 => second.clone(),
            other => elements(SHAPE, (other as i64) << 40),
        };
        assert!(array.compute().unwrap() == expected.into_dyn(), "field {field} of step {step}");
    }
}

#[test]
fn each_checkpoint_under_a_name_of_its_own() {
    for place in Place::all() {
        let storage = place.storage();
        let (mut state, mut second) = start();
        storage.save("run/0", &state).unwrap();
        let mut seconds = vec![second.clone()];
        for step in 1..=STEPS {
            advance(&mut state, &mut second);
            let report = storage.save(&format!("run/{step}"), &state).unwrap();
            assert_eq!((report.arrays_written, report.arrays_linked), (2, 8), "step {step}");
            assert_eq!(report.chunks_carried, CHUNKS - 1, "step {step}: one chunk has changed");
            let copied = if place.links() { 1 } else { CHUNKS } as u64;
            let most = (CHUNKS as u64 + copied) * CHUNK_BYTES + (32 << 10);
            assert!(report.bytes_written < most, "step {step}: {report}");
            seconds.push(second.clone());
        }
        for (step, second) in seconds.iter().enumerate().step_by(7) {
            assert_state(&storage, &format!("run/{step}"), step, second);
        }
        for step in [0, 1, 49] {
            storage.remove(&format!("run/{step}")).unwrap();
        }
        assert_state(&storage, "run/50", STEPS, &second);
        assert_sound(&storage, "run/50");
    }
}

#[test]
fn one_checkpoint_replaced_again_and_again() {
    for place in Place::all() {
        let storage = place.storage();
        let (state, mut second) = start();
        storage.save("run", &state).unwrap();
        let mut state: State = storage.load("run").unwrap();
        // More than operations can be nested.
        let steps = if matches!(place, Place::Folder(_, ArrayFormat::Hdf5)) { 210 } else { STEPS };
        for step in 1..=steps {
            advance(&mut state, &mut second);
            let report = storage.save("run", &state).unwrap();
            assert_eq!((report.arrays_written, report.arrays_kept), (2, 8), "step {step}");
            assert_eq!(report.chunks_carried, CHUNKS - 1, "step {step}");
        }
        assert_state(&storage, "run", steps, &second);
        assert_sound(&storage, "run");
    }
}

#[test]
fn what_was_saved_and_is_gone_is_computed() {
    for place in Place::all() {
        let storage = place.storage();
        let (mut state, mut second) = start();
        storage.save("run/0", &state).unwrap();
        storage.remove("run/0").unwrap();
        advance(&mut state, &mut second);
        let report = storage.save("run/1", &state).unwrap();
        assert_eq!((report.arrays_written, report.chunks_carried), (10, 0));
        assert_state(&storage, "run/1", 1, &second);
        assert_sound(&storage, "run/1");
    }
}

#[test]
fn a_history_in_a_folder_of_zarr_takes_the_room_of_what_changed() {
    let place = Place::folder(ArrayFormat::Zarr);
    let Place::Folder(folder, _) = &place else { unreachable!() };
    let storage = place.storage();
    let (mut state, mut second) = start();
    storage.save("run/0", &state).unwrap();
    let (calls, _watching) = Calls::watched(folder.path());
    for step in 1..=10 {
        advance(&mut state, &mut second);
        storage.save(&format!("run/{step}"), &state).unwrap();
        let (written, _) = calls.take();
        assert!(written < (CHUNKS as u64 + 1) * CHUNK_BYTES + (32 << 10), "step {step}: {written}");
    }
}
