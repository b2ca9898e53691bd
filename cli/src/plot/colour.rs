//! Colours of numbers.

use clap::ValueEnum;

/// Red, green, blue.
pub(crate) type Rgb = [u8; 3];

/// The colour of cells without a number in maps of many colours: none of theirs is near it.
const GREY: Rgb = [150, 150, 150];
/// The same in the maps that have greys.
const ORANGE: Rgb = [240, 140, 40];

/// The smallest and the largest number that is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Limits {
    /// The limits of numbers. Infinite numbers and NaN are left aside. `robust` leaves 2 % of the numbers aside at each
    /// end. Without numbers, they are 0 and 0.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>, robust: bool) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
        if numbers.is_empty() {
            return Self { low: 0.0, high: 0.0 };
        }
        numbers.sort_unstable_by(f64::total_cmp);
        let (last, left) = (numbers.len() - 1, if robust { 0.02 } else { 0.0 });
        let at = |part: f64| numbers[(part * last as f64).round() as usize];
        Self { low: at(left), high: at(1.0 - left) }
    }

    /// With some room at both ends, for a line that does not touch them.
    pub(crate) fn wider(self) -> Self {
        let room = (self.high / 2.0 - self.low / 2.0) * 0.08;
        let wider = Self { low: self.low - room, high: self.high + room };
        if wider.low.is_finite() && wider.high.is_finite() { wider } else { self }
    }

    /// With limits that were chosen.
    pub(crate) fn chosen(self, low: Option<f64>, high: Option<f64>) -> Self {
        Self { low: low.unwrap_or(self.low), high: high.unwrap_or(self.high) }
    }

    /// Where a number lies: 0 at the lower limit, 1 at the upper one, never outside.
    pub(crate) fn place(self, number: f64) -> f64 {
        // Halves, so that the width of the largest numbers is finite.
        let width = self.high / 2.0 - self.low / 2.0;
        if width > 0.0 { ((number / 2.0 - self.low / 2.0) / width).clamp(0.0, 1.0) } else { 0.5 }
    }
}

/// A map of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Map {
    Viridis,
    Cividis,
    Inferno,
    Magma,
    Plasma,
    Turbo,
    /// From black to white.
    Grey,
    /// From blue over white to red.
    BlueRed,
}

impl Map {
    /// The colour of cells without a number: no colour of the map is near it.
    pub(crate) fn without_number(self) -> Rgb {
        if matches!(self, Self::Grey | Self::Cividis) { ORANGE } else { GREY }
    }

    /// The colour of a place from 0 to 1.
    pub(crate) fn colour(self, place: f64) -> Rgb {
        let (gradient, place) = match self {
            Self::Viridis => (colorous::VIRIDIS, place),
            Self::Cividis => (colorous::CIVIDIS, place),
            Self::Inferno => (colorous::INFERNO, place),
            Self::Magma => (colorous::MAGMA, place),
            Self::Plasma => (colorous::PLASMA, place),
            Self::Turbo => (colorous::TURBO, place),
            // These two run the other way there.
            Self::Grey => (colorous::GREYS, 1.0 - place),
            Self::BlueRed => (colorous::RED_BLUE, 1.0 - place),
        };
        gradient.eval_continuous(place).into_array()
    }
}

/// Colours of the numbers between two limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) limits: Limits,
    pub(crate) map: Map,
}

impl Scale {
    /// The colour of a number. Beyond the limits, it is that of the limit.
    pub(crate) fn colour(&self, number: f64) -> Rgb {
        if number.is_nan() { self.map.without_number() } else { self.map.colour(self.limits.place(number)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_leave_outliers_aside() {
        let numbers: Vec<f64> = (0..=100).map(f64::from).chain([f64::NAN, f64::INFINITY]).collect();
        assert_eq!(Limits::of(numbers.clone(), false), Limits { low: 0.0, high: 100.0 });
        assert_eq!(Limits::of(numbers, true), Limits { low: 2.0, high: 98.0 });
        assert_eq!(Limits::of([f64::NAN], true), Limits { low: 0.0, high: 0.0 });
    }

    #[test]
    fn all_numbers_have_colours() {
        let scale = Scale { limits: Limits { low: -f64::MAX, high: f64::MAX }, map: Map::Viridis };
        assert_eq!([-f64::MAX, f64::NEG_INFINITY].map(|number| scale.colour(number)), [[68, 1, 84]; 2]);
        assert_eq!([f64::MAX, f64::INFINITY].map(|number| scale.colour(number)), [[253, 231, 37]; 2]);
        for map in Map::value_variants() {
            let distance = |place: f64| -> f64 {
                let both = map.colour(place).into_iter().zip(map.without_number());
                both.map(|(a, b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>().sqrt()
            };
            let nearest = (0..=100).map(|place| distance(f64::from(place) / 100.0)).fold(f64::MAX, f64::min);
            assert!(nearest > 40.0, "{map:?}: {nearest}");
            assert_eq!(Scale { map: *map, ..scale }.colour(f64::NAN), map.without_number());
        }
        assert_eq!([0.0, 1.0].map(|place| Map::Grey.colour(place)), [[0; 3], [255; 3]]);
        let [red, _, blue] = Map::BlueRed.colour(1.0);
        assert!(red > blue);
    }
}
