//! The joints: where each stands between its limits.

use bevy_egui::egui::{Grid, RichText, ScrollArea, Sense, Ui, vec2};
use embody_robots::RobotSpec;

use super::super::player::Snapshot;
use super::super::theme;
use crate::words;

/// Size of a joint's bar (points).
const BAR: [f32; 2] = [64.0, 10.0];

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
            let limits = joint.limits.position.filter(|[low, high]| high > low);
            let small = |text: String| RichText::new(text).font(theme::small()).color(theme::QUIET);
            let limit = |of: usize| limits.map_or(["−∞", "∞"][of].to_owned(), |limits| words::measured(limits[of]));
            ui.label(RichText::new(name).font(theme::small()));
            ui.label(small(limit(0)));
            let (bar, painter) = ui.allocate_painter(vec2(BAR[0], BAR[1]), Sense::hover());
            painter.rect_filled(bar.rect, 2.0, theme::PLOT);
            let mut detail = format!("{name}: {:.3} {unit}; {:.3} {unit}/s", state.position, state.velocity);
            if let Some([low, high]) = limits {
                let share = ((state.position - low) / (high - low)).clamp(0.0, 1.0) as f32;
                let near = !(0.03..=0.97).contains(&share);
                let colour = if near { theme::VERMILION } else { theme::SKY };
                painter.vline(bar.rect.left() + share * bar.rect.width(), bar.rect.y_range(), (3.0, colour));
                detail += &format!("; limits {low:.3} to {high:.3} {unit}");
            }
            bar.on_hover_text(detail);
            ui.label(small(limit(1)));
            ui.label(RichText::new(format!("{:+.2} {unit}", state.position)).font(theme::small()).color(theme::QUIET));
            ui.end_row();
        }
    };
    ScrollArea::vertical()
        .id_salt("joints")
        .max_height(150.0)
        .show(ui, |ui| Grid::new("joints").num_columns(5).spacing([5.0, 3.0]).show(ui, table));
}
