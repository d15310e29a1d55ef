//! The rectangle in which data lie, with its two axes.

use super::axis::Axis;
use super::canvas::{AXIS, Anchor, Canvas, FAINT_INK, GRID, INK, Lettering, Point, fitted};

/// A rectangle of the picture (pixels) and the numbers along its sides.
pub(super) struct Plane {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub x: Axis,
    pub y: Axis,
}

pub(super) const NUMBER: Lettering = Lettering { size: 12.0, colour: FAINT_INK, bold: false };
pub(super) const NAME: Lettering = Lettering { size: 13.0, colour: INK, bold: false };

impl Plane {
    /// Where a pair of numbers lies in the picture.
    pub fn at(&self, x: f64, y: f64) -> Point {
        (self.left + self.x.fraction(x) * (self.right - self.left), self.height(y))
    }

    /// How far down in the picture a number lies.
    pub fn height(&self, y: f64) -> f64 {
        self.bottom - self.y.fraction(y) * (self.bottom - self.top)
    }

    /// Both axes with ticks, numbers and names, and a grid line at each tick of the vertical one.
    pub fn frame(&self, canvas: &mut Canvas, x_name: &str, y_name: &str) {
        for tick in &self.y.ticks {
            let y = self.height(*tick);
            canvas.line(&[(self.left, y), (self.right, y)], GRID, 1.0, 1.0);
            canvas.text(&self.y.label(*tick), (self.left - 9.0, y), Anchor::End, NUMBER);
        }
        self.foot(canvas, x_name);
        let middle = (self.top + self.bottom) / 2.0;
        canvas.text(&fitted(y_name, NAME.size, self.bottom - self.top), (self.left - 60.0, middle), Anchor::Upwards, NAME);
    }

    /// The horizontal axis alone.
    pub fn foot(&self, canvas: &mut Canvas, x_name: &str) {
        canvas.line(&[(self.left, self.bottom), (self.right, self.bottom)], AXIS, 1.2, 1.0);
        for tick in &self.x.ticks {
            let (x, _) = self.at(*tick, self.y.low);
            canvas.line(&[(x, self.bottom), (x, self.bottom + 5.0)], AXIS, 1.2, 1.0);
            canvas.text(&self.x.label(*tick), (x, self.bottom + 17.0), Anchor::Middle, NUMBER);
        }
        canvas.text(x_name, ((self.left + self.right) / 2.0, self.bottom + 43.0), Anchor::Middle, NAME);
    }
}
