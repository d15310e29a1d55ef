//! One number over simulated time, small enough for several side by side.

use super::axis::{Axis, time_unit};
use super::canvas::{Anchor, FAINT_INK, Lettering, Point, figure};
use super::colours::OKABE_ITO;
use super::plane::Plane;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 290.0;

/// Up to so many points are marked.
const MARKED: usize = 40;

/// The SVG text of a figure of `values` at ascending times (h); those that aren't finite are left out. `name` should carry the unit.
pub fn course(name: &str, time_h: &[f64], values: &[f64]) -> String {
    let mut hours =
        time_h.iter().zip(values).filter(|(time, value)| time.is_finite() && value.is_finite()).map(|(time, _)| *time);
    let (unit, per_hour) = time_unit(hours.next_back().unwrap_or(0.0));
    let scaled: Vec<f64> = time_h.iter().map(|time| time * per_hour).collect();
    over(name, "simulated time", &format!("simulated time ({unit})"), &scaled, values)
}

/// The same over anything else: `what` in a few words, and as its axis names it.
pub fn over(name: &str, what: &str, axis: &str, x: &[f64], values: &[f64]) -> String {
    let points: Vec<(f64, f64)> = x.iter().copied().zip(values.iter().copied()).collect();
    let points: Vec<_> = points.into_iter().filter(|(x, value)| x.is_finite() && value.is_finite()).collect();
    let plane = Plane {
        left: 78.0,
        right: WIDTH - 22.0,
        top: 16.0,
        bottom: HEIGHT - 56.0,
        x: Axis::spanning(0.0, points.last().map_or(0.0, |(x, _)| *x), 6),
        y: Axis::around(points.iter().map(|(_, value)| *value), 5),
    };
    figure(WIDTH as u32, HEIGHT as u32, &format!("{name} over {what}"), |canvas| {
        plane.frame(canvas, axis, name);
        let line: Vec<Point> = points.iter().map(|(x, value)| plane.at(*x, *value)).collect();
        if line.len() > 1 {
            canvas.line(&line, OKABE_ITO[0], 1.8, 1.0);
        }
        if line.len() <= MARKED {
            line.iter().for_each(|point| canvas.disc(*point, 2.6, OKABE_ITO[0]));
        }
        if line.is_empty() {
            let centre = ((plane.left + plane.right) / 2.0, (plane.top + plane.bottom) / 2.0);
            canvas.text("no data yet", centre, Anchor::Middle, Lettering { size: 15.0, colour: FAINT_INK, bold: false });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_course_is_drawn() {
        for values in [&[][..], &[1.0], &[0.0; 9], &[f64::NAN, 2.0, f64::INFINITY], &[-3.0, 4e9]] {
            let time: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
            let svg = course("speed (m/s)", &time, values);
            assert!(svg.contains("speed (m/s)") && svg.ends_with("</svg>\n"), "{values:?}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{values:?}");
        }
        assert!(course("a", &[], &[]).contains("no data yet"));
    }
}
