//! How the weights of each projection are spread.

use bevy_egui::egui::{Rect, Ui};

use super::super::chart::{self, Labels};
use super::super::history::History;
use super::super::theme;
use crate::plot::Axis;
use crate::words;

/// Height of a plot (points).
const HEIGHT: f32 = 112.0;

/// Draws a histogram for each projection.
pub(in super::super) fn draw(ui: &mut Ui, history: &History) {
    for (index, histogram) in history.weights.iter().enumerate() {
        let count: u64 = histogram.counts.iter().sum();
        let title = format!("Synapses of “{}” by weight, {} in all", histogram.projection, words::count(count));
        let [low, high] = histogram.range.map(f64::from);
        let most = histogram.counts.iter().max().copied().unwrap_or(0) as f64;
        let labels = Labels { title: &title, x: "weight (membrane potential, mV)", numbers: true };
        let (painter, inside) =
            chart::frame(ui, &labels, HEIGHT, Axis::spanning(low, high, 5), Axis::spanning(0.0, most.max(1.0), 3));
        let width = (high - low) / histogram.counts.len().max(1) as f64;
        for (bin, count) in histogram.counts.iter().enumerate() {
            let from = low + bin as f64 * width;
            let [a, b] = [inside.at([from, 0.0]), inside.at([from + width, *count as f64])];
            painter.rect_filled(Rect::from_two_pos(a, b).shrink2([0.5, 0.0].into()), 0.0, theme::of_population(index));
        }
    }
}
