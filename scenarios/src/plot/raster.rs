//! What went on within a few seconds: the events of cameras, the spikes of populations, and the reward, one below the other.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{AXIS, Anchor, Canvas, FAINT_INK, INK, Lettering, figure, fitted};
use super::colours::OKABE_ITO;
use super::plane::{NUMBER, Plane};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 92.0;
const RIGHT: f64 = WIDTH - 20.0;

/// Height of what is above a panel: its title.
const HEAD: f64 = 30.0;

/// What went on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Raster {
    /// When it begins and ends (s).
    pub span_s: [f64; 2],
    /// Length of a control period (s).
    pub period_s: f64,
    /// The event cameras.
    pub cameras: Vec<Camera>,
    /// The populations of neurons.
    pub populations: Vec<Population>,
    /// The reward of each control period.
    pub rewards: Vec<f64>,
}

/// The events of a camera.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Camera {
    /// Its name.
    pub name: String,
    /// In each control period, how many events of pixels that became brighter, and darker.
    pub events: Vec<[u32; 2]>,
}

/// The spikes of a population.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Population {
    /// Its name.
    pub name: String,
    /// How many neurons it has.
    pub size: u32,
    /// When (s) which neuron fired.
    pub spikes: Vec<(f64, u32)>,
}

impl Camera {
    const HEIGHT: f64 = 80.0;

    fn draw(&self, canvas: &mut Canvas, raster: &Raster, top: f64) {
        let y = Axis::around(self.events.iter().flat_map(|[on, off]| [f64::from(*on), -f64::from(*off), 1.0, -1.0]), 4);
        let plane = raster.panel(top, Self::HEIGHT, y);
        plane_of(canvas, &plane);
        for (colour, side, sign) in [(OKABE_ITO[1], 0, 1.0), (OKABE_ITO[0], 1, -1.0)] {
            let bar = |(index, events): (usize, &[u32; 2])| {
                let start = raster.span_s[0] + index as f64 * raster.period_s;
                (events[side] > 0).then(|| (start, start + raster.period_s, sign * f64::from(events[side])))
            };
            for (start, end, height) in self.events.iter().enumerate().filter_map(bar) {
                let corners = [(start, 0.0), (start, height), (end, height), (end, 0.0)];
                canvas.polygon(&corners.map(|(x, y)| plane.at(x, y)), colour, 1.0);
            }
        }
        let title = format!("events of {} in each control period, up: brighter, down: darker", self.name);
        head(canvas, &title, top);
    }
}

impl Population {
    fn height(&self) -> f64 {
        (16.0 * f64::from(self.size)).clamp(40.0, 190.0)
    }

    fn draw(&self, canvas: &mut Canvas, raster: &Raster, top: f64, colour: RGBColor) {
        let last = f64::from(self.size.max(1)) - 1.0;
        let y = Axis::spanning(-0.5, last + 0.5, 4);
        let plane = raster.panel(top, self.height(), y);
        let tall = ((plane.bottom - plane.top) / f64::from(self.size.max(1)) * 0.8).clamp(1.6, 9.0);
        frame(canvas, &plane);
        for tick in plane.y.ticks.iter().filter(|tick| **tick >= 0.0 && **tick <= last && tick.fract() == 0.0) {
            canvas.text(&plane.y.label(*tick), (plane.left - 9.0, plane.height(*tick)), Anchor::End, NUMBER);
        }
        for (time, neuron) in &self.spikes {
            let (x, y) = plane.at(*time, f64::from(*neuron));
            canvas.line(&[(x, y - 0.5 * tall), (x, y + 0.5 * tall)], colour, 1.3, 1.0);
        }
        let title = format!("spikes of {}, neurons 0 to {last} ({} spikes)", self.name, self.spikes.len());
        head(canvas, &title, top);
    }
}

impl Raster {
    /// Height of the reward's panel.
    const REWARD: f64 = 60.0;

    fn panel(&self, top: f64, height: f64, y: Axis) -> Plane {
        let x = Axis::spanning(self.span_s[0], self.span_s[1], 8);
        Plane { left: LEFT, right: RIGHT, top: top + HEAD, bottom: top + HEAD + height, x, y }
    }

    fn height(&self) -> f64 {
        let cameras = self.cameras.len() as f64 * (HEAD + Camera::HEIGHT);
        let populations: f64 = self.populations.iter().map(|population| HEAD + population.height()).sum();
        cameras + populations + HEAD + Raster::REWARD
    }
}

/// The SVG text of a figure of all of it.
pub fn raster(title: &str, raster: &Raster) -> String {
    let height = raster.height() + 58.0;
    figure(WIDTH as u32, height as u32, title, |canvas| {
        let mut top = 0.0;
        for camera in &raster.cameras {
            camera.draw(canvas, raster, top);
            top += HEAD + Camera::HEIGHT;
        }
        for (population, colour) in raster.populations.iter().zip([OKABE_ITO[2], OKABE_ITO[6]].into_iter().cycle()) {
            population.draw(canvas, raster, top, colour);
            top += HEAD + population.height();
        }
        let plane = raster.panel(top, Raster::REWARD, Axis::around(raster.rewards.iter().copied().chain([0.0, 1e-3]), 3));
        plane_of(canvas, &plane);
        head(canvas, "reward of each control period", top);
        let points = raster.rewards.iter().enumerate();
        let points: Vec<_> =
            points.map(|(index, reward)| plane.at(raster.span_s[0] + (index as f64 + 1.0) * raster.period_s, *reward)).collect();
        if points.len() > 1 {
            canvas.line(&points, OKABE_ITO[3], 1.5, 1.0);
        }
        plane.foot(canvas, "simulated time (s)");
    })
}

fn head(canvas: &mut Canvas, title: &str, top: f64) {
    let lettering = Lettering { size: 13.0, colour: INK, bold: false };
    canvas.text(&fitted(title, lettering.size, RIGHT - LEFT), (LEFT, top + 17.0), Anchor::Start, lettering);
}

/// A panel's box.
fn frame(canvas: &mut Canvas, plane: &Plane) {
    let Plane { left, right, top, bottom, .. } = *plane;
    canvas.line(&[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], AXIS, 0.8, 0.6);
}

/// A panel's box, with numbers and a zero line.
fn plane_of(canvas: &mut Canvas, plane: &Plane) {
    frame(canvas, plane);
    for tick in &plane.y.ticks {
        canvas.text(&plane.y.label(*tick), (plane.left - 9.0, plane.height(*tick)), Anchor::End, NUMBER);
    }
    if plane.y.low < 0.0 {
        canvas.line(&[(plane.left, plane.height(0.0)), (plane.right, plane.height(0.0))], FAINT_INK, 0.8, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_there_is_is_drawn() {
        let camera = Camera { name: "roof".into(), events: vec![[3, 0], [0, 7], [0, 0]] };
        let population = Population { name: "motor".into(), size: 2, spikes: vec![(0.01, 0), (0.05, 1)] };
        let full = Raster {
            span_s: [0.0, 0.06],
            period_s: 0.02,
            cameras: vec![camera],
            populations: vec![population],
            rewards: vec![0.0, 0.5, 1.0],
        };
        let svg = raster("t", &full);
        for text in ["events of roof", "spikes of motor", "neurons 0 to 1 (2 spikes)", "simulated time (s)", "reward"] {
            assert!(svg.contains(text), "{text}");
        }
        for odd in [Raster::default(), Raster { rewards: vec![0.0], ..Raster::default() }, full] {
            let svg = raster("t", &odd);
            assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"), "{odd:?}");
        }
    }
}
