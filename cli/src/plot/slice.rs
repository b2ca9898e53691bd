//! The part of an array that is drawn: `0, :, 10:200:2`, or by the names of axes, `time=0, lat=10:200`.

use crate::fault::{Fault, Outcome};
use crate::json::join;
use ndarray::{Slice, SliceInfoElem};

/// Elements of a part of the last axes. Of more, every n-th element of an axis is chosen.
const MOST_ELEMENTS: usize = 1 << 23;

/// A part of an array.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    /// For each axis of the array.
    pub(crate) elements: Vec<SliceInfoElem>,
    /// The axes that are left: number, first index, step and length.
    pub(crate) left: Vec<(usize, usize, usize, usize)>,
    /// As it is written behind the array's path; empty for the whole array.
    pub(crate) text: String,
}

impl Part {
    /// Reads a part. `axes` is the number of axes that have to be left; without a text, the other ones are at 0.
    pub(crate) fn parse(
        text: Option<&str>,
        shape: &[usize],
        dims: Option<&[String]>,
        axes: Option<usize>,
    ) -> Outcome<Self> {
        let mut entries = vec![":"; shape.len()];
        match (text, axes) {
            (None, Some(axes)) => entries.iter_mut().rev().skip(axes).for_each(|entry| *entry = "0"),
            (None, None) => {}
            (Some(text), _) => fill(&mut entries, text, dims)?,
        }
        let (mut elements, mut left, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, (entry, len)) in entries.iter().zip(shape).enumerate() {
            let (element, kept) =
                one(entry, *len).map_err(|wrong| usage(&format!("axis {axis} of {len}: {entry:?} {wrong}")))?;
            elements.push(element);
            left.extend(kept.map(|(first, step, count)| (axis, first, step, count)));
            texts.push(*entry);
        }
        let text =
            if texts.iter().all(|text| *text == ":") { String::new() } else { format!("[{}]", texts.join(", ")) };
        Ok(Self { elements, left, text })
    }
}

impl Part {
    /// All of the last two axes, or steps through the longer ones of them. `at` are the indices on the other axes; those
    /// that are missing are 0.
    pub(crate) fn last_axes(shape: &[usize], at: &[usize]) -> Outcome<Self> {
        let (others, shown) = shape.split_at(shape.len().saturating_sub(2));
        let mut steps = vec![1; shown.len()];
        let lens = |steps: &[usize]| -> Vec<usize> {
            shown.iter().zip(steps).map(|(len, step)| len.div_ceil(*step)).collect()
        };
        while lens(&steps).iter().fold(1_usize, |all, len| all.saturating_mul(*len)) > MOST_ELEMENTS {
            let lens = lens(&steps);
            let longest = usize::from(lens.len() > 1 && lens[1] >= lens[0]);
            steps[longest] *= 2;
        }
        let others = (0..others.len()).map(|axis| at.get(axis).copied().unwrap_or(0).to_string());
        let shown = steps.iter().map(|step| if *step == 1 { ":".to_owned() } else { format!("::{step}") });
        Self::parse(Some(&others.chain(shown).collect::<Vec<_>>().join(", ")), shape, None, None)
    }
}

fn usage(wrong: &str) -> Fault {
    Fault::Usage(format!("{wrong}: write an index or a range for each axis, such as `0, :, 10:200:2`, or `time=0`"))
}

/// Puts the entries at their axes.
fn fill<'t>(entries: &mut [&'t str], text: &'t str, dims: Option<&[String]>) -> Outcome<()> {
    for (number, entry) in text.trim().trim_start_matches('[').trim_end_matches(']').split(',').enumerate() {
        let (axis, entry) = match entry.split_once('=') {
            None => (number, entry),
            Some((name, entry)) => {
                let name = name.trim();
                let found = dims.unwrap_or_default().iter().position(|dim| dim == name);
                (
                    found.ok_or_else(|| {
                        usage(&format!("no axis has the name {name:?}, of {:?}", dims.unwrap_or_default()))
                    })?,
                    entry,
                )
            }
        };
        let axes = entries.len();
        *entries.get_mut(axis).ok_or_else(|| usage(&format!("the array has {axes} axes")))? = entry.trim();
    }
    Ok(())
}

/// The first index, the step and the length of what is left of an axis.
type Kept = Option<(usize, usize, usize)>;

/// One entry. Negative indices count from the end, and ranges end with the axis, as in numpy.
fn one(entry: &str, len: usize) -> Result<(SliceInfoElem, Kept), String> {
    let number = |text: &str| text.trim().parse::<isize>().map_err(|_| "is no index".to_owned());
    let from_end = |index: isize| if index < 0 { index + len as isize } else { index };
    if !entry.contains(':') {
        let index = from_end(number(entry)?);
        let inside = usize::try_from(index).is_ok_and(|index| index < len);
        return if inside { Ok((SliceInfoElem::Index(index), None)) } else { Err("is outside".to_owned()) };
    }
    let mut parts =
        entry.split(':').map(|part| Some(part.trim()).filter(|part| !part.is_empty()).map(number).transpose());
    let mut next = || parts.next().unwrap_or(Ok(None));
    let (start, end, step) = (next()?, next()?, next()?.unwrap_or(1));
    if parts.next().is_some() {
        return Err("has more than two colons".to_owned());
    }
    let step = usize::try_from(step).ok().filter(|step| *step > 0).ok_or("has a step below 1")?;
    let inside = |index: isize| usize::try_from(from_end(index)).unwrap_or(0).min(len);
    let (start, end) = (start.map_or(0, inside), end.map_or(len, inside));
    if start >= end {
        return Err("has no elements".to_owned());
    }
    let slice = Slice { start: start as isize, end: Some(end as isize), step: step as isize };
    Ok((slice.into(), Some((start, step, (end - start).div_ceil(step)))))
}

/// The name of what is drawn: a path and a part.
pub(crate) fn title(name: &str, path: &str, part: &Part) -> String {
    let whole = if path.is_empty() { name.to_owned() } else { join(name, path) };
    format!("{whole}{}", part.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> Vec<(usize, usize, usize, usize)> {
        let dims = ["t", "y", "x"].map(str::to_owned);
        Part::parse(Some(text), &[5, 6, 7], Some(&dims), None).unwrap().left
    }

    #[test]
    fn parts_are_as_in_numpy() {
        assert_eq!(left("0"), [(1, 0, 1, 6), (2, 0, 1, 7)]);
        assert_eq!(left("[-1, 1:-1, ::3]"), [(1, 1, 1, 4), (2, 0, 3, 3)]);
        assert_eq!(left("x=2, t = 3"), [(1, 0, 1, 6)]);
        assert_eq!(left(":, 4:100:5, 0"), [(0, 0, 1, 5), (1, 4, 5, 1)]);
        let last = Part::parse(None, &[5, 6, 7], None, Some(2)).unwrap();
        assert_eq!((last.left.len(), last.text.as_str()), (2, "[0, :, :]"));
    }

    #[test]
    fn the_last_axes_have_a_bounded_number_of_elements() {
        let text = |shape: &[usize], at: &[usize]| Part::last_axes(shape, at).unwrap().text;
        assert_eq!((text(&[721, 1440], &[]).as_str(), text(&[7], &[]).as_str()), ("", ""));
        assert_eq!(text(&[5, 9, 4096, 8192], &[3]), "[3, 0, :, ::4]");
        assert_eq!(text(&[1 << 30], &[]), "[::128]");
        assert_eq!(text(&[3, 1 << 40], &[]), format!("[:, ::{}]", 1 << 19));
        assert!(Part::last_axes(&[5, 2, 2], &[5]).is_err());
    }

    #[test]
    fn wrong_parts_are_refused() {
        for text in ["5", "-6", "a", "0:0", "::0", "::-1", "1:2:3:4", "0,0,0,0", "z=1", ""] {
            let wrong = Part::parse(Some(text), &[5, 6, 7], None, None);
            assert!(matches!(wrong, Err(Fault::Usage(_))), "{text:?}: {wrong:?}");
        }
    }
}
