//! The substrate, and whatever is counted or measured.

use bevy_egui::egui::{Grid, RichText, Ui};

use super::super::player::Snapshot;
use super::super::scene::Subject;
use super::super::theme;
use crate::words;

/// Draws a table.
pub(in super::super) fn draw(ui: &mut Ui, subject: &Subject, snapshot: &Snapshot) {
    let (history, moment) = (&snapshot.history, &snapshot.moment);
    let since = if history.since.0 > 0 { format!("Counts since {}", words::seconds(history.since)) } else { "Counts".into() };
    ui.label(RichText::new(since).font(theme::title()));
    let mut rows = vec![("substrate".to_owned(), subject.scenario.substrate.kind.clone())];
    rows.push(("control step".into(), words::count(moment.control_step)));
    rows.push(("reward".into(), format!("{:.3}", moment.step.reward)));
    // Of a world elsewhere only what was heard is counted.
    let heard = if snapshot.status.keeps_its_own_pace { ", heard" } else { "" };
    for (field, seen) in subject.observation.fields.iter().zip(&history.events).filter(|(_, seen)| seen.count > 0) {
        rows.push((format!("events of {}{heard}", field.name), words::count(seen.count)));
    }
    let recorded = snapshot.status.span.is_some();
    let dropped = match (recorded, snapshot.status.keeps_its_own_pace) {
        (true, _) => "not recorded".into(),
        (_, true) => "not told".into(),
        _ => words::count(moment.step.observation.dropped_events()),
    };
    rows.push(("events dropped".into(), dropped));
    rows.extend(
        history
            .populations
            .iter()
            .map(|population| (format!("spikes of {}{heard}", population.name), words::count(population.spikes))),
    );
    rows.push(("contacts".into(), moment.truth.contacts.len().to_string()));
    rows.extend(history.counters.iter().map(|(name, value)| (words::reading(name), words::measured(*value))));
    Grid::new("counters").num_columns(2).striped(true).spacing([8.0, 1.0]).show(ui, |ui| {
        for (name, value) in rows {
            ui.label(RichText::new(name).font(theme::small()).color(theme::QUIET));
            ui.label(RichText::new(value).font(theme::small()));
            ui.end_row();
        }
    });
}
