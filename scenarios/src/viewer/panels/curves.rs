//! The curves of the run: the mean reward, and the task's first metric.

use bevy_egui::egui::{Color32, RichText, Stroke, Ui};
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
    // Those of a recording are known to its end.
    let (reward, metric, span) = match history.course.as_ref().map(|course| course.get()) {
        Some(None) => {
            ui.label(RichText::new("The recording is being read for its curves.").font(theme::small()).color(theme::QUIET));
            return;
        }
        Some(Some(course)) => (&course.reward, &course.metric, course.span),
        None => (&history.reward, &history.metric, [history.since, history.now]),
    };
    let now = history.course.is_some().then_some(history.now);
    curve(ui, "Mean reward", reward, span, now, theme::GREEN);
    if let Some((name, series)) = metric {
        curve(ui, &words::metric(name), series, span, now, theme::YELLOW);
    }
}

/// A curve over a span, with a line where it is now, if that isn't its end.
fn curve(ui: &mut Ui, name: &str, series: &Series, [from, to]: [Nanos; 2], now: Option<Nanos>, colour: Color32) {
    let points = series.points();
    let (unit, per_hour) = time_unit(Nanos(to.0 - from.0).as_secs_f64() / 3600.0);
    let scaled = |seconds: f64| seconds / 3600.0 * per_hour;
    let title = format!("{name}, within each {} s", series.span_s());
    let x = Axis::spanning(scaled(from.as_secs_f64()), scaled(to.as_secs_f64()), 4);
    let y = Axis::around(points.iter().map(|point| point[1]), 3);
    let y_ends = [y.low, y.high];
    let labels = Labels { title: &title, x: &format!("time ({unit})"), numbers: points.len() > 1 };
    let (painter, inside) = chart::frame(ui, &labels, HEIGHT, x, y);
    if points.len() < 2 {
        return chart::nothing(&painter, &inside, "too early for a curve");
    }
    if let Some(now) = now {
        let at = |y: f64| inside.at([scaled(now.as_secs_f64()), y]);
        painter.line_segment([at(y_ends[0]), at(y_ends[1])], Stroke::new(1.0, theme::QUIET));
    }
    painter.line(points.iter().map(|[t, value]| inside.at([scaled(*t), *value])).collect(), Stroke::new(1.5, colour));
}
