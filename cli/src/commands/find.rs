//! `find`: values by conditions on their fields.

use super::{Call, print_json, select};
use crate::fault::{Fault, Outcome};
use crate::values;
use arraystow::Value;
use std::cmp::Ordering;
use std::io::Write;

pub(super) fn run(call: &Call, place: &str, glob: &str, conditions: &[String]) -> Outcome<()> {
    let conditions = conditions.iter().map(|text| Condition::parse(text)).collect::<Outcome<Vec<_>>>()?;
    let storage = call.existing(place)?;
    let mut found = Vec::new();
    for entry in select(&storage, glob)? {
        let value = storage.value(&entry.name)?;
        if conditions.iter().all(|condition| condition.is_true_of(&value)) {
            found.push(entry);
        }
    }
    if call.json {
        return print_json(&found);
    }
    let mut out = std::io::stdout().lock();
    for entry in found {
        writeln!(out, "{}", entry.name)?;
    }
    Ok(())
}

/// An operator, and which results of a comparison it accepts.
type Operator = (&'static str, fn(Ordering) -> bool);

const OPERATORS: [Operator; 6] = [
    ("!=", Ordering::is_ne),
    ("<=", Ordering::is_le),
    (">=", Ordering::is_ge),
    ("=", Ordering::is_eq),
    ("<", Ordering::is_lt),
    (">", Ordering::is_gt),
];

/// `params.alpha > 0.3`. A value that has no such field, or one of another kind, does not fulfil it.
struct Condition {
    path: String,
    holds: fn(Ordering) -> bool,
    wanted: Wanted,
}

#[derive(Debug, PartialEq)]
enum Wanted {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Null,
    Text(String),
}

impl Condition {
    fn parse(text: &str) -> Outcome<Self> {
        let wrong = || {
            let form = "write a path, one of =, !=, <, <=, >, >=, and a value, as in 'params.alpha > 0.3'";
            Fault::Usage(format!("the condition {text:?}: {form}"))
        };
        let (at, (operator, holds)) = OPERATORS
            .iter()
            .filter_map(|operator| Some((text.find(operator.0)?, *operator)))
            .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.0.len())))
            .ok_or_else(wrong)?;
        let (path, value) = (text[..at].trim(), text[at + operator.len()..].trim());
        if path.is_empty() || value.is_empty() {
            return Err(wrong());
        }
        Ok(Self { path: path.to_owned(), holds, wanted: Wanted::parse(value) })
    }

    fn is_true_of(&self, value: &Value) -> bool {
        let found = values::find(value, &self.path);
        found.and_then(|found| self.wanted.compared(found.resolved())).is_some_and(self.holds)
    }
}

impl Wanted {
    fn parse(text: &str) -> Self {
        match text {
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            "null" => Self::Null,
            _ => match (text.parse(), text.parse(), text.trim_matches('"')) {
                (Ok(integer), ..) => Self::Integer(integer),
                (_, Ok(float), _) => Self::Float(float),
                (.., text) => Self::Text(text.to_owned()),
            },
        }
    }

    /// How what is found compares with this, if both are of one kind. Nothing is ordered with null but null.
    fn compared(&self, found: &Value) -> Option<Ordering> {
        match (found, self) {
            (Value::Integer(found), Self::Integer(wanted)) => Some(found.cmp(wanted)),
            // A number that only u128 holds is more than any i128.
            (Value::LargeInteger(_), Self::Integer(_)) => Some(Ordering::Greater),
            (found, Self::Integer(wanted)) => found.as_f64()?.partial_cmp(&(*wanted as f64)),
            (Value::Float32(found), Self::Float(wanted)) => found.partial_cmp(&(*wanted as f32)),
            (found, Self::Float(wanted)) => found.as_f64()?.partial_cmp(wanted),
            (Value::Bool(found), Self::Bool(wanted)) => Some(found.cmp(wanted)),
            (Value::Null, Self::Null) => Some(Ordering::Equal),
            (Value::Text(found), Self::Text(wanted)) => Some(found.as_str().cmp(wanted)),
            // `!= null` finds whatever is there.
            (_, Self::Null) => Some(Ordering::Greater),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn holds(condition: &str, value: Value) -> bool {
        let map = Value::Map(vec![(Value::Text("a".into()), value)]);
        Condition::parse(condition).map(|condition| condition.is_true_of(&map)).unwrap()
    }

    #[test]
    fn conditions_compare_values_of_one_kind() {
        assert!(holds("a > 0.3", Value::Float64(0.4)) && !holds("a>0.3", Value::Float64(0.3)));
        // 0.3 as f32 is more than 0.3, and the field was written as 0.3.
        assert!(holds("a = 0.3", Value::Float32(0.3)));
        assert!(holds("a <= 3", Value::Integer(3)) && holds("a<=3", Value::Float64(2.9)));
        assert!(holds("a != b", Value::Text("c".into())) && holds("a = \"b c\"", Value::Text("b c".into())));
        assert!(!holds("a != b", Value::Integer(1)) && !holds("a > 0", Value::Text("1".into())));
        assert!(holds("a = true", Value::Bool(true)) && holds("a = null", Value::Null));
        assert!(holds("a != null", Value::Integer(1)) && !holds("b != null", Value::Integer(1)));
        assert!(!holds("a < 1", Value::Float64(f64::NAN)) && !holds("a >= 1", Value::Float64(f64::NAN)));
    }

    #[test]
    fn wrong_conditions_are_refused() {
        for condition in ["a", "= 3", "a >", ""] {
            assert!(Condition::parse(condition).is_err(), "{condition:?}");
        }
    }
}
