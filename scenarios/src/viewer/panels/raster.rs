//! The spikes of the last second, a row for each neuron, newest on the right.

use bevy_egui::egui::{Align2, Color32, ColorImage, Rect, TextureHandle, Ui, pos2, vec2};

use super::super::chart::{self, Labels};
use super::super::history::{History, RASTER};
use super::super::player::Snapshot;
use super::super::{texture, theme};
use crate::plot::Axis;

/// Height of the plot (points).
const HEIGHT: f32 = 214.0;

/// Height of the line above a population's rows that says what it is (points).
const LINE: f32 = 15.0;

/// Share of the height that a population of few neurons has at least.
const LEAST_SHARE: f32 = 0.25;

/// Control periods that pass for each that is heard from which on it is said.
const MISSED: f64 = 1.5;

/// Draws the raster; `kept` is a texture that is kept from frame to frame.
pub(in super::super) fn draw(ui: &mut Ui, snapshot: &Snapshot, kept: &mut Option<TextureHandle>) {
    let history = &snapshot.history;
    let passed = history.passed_per_heard();
    let x_label = if passed < MISSED {
        "time before now (s)".to_owned()
    } else {
        format!("1 of {passed:.0} control periods is heard; those, side by side (s)")
    };
    let labels = Labels { title: "Spikes, a row for each neuron", x: &x_label, numbers: false };
    let now = history.raster_now().as_secs_f64();
    let x = Axis::spanning(-RASTER.as_secs_f64(), 0.0, 4);
    let (painter, inside) = chart::frame(ui, &labels, HEIGHT, x, Axis::spanning(0.0, 1.0, 1));
    if history.populations.is_empty() {
        let waits = snapshot.moment.telemetry.is_some() || snapshot.status.keeps_its_own_pace;
        let words = if waits { "no spikes yet" } else { "no spikes: this controller has no network that tells of itself" };
        return chart::nothing(&painter, &inside, words);
    }
    let size = [inside.rect.width().max(1.0) as usize, inside.rect.height().max(1.0) as usize];
    let bands = bands(history, LINE / inside.rect.height().max(1.0));
    let mut picture = ColorImage::filled(size, theme::PLOT);
    for dot in &history.spikes {
        let age = 1.0 - (now - dot.time.as_secs_f64()) / RASTER.as_secs_f64();
        let Some((from, share)) = bands.get(dot.population).copied() else { continue };
        let neurons = history.populations[dot.population].size.max(1) as f32;
        let row = from + share * (1.0 - (dot.neuron as f32 + 0.5) / neurons);
        let column = ((age * size[0] as f64) as usize).min(size[0] - 1);
        // A spike of a small population is as high as its row; one of a large one is a pixel.
        let height = (share * size[1] as f32 / neurons * 0.6).clamp(1.0, 6.0) as usize;
        let middle = (row * size[1] as f32) as usize;
        for row in middle.saturating_sub(height / 2)..(middle + height.div_ceil(2)).min(size[1]) {
            picture.pixels[row * size[0] + column] = theme::of_population(dot.population);
        }
    }
    let kept = texture::put(ui.ctx(), kept, "raster", picture);
    painter.image(kept, inside.rect, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
    for (index, ((from, _), rows)) in bands.iter().zip(&history.populations).enumerate() {
        let top = inside.rect.left_top() + vec2(4.0, from * inside.rect.height() - LINE + 1.0);
        let words = format!("{}: {} neurons, {:.1} spikes/s each", rows.name, rows.size, history.rate_hz(index));
        painter.text(top, Align2::LEFT_TOP, words, theme::small(), theme::of_population(index));
    }
}

/// Where the rows of each population begin from the top, and how much they have of the height: by its size, but none too little. Above each is room for
/// a `line`, as a share of the height.
fn bands(history: &History, line: f32) -> Vec<(f32, f32)> {
    let all: f32 = history.populations.iter().map(|rows| rows.size as f32).sum::<f32>().max(1.0);
    let raw: Vec<f32> = history.populations.iter().map(|rows| (rows.size as f32 / all).max(LEAST_SHARE)).collect();
    let left = (1.0 - line * raw.len() as f32).max(0.1) / raw.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    let mut from = 0.0;
    raw.iter()
        .map(|share| {
            let band = (from + line, share * left);
            from += line + share * left;
            band
        })
        .collect()
}
