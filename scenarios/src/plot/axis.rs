//! Axes: ranges with round ticks, their labels, and the unit that suits a simulated time.

/// A range of numbers along one side of a figure, and the numbers to mark on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<f64>,
    decimals: usize,
    /// Whether the axis counts in powers of ten.
    powers: bool,
}

impl Axis {
    /// The range from `low` to `high`, exactly, with up to about `wanted` ticks at round numbers.
    ///
    /// An empty or infinite range becomes one around `low`.
    pub fn spanning(low: f64, high: f64, wanted: usize) -> Axis {
        let (low, high) = widened(low, high);
        let step = round_step((high - low) / wanted.max(1) as f64);
        // Half a thousandth of a step forgives rounding at the ends.
        let slack = step * 5e-4;
        let (first, last) = (((low - slack) / step).ceil(), ((high + slack) / step).floor());
        let count = (last - first).clamp(0.0, 100.0) as usize;
        let ticks = (0..=count).map(|i| (first + i as f64) * step).collect();
        let decimals = (-libm::floor(libm::log10(step) + 1e-9)).clamp(0.0, 12.0) as usize;
        Axis { low, high, ticks, decimals, powers: false }
    }

    /// A range that holds all `values` with a little room at its ends, and reaches to zero where that wastes little.
    pub fn around(values: impl Iterator<Item = f64>, wanted: usize) -> Axis {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return Axis::spanning(0.0, 1.0, wanted);
        }
        let low = if low > 0.0 && low < 0.5 * high { 0.0 } else { low };
        let high = if high < 0.0 && high > 0.5 * low { 0.0 } else { high };
        let (low, high) = widened(low, high);
        let room = |end: f64| if end == 0.0 { 0.0 } else { 0.04 * (high - low) };
        Axis::spanning(low - room(low), high + room(high), wanted)
    }

    /// A logarithmic range: its numbers are the powers to which ten is raised, and each whole one is marked with what it comes to.
    pub fn powers_of_ten(low: f64, high: f64) -> Axis {
        let (low, high) = widened(low, high);
        let ticks = (low.ceil() as i32..=high.floor() as i32).map(f64::from).collect();
        Axis { low, high, ticks, decimals: 0, powers: true }
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end.
    pub fn fraction(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// A tick's number, with as many decimals as all ticks need and a true minus sign.
    pub fn label(&self, tick: f64) -> String {
        if self.powers {
            return crate::words::number(libm::pow(10.0, tick));
        }
        let largest = self.low.abs().max(self.high.abs());
        if largest >= 1e6 || (largest < 1e-4 && largest > 0.0) {
            return minus(format!("{tick:.1e}"));
        }
        let text = format!("{tick:.*}", self.decimals);
        let zero = text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.');
        minus(if zero { text.trim_start_matches('-').to_owned() } else { text })
    }
}

/// `text` with a minus sign as wide as a plus.
pub(super) fn minus(text: String) -> String {
    text.replace('-', "−")
}

/// A range that can be divided by: `low` to `high`, or some room around `low` if they are equal or not finite.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let low = if low.is_finite() { low.clamp(-1e300, 1e300) } else { 0.0 };
    let high = if high.is_finite() { high.clamp(-1e300, 1e300) } else { low };
    if high - low > low.abs().max(1e-300) * 1e-9 {
        (low, high)
    } else if low == 0.0 {
        (0.0, 1.0)
    } else {
        (low - low.abs() * 0.5, low + low.abs() * 0.5)
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `least`.
fn round_step(least: f64) -> f64 {
    let decade = libm::pow(10.0, libm::floor(libm::log10(least)));
    [1.0, 2.0, 5.0].into_iter().map(|m| m * decade).find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(10.0 * decade)
}

/// The unit in which `hours` of simulated time are best read, and how many of it make an hour.
pub(crate) fn time_unit(hours: f64) -> (&'static str, f64) {
    match hours {
        h if h >= 1.0 || h <= 0.0 => ("h", 1.0),
        h if h * 60.0 >= 2.0 => ("min", 60.0),
        _ => ("s", 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        let axis = Axis::spanning(0.0, 4.0, 8);
        assert_eq!(axis.ticks, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]);
        assert_eq!(axis.label(0.5), "0.5");
        let axis = Axis::around([0.02, 0.93].into_iter(), 5);
        assert_eq!(axis.low, 0.0);
        assert!(axis.high > 0.93 && axis.high < 1.0);
        assert_eq!(axis.ticks.iter().map(|t| axis.label(*t)).collect::<Vec<_>>(), ["0.0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(Axis::around([-3.0, -1.0].into_iter(), 4).ticks, [-3.0, -2.0, -1.0, 0.0]);
        assert_eq!(axis.label(-0.5), "−0.5");
    }

    #[test]
    fn any_finite_range_has_ticks_and_finite_fractions() {
        for (low, high) in [
            (0.0, 0.0),
            (5.0, 5.0),
            (-2.0, -2.0),
            (1.0, 0.0),
            (f64::MIN, f64::MAX),
            (1e-310, 2e-310),
            (f64::NAN, 1.0),
            (1e15, 1e15 + 1.0),
        ] {
            for axis in [Axis::spanning(low, high, 6), Axis::around([low, high].into_iter(), 6)] {
                assert!(axis.low < axis.high && !axis.ticks.is_empty(), "{low} {high} {axis:?}");
                assert!(axis.ticks.iter().all(|t| axis.fraction(*t).is_finite()), "{low} {high} {axis:?}");
            }
        }
        assert_eq!(Axis::around(std::iter::empty(), 5).high, 1.0);
    }

    #[test]
    fn a_logarithmic_axis_is_marked_at_powers_of_ten() {
        let axis = Axis::powers_of_ten(-1.3, 2.0);
        assert_eq!(axis.ticks.iter().map(|tick| axis.label(*tick)).collect::<Vec<_>>(), ["0.1", "1", "10", "100"]);
    }

    #[test]
    fn zero_has_no_sign_and_extremes_are_written_with_exponents() {
        assert_eq!(Axis::spanning(-1.0, 1.0, 4).label(-1e-17), "0.0");
        assert_eq!(Axis::spanning(0.0, 3e-6, 3).label(1e-6), "1.0e−6");
        assert_eq!(Axis::spanning(0.0, 3e7, 3).label(1e7), "1.0e7");
    }

    #[test]
    fn times_are_read_in_the_unit_that_suits_them() {
        assert_eq!(time_unit(4.0).0, "h");
        assert_eq!(time_unit(0.5), ("min", 60.0));
        assert_eq!(time_unit(0.005).0, "s");
    }
}
