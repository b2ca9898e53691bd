//! Suggestions for a name that does not exist.

/// The most names that are suggested.
const MOST_OFFERED: usize = 3;
/// The most names that are compared.
const MOST_COMPARED: usize = 10_000;
/// The length of the longest name that is compared, in bytes.
const LONGEST_COMPARED: usize = 200;

/// Returns `; did you mean "a" or "b"?` with the names nearest to `wanted`, or `None` if none is near.
///
/// The last segments are compared, whatever their case. A name is also near if it begins or ends with `wanted`, or if
/// `wanted` begins with it.
pub(crate) fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = last(wanted).to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    let distance = |name: &str| {
        let name = last(name).to_lowercase();
        if name.len() > LONGEST_COMPARED || wanted.len() > LONGEST_COMPARED {
            return None;
        }
        let is_long = |text: &str| text.chars().count() > 2;
        let is_part = is_long(&wanted) && (name.starts_with(&wanted) || name.ends_with(&wanted))
            || is_long(&name) && wanted.starts_with(&name);
        let distance = if is_part { 1 } else { strsim::damerau_levenshtein(&wanted, &name) };
        (distance <= most).then_some(distance)
    };
    let names = names.into_iter().take(MOST_COMPARED);
    let mut near: Vec<_> = names.filter_map(|name| Some((distance(name)?, name))).collect();
    near.sort_unstable();
    near.dedup();
    let near: Vec<String> = near.into_iter().take(MOST_OFFERED).map(|(_, name)| format!("{name:?}")).collect();
    match near.as_slice() {
        [] => None,
        [only] => Some(format!("; did you mean {only}?")),
        [names @ .., last] => Some(format!("; did you mean {} or {last}?", names.join(", "))),
    }
}

fn last(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn near_names_are_offered_nearest_first() {
        let names = ["height", "weight", "land"];
        assert_eq!(did_you_mean("hieght", names).as_deref(), Some("; did you mean \"height\" or \"weight\"?"));
        assert_eq!(did_you_mean("lan", names).as_deref(), Some("; did you mean \"land\"?"));
        assert_eq!(did_you_mean("temperature", names), None);
        assert_eq!(did_you_mean("height.h5", names).as_deref(), Some("; did you mean \"height\"?"));
        assert_eq!(did_you_mean(&"height".repeat(100), names), None);
    }

    #[test]
    fn last_segments_are_compared_and_whole_names_offered() {
        let names = ["global/egm96", "global/etopo"];
        assert_eq!(did_you_mean("global/EGM69", names).as_deref(), Some("; did you mean \"global/egm96\"?"));
        assert_eq!(did_you_mean("global/moon", names), None);
    }
}
