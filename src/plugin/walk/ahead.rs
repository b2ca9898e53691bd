//! Predicts what a walk will need next from its position: plain arrays are read some at a time, and only those that the
//! type needs.
//!
//! A type shows what it needs only while it is read. But for the places on the way to an array it is known what was
//! needed: the fields of a struct, or the elements of a list, which all have one type. So arrays that a type has no
//! field for are never read, and in a list of structs the same field of all of them is read.

use crate::plugin::document::path::{Asked, Path};
use std::cell::Cell;

/// The way from the root to the array that is asked for.
#[derive(Debug)]
pub(crate) struct Walk(Vec<Step>);

#[derive(Debug)]
enum Step {
    /// `.key` or `[index]`.
    Into(String),
    /// Of the place that was come to, so much is asked for.
    Asked(Asked),
}

/// How much must be known of an array to take it for wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum Judgement {
    /// Nothing but its elements is between it and what was asked for.
    Strict,
    /// It may be in something that is asked for.
    Lenient,
}

impl Walk {
    pub(in crate::plugin) fn to(path: &Path<'_>) -> Self {
        let mut steps = Vec::new();
        collect(path, &mut steps);
        Self(steps)
    }

    /// Whether the array at that place in the object will be asked for too.
    pub(in crate::plugin) fn leads_to(&self, place: &str, judgement: Judgement) -> bool {
        // A hostile document may have places that are compared in very many ways.
        const MOST_BYTES: usize = 1024;
        const MOST_STEPS: u32 = 1000;
        place.len() <= MOST_BYTES && leads_to(&self.0, &with_dot(place.to_owned()), judgement, &Cell::new(MOST_STEPS))
    }
}

fn with_dot(place: String) -> String {
    if place.is_empty() || place.starts_with('[') { place } else { format!(".{place}") }
}

fn collect(path: &Path<'_>, steps: &mut Vec<Step>) {
    let (parent, step) = match path {
        Path::Root => return,
        Path::Shared(place) => return steps.push(Step::Into(with_dot(place.text()))),
        Path::Index(parent, index) => (parent, Step::Into(format!("[{index}]"))),
        Path::Key(parent, key) => (parent, Step::Into(format!(".{key}"))),
        Path::Lazy(parent, key) => (parent, Step::Into(format!(".{}", key.text()))),
        Path::Asked(place, asked) => (place, Step::Asked(*asked)),
    };
    collect(parent, steps);
    steps.push(step);
}

/// Whether what is left of a place is on the way, or where a like way leads. False when no steps are left to find out.
fn leads_to(steps: &[Step], left: &str, judgement: Judgement, most: &Cell<u32>) -> bool {
    let Some(fewer) = most.get().checked_sub(1) else { return false };
    most.set(fewer);
    match steps {
        [] => left.is_empty(),
        [Step::Into(step), after @ ..] => {
            left.strip_prefix(step.as_str()).is_some_and(|left| leads_to(after, left, judgement, most))
        }
        [Step::Asked(Asked::Everything), ..] => !left.is_empty(),
        [Step::Asked(asked), after @ ..] => {
            let own = match after.first() {
                Some(Step::Into(step)) => step.as_str(),
                _ => "",
            };
            let deeper = after.get(1..).unwrap_or_default();
            ends(left, own).any(|end| {
                let (step, left) = left.split_at(end);
                is_asked(*asked, step)
                    && match step == own || *asked == Asked::All {
                        true => leads_to(deeper, left, judgement, most),
                        // Another field: of its type nothing is known, but in a list there is no other way than on.
                        false => judgement == Judgement::Lenient || is_in_lists(left),
                    }
            })
        }
    }
}

/// Where the first step of a place may end: a key may have dots and brackets, if the own one has.
fn ends<'a>(left: &'a str, own: &str) -> impl Iterator<Item = usize> + 'a {
    let is_plain = !own.get(1..).unwrap_or_default().trim_end_matches(']').contains(['.', '[', ']']);
    let inner = left.char_indices().skip(1).filter(|(_, c)| matches!(c, '.' | '[')).map(|(at, _)| at);
    let whole = (!left.is_empty()).then_some(left.len());
    inner.chain(whole).take(if is_plain { 1 } else { usize::MAX })
}

fn is_asked(asked: Asked, step: &str) -> bool {
    let index = step.strip_prefix('[').and_then(|step| step.strip_suffix(']')?.parse::<usize>().ok());
    match asked {
        Asked::All | Asked::Everything => true,
        Asked::Elements(count) => index.is_some_and(|index| index < count),
        Asked::Fields(fields) => match index {
            Some(index) => index < fields.len(),
            None => step.strip_prefix('.').is_some_and(|key| fields.contains(&key)),
        },
    }
}

/// Whether a way is made of indices only.
fn is_in_lists(left: &str) -> bool {
    left.split(']').all(|step| {
        step.is_empty() || step.strip_prefix('[').is_some_and(|index| index.bytes().all(|c| c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(walk: &Walk, places: &[&'a str]) -> Vec<&'a str> {
        places.iter().copied().filter(|place| walk.leads_to(place, Judgement::Strict)).collect()
    }

    #[test]
    fn of_a_struct_the_fields_that_it_has() {
        let root = Path::Asked(&Path::Root, Asked::Fields(&["a", "b", "list", "inner"]));
        let walk = Walk::to(&Path::Key(&root, "a"));
        let places = ["b", "c", "list[3]", "list[3][0]", "list[3].x", "inner.x", "bb", "[1]", "[9]", ""];
        assert_eq!(wanted(&walk, &places), ["b", "list[3]", "list[3][0]", "[1]"]);
        assert!(walk.leads_to("inner.x", Judgement::Lenient) && !walk.leads_to("c.x", Judgement::Lenient));
    }

    #[test]
    fn of_a_list_the_same_of_each_element() {
        let root = Path::Asked(&Path::Root, Asked::Fields(&["runs", "other"]));
        let runs = Path::Key(&root, "runs");
        let list = Path::Asked(&runs, Asked::All);
        let run = Path::Index(&list, 0);
        let fields = Path::Asked(&run, Asked::Fields(&["x", "deep"]));
        let walk = Walk::to(&Path::Key(&fields, "x"));
        let places = ["runs[1].x", "runs[1].y", "runs[7].x", "runs[1].deep.z", "other", "other[2].x", "x"];
        assert_eq!(wanted(&walk, &places), ["runs[1].x", "runs[7].x", "other"]);
        // A tuple's elements are of different types.
        let pair = Path::Asked(&runs, Asked::Elements(2));
        let run = Path::Index(&pair, 0);
        let fields = Path::Asked(&run, Asked::Fields(&["x"]));
        let walk = Walk::to(&Path::Key(&fields, "x"));
        assert_eq!(wanted(&walk, &["runs[1].x", "runs[1]", "runs[2]"]), ["runs[1]"]);
    }

    #[test]
    fn of_a_map_whatever_its_keys_are() {
        let root = Path::Asked(&Path::Root, Asked::All);
        let plain = Walk::to(&Path::Key(&root, "weight"));
        assert_eq!(wanted(&plain, &["bias", "nested.bias", "[0]"]), ["bias", "[0]"]);
        let dotted = Walk::to(&Path::Key(&root, "fc.0.weight"));
        assert_eq!(wanted(&dotted, &["fc.0.bias", "head", "a[0].b"]), ["fc.0.bias", "head", "a[0].b"]);
        let layer = Path::Key(&root, "fc.0");
        let fields = Path::Asked(&layer, Asked::Fields(&["weight"]));
        let walk = Walk::to(&Path::Key(&fields, "weight"));
        assert_eq!(wanted(&walk, &["fc.1.weight", "fc.1.bias", "weight"]), ["fc.1.weight"]);
    }

    #[test]
    fn of_what_is_buffered_everything() {
        let root = Path::Asked(&Path::Root, Asked::Fields(&["tagged", "other"]));
        let tagged = Path::Key(&root, "tagged");
        let buffered = Path::Asked(&tagged, Asked::Everything);
        let walk = Walk::to(&Path::Key(&buffered, "a"));
        assert_eq!(wanted(&walk, &["tagged.b.c", "tagged.b", "other", "left"]), ["tagged.b.c", "tagged.b", "other"]);
        assert!(wanted(&Walk::to(&Path::Root), &["a", "[0]"]).is_empty());
    }
}
