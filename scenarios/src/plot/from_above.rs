//! Where things went, seen from above: paths coloured by time over the road, the walls and the goal, with axes and a scale bar in metres.

use super::axis::Axis;
use super::canvas::{AXIS, Anchor, Canvas, GRID, INK, Lettering, Point, figure};
use super::colours::plasma;
use super::plane::{NAME, NUMBER};

const WIDTH: f64 = 460.0;
const LEFT: f64 = 66.0;
const TOP: f64 = 14.0;
const SIDE: f64 = WIDTH - LEFT - 24.0;

/// Colours that a path passes through.
const SHADES: usize = 48;

/// A path in pieces: it is broken where something was put elsewhere. Points are time (s), x and y (m).
pub type Path = Vec<Vec<[f64; 3]>>;

/// What is seen from above (m).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// The two edges of the road and its centre line, closed.
    pub road: Option<[Vec<Point>; 3]>,
    /// Half the side of the square that walls surround.
    pub walls: Option<f64>,
    /// A goal that stays: its place and radius.
    pub goal: Option<(Point, f64)>,
    /// Places of a goal that moves, and its radius.
    pub goals: (Vec<Point>, f64),
    /// The ways of what is followed.
    pub paths: Vec<Path>,
}

/// The part of the plane that is shown: the least and greatest x and y (m), a square.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    low: Point,
    side: f64,
}

impl Frame {
    /// A square around all that several scenes show; around walls only where the paths fill a good part of them.
    pub fn around(scenes: &[&Scene]) -> Frame {
        let all = scenes.iter().flat_map(|scene| {
            let path = scene.paths.iter().flatten().flatten().map(|[_, x, y]| (*x, *y));
            let road = scene.road.iter().flatten().flatten().copied();
            let goal = scene.goal.iter().flat_map(|((x, y), r)| [(x - r, y - r), (x + r, y + r)]);
            path.chain(road).chain(goal).chain(scene.goals.0.iter().copied())
        });
        let all: Vec<Point> = all.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let bound = |of: fn(&Point) -> f64| {
            let values = all.iter().map(of);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        let ((left, right), (bottom, top)) = (bound(|point| point.0), bound(|point| point.1));
        let reach = (right - left).max(top - bottom);
        if let Some(walls) = scenes.iter().find_map(|scene| scene.walls).filter(|walls| reach > 0.6 * walls || all.is_empty()) {
            return Frame { low: (-1.05 * walls, -1.05 * walls), side: 2.1 * walls };
        }
        if all.is_empty() {
            return Frame { low: (-1.0, -1.0), side: 2.0 };
        }
        let side = 1.12 * reach.max(1e-3);
        Frame { low: ((left + right - side) / 2.0, (bottom + top - side) / 2.0), side }
    }

    fn at(&self, (x, y): Point) -> Point {
        (LEFT + (x - self.low.0) / self.side * SIDE, TOP + (1.0 - (y - self.low.1) / self.side) * SIDE)
    }

    fn pixels(&self, metres: f64) -> f64 {
        metres / self.side * SIDE
    }
}

/// The SVG text of a figure of a scene between two times (s).
pub fn from_above(title: &str, scene: &Scene, frame: &Frame, span_s: [f64; 2]) -> String {
    figure(WIDTH as u32, (TOP + SIDE + 108.0) as u32, title, |canvas| {
        ground(canvas, scene, frame);
        for piece in scene.paths.iter().flatten() {
            way(canvas, piece, frame, span_s);
        }
        for path in &scene.paths {
            let ends = path.first().and_then(|piece| piece.first()).zip(path.last().and_then(|piece| piece.last()));
            if let Some(([_, x, y], [_, u, v])) = ends {
                canvas.ring(frame.at((*x, *y)), 5.0, INK, 1.8);
                canvas.disc(frame.at((*u, *v)), 4.5, INK);
            }
        }
        axes(canvas, frame);
        scale_bar(canvas, frame);
        time_bar(canvas, span_s);
    })
}

/// The road, the walls and the goals.
fn ground(canvas: &mut Canvas, scene: &Scene, frame: &Frame) {
    let closed = |line: &[Point]| -> Vec<Point> { line.iter().chain(line.first()).map(|point| frame.at(*point)).collect() };
    if let Some([left, right, centre]) = &scene.road {
        let (outer, inner) = (closed(left), closed(right));
        let band: Vec<Point> = outer.iter().chain(inner.iter().rev()).copied().collect();
        canvas.polygon(&band, GRID, 1.0);
        [outer, inner].iter().for_each(|edge| canvas.line(edge, AXIS, 1.0, 1.0));
        canvas.line(&closed(centre), AXIS, 0.8, 0.5);
    }
    if let Some(walls) = scene.walls.filter(|walls| *walls < frame.side) {
        let corners = [(-walls, -walls), (walls, -walls), (walls, walls), (-walls, walls)];
        canvas.line(&closed(&corners), INK, 2.0, 1.0);
    }
    let goals = scene.goal.into_iter().chain(scene.goals.0.iter().map(|place| (*place, scene.goals.1)));
    for (place, radius) in goals {
        canvas.ring(frame.at(place), frame.pixels(radius).clamp(2.5, SIDE), AXIS, 1.4);
    }
}

/// A piece of a path, in one colour after another.
fn way(canvas: &mut Canvas, piece: &[[f64; 3]], frame: &Frame, [start, end]: [f64; 2]) {
    let shade = |time: f64| (((time - start) / (end - start) * SHADES as f64) as usize).min(SHADES - 1);
    let mut rest = piece;
    while let Some(first) = rest.first() {
        let colour = shade(first[0]);
        let same = rest.iter().take_while(|point| shade(point[0]) == colour).count();
        // The next colour begins where this one ends.
        let points: Vec<Point> = rest.iter().take(same + 1).map(|[_, x, y]| frame.at((*x, *y))).collect();
        if points.len() > 1 {
            canvas.line(&points, plasma((colour as f64 + 0.5) / SHADES as f64), 1.8, 1.0);
        }
        rest = &rest[same..];
    }
}

fn axes(canvas: &mut Canvas, frame: &Frame) {
    let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
    canvas.line(&[(LEFT, TOP), (right, TOP), (right, bottom), (LEFT, bottom), (LEFT, TOP)], AXIS, 0.8, 0.8);
    let x_axis = Axis::spanning(frame.low.0, frame.low.0 + frame.side, 5);
    for tick in &x_axis.ticks {
        let (x, _) = frame.at((*tick, 0.0));
        canvas.line(&[(x, bottom), (x, bottom + 5.0)], AXIS, 1.0, 1.0);
        canvas.text(&x_axis.label(*tick), (x, bottom + 17.0), Anchor::Middle, NUMBER);
    }
    let y_axis = Axis::spanning(frame.low.1, frame.low.1 + frame.side, 5);
    for tick in &y_axis.ticks {
        let (_, y) = frame.at((0.0, *tick));
        canvas.line(&[(LEFT - 5.0, y), (LEFT, y)], AXIS, 1.0, 1.0);
        canvas.text(&y_axis.label(*tick), (LEFT - 8.0, y), Anchor::End, NUMBER);
    }
    canvas.text("x (m)", (LEFT + SIDE / 2.0, bottom + 38.0), Anchor::Middle, NAME);
    canvas.text("y (m)", (14.0, TOP + SIDE / 2.0), Anchor::Upwards, NAME);
}

/// A round length that takes up to a quarter of the picture.
fn scale_bar(canvas: &mut Canvas, frame: &Frame) {
    let Some(&length) = Axis::spanning(0.0, frame.side / 4.0, 3).ticks.last().filter(|length| **length > 0.0) else { return };
    let (right, y) = (LEFT + SIDE - 22.0, TOP + SIDE - 20.0);
    let left = right - frame.pixels(length);
    canvas.line(&[(left, y - 4.0), (left, y), (right, y), (right, y - 4.0)], INK, 1.6, 1.0);
    let lettering = Lettering { size: 12.0, colour: INK, bold: true };
    canvas.text(&format!("{} m", crate::words::number(length)), ((left + right) / 2.0, y - 11.0), Anchor::Middle, lettering);
}

/// Which colour is which time.
fn time_bar(canvas: &mut Canvas, [start, end]: [f64; 2]) {
    let (left, right) = (LEFT, LEFT + SIDE);
    let (top, bottom) = (TOP + SIDE + 58.0, TOP + SIDE + 68.0);
    let x = |share: f64| left + share * (right - left);
    for shade in 0..SHADES {
        let (from, to) = (x(shade as f64 / SHADES as f64), (x((shade + 1) as f64 / SHADES as f64) + 0.5).min(right));
        let colour = plasma((shade as f64 + 0.5) / SHADES as f64);
        canvas.polygon(&[(from, top), (to, top), (to, bottom), (from, bottom)], colour, 1.0);
    }
    let axis = Axis::spanning(start, end, 5);
    for tick in &axis.ticks {
        let x = x(axis.fraction(*tick));
        canvas.line(&[(x, bottom), (x, bottom + 4.0)], AXIS, 1.0, 1.0);
        canvas.text(&axis.label(*tick), (x, bottom + 14.0), Anchor::Middle, NUMBER);
    }
    canvas.text("simulated time (s)", (LEFT + SIDE / 2.0, bottom + 31.0), Anchor::Middle, NAME);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> Scene {
        let path = vec![vec![[0.0, 0.0, 0.0], [1.0, 1.0, 2.0]], vec![[2.0, -3.0, 1.0], [3.0, -2.0, 1.0]]];
        Scene { walls: Some(4.0), goal: Some(((0.0, 0.0), 0.5)), paths: vec![path], ..Scene::default() }
    }

    #[test]
    fn walls_are_in_view_where_there_is_much_between_them() {
        assert_eq!(Frame::around(&[&scene()]), Frame { low: (-4.2, -4.2), side: 8.4 });
        let wide = Scene { walls: Some(100.0), ..scene() };
        assert!(Frame::around(&[&wide]).side < 5.0);
    }

    #[test]
    fn any_scene_is_drawn_with_axes_and_scale() {
        let road = [1.0, 0.5, 0.75].map(|r| vec![(r, 0.0), (0.0, r), (-r, 0.0), (0.0, -r)]);
        let lost = Scene { paths: vec![vec![vec![[0.0, f64::NAN, 1.0]]]], ..Scene::default() };
        for odd in [Scene::default(), Scene { road: Some(road), ..scene() }, Scene { paths: vec![vec![]], ..scene() }, lost] {
            let svg = from_above("t", &odd, &Frame::around(&[&odd]), [0.0, 3.0]);
            assert!(svg.contains("x (m)") && svg.contains("simulated time (s)"), "{svg}");
            assert!(svg.ends_with("</svg>\n") && !svg.contains("inf"), "{odd:?}");
        }
        let none = from_above("t", &scene(), &Frame::around(&[&scene()]), [1.0, 1.0]);
        assert!(none.ends_with("</svg>\n"));
        assert!(none.lines().any(|line| line.trim() == "2 m"), "a scale bar of a quarter of 8.4 m or less: {none}");
    }
}
