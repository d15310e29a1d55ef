//! Preferred directions over the plane, before and after learning, coloured by how well they point to the goal.

use plotters::style::RGBColor;

use super::axis::{Axis, minus};
use super::canvas::{AXIS, Anchor, Canvas, FAINT_INK, INK, Lettering, Point, figure, fitted};
use super::colours::{OKABE_ITO, plasma};
use super::stats::mean;

/// A grid of direction vectors over a rectangle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map {
    /// Cells from left to right.
    pub width: usize,
    /// Cells from bottom to top.
    pub height: usize,
    /// The vectors (dx, dy), row by row from the bottom, each row from the left. Missing ones and those that aren't finite
    /// count as no direction.
    pub vectors: Vec<(f64, f64)>,
    /// The ground that the rectangle covers, where the directions are directions on it; none for a mere grid of cells.
    pub ground: Option<Ground>,
}

/// The ground under a map.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ground {
    /// The rectangle's sides in metres.
    pub size_m: (f64, f64),
    /// The goal, in metres from the rectangle's middle.
    pub goal_m: (f64, f64),
    /// The goal's radius in metres.
    pub goal_radius_m: f64,
}

/// One cell that has a direction.
struct Arrow {
    /// The cell's middle, in metres (or cells) from the rectangle's.
    at: Point,
    /// The vector, y up.
    vector: Point,
    length: f64,
    /// Agreement with the direction to the goal; none at the goal itself, where there is no such direction, and where there is no goal.
    cosine: Option<f64>,
}

impl Map {
    /// The rectangle's sides in metres; in cells where there is no ground.
    fn size(&self) -> (f64, f64) {
        self.ground.map_or((self.width as f64, self.height as f64), |ground| ground.size_m)
    }

    fn cell_size(&self) -> (f64, f64) {
        let (width, height) = self.size();
        (width / self.width.max(1) as f64, height / self.height.max(1) as f64)
    }

    fn axis_names(&self) -> (&'static str, &'static str) {
        if self.ground.is_some() { ("x (m)", "y (m)") } else { ("column", "row") }
    }

    fn arrows(&self) -> Vec<Arrow> {
        let (cell_x, cell_y) = self.cell_size();
        let middle = |index: usize, count: usize, cell: f64| (index as f64 + 0.5 - count as f64 / 2.0) * cell;
        let width = self.width.max(1);
        let cells = self.vectors.iter().enumerate().take(self.width * self.height);
        cells
            .filter_map(|(i, &vector)| {
                let at = (middle(i % width, self.width, cell_x), middle(i / width, self.height, cell_y));
                let length = libm::hypot(vector.0, vector.1);
                (length > 0.0 && length.is_finite()).then(|| Arrow {
                    at,
                    vector,
                    length,
                    cosine: self
                        .ground
                        .and_then(|ground| cosine_to((ground.goal_m.0 - at.0, ground.goal_m.1 - at.1), vector, length)),
                })
            })
            .collect()
    }

    /// The mean agreement of the map's vectors with the direction to the goal, from -1 to 1; `None` if none has a direction.
    pub fn mean_cosine(&self) -> Option<f64> {
        mean(&self.arrows().iter().filter_map(|arrow| arrow.cosine).collect::<Vec<_>>())
    }
}

fn cosine_to(way: Point, vector: Point, length: f64) -> Option<f64> {
    let distance = libm::hypot(way.0, way.1);
    let dot = way.0 / distance * (vector.0 / length) + way.1 / distance * (vector.1 / length);
    (distance > 0.0 && dot.is_finite()).then(|| dot.clamp(-1.0, 1.0))
}

/// Dark where the cosine is one, bright where it is minus one.
fn colour_of(cosine: f64) -> RGBColor {
    plasma((1.0 - cosine) / 2.0)
}

const WIDTH: f64 = 900.0;
const PANEL: f64 = 322.0;
const PANEL_LEFTS: [f64; 2] = [72.0, 464.0];
const TOP: f64 = 100.0;
const NUMBER: Lettering = Lettering { size: 12.0, colour: FAINT_INK, bold: false };
const NAME: Lettering = Lettering { size: 13.0, colour: INK, bold: false };

/// The SVG text of a figure with the maps before and after learning side by side.
///
/// The goal is a circle; without ground there is none, and arrows have one colour. Both panels share one scale of lengths: the larger of the two 95th percentiles fills a
/// cell, longer arrows are cut to it, so that a map that hasn't formed yet looks as faint as it is. Cells without a direction
/// are dots.
pub fn direction_map(title: &str, before: &Map, after: &Map) -> String {
    let maps = [before, after];
    let full = maps.iter().map(|map| long_length(map)).fold(0.0, f64::max);
    let shape = maps.iter().map(|map| aspect(map)).fold(0.2, f64::max);
    let foot = if maps.iter().any(|map| map.ground.is_some()) { 92.0 } else { 60.0 };
    let height = TOP + PANEL * shape + foot;
    figure(WIDTH as u32, height.ceil() as u32, title, |canvas| {
        let heading = Lettering { size: 18.0, colour: INK, bold: true };
        let left = PANEL_LEFTS[0];
        canvas.text(&fitted(title, heading.size, WIDTH - left - 14.0), (left, 28.0), Anchor::Start, heading);
        let note = Lettering { size: 13.0, colour: FAINT_INK, bold: false };
        canvas.text("arrow lengths share one scale", (left, 49.0), Anchor::Start, note);
        for ((map, left), name) in maps.into_iter().zip(PANEL_LEFTS).zip(["before", "after"]) {
            let numbered = name == "before" || before.size() != after.size();
            Panel { map, left, height: PANEL * aspect(map), full, numbered }.draw(canvas, name);
        }
        canvas.text(before.axis_names().1, (22.0, TOP + PANEL * aspect(before) / 2.0), Anchor::Upwards, NAME);
        if maps.iter().any(|map| map.ground.is_some()) {
            colour_bar(canvas, TOP, TOP + PANEL * shape);
        }
    })
}

/// A map's height over its width, kept where it can be drawn.
fn aspect(map: &Map) -> f64 {
    let (width, height) = map.size();
    let ratio = height / width;
    if ratio.is_finite() { ratio.clamp(0.2, 2.0) } else { 1.0 }
}

/// The 95th percentile of a map's arrow lengths; zero if it has none.
fn long_length(map: &Map) -> f64 {
    let mut lengths: Vec<f64> = map.arrows().iter().map(|arrow| arrow.length).collect();
    lengths.sort_by(f64::total_cmp);
    let rank = (lengths.len() as f64 * 0.95).ceil() as usize;
    lengths.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// One of the two maps in its place.
struct Panel<'a> {
    map: &'a Map,
    left: f64,
    height: f64,
    /// The arrow length that fills a cell.
    full: f64,
    /// Whether its vertical axis has numbers.
    numbered: bool,
}

impl Panel<'_> {
    /// Pixels for a position in metres from the rectangle's middle.
    fn at(&self, (x, y): Point) -> Point {
        let (width_m, height_m) = self.sides();
        (self.left + (x / width_m + 0.5) * PANEL, TOP + (0.5 - y / height_m) * self.height)
    }

    fn sides(&self) -> (f64, f64) {
        let side = |metres: f64| if metres.is_finite() && metres > 0.0 { metres } else { 1.0 };
        (side(self.map.size().0), side(self.map.size().1))
    }

    fn draw(&self, canvas: &mut Canvas, name: &str) {
        self.frame(canvas, name);
        let (cell_x, cell_y) = (PANEL / self.map.width.max(1) as f64, self.height / self.map.height.max(1) as f64);
        let reach = cell_x.min(cell_y) * 0.92;
        let arrows = self.map.arrows();
        for arrow in &arrows {
            let without = if self.map.ground.is_some() { AXIS } else { OKABE_ITO[0] };
            let colour = arrow.cosine.map_or(without, colour_of);
            let length = (arrow.length / self.full).min(1.0) * reach;
            let unit = (arrow.vector.0 / arrow.length, -arrow.vector.1 / arrow.length);
            draw_arrow(canvas, self.at(arrow.at), unit, length, colour);
        }
        let Some(ground) = &self.map.ground else { return };
        self.goal(canvas, ground);
        let counted = arrows.iter().filter(|arrow| arrow.cosine.is_some()).count();
        let text = self
            .map
            .mean_cosine()
            .map_or("no directions".to_owned(), |c| minus(format!("mean cosine to the goal {c:.2} (n = {counted})")));
        canvas.text(&text, (self.left + PANEL / 2.0, TOP + self.height + 68.0), Anchor::Middle, NAME);
    }

    fn frame(&self, canvas: &mut Canvas, name: &str) {
        let (right, bottom) = (self.left + PANEL, TOP + self.height);
        let corners = [(self.left, TOP), (right, TOP), (right, bottom), (self.left, bottom), (self.left, TOP)];
        canvas.line(&corners, AXIS, 1.0, 1.0);
        canvas.text(name, (self.left, TOP - 17.0), Anchor::Start, Lettering { size: 14.0, colour: INK, bold: true });
        let (half_x, half_y) = (self.sides().0 / 2.0, self.sides().1 / 2.0);
        let x_axis = Axis::spanning(-half_x, half_x, 4);
        for tick in &x_axis.ticks {
            let (x, _) = self.at((*tick, 0.0));
            canvas.line(&[(x, bottom), (x, bottom + 5.0)], AXIS, 1.0, 1.0);
            canvas.text(&x_axis.label(*tick), (x, bottom + 16.0), Anchor::Middle, NUMBER);
        }
        let y_axis = Axis::spanning(-half_y, half_y, 4);
        for tick in &y_axis.ticks {
            let (_, y) = self.at((0.0, *tick));
            canvas.line(&[(self.left - 5.0, y), (self.left, y)], AXIS, 1.0, 1.0);
            if self.numbered {
                canvas.text(&y_axis.label(*tick), (self.left - 8.0, y), Anchor::End, NUMBER);
            }
        }
        canvas.text(self.map.axis_names().0, (self.left + PANEL / 2.0, bottom + 38.0), Anchor::Middle, NAME);
    }

    fn goal(&self, canvas: &mut Canvas, ground: &Ground) {
        let radius = ground.goal_radius_m / self.sides().0 * PANEL;
        if radius.is_finite() && radius > 0.0 {
            canvas.ring(self.at(ground.goal_m), radius.min(PANEL / 2.0), INK, 1.6);
        }
    }
}

/// An arrow of `length` pixels centred at `at`, its head in proportion; a dot where it would be too short to see.
fn draw_arrow(canvas: &mut Canvas, at: Point, (ux, uy): Point, length: f64, colour: RGBColor) {
    if length < 1.5 {
        canvas.disc(at, 0.9, colour);
        return;
    }
    let along = |part: f64, aside: f64| {
        (at.0 + ux * part * length - uy * aside * length, at.1 + uy * part * length + ux * aside * length)
    };
    canvas.line(&[along(-0.5, 0.0), along(0.2, 0.0)], colour, (length * 0.09).clamp(0.8, 2.2), 1.0);
    canvas.polygon(&[along(0.5, 0.0), along(0.1, 0.2), along(0.1, -0.2)], colour, 1.0);
}

/// The scale of colours, right of the panels.
fn colour_bar(canvas: &mut Canvas, top: f64, bottom: f64) {
    const STRIPES: usize = 64;
    let (left, right) = (WIDTH - 86.0, WIDTH - 72.0);
    let length = (bottom - top).min(200.0);
    let start = (top + bottom - length) / 2.0;
    let y = |cosine: f64| start + (1.0 - cosine) / 2.0 * length;
    for stripe in 0..STRIPES {
        let (high, low) = (1.0 - 2.0 * stripe as f64 / STRIPES as f64, 1.0 - 2.0 * (stripe + 1) as f64 / STRIPES as f64);
        // Half a pixel of overlap hides the seams.
        let end = (y(low) + 0.5).min(y(-1.0));
        canvas.polygon(&[(left, y(high)), (right, y(high)), (right, end), (left, end)], colour_of((high + low) / 2.0), 1.0);
    }
    for tick in [1.0, 0.5, 0.0, -0.5, -1.0] {
        canvas.line(&[(right, y(tick)), (right + 4.0, y(tick))], AXIS, 1.0, 1.0);
        canvas.text(&minus(format!("{tick}")), (right + 8.0, y(tick)), Anchor::Start, NUMBER);
    }
    canvas.text("cosine to the goal", (WIDTH - 24.0, (top + bottom) / 2.0), Anchor::Upwards, NUMBER);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map whose vectors are `field` of the cell's position.
    fn map(width: usize, height: usize, field: impl Fn(f64, f64) -> (f64, f64)) -> Map {
        let blank = Map {
            width,
            height,
            vectors: vec![(1.0, 0.0); width * height],
            ground: Some(Ground { size_m: (0.4, 0.4), goal_radius_m: 0.05, ..Ground::default() }),
        };
        let vectors = blank.arrows().iter().map(|arrow| field(arrow.at.0, arrow.at.1)).collect();
        Map { vectors, ..blank }
    }

    #[test]
    fn the_mean_cosine_is_one_towards_the_goal_and_minus_one_away() {
        assert!((map(8, 8, |x, y| (-x, -y)).mean_cosine().unwrap() - 1.0).abs() < 1e-12);
        assert!((map(8, 8, |x, y| (x, y)).mean_cosine().unwrap() + 1.0).abs() < 1e-12);
        assert!(map(8, 8, |x, y| (-y, x)).mean_cosine().unwrap().abs() < 1e-12);
        assert_eq!(map(8, 8, |_, _| (0.0, 0.0)).mean_cosine(), None);
        assert_eq!(map(1, 1, |_, _| (1.0, 0.0)).mean_cosine(), None, "at the goal there is no direction to it");
    }

    #[test]
    fn rows_start_at_the_bottom() {
        let map = Map {
            width: 1,
            height: 2,
            vectors: vec![(0.0, 1.0), (0.0, 1.0)],
            ground: Some(Ground { size_m: (1.0, 1.0), ..Ground::default() }),
        };
        let cosines = |map: &Map| -> Vec<_> { map.arrows().iter().map(|arrow| arrow.cosine).collect() };
        assert_eq!(cosines(&map), [Some(1.0), Some(-1.0)]);
        assert_eq!(
            cosines(&Map { ground: Some(Ground { size_m: (1.0, 1.0), goal_m: (0.0, 2.0), ..Ground::default() }), ..map }),
            [Some(1.0), Some(1.0)],
            "the goal may lie anywhere"
        );
    }

    #[test]
    fn degenerate_maps_are_drawn_too() {
        let fine = map(6, 6, |x, y| (-x, -y));
        let sized = |size_m| Map { ground: Some(Ground { size_m, ..Ground::default() }), ..fine.clone() };
        let short = Map { vectors: vec![(1.0, 1.0)], ..fine.clone() };
        let broken = map(4, 4, |_, _| (f64::NAN, f64::INFINITY));
        let flat = sized((0.0, f64::NAN));
        let tall = sized((0.1, 10.0));
        let bare = Map { ground: None, ..fine.clone() };
        for odd in [Map::default(), short, broken, flat, tall, bare, map(5, 5, |_, _| (1e-300, 0.0))] {
            let svg = direction_map("t", &odd, &fine);
            assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"), "{odd:?}");
        }
    }

    #[test]
    fn the_scale_darkens_evenly_towards_agreement() {
        let light = |cosine: f64| {
            let RGBColor(r, g, b) = colour_of(cosine);
            0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b)
        };
        assert!((-10..10).all(|i| light(f64::from(i) / 10.0) > light(f64::from(i + 1) / 10.0)));
    }
}
