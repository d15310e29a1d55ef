//! Learning curves over simulated time: the mean of every variant with its 95 % band, labelled at the line's end.

use plotters::style::RGBColor;

use super::axis::{Axis, time_unit};
use super::canvas::{Anchor, Canvas, FAINT_INK, INK, Lettering, Point, figure, fitted, text_width};
use super::colours::OKABE_ITO;
use super::plane::Plane;

/// One variant's course over simulated time. Shorter lists end the curve; points that aren't finite are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// What the curve is called at its end.
    pub name: String,
    /// Simulated time in hours, ascending.
    pub time_h: Vec<f64>,
    /// The mean over repetitions at each time.
    pub mean: Vec<f64>,
    /// The lower edge of the band; equal to the mean where there is none.
    pub low: Vec<f64>,
    /// The upper edge of the band.
    pub high: Vec<f64>,
    /// The repetitions themselves, drawn faintly; none to leave them out.
    pub single: Vec<Vec<f64>>,
}

const WIDTH: f64 = 860.0;
const LEFT: f64 = 84.0;
const TOP: f64 = 78.0;
const LEAST_HEIGHT: f64 = 330.0;
const FOOT: f64 = 62.0;
const LABEL_SIZE: f64 = 13.0;
const LABEL_PITCH: f64 = 18.0;
const LEADER: f64 = 26.0;

/// One finite point of a curve: time in hours, mean, and the band's edges.
struct Sample {
    time_h: f64,
    mean: f64,
    low: f64,
    high: f64,
}

impl Curve {
    fn samples(&self) -> Vec<Sample> {
        let bands = self.low.iter().zip(&self.high);
        self.time_h
            .iter()
            .zip(&self.mean)
            .zip(bands)
            .map(|((&time_h, &mean), (&low, &high))| Sample { time_h, mean, low, high })
            .filter(|s| [s.time_h, s.mean, s.low, s.high].iter().all(|x| x.is_finite()))
            .collect()
    }
}

/// The SVG text of a figure with `curves` over simulated time.
///
/// `y_label` should carry the unit. Curves are told apart by colour and by a label at their end; beyond seven, colours repeat.
/// A curve of one point is a dot with a bar; without any point the figure says so.
pub fn learning_curve(title: &str, subtitle: &str, y_label: &str, curves: &[Curve]) -> String {
    let courses: Vec<Vec<Sample>> = curves.iter().map(Curve::samples).collect();
    let points = || courses.iter().flatten();
    let hours = points().fold(0.0, |latest: f64, s| latest.max(s.time_h));
    let (unit, per_hour) = time_unit(hours);
    let room = curves.iter().map(|c| text_width(&c.name, LABEL_SIZE)).fold(40.0, f64::max).min(240.0);
    // As high as the labels need.
    let bottom = TOP + LEAST_HEIGHT.max(LABEL_PITCH * curves.len() as f64);
    let plane = Plane {
        left: LEFT,
        right: WIDTH - room - LEADER - 14.0,
        top: TOP,
        bottom,
        x: Axis::spanning(0.0, hours * per_hour, 8),
        y: Axis::around(points().flat_map(|s| [s.low, s.mean, s.high]).chain(singles(curves)), 8),
    };
    let chart = Chart { plane, per_hour };
    figure(WIDTH as u32, (bottom + FOOT) as u32, title, |canvas| {
        chart.frame(canvas, title, subtitle, y_label, unit);
        for (course, colour) in courses.iter().zip(colours()) {
            chart.band(canvas, course, colour);
        }
        for (curve, colour) in curves.iter().zip(colours()) {
            chart.single(canvas, curve, colour);
        }
        for (course, colour) in courses.iter().zip(colours()) {
            chart.mean(canvas, course, colour);
        }
        chart.labels(canvas, curves, &courses, room);
        if points().next().is_none() {
            let centre = ((LEFT + chart.plane.right) / 2.0, (TOP + bottom) / 2.0);
            canvas.text("no data yet", centre, Anchor::Middle, Lettering { size: 15.0, colour: FAINT_INK, bold: false });
        }
    })
}

fn colours() -> impl Iterator<Item = RGBColor> {
    OKABE_ITO.into_iter().cycle()
}

/// The finite values of all repetitions.
fn singles(curves: &[Curve]) -> impl Iterator<Item = f64> {
    curves.iter().flat_map(|curve| curve.single.iter().flatten().copied()).filter(|value| value.is_finite())
}

/// The data in their plane; times are in hours.
struct Chart {
    plane: Plane,
    per_hour: f64,
}

impl Chart {
    fn at(&self, time_h: f64, value: f64) -> Point {
        self.plane.at(time_h * self.per_hour, value)
    }

    /// Title, axes, ticks and grid.
    fn frame(&self, canvas: &mut Canvas, title: &str, subtitle: &str, y_label: &str, unit: &str) {
        let room = WIDTH - LEFT - 14.0;
        canvas.text(&fitted(title, 18.0, room), (LEFT, 26.0), Anchor::Start, Lettering { size: 18.0, colour: INK, bold: true });
        let small = Lettering { size: 13.0, colour: FAINT_INK, bold: false };
        canvas.text(&fitted(subtitle, 13.0, room), (LEFT, 49.0), Anchor::Start, small);
        self.plane.frame(canvas, &format!("simulated time ({unit})"), y_label);
    }

    /// The repetitions, faintly.
    fn single(&self, canvas: &mut Canvas, curve: &Curve, colour: RGBColor) {
        for values in &curve.single {
            let points = curve.time_h.iter().zip(values).filter(|(_, value)| value.is_finite());
            let points: Vec<Point> = points.map(|(&time_h, &value)| self.at(time_h, value)).collect();
            if points.len() > 1 {
                canvas.line(&points, colour, 0.8, 0.35);
            }
        }
    }

    fn band(&self, canvas: &mut Canvas, course: &[Sample], colour: RGBColor) {
        if let [only] = course {
            canvas.line(&[self.at(only.time_h, only.low), self.at(only.time_h, only.high)], colour, 6.0, 0.25);
        } else if !course.is_empty() {
            let upper = course.iter().map(|s| self.at(s.time_h, s.high));
            let lower = course.iter().rev().map(|s| self.at(s.time_h, s.low));
            canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), colour, 0.18);
        }
    }

    fn mean(&self, canvas: &mut Canvas, course: &[Sample], colour: RGBColor) {
        if let [only] = course {
            canvas.disc(self.at(only.time_h, only.mean), 4.0, colour);
        } else if !course.is_empty() {
            let points: Vec<Point> = course.iter().map(|s| self.at(s.time_h, s.mean)).collect();
            canvas.line(&points, colour, 2.0, 1.0);
        }
    }

    /// The curves' names right of the data, each level with its curve's end where there is room, with a line that leads there.
    fn labels(&self, canvas: &mut Canvas, curves: &[Curve], courses: &[Vec<Sample>], room: f64) {
        let mut ends: Vec<(f64, RGBColor, &str)> = curves
            .iter()
            .zip(courses)
            .zip(colours())
            .filter_map(|((curve, course), colour)| {
                course.last().map(|s| (self.plane.height(s.mean), colour, curve.name.as_str()))
            })
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Plane { right, bottom, .. } = self.plane;
        let heights = spread(&ends.iter().map(|end| end.0).collect::<Vec<_>>(), LABEL_PITCH, TOP, bottom);
        let lettering = Lettering { size: LABEL_SIZE, colour: INK, bold: false };
        for ((y, colour, name), height) in ends.into_iter().zip(heights) {
            let elbow = right + LEADER - 10.0;
            canvas.line(&[(right + 3.0, y), (elbow, height)], colour, 0.8, 0.7);
            canvas.line(&[(elbow, height), (elbow + 7.0, height)], colour, 3.0, 1.0);
            canvas.text(&fitted(name, LABEL_SIZE, room), (elbow + 14.0, height), Anchor::Start, lettering);
        }
    }
}

/// Moves ascending `heights` as little as needed for neighbours to be `pitch` apart, within `top` to `bottom` if they fit.
fn spread(heights: &[f64], pitch: f64, top: f64, bottom: f64) -> Vec<f64> {
    let pitch = pitch.min((bottom - top) / (heights.len().max(2) - 1) as f64);
    // Neighbours that would overlap are one block, centred on the mean of what its members want.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for &height in heights {
        let (mut sum, mut count) = (height, 1);
        while let Some(&(above, members)) = blocks.last() {
            let bottom_of_above = above / members as f64 + pitch * (members as f64 - 1.0) / 2.0;
            let top_of_this = sum / count as f64 - pitch * (count as f64 - 1.0) / 2.0;
            if top_of_this - bottom_of_above >= pitch {
                break;
            }
            (sum, count) = (sum + above, count + members);
            blocks.pop();
        }
        blocks.push((sum, count));
    }
    let mut placed: Vec<f64> = blocks
        .iter()
        .flat_map(|&(sum, count)| {
            let first = sum / count as f64 - pitch * (count as f64 - 1.0) / 2.0;
            (0..count).map(move |i| first + pitch * i as f64)
        })
        .collect();
    let last = placed.len();
    for (i, height) in placed.iter_mut().enumerate() {
        *height = height.max(top + pitch * i as f64).min(bottom - pitch * (last - 1 - i) as f64);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(name: &str, mean: &[f64]) -> Curve {
        Curve {
            name: name.into(),
            time_h: (0..mean.len()).map(|i| i as f64 * 0.5).collect(),
            mean: mean.to_vec(),
            low: mean.iter().map(|m| m - 0.1).collect(),
            high: mean.iter().map(|m| m + 0.1).collect(),
            single: Vec::new(),
        }
    }

    fn is_sound(svg: &str) -> bool {
        svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf")
    }

    #[test]
    fn a_figure_names_title_axes_and_curves() {
        let svg =
            learning_curve("Reaching", "8 seeds", "success (%)", &[curve("spore", &[0.0, 0.5, 0.9]), curve("frozen", &[0.1; 3])]);
        for text in ["Reaching", "8 seeds", "success (%)", "simulated time (h)", "spore", "frozen"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(is_sound(&svg));
        assert_eq!(svg.matches("<polygon").count(), 3, "the ground and two bands");
    }

    #[test]
    fn sparse_and_degenerate_data_are_drawn_too() {
        let zero = Curve { low: vec![0.0; 3], high: vec![0.0; 3], ..curve("zero", &[0.0; 3]) };
        let broken = curve("broken", &[f64::NAN, f64::INFINITY, 0.5]);
        let single = Curve { single: vec![vec![0.1, f64::NAN, 0.3], vec![], vec![0.5]], ..curve("single", &[0.3; 3]) };
        let ragged = Curve { high: vec![], ..curve("ragged", &[0.1, 0.2]) };
        for curves in [
            vec![],
            vec![Curve::default()],
            vec![zero],
            vec![curve("one", &[0.3])],
            vec![broken],
            vec![ragged],
            vec![single],
            vec![curve("huge", &[f64::MAX, f64::MIN])],
        ] {
            assert!(is_sound(&learning_curve("t", "", "y", &curves)), "{curves:?}");
        }
        assert!(learning_curve("t", "", "y", &[]).contains("no data yet"));
    }

    #[test]
    fn the_same_data_give_the_same_bytes() {
        let draw = || learning_curve("t", "s", "y", &[curve("a", &[0.1, 0.7, 0.4])]);
        assert_eq!(draw(), draw());
    }

    #[test]
    fn labels_keep_apart_in_order_and_inside() {
        assert_eq!(spread(&[10.0, 100.0], 18.0, 0.0, 200.0), [10.0, 100.0]);
        assert_eq!(spread(&[50.0, 50.0, 50.0], 18.0, 0.0, 200.0), [32.0, 50.0, 68.0]);
        assert_eq!(spread(&[0.0, 0.0], 18.0, 0.0, 200.0), [0.0, 18.0]);
        assert_eq!(spread(&[200.0, 200.0], 18.0, 0.0, 200.0), [182.0, 200.0]);
        assert!(spread(&[], 18.0, 0.0, 200.0).is_empty());
        let crowded = spread(&[5.0; 40], 18.0, 0.0, 200.0);
        assert!(crowded.windows(2).all(|w| w[1] > w[0]) && crowded[0] > -1e-9 && crowded[39] <= 200.0);
    }
}
