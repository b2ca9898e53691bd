//! The walk of a save: the value itself, then the shared values from their queue.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::path::Path;
use crate::plugin::document::pieces::{SharedParts, write_table};
use crate::plugin::drive::circle;
use crate::plugin::external::planned::{External, InFiles, Planned, SavePlan, SharedBody, SharedPlan};
use crate::plugin::format;
use crate::plugin::format::rules::Rules;
use crate::plugin::ser::wrapped::Wrapped;
use crate::plugin::walk::context::{Level, push, saving};
use crate::plugin::walk::saving::{PlanSettings, SaveState};
use crate::plugin::walk::shared_save::{SharedSave, WritePiece};
use serde::Serialize;
use std::rc::Rc;
use std::sync::Arc;

/// Walks a value once; nothing is stored. `walk` gives the value to a serializer, and returns the text of the format's
/// error.
pub(in crate::plugin) fn plan<O>(
    settings: PlanSettings,
    walk: impl FnOnce() -> Result<O, String>,
) -> Result<(O, SavePlan)> {
    let measures = settings.measures;
    let guard = push(Level::Save(Box::new(SaveState::new(settings))));
    let result = walk().map(|output| (output, if measures { Ok(()) } else { write_pieces() }));
    let Some(Level::Save(state)) = guard.pop() else {
        return Err(Error::new(ErrorKind::Serde, "the value's Serialize implementation did not finish"));
    };
    match result {
        Ok((output, Ok(()))) => {
            let (mut objects, shared) = state.into_planned();
            let (shared, beside) = finish(shared)?;
            objects.extend(beside);
            Ok((output, SavePlan { objects, shared, document: None }))
        }
        Ok((_, Err((text, path)))) => Err(state.explain(&text).at_path(&path)),
        Err(text) => Err(state.explain(&text)),
    }
}

/// A value that our Serializer meets, whatever serializer it is given to.
pub(in crate::plugin) fn root<T: ?Sized>(value: &T, format: Option<Format>) -> Wrapped<'_, T> {
    Wrapped { value, path: &Path::Root, rules: Rules::of(format), key: None }
}

/// A shared value, to be written when it is its turn.
pub(in crate::plugin) fn piece_of<T: Serialize + 'static>(value: &Arc<T>) -> Rc<dyn WritePiece> {
    Rc::new(Piece(value.clone()))
}

struct Piece<T>(Arc<T>);

impl<T: Serialize> WritePiece for Piece<T> {
    fn write(&self, met: (usize, &str), format: Format, path: &Path<'_>, into: Vec<u8>) -> Result<Vec<u8>, String> {
        let value = Wrapped { value: &*self.0, path, rules: Rules::of(Some(format)), key: None };
        format::write(format, &value, Some(met), into)
    }
}

/// Writes the pieces of all shared values that were met, and of those that are met meanwhile. Returns what the format
/// says, and the path.
fn write_pieces() -> Result<(), (String, String)> {
    let begin = |state: &mut SaveState| {
        let next = state.shared.next()?;
        state.options().put(next.options);
        Some(next)
    };
    while let Some(next) = saving(begin).map_err(|error| (error.to_string(), String::new()))? {
        let start = next.written.len();
        let met = (next.met.0, next.met.1.as_str());
        let written = next.value.write(met, next.format, &Path::Shared(&next.path.as_str()), next.written);
        let done = written.map(|written| saving(|state| state.shared.done(start, written)));
        if let Err(text) | Ok(Err(text)) = done.map(|done| done.map_err(|error| error.to_string())) {
            return Err((text, next.path));
        }
    }
    Ok(())
}

/// What follows the root in the body, or is to be written beside it.
fn finish(shared: SharedSave) -> Result<(SharedPlan, Option<Planned>)> {
    let (count, edges) = shared.graph();
    if let Some(circle) = circle::find(count, edges) {
        return Err(circle_error(&shared, &circle));
    }
    let Some(written) = shared.into_written() else { return Ok((SharedPlan::default(), None)) };
    let mut bytes = write_table(&written.lengths, written.format)?;
    let parts = SharedParts { root: 0, table: bytes.len() as u64 };
    bytes.reserve_exact(written.bytes.len());
    bytes.extend_from_slice(&written.bytes);
    Ok(match written.beside {
        Some(id) => {
            let external = External::Files(InFiles::Shared(SharedBody { parts, bytes }));
            (SharedPlan::default(), Some(Planned { id, paths: vec![String::new()], external, kept: false }))
        }
        None => (SharedPlan::of_pieces(parts, bytes), None),
    })
}

fn circle_error(shared: &SharedSave, circle: &[usize]) -> Error {
    const MOST: usize = 6;
    let shown = |number: &usize| match shared.path(*number) {
        path if path.is_empty() => "the value itself".to_owned(),
        path => path,
    };
    let mut paths: Vec<_> = circle.iter().take(MOST).map(shown).collect();
    if circle.len() > MOST {
        paths.push(format!("({} more)", circle.len() - MOST));
    }
    let error = Error::unsupported(format!(
        "shared values hold one another in a cycle, so they would never be freed and could not be loaded: {} and \
            back; make one of these references a WeakShared",
        paths.join(" -> ")
    ));
    match circle.first() {
        Some(first) => error.at_path(&shared.path(*first)),
        None => error,
    }
}
