//! How values were spread at one time, and how at another: two histograms over the same parts of one axis. Counts are on a logarithmic scale,
//! as few values may matter most.

use super::axis::Axis;
use super::canvas::{AXIS, Anchor, Canvas, INK, Lettering, Point, figure};
use super::colours::OKABE_ITO;
use super::plane::Plane;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 300.0;

/// Parts where both are of one value each, and the most that are drawn.
const PARTS: f64 = 40.0;
const MOST_PARTS: f64 = 2000.0;

/// How values are spread.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spread {
    /// Where the first part begins and the last one ends.
    pub range: [f64; 2],
    /// How many values lie in each of as many equal parts of the range.
    pub counts: Vec<u64>,
}

/// Equal parts of an axis that hold two spreads.
#[derive(Debug, PartialEq)]
struct Parts {
    low: f64,
    width: f64,
    count: usize,
}

impl Spread {
    fn width(&self) -> f64 {
        (self.range[1] - self.range[0]) / self.counts.len().max(1) as f64
    }
}

impl Parts {
    /// As wide as the wider parts of the two, and beginning where those do.
    fn of(spreads: [&Spread; 2]) -> Parts {
        let low = spreads[0].range[0].min(spreads[1].range[0]);
        let high = spreads[0].range[1].max(spreads[1].range[1]);
        let coarser = if spreads[1].width() > spreads[0].width() { spreads[1] } else { spreads[0] };
        let axis = Axis::spanning(low, high, 1);
        let width = coarser.width();
        // Narrower ones than can be seen, or none.
        if width.is_nan() || width <= (axis.high - axis.low) / MOST_PARTS {
            return Parts { low: axis.low, width: (axis.high - axis.low) / PARTS, count: PARTS as usize };
        }
        let origin = coarser.range[0];
        let first = ((low - origin) / width).floor();
        let last = ((high - origin) / width).ceil().max(first + 1.0);
        Parts { low: origin + first * width, width, count: (last - first) as usize }
    }

    fn high(&self) -> f64 {
        self.low + self.width * self.count as f64
    }

    /// How many values of a spread lie in each. A part of the spread that lies across several is shared out by length.
    fn counts(&self, spread: &Spread) -> Vec<f64> {
        let mut counts = vec![0.0; self.count];
        let place = |value: f64| (value - self.low) / self.width;
        for (index, count) in spread.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let from = place(spread.range[0] + index as f64 * spread.width());
            let to = place(spread.range[0] + (index + 1) as f64 * spread.width());
            let first = (from.max(0.0) as usize).min(self.count - 1);
            let last = (to.ceil().max(1.0) as usize - 1).clamp(first, self.count - 1);
            for (part, counted) in counts.iter_mut().enumerate().take(last + 1).skip(first) {
                let shared = to.min(part as f64 + 1.0) - from.max(part as f64);
                *counted += *count as f64 * if first == last { 1.0 } else { shared / (to - from) };
            }
        }
        counts
    }
}

/// The SVG text of a figure of both, each with what it is called. The axes' names, `x` and `y`, should carry the unit and what is counted.
pub fn histogram(title: &str, [x, y]: [&str; 2], spreads: [(&str, &Spread); 2]) -> String {
    let parts = Parts::of(spreads.map(|(_, spread)| spread));
    let counts = spreads.map(|(_, spread)| parts.counts(spread));
    let most = counts.iter().flatten().fold(10.0, |most: f64, count| most.max(*count));
    // Down to half of one.
    let floor = libm::log10(0.5);
    let plane = Plane {
        left: 78.0,
        right: WIDTH - 22.0,
        top: 40.0,
        bottom: HEIGHT - 56.0,
        x: Axis::spanning(parts.low, parts.high(), 6),
        y: Axis::powers_of_ten(floor, libm::log10(1.3 * most)),
    };
    figure(WIDTH as u32, HEIGHT as u32, title, |canvas| {
        plane.frame(canvas, x, y);
        let height = |count: f64| if count > 0.0 { libm::log10(count).max(floor) } else { floor };
        let outline = |counts: &[f64]| -> Vec<Point> {
            let edge = |part: usize| parts.low + parts.width * part as f64;
            let top = counts.iter().enumerate();
            let top =
                top.flat_map(|(part, count)| [plane.at(edge(part), height(*count)), plane.at(edge(part + 1), height(*count))]);
            [plane.at(parts.low, floor)].into_iter().chain(top).chain([plane.at(parts.high(), floor)]).collect()
        };
        canvas.polygon(&outline(&counts[0]), AXIS, 0.35);
        canvas.line(&outline(&counts[0]), AXIS, 1.0, 1.0);
        canvas.line(&outline(&counts[1]), OKABE_ITO[0], 2.0, 1.0);
        legend(canvas, plane.right, spreads.map(|(name, _)| name));
    })
}

/// What is filled, and what is outlined.
fn legend(canvas: &mut Canvas, right: f64, [filled, outlined]: [&str; 2]) {
    let lettering = Lettering { size: 12.0, colour: INK, bold: false };
    let (start, end) = (right - 250.0, right - 120.0);
    canvas.polygon(&[(start, 14.0), (start + 18.0, 14.0), (start + 18.0, 24.0), (start, 24.0)], AXIS, 0.35);
    canvas.text(filled, (start + 24.0, 19.0), Anchor::Start, lettering);
    canvas.line(&[(end, 19.0), (end + 18.0, 19.0)], OKABE_ITO[0], 2.0, 1.0);
    canvas.text(outlined, (end + 24.0, 19.0), Anchor::Start, lettering);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_counted_in_the_parts_of_the_coarser_one() {
        let fine = Spread { range: [0.0, 1.0], counts: vec![3, 1, 4, 2] };
        let coarse = Spread { range: [-0.5, 2.0], counts: vec![1, 5, 7, 0, 2] };
        let parts = Parts::of([&fine, &coarse]);
        assert_eq!(parts, Parts { low: -0.5, width: 0.5, count: 5 });
        assert_eq!(parts.counts(&fine), [0.0, 4.0, 6.0, 0.0, 0.0]);
        assert_eq!(parts.counts(&coarse), [1.0, 5.0, 7.0, 0.0, 2.0]);
        let one = Spread { range: [0.75; 2], counts: vec![9] };
        assert_eq!(parts.counts(&one), [0.0, 0.0, 9.0, 0.0, 0.0]);
    }

    #[test]
    fn parts_that_lie_across_others_are_shared_out() {
        let odd = Spread { range: [0.25, 1.75], counts: vec![9] };
        let parts = Parts { low: 0.0, width: 1.0, count: 2 };
        assert_eq!(parts.counts(&odd), [4.5, 4.5]);
    }

    #[test]
    fn degenerate_spreads_are_drawn_too() {
        let usual = Spread { range: [0.0, 1.0], counts: vec![3, 1] };
        for odd in [
            Spread::default(),
            Spread { range: [2.0, 2.0], counts: vec![5] },
            Spread { range: [0.0, 0.0], counts: vec![0; 9] },
            Spread { range: [0.0, 1e9], counts: vec![7; 3] },
            Spread { range: [f64::NAN, 1.0], counts: vec![7; 3] },
        ] {
            for [a, b] in [[&odd, &usual], [&usual, &odd], [&odd, &odd]] {
                let svg = histogram("w", ["weight (mV)", "synapses"], [("at 0 s", a), ("at 9 s", b)]);
                assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"), "{odd:?}");
            }
        }
    }
}
