//! The joints: where each stands between its limits.

use bevy_egui::egui::{Align2, Grid, RichText, ScrollArea, Sense, Ui, vec2};
use embody_robots::RobotSpec;

use super::super::player::Snapshot;
use super::super::theme;
use crate::words;

/// Size of a joint's bar (points).
const BAR: [f32; 2] = [104.0, 12.0];

/// Draws a row for each joint of one degree of freedom.
pub(in super::super) fn draw(ui: &mut Ui, robot: &RobotSpec, snapshot: &Snapshot) {
    let joints = &snapshot.moment.joints;
    if joints.is_empty() {
        return;
    }
    ui.label(RichText::new("Joints between their limits").font(theme::title()));
    let table = |ui: &mut Ui| {
        for (name, state) in joints {
            let Some(joint) = robot.joint_index(name).map(|index| &robot.joints[index]) else { continue };
            let unit = joint.kind.units().map_or("", |units| units.position);
            ui.label(RichText::new(name).font(theme::small()));
            let (bar, painter) = ui.allocate_painter(vec2(BAR[0], BAR[1]), Sense::hover());
            painter.rect_filled(bar.rect, 2.0, theme::PLOT);
            let detail = match joint.limits.position {
                Some([low, high]) if high > low => {
                    let share = ((state.position - low) / (high - low)).clamp(0.0, 1.0) as f32;
                    let near = !(0.03..=0.97).contains(&share);
                    let x = bar.rect.left() + share * bar.rect.width();
                    let colour = if near { theme::VERMILION } else { theme::SKY };
                    painter.vline(x, bar.rect.y_range(), (3.0, colour));
                    for (at, anchor, limit) in [
                        (bar.rect.left_center(), Align2::LEFT_CENTER, low),
                        (bar.rect.right_center(), Align2::RIGHT_CENTER, high),
                    ] {
                        painter.text(at, anchor, words::measured(limit), theme::tiny(), theme::QUIET);
                    }
                    format!(
                        "{name}: {:.3} {unit}, limits {low:.3} to {high:.3} {unit}; {:.3} {unit}/s",
                        state.position, state.velocity
                    )
                }
                _ => {
                    painter.text(bar.rect.center(), Align2::CENTER_CENTER, "no limits", theme::small(), theme::QUIET);
                    format!("{name}: {:.3} {unit}, without limits; {:.3} {unit}/s", state.position, state.velocity)
                }
            };
            bar.on_hover_text(detail);
            ui.label(RichText::new(format!("{:+.2} {unit}", state.position)).font(theme::small()).color(theme::QUIET));
            ui.end_row();
        }
    };
    ScrollArea::vertical().id_salt("joints").max_height(150.0).show(ui, |ui| Grid::new("joints").num_columns(3).show(ui, table));
}
