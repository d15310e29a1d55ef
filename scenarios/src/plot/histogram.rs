//! How values were spread at the start, and how at the end: two histograms over the same parts of one range. Shares are on a logarithmic
//! scale, as few values may matter most.

use super::axis::Axis;
use super::canvas::{AXIS, Anchor, Canvas, INK, Lettering, Point, figure};
use super::colours::OKABE_ITO;
use super::plane::Plane;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 300.0;

/// Equal parts of the range of both.
const PARTS: usize = 40;

/// How values are spread.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spread {
    /// Least and greatest value.
    pub range: [f64; 2],
    /// How many values lie in each of as many equal parts of the range.
    pub counts: Vec<u64>,
}

impl Spread {
    /// The percentage of the values in each of the [`PARTS`] of another range, each value standing in the middle of its part of the own one.
    fn percentages(&self, [low, high]: [f64; 2]) -> Vec<f64> {
        let mut parts = vec![0.0; PARTS];
        let total: u64 = self.counts.iter().sum();
        let width = (self.range[1] - self.range[0]) / self.counts.len().max(1) as f64;
        for (index, count) in self.counts.iter().enumerate() {
            let middle = self.range[0] + (index as f64 + 0.5) * width;
            let share = (middle - low) / (high - low);
            let part = if share.is_finite() { (share * PARTS as f64) as usize } else { 0 };
            parts[part.min(PARTS - 1)] += 100.0 * *count as f64 / total.max(1) as f64;
        }
        parts
    }
}

/// The least share that is shown (%): half of what one value makes.
fn least_share(spreads: [&Spread; 2]) -> f64 {
    let most = spreads.map(|spread| spread.counts.iter().sum::<u64>()).into_iter().max().unwrap_or(0);
    50.0 / most.max(1) as f64
}

/// The SVG text of a figure of both, as percentages of all values; `name` should carry the unit.
pub fn histogram(name: &str, before: &Spread, after: &Spread) -> String {
    let range = [before.range[0].min(after.range[0]), before.range[1].max(after.range[1])];
    let x = Axis::spanning(range[0], range[1], 6);
    let range = [x.low, x.high];
    let shares = [before, after].map(|spread| spread.percentages(range));
    let floor = libm::log10(least_share([before, after]));
    let plane =
        Plane { left: 78.0, right: WIDTH - 22.0, top: 40.0, bottom: HEIGHT - 56.0, y: Axis::powers_of_ten(floor, 2.0), x };
    figure(WIDTH as u32, HEIGHT as u32, &format!("histogram of {name} at the start and at the end"), |canvas| {
        plane.frame(canvas, name, "share (%)");
        let height = |share: f64| if share > 0.0 { libm::log10(share).max(floor) } else { floor };
        let outline = |shares: &[f64]| -> Vec<Point> {
            let edge = |part: usize| range[0] + (range[1] - range[0]) * part as f64 / PARTS as f64;
            let sides = shares.iter().enumerate();
            let top =
                sides.flat_map(|(part, share)| [plane.at(edge(part), height(*share)), plane.at(edge(part + 1), height(*share))]);
            [plane.at(range[0], floor)].into_iter().chain(top).chain([plane.at(range[1], floor)]).collect()
        };
        canvas.polygon(&outline(&shares[0]), AXIS, 0.35);
        canvas.line(&outline(&shares[0]), AXIS, 1.0, 1.0);
        canvas.line(&outline(&shares[1]), OKABE_ITO[0], 2.0, 1.0);
        legend(canvas, plane.right);
    })
}

/// What is filled, and what is outlined.
fn legend(canvas: &mut Canvas, right: f64) {
    let lettering = Lettering { size: 12.0, colour: INK, bold: false };
    let (start, end) = (right - 190.0, right - 85.0);
    canvas.polygon(&[(start, 14.0), (start + 18.0, 14.0), (start + 18.0, 24.0), (start, 24.0)], AXIS, 0.35);
    canvas.text("at the start", (start + 24.0, 19.0), Anchor::Start, lettering);
    canvas.line(&[(end, 19.0), (end + 18.0, 19.0)], OKABE_ITO[0], 2.0, 1.0);
    canvas.text("at the end", (end + 24.0, 19.0), Anchor::Start, lettering);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_are_shown_over_one_range() {
        let spread = Spread { range: [0.0, 1.0], counts: vec![3, 1] };
        let parts = spread.percentages([0.0, 4.0]);
        assert!((parts.iter().sum::<f64>() - 100.0).abs() < 1e-9);
        assert_eq!((parts[2], parts[7]), (75.0, 25.0));
    }

    #[test]
    fn degenerate_spreads_are_drawn_too() {
        let usual = Spread { range: [0.0, 1.0], counts: vec![3, 1] };
        for odd in
            [Spread::default(), Spread { range: [2.0, 2.0], counts: vec![5] }, Spread { range: [0.0, 0.0], counts: vec![0; 9] }]
        {
            for svg in [histogram("w", &odd, &usual), histogram("w", &odd, &odd)] {
                assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"), "{odd:?}");
            }
        }
    }
}
