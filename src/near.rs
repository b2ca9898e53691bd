//! Suggestions for a name that does not exist.

/// The most names that are suggested.
const MOST_OFFERED: usize = 3;
/// The most names that are compared.
const MOST_COMPARED: usize = 10_000;
/// The length of the longest name that is compared, in bytes.
const LONGEST_COMPARED: usize = 200;

/// Returns `; did you mean "a" or "b"?` with the names nearest to `wanted`, or `None` if none is near. A name that
/// begins or ends with `wanted` is near.
pub(crate) fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = wanted.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    let distance = |name: &str| {
        if name.len() > LONGEST_COMPARED || wanted.len() > LONGEST_COMPARED {
            return None;
        }
        let name = name.to_lowercase();
        let is_part = wanted.chars().count() > 2 && (name.starts_with(&wanted) || name.ends_with(&wanted));
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

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn near_names_are_offered_nearest_first() {
        let names = ["height", "weight", "land"];
        assert_eq!(did_you_mean("hieght", names).as_deref(), Some("; did you mean \"height\" or \"weight\"?"));
        assert_eq!(did_you_mean("lan", names).as_deref(), Some("; did you mean \"land\"?"));
        assert_eq!(did_you_mean("temperature", names), None);
    }
}
