//! A small plot with axes, ticks and units.

use bevy_egui::egui::{Align2, Color32, Painter, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::theme;
use crate::plot::Axis;

/// Room for the numbers on the left, the title above, and the numbers and the axis' name below (points).
const LEFT: f32 = 46.0;
const RIGHT: f32 = 10.0;
const ABOVE: f32 = 18.0;
const BELOW: f32 = 30.0;

/// How near to an end of the axis a number is written inwards.
const END: f32 = 14.0;

/// What a plot says of itself.
pub(super) struct Labels<'a> {
    pub title: &'a str,
    /// Name and unit of the horizontal axis.
    pub x: &'a str,
    /// Whether the vertical axis has numbers.
    pub numbers: bool,
}

/// Where a plot's inside lies, and where its values go.
pub(super) struct Inside {
    pub rect: Rect,
    x: Axis,
    y: Axis,
}

impl Inside {
    /// Where a point lies on the screen.
    pub fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        let (x, y) = (self.x.fraction(x) as f32, self.y.fraction(y) as f32);
        pos2(self.rect.left() + x * self.rect.width(), self.rect.bottom() - y * self.rect.height())
    }
}

/// Makes room for a plot of this height over the whole width, and paints axes into it; gives what is inside.
pub(super) fn frame(ui: &mut Ui, labels: &Labels<'_>, height: f32, x: Axis, y: Axis) -> (Painter, Inside) {
    let (outside, painter) = ui.allocate_painter(vec2(ui.available_width(), height), Sense::hover());
    let outside = outside.rect;
    let left = if labels.numbers { LEFT } else { RIGHT };
    let rect = Rect::from_min_max(outside.min + vec2(left, ABOVE), outside.max - vec2(RIGHT, BELOW));
    let inside = Inside { rect, x, y };
    let text = |at: Pos2, anchor: Align2, words: &str, colour: Color32| {
        painter.text(at, anchor, words, theme::small(), colour);
    };
    painter.rect_filled(rect, 0.0, theme::PLOT);
    painter.text(outside.min + vec2(2.0, 2.0), Align2::LEFT_TOP, labels.title, theme::title(), theme::TEXT);
    text(pos2(rect.center().x, outside.bottom()), Align2::CENTER_BOTTOM, labels.x, theme::QUIET);
    for tick in &inside.x.ticks {
        let at = inside.at([*tick, inside.y.low]);
        painter.line_segment([at, at + vec2(0.0, 3.0)], Stroke::new(1.0, theme::LINE));
        // At the ends inwards, where there is room.
        let anchor = match (at.x - rect.left(), rect.right() - at.x) {
            (before, _) if before < END && !labels.numbers => Align2::LEFT_TOP,
            (_, behind) if behind < END => Align2::RIGHT_TOP,
            _ => Align2::CENTER_TOP,
        };
        text(at + vec2(0.0, 4.0), anchor, &inside.x.label(*tick), theme::QUIET);
    }
    if labels.numbers {
        for tick in &inside.y.ticks {
            let at = inside.at([inside.x.low, *tick]);
            painter.line_segment([at, pos2(rect.right(), at.y)], Stroke::new(0.5, theme::LINE));
            text(at - vec2(4.0, 0.0), Align2::RIGHT_CENTER, &inside.y.label(*tick), theme::QUIET);
        }
    }
    painter.line_segment([rect.left_bottom(), rect.right_bottom()], Stroke::new(1.0, theme::LINE));
    (painter.with_clip_rect(rect.expand(1.0)), inside)
}

/// Words in the middle of a plot that has nothing to show.
pub(super) fn nothing(painter: &Painter, inside: &Inside, words: &str) {
    painter.text(inside.rect.center(), Align2::CENTER_CENTER, words, theme::small(), theme::QUIET);
}
