//! A curve over a whole run in bounded memory: growing sums, marked less often the longer the run is.

use embody_robots::{Nanos, Tally};

/// Marks that are kept at most.
const MOST: usize = 400;

/// The growth of a ratio of two sums, such as a task's metric or the mean reward.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Time (s) and the two sums, at the ends of equal spans.
    marks: Vec<[f64; 3]>,
    span_s: f64,
}

impl Series {
    /// A curve with a point for each `span`, as long as there are few; twice that when there are many, and so on.
    pub fn new(span: Nanos) -> Series {
        Series { marks: vec![[0.0; 3]], span_s: span.as_secs_f64() }
    }

    /// Takes the sums at a time.
    pub fn push(&mut self, time: Nanos, numerator: f64, denominator: f64) {
        let now = [time.as_secs_f64(), numerator, denominator];
        let since = self.marks.last().map_or(0.0, |mark| mark[0]);
        // A little early is in time: times in seconds are rounded.
        if now[0] - since >= self.span_s * (1.0 - 1e-9) {
            self.marks.push(now);
        }
        if self.marks.len() > MOST {
            let mut index = 0;
            self.marks.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.span_s *= 2.0;
        }
    }

    /// Begins anew from these sums, as where a recording is entered in its middle.
    pub fn enter(&mut self, time: Nanos, numerator: f64, denominator: f64) {
        self.marks = vec![[time.as_secs_f64(), numerator, denominator]];
    }

    /// Length of a span now (s).
    pub fn span_s(&self) -> f64 {
        self.span_s
    }

    /// The ratio over each span, at the span's end (s). One that isn't over has none: a sum over less time may be another.
    pub fn points(&self) -> Vec<[f64; 2]> {
        let spans = self.marks.iter().zip(self.marks.iter().skip(1));
        spans.map(|(a, b)| [b[0], Tally::ratio(b[1] - a[1], b[2] - a[2])]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_the_mean_of_each_span() {
        let mut series = Series::new(Nanos::from_secs(1));
        for step in 1..=25_u32 {
            let sum = if step <= 10 { f64::from(step) } else { 10.0 + 3.0 * f64::from(step - 10) };
            series.push(Nanos::from_millis(100 * u64::from(step)), sum, f64::from(step));
            let expected = (step >= 10).then_some(if step < 20 { 1.0 } else { 3.0 });
            let seen = series.points().last().map(|point| (point[1] * 1e6).round() / 1e6);
            assert_eq!(seen, expected, "step {step}");
        }
        let found: Vec<[f64; 2]> = series.points();
        assert_eq!(found.len(), 2, "none of half a span");
        assert!((found[0][0] - 1.0).abs() < 1e-9 && (found[1][0] - 2.0).abs() < 1e-9);
    }

    #[test]
    fn memory_is_bounded_however_long_a_run_is() {
        let mut series = Series::new(Nanos::from_secs(1));
        (1..100_000).for_each(|second| series.push(Nanos::from_secs(second), second as f64, second as f64));
        assert!(series.points().len() <= MOST + 1 && series.points().len() > MOST / 3);
        assert!(series.points().iter().all(|point| (point[1] - 1.0).abs() < 1e-9));
        assert!((series.span_s() - 256.0).abs() < 1e-9, "{}", series.span_s());
    }
}
