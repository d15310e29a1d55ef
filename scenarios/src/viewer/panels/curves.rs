//! The curves of the run: the mean reward, and the task's first metric.

use bevy_egui::egui::{Color32, Stroke, Ui};
use embody_robots::Nanos;

use super::super::chart::{self, Labels};
use super::super::history::History;
use super::super::series::Series;
use super::super::theme;
use crate::plot::{Axis, time_unit};
use crate::words;

/// Height of a plot (points).
const HEIGHT: f32 = 118.0;

/// Draws both.
pub(in super::super) fn draw(ui: &mut Ui, history: &History) {
    curve(ui, "Mean reward", &history.reward, history, theme::GREEN);
    if let Some((name, series)) = &history.metric {
        curve(ui, &words::metric(name), series, history, theme::YELLOW);
    }
}

fn curve(ui: &mut Ui, name: &str, series: &Series, history: &History, colour: Color32) {
    let points = series.points();
    let (unit, per_hour) = time_unit(Nanos(history.now.0 - history.since.0).as_secs_f64() / 3600.0);
    let scaled = |seconds: f64| seconds / 3600.0 * per_hour;
    let title = format!("{name}, each {} s", series.span_s());
    let x = Axis::spanning(scaled(history.since.as_secs_f64()), scaled(history.now.as_secs_f64()), 4);
    let y = Axis::around(points.iter().map(|point| point[1]), 3);
    let labels = Labels { title: &title, x: &format!("time ({unit})"), numbers: points.len() > 1 };
    let (painter, inside) = chart::frame(ui, &labels, HEIGHT, x, y);
    if points.len() < 2 {
        return chart::nothing(&painter, &inside, "too early for a curve");
    }
    painter.line(points.iter().map(|[t, value]| inside.at([scaled(*t), *value])).collect(), Stroke::new(1.5, colour));
}
