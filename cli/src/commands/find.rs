//! `find`: values by conditions on their fields.

use super::list::with_json;
use super::{Call, print_json};
use crate::fault::{Fault, Outcome};
use crate::json::Converter;
use crate::values::pattern;
use arraystow::{Comparison, ListEntry, QueryMatch, Value};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(super) fn run(call: &Call, place: &str, glob: &str, conditions: &[String]) -> Outcome<()> {
    let conditions = conditions.iter().map(|text| Condition::parse(text)).collect::<Outcome<Vec<_>>>()?;
    let storage = call.existing(place)?;
    let query = conditions.into_iter().fold(storage.query(&pattern(&storage, glob)?), |query, condition| {
        query.filter(&condition.path, condition.comparison, condition.wanted)
    });
    let (found, unreadable): (Vec<_>, Vec<_>) =
        call.looked(|| Ok(query.run_each()?))?.into_iter().partition(Result::is_ok);
    let found: Vec<QueryMatch> = found.into_iter().flatten().collect();
    super::check_glob(&storage, glob, found.is_empty() && unreadable.is_empty())?;
    if call.json {
        print_json(&found.into_iter().map(Found::new).collect::<Vec<_>>())?;
    } else {
        call.print(|out| Ok(found.iter().try_for_each(|found| writeln!(out, "{}", found.entry.name))?))?;
    }
    call.end(unreadable.into_iter().filter_map(Result::err))
}

/// A value that was found, as JSON: an entry as of `ls`, and the fields of the conditions.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    entry: ListEntry,
    fields: BTreeMap<String, Json>,
}

impl Found {
    fn new(found: QueryMatch) -> Self {
        let field = |(path, value): (String, Value)| (path, Converter::default().value(&value));
        Self { entry: with_json(found.entry), fields: found.fields.into_iter().map(field).collect() }
    }
}

const OPERATORS: [(&str, Comparison); 8] = [
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("==", Comparison::Equal),
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    (" contains ", Comparison::Contains),
];

/// `params.alpha > 0.3`.
struct Condition {
    path: String,
    comparison: Comparison,
    wanted: Value,
}

impl Condition {
    fn parse(text: &str) -> Outcome<Self> {
        let wrong = || {
            let form = "write a path, one of =, !=, <, <=, >, >=, contains, and a value, as in 'params.alpha > 0.3'";
            Fault::Usage(format!("the condition {text:?}: {form}"))
        };
        let (at, (operator, comparison)) = OPERATORS
            .iter()
            .filter_map(|operator| Some((text.find(operator.0)?, *operator)))
            .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.0.len())))
            .ok_or_else(wrong)?;
        let (path, value) = (text[..at].trim(), text[at + operator.len()..].trim());
        if path.is_empty() || value.is_empty() {
            return Err(wrong());
        }
        let wanted = match comparison {
            Comparison::Contains => value.trim_matches('"').into(),
            _ => wanted(value),
        };
        Ok(Self { path: path.to_owned(), comparison, wanted })
    }
}

fn wanted(text: &str) -> Value {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        "null" => Value::Null,
        _ => match (text.parse::<i128>(), text.parse::<f64>(), text.trim_matches('"')) {
            (Ok(integer), ..) => integer.into(),
            (_, Ok(float), _) => float.into(),
            (.., text) => text.into(),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parsed(condition: &str) -> (String, Comparison, String) {
        let condition = Condition::parse(condition).unwrap();
        (condition.path, condition.comparison, condition.wanted.to_string())
    }

    #[test]
    fn conditions_are_a_path_an_operator_and_a_value() {
        use Comparison::{Contains, Equal, Greater, LessOrEqual, NotEqual};
        for (text, path, comparison, wanted) in [
            ("a > 0.3", "a", Greater, "0.3"),
            ("a.b[2]<=3", "a.b[2]", LessOrEqual, "3"),
            ("a == b", "a", Equal, "\"b\""),
            ("a = \"b c\"", "a", Equal, "\"b c\""),
            ("a = true", "a", Equal, "true"),
            ("a != null", "a", NotEqual, "null"),
            ("a contains 1", "a", Contains, "\"1\""),
            ("a = b > c", "a", Equal, "\"b > c\""),
        ] {
            assert_eq!(parsed(text), (path.to_owned(), comparison, wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn wrong_conditions_are_refused() {
        for condition in ["a", "= 3", "a >", "", " contains a", "a contains "] {
            assert!(Condition::parse(condition).is_err(), "{condition:?}");
        }
    }
}
