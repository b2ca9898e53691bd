//! Reads shared values, each when it is first needed. [`SharedLoad`](crate::plugin::walk::shared_load::SharedLoad) has
//! the state.

use crate::error::Result;
use crate::plugin::de::at::At;
use crate::plugin::de::seeds::Seed;
use crate::plugin::document::path::Path;
use crate::plugin::document::pieces::{Pieces, ROOT};
use crate::plugin::format;
use crate::plugin::format::part::Begin;
use crate::plugin::shared::WeakShared;
use crate::plugin::walk::context::{lift, loading};
use crate::plugin::walk::errors::de_error;
use crate::plugin::walk::scopes::converting;
use crate::plugin::walk::shared_load::{Job, Looked, Missing};
use crate::plugin::walk::stack::is_enough_stack;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::sync::Arc;

/// Stack that is added at a time.
const SEGMENT: usize = 32 << 20;

/// Finds the pieces of a reference that names a file, which is read when the first one does.
pub(in crate::plugin) fn find_file(file: Option<&str>) -> Result<()> {
    let wants = loading(|state| Ok(state.shared.wants_file(file)?.then(|| state.resolver())))?;
    if let (Some(file), Some(resolver)) = (file, wants?) {
        let lifted = lift();
        let pieces = resolver.shared(file);
        drop(lifted);
        let pieces = pieces?;
        loading(|state| state.shared.set_file(file, pieces))?;
    }
    Ok(())
}

/// The value of a number, which is built when it is first asked for.
pub(in crate::plugin) fn strong<T: DeserializeOwned + 'static, E: serde::de::Error>(
    number: usize,
) -> Result<Arc<T>, E> {
    let of_root = loading(|state| state.shared.is_at_root()).unwrap_or(false);
    let found = if of_root { until_nothing_is_postponed(|| find(number)) } else { find(number) };
    found.map_err(|missing| match missing {
        Missing::Error(error) => de_error(error),
        Missing::Text(text) => E::custom(text),
    })
}

/// A reference to the value of a number, built or not.
pub(in crate::plugin) fn weak<T: 'static>(number: usize) -> Result<WeakShared<T>> {
    loading(|state| state.shared.weak(number))
}

/// Reads what the root asks for; the root itself is read once.
fn until_nothing_is_postponed<R>(attempt: impl Fn() -> R) -> R {
    // What the root has noted before; what is noted in attempts that are given up is forgotten.
    let before = loading(|state| std::mem::take(&mut state.notes)).unwrap_or_default();
    loop {
        let result = attempt();
        if !loading(|state| state.shared.is_postponed()).unwrap_or(false) {
            let _ = loading(|state| state.notes = before.then(std::mem::take(&mut state.notes)));
            return result;
        }
        drop(result);
        while let Ok(Some(job)) = loading(|state| state.shared.begin_job(&mut state.notes)) {
            if job.converting {
                converting(|| (job.build)(job.number))
            } else {
                (job.build)(job.number)
            }
            let _ = loading(|state| state.shared.end_job());
        }
    }
}

fn find<T: DeserializeOwned + 'static>(number: usize) -> Result<Arc<T>, Missing> {
    // Whether a job succeeds is known to what asks for the value again.
    let build = |number| drop(find::<T>(number));
    let found = loading(|state| {
        let job = Job { number, converting: state.conversion().is_asked(), build };
        state.shared.look(job, &mut state.notes)
    });
    match found?? {
        Looked::Built(value) => Ok(value),
        Looked::Build(pieces) => {
            let read = on_enough_stack(|| read_piece(&pieces, number));
            let (taken, not_taken) = loading(|state| {
                let converting = state.conversion().is_asked();
                state.shared.finish(number, converting, read, &state.notes)
            })?;
            drop(not_taken);
            taken
        }
    }
}

/// The value of a piece, or what the format says. Runs within the context of a load.
pub(in crate::plugin) fn read_piece<T: DeserializeOwned>(pieces: &Pieces, number: usize) -> Result<T, String> {
    let place = pieces.path(number);
    let (path, begin) = match number {
        ROOT => (Path::Root, Begin::Value),
        _ => (Path::Shared(&place), Begin::Met),
    };
    let (bytes, format) = (pieces.bytes(number).unwrap_or_default(), pieces.format());
    format::read(format, bytes, begin, Seed { seed: PhantomData::<T>, at: At { path: &path, format: Some(format) } })
}

/// Reads on this stack, or on another one if this is used up.
pub(in crate::plugin) fn on_enough_stack<R>(read: impl FnOnce() -> R) -> R {
    if is_enough_stack() {
        return read();
    }
    let _ = loading(|state| state.shared.add_segment());
    let result = stacker::grow(SEGMENT, read);
    let _ = loading(|state| state.shared.drop_segment());
    result
}
