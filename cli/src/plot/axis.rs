//! The axes of a picture, and round numbers along them.

use serde::Serialize;

/// The axis of an array, or of a part of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Axis {
    /// With units, if they are known.
    pub(crate) name: String,
    pub(crate) len: usize,
    /// Index or coordinate of the first element.
    pub(crate) first: f64,
    /// Index or coordinate of the last element.
    pub(crate) last: f64,
}

impl Axis {
    /// Round values along the axis, each with its place: 0 is the middle of the first element, 1 that of the last one.
    pub(crate) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let (low, high) = (self.first.min(self.last), self.first.max(self.last));
        let place = |value: f64| if low == high { 0.0 } else { (value - self.first) / (self.last - self.first) };
        ticks(low, high, most).into_iter().map(|(value, text)| (place(value), text)).collect()
    }
}

/// At most so many round numbers between two numbers, ascending, with their texts.
pub(crate) fn ticks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let width = high - low;
    if width <= 0.0 || !width.is_finite() || most < 2 {
        return vec![(low, number(low))];
    }
    let raw = width / (most - 1) as f64;
    let power = 10_f64.powf(raw.log10().floor());
    let Some(step) = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= raw * 0.999)
    else {
        return vec![(low, number(low))];
    };
    let (from, to) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    // Steps that are lost in rounding give no ticks.
    if !(from.is_finite() && to.is_finite()) || step == 0.0 || to - from > most as f64 || low + step == low {
        return vec![(low, number(low))];
    }
    let values = (0..=(to - from) as usize).map(|at| (from + at as f64) * step);
    values.map(|value| (value, label(value, step, low.abs().max(high.abs())))).collect()
}

/// A tick's text: with as many decimals as the step needs.
fn label(value: f64, step: f64, largest: f64) -> String {
    let decimals = -step.log10().floor();
    if !(1e-5..1e6).contains(&largest) {
        let digits = (largest.log10().floor() + decimals).clamp(0.0, 15.0) as usize;
        let text = format!("{value:.digits$e}");
        return if value == 0.0 { "0".to_owned() } else { text };
    }
    let text = format!("{value:.*}", decimals.clamp(0.0, 15.0) as usize);
    if text.trim_start_matches(['-', '0', '.']).is_empty() { "0".to_owned() } else { text }
}

/// A number with at most six digits.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    match rounded.abs() {
        0.0 => "0".to_owned(),
        1e-5..1e7 => rounded.to_string(),
        _ => format!("{rounded:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64, most: usize) -> Vec<String> {
        ticks(low, high, most).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(0.0, 1439.0, 8), ["0", "500", "1000"]);
        assert_eq!(texts(-0.31, 0.29, 7), ["-0.3", "-0.2", "-0.1", "0", "0.1", "0.2"]);
        assert_eq!(texts(1e-12, 5e-12, 5), ["1e-12", "2e-12", "3e-12", "4e-12", "5e-12"]);
        assert_eq!(texts(0.0, 3e9, 4), ["0", "1e9", "2e9", "3e9"]);
    }

    #[test]
    fn ticks_end_for_all_numbers() {
        for (low, high) in [(1.0, 1.0), (-1e308, 1e308), (1e300, 1.000_000_1e300), (1e16, 1e16 + 2.0), (0.0, 5e-324)] {
            let found = texts(low, high, 6);
            assert!((1..=6).contains(&found.len()), "{low} {high}: {found:?}");
        }
    }

    #[test]
    fn axes_may_descend() {
        let axis = Axis { name: "lat".into(), len: 3, first: 10.0, last: -10.0 };
        let ticks = axis.ticks(3);
        assert_eq!(ticks, [(1.0, "-10".to_owned()), (0.5, "0".to_owned()), (0.0, "10".to_owned())]);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.1 + 0.2, 1234567.0, 1e-9, f64::NAN, -2.5].map(number), ["0.3", "1234570", "1e-9", "NaN", "-2.5"]);
    }
}
