//! The line on top: what is shown, when, and how fast it goes.

use bevy_egui::egui::{Align, Layout, RichText, Ui};

use super::super::player::{Snapshot, Speed};
use super::super::scene::Subject;
use super::super::theme;

/// Draws the line.
pub(in super::super) fn draw(ui: &mut Ui, subject: &Subject, snapshot: Option<&Snapshot>) {
    ui.horizontal_centered(|ui| {
        ui.label(RichText::new(subject.title()).heading().strong());
        let Some(snapshot) = snapshot else { return };
        // Only a network runs on a substrate.
        if !snapshot.history.populations.is_empty() {
            ui.label(RichText::new(format!("on {}", subject.scenario.substrate.kind)).color(theme::QUIET));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let status = &snapshot.status;
            if let Some(trace) = status.trace {
                let hash = trace.to_string();
                ui.label(RichText::new(format!("trace {}…", &hash[..8])).color(theme::QUIET)).on_hover_text(hash);
            }
            let (words, colour) = match (&status.failure, &status.stands) {
                (Some(_), _) => ("failed".to_owned(), theme::VERMILION),
                (_, Some(why)) => (why.clone(), theme::YELLOW),
                _ if status.at_end => ("at its end".to_owned(), theme::YELLOW),
                _ if !status.playing => ("paused".to_owned(), theme::YELLOW),
                _ => (format!("{} real time", times(status.factor)), theme::GREEN),
            };
            ui.label(RichText::new(words).color(colour));
            ui.label(RichText::new(format!("{:.2} s", snapshot.moment.time.as_secs_f64())).monospace());
        });
    });
}

/// A speed in words.
pub(in super::super) fn times(factor: f64) -> String {
    match factor {
        factor if factor < 9.95 => format!("{factor:.1} ×"),
        factor => format!("{factor:.0} ×"),
    }
}

/// What speed is asked for, in words.
pub(in super::super) fn asked(speed: Speed) -> String {
    match speed {
        Speed::Times(factor) => times(factor),
        Speed::Unlimited => "as fast as it goes".into(),
    }
}
