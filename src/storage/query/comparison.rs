//! The comparisons of a query.

use crate::error::{Error, Result};
use crate::plugin::Value;
use std::cmp::Ordering;

/// How [`Query::filter`](crate::Query::filter) compares a field with a value.
///
/// `Display` and `FromStr` use `==`, `!=`, `<`, `<=`, `>`, `>=` and `contains`.
///
/// ```
/// use arraystow::Comparison;
///
/// let comparison: Comparison = "<=".parse()?;
/// assert_eq!((comparison, comparison.to_string()), (Comparison::LessOrEqual, "<=".to_owned()));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Comparison {
    /// The field is equal to the value.
    Equal,
    /// The field is of the value's kind and not equal to it.
    NotEqual,
    /// The field is less than the value.
    Less,
    /// The field is less than the value or equal to it.
    LessOrEqual,
    /// The field is more than the value.
    Greater,
    /// The field is more than the value or equal to it.
    GreaterOrEqual,
    /// The field is a string that contains the value.
    Contains,
}

crate::error::named!(
    Comparison,
    "comparison",
    [
        Equal = "==",
        NotEqual = "!=",
        Less = "<",
        LessOrEqual = "<=",
        Greater = ">",
        GreaterOrEqual = ">=",
        Contains = "contains"
    ]
);

/// A comparison of the field at a path with a value.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) path: String,
    pub(super) comparison: Comparison,
    pub(super) wanted: Value,
}

impl Condition {
    /// Fails for a value with which no field can be compared.
    pub(super) fn check(&self) -> Result<()> {
        let is_text = matches!(self.wanted, Value::Text(_));
        let text = match self.comparison {
            Comparison::Contains if !is_text => "only a string can be contained in a field: pass a string",
            _ if is_text || is_simple(&self.wanted) => return Ok(()),
            _ => "a field is compared with null, a bool, a number or a string: pass one of these",
        };
        Err(Error::invalid(format!("the condition on {:?}: {text}", self.path)))
    }

    /// Whether the condition is true of a field that is there. It is not true of a field of another kind.
    pub(super) fn is_true_of(&self, found: &Value) -> bool {
        let holds = match self.comparison {
            Comparison::Equal => Ordering::is_eq,
            Comparison::NotEqual => Ordering::is_ne,
            Comparison::Less => Ordering::is_lt,
            Comparison::LessOrEqual => Ordering::is_le,
            Comparison::Greater => Ordering::is_gt,
            Comparison::GreaterOrEqual => Ordering::is_ge,
            Comparison::Contains => {
                let both = found.as_text().zip(self.wanted.as_text());
                return both.is_some_and(|(found, wanted)| found.contains(wanted));
            }
        };
        compared(found.resolved(), &self.wanted).is_some_and(holds)
    }

    /// Whether the condition is true of every field that is there and is neither null, a bool, a number nor a string.
    pub(super) fn is_true_of_others(&self) -> bool {
        self.is_true_of(&Value::List(Vec::new()))
    }
}

/// Whether a value is null, a bool, a number or a string.
pub(super) fn is_simple(value: &Value) -> bool {
    use Value::{Bool, Float32, Float64, Integer, LargeInteger, Null, Text};
    matches!(value, Null | Bool(_) | Integer(_) | LargeInteger(_) | Float32(_) | Float64(_) | Text(_))
}

/// How what is found compares with what is wanted, if both are of one kind.
fn compared(found: &Value, wanted: &Value) -> Option<Ordering> {
    use Value::{Bool, Float32, Float64, Integer, LargeInteger, Null, Text};
    match (found, wanted) {
        (Integer(found), Integer(wanted)) => Some(found.cmp(wanted)),
        (LargeInteger(found), LargeInteger(wanted)) => Some(found.cmp(wanted)),
        // A number that only u128 holds is more than any i128.
        (LargeInteger(_), Integer(_)) => Some(Ordering::Greater),
        (Integer(_), LargeInteger(_)) => Some(Ordering::Less),
        // A field of 0.3 that was written as f32 is equal to 0.3.
        (Float32(found), Float64(wanted)) => f64::from(*found).partial_cmp(&rounded(*wanted)),
        (Float64(found), Float32(wanted)) => rounded(*found).partial_cmp(&f64::from(*wanted)),
        (
            Integer(_) | LargeInteger(_) | Float32(_) | Float64(_),
            Integer(_) | LargeInteger(_) | Float32(_) | Float64(_),
        ) => found.as_f64()?.partial_cmp(&wanted.as_f64()?),
        (Bool(found), Bool(wanted)) => Some(found.cmp(wanted)),
        (Text(found), Text(wanted)) => Some(found.cmp(wanted)),
        (Null, Null) => Some(Ordering::Equal),
        // `!= null` is true of whatever is there.
        (_, Null) => Some(Ordering::Greater),
        _ => None,
    }
}

/// The nearest f32. A number beyond all of them stays, and one that is nearer to 0 than they are.
fn rounded(number: f64) -> f64 {
    let nearest = f64::from(number as f32);
    if nearest.is_infinite() || nearest == 0.0 { number } else { nearest }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn holds(found: impl Into<Value>, comparison: &str, wanted: impl Into<Value>) -> bool {
        let condition = Condition { path: "a".into(), comparison: comparison.parse().unwrap(), wanted: wanted.into() };
        condition.check().unwrap();
        condition.is_true_of(&found.into())
    }

    #[test]
    fn values_of_one_kind_are_compared() {
        assert!(holds(0.4, ">", 0.3) && !holds(0.3, ">", 0.3));
        // 0.3 as f32 is more than 0.3, and the field was written as 0.3.
        assert!(holds(0.3_f32, "==", 0.3) && holds(0.3, "==", 0.3_f32));
        assert!(holds(f32::INFINITY, ">", 1e39) && holds(f32::MAX, "<", 1e39) && holds(0.0_f32, "<", 1e-50));
        assert!(holds(3, "<=", 3) && holds(2.9, "<=", 3) && holds(3, "==", 3.0));
        assert!(holds("c", "!=", "b") && holds("b c", "==", "b c") && holds("b c", "contains", " "));
        assert!(!holds(1, "!=", "b") && !holds("1", ">", 0) && !holds(1, "contains", "1"));
        assert!(holds(true, "==", true) && holds(Value::Null, "==", Value::Null));
        assert!(holds(1, "!=", Value::Null) && holds(Value::List(Vec::new()), "!=", Value::Null));
        assert!(!holds(f64::NAN, "<", 1) && !holds(f64::NAN, ">=", 1) && !holds(f64::NAN, "!=", 1));
        assert!(holds(Value::LargeInteger(u128::MAX), ">", i128::MAX));
        assert!(holds(1, "<", Value::LargeInteger(u128::MAX)));
    }

    #[test]
    fn values_that_no_field_is_compared_with_are_refused() {
        for (comparison, wanted) in [
            (Comparison::Equal, Value::List(Vec::new())),
            (Comparison::Less, Value::Bytes(vec![1])),
            (Comparison::Contains, Value::Integer(1)),
        ] {
            let error = Condition { path: "a.b".into(), comparison, wanted }.check().unwrap_err();
            assert!(error.to_string().contains("\"a.b\""), "{error}");
        }
    }
}
