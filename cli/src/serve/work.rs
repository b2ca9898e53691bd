//! What is done for each address.

use super::address::{Address, Place};
use super::answer::{Answer, Kind, Outcome, Refusal};
use super::pages;
use super::view::Plane;
use crate::arrays::choose;
use crate::fault::Fault;
use crate::page::Pictures;
use crate::plot::{Limits, bar};
use arraystow::{AnyArray, ArrayInfo, ErrorKind, Storage};

/// What is at an address without reading anything.
pub(super) fn fixed(address: &Address) -> Option<Answer> {
    match address {
        Address::Style => Some(pages::style()),
        Address::Icon => Some(pages::icon()),
        Address::Script => Some(pages::script()),
        _ => None,
    }
}

/// Reads what an address asks for.
pub(super) fn answer(storage: &Storage, address: &Address) -> Outcome<Answer> {
    match address {
        Address::Style | Address::Icon | Address::Script => {
            fixed(address).ok_or_else(|| Refusal::not_found("there is no such page"))
        }
        Address::Bar { map } => Ok(Answer::lasting(Kind::Png, bar(*map)?)),
        Address::List { glob } => pages::list(storage, glob),
        Address::Value { name } => pages::value(storage, name),
        Address::Array { name, path } => pages::array(storage, name, path),
        Address::Picture(place) => pictures(storage, place, |pictures| Ok(Some(pictures.picture()?))),
        Address::Histogram(place) => pictures(storage, place, |pictures| Ok(pictures.histogram()?)),
        Address::Tile { place, levels, row, column, low, high, map } => of_version(storage, place, |array, _| {
            let limits = Limits { low: *low, high: *high };
            let tile = Plane::of(array, &place.at)?.tile(*levels, *row, *column, limits, *map)?;
            Ok(Answer::lasting(Kind::Png, tile))
        }),
        Address::Numbers { place, window } => of_version(storage, place, |array, _| {
            let numbers = Plane::of(array, &place.at)?.numbers(*window)?;
            Ok(Answer::lasting(Kind::Json, serde_json::to_vec(&numbers).map_err(Fault::from)?))
        }),
    }
}

fn pictures(
    storage: &Storage,
    place: &Place,
    draw: impl FnOnce(&Pictures<'_>) -> Outcome<Option<String>>,
) -> Outcome<Answer> {
    of_version(storage, place, |array, info| {
        let pictures = Pictures::read(storage, &place.name, &place.path, info, array)?;
        let drawn = pictures.as_ref().map(draw).transpose()?.flatten();
        let drawn = drawn.ok_or_else(|| Refusal::not_found("the array has no finite numbers"))?;
        Ok(Answer::lasting(Kind::Svg, drawn))
    })
}

/// Works with an array of a version. If the value has another version now, that is the answer, whatever else failed.
fn of_version<R>(
    storage: &Storage,
    place: &Place,
    work: impl FnOnce(&AnyArray, &ArrayInfo) -> Outcome<R>,
) -> Outcome<R> {
    let check = || match storage.version(&place.name) {
        Ok(version) if version.to_string() == place.version => Ok(()),
        Ok(_) => Err(Refusal::gone(&place.name)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Refusal::gone(&place.name)),
        Err(error) => Err(error.into()),
    };
    check()?;
    let chosen = choose(storage, &place.name, Some(&place.path)).map_err(Refusal::from);
    check()?;
    let (array, info) = chosen?;
    let done = work(&array, &info);
    // Also of what has succeeded: the answer is kept as that of this version.
    check()?;
    done
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use arraystow::ChunkedArray;

    #[test]
    fn an_answer_of_a_value_that_was_saved_again_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let save = || storage.save("it", &ChunkedArray::from(ndarray::array![1.0, 2.0])).unwrap().version.to_string();
        let place = Place { name: "it".to_owned(), path: String::new(), version: save(), at: Vec::new() };
        assert_eq!(of_version(&storage, &place, |array, _| Ok(array.len())).unwrap(), 2);
        let refused = of_version(&storage, &place, |_, _| Ok(save())).unwrap_err();
        assert_eq!(refused.status, hyper::StatusCode::GONE);
    }
}
