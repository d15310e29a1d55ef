//! What a camera sees, and its events over it: orange where it became brighter, blue where it became darker.

use bevy_egui::egui::{Color32, ColorImage, Image, Rect, RichText, TextureHandle, Ui, pos2, vec2};
use embody_robots::{FieldKind, ObservationSpec};

use super::super::history::GLOW;
use super::super::player::Snapshot;
use super::super::{texture, theme};

/// Greatest height of an image (points), and of one of several.
const HEIGHT: f32 = 150.0;
const HEIGHT_OF_SEVERAL: f32 = 104.0;

/// Draws each camera; `textures` keeps one for each.
pub(in super::super) fn draw(
    ui: &mut Ui,
    spec: &ObservationSpec,
    snapshot: &Snapshot,
    textures: &mut Vec<Option<TextureHandle>>,
) {
    textures.resize(spec.fields.len(), None);
    let mut any = false;
    let cameras = spec.fields.iter().filter(|field| matches!(field.kind, FieldKind::Events { .. })).count();
    let most = if cameras > 1 { HEIGHT_OF_SEVERAL } else { HEIGHT };
    for (index, (field, kept)) in spec.fields.iter().zip(textures).enumerate() {
        let FieldKind::Events { width, height, .. } = field.kind else { continue };
        any = true;
        let size = [usize::from(width), usize::from(height)];
        let image = image(snapshot, index, &field.name, size);
        let kept = texture::put(ui.ctx(), kept, &field.name, image);
        ui.label(RichText::new(format!("Camera “{}”, {width} × {height} pixels", field.name)).font(theme::title()));
        let scale = (ui.available_width() / f32::from(width)).min(most / f32::from(height));
        let shown = vec2(scale * f32::from(width), scale * f32::from(height));
        ui.add(Image::new((kept, shown)).uv(Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0))));
    }
    if any {
        let seconds = GLOW.as_secs_f64();
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            let words =
                |ui: &mut Ui, text: &str, colour: Color32| ui.label(RichText::new(text).font(theme::small()).color(colour));
            words(ui, &format!("events of the last {seconds} s:"), theme::QUIET);
            words(ui, "brighter,", theme::ORANGE);
            words(ui, "darker", theme::SKY);
        });
    } else {
        ui.label(RichText::new("This robot has no camera.").color(theme::QUIET));
    }
}

/// The camera's image in shades of grey, where it is known, under its events.
fn image(snapshot: &Snapshot, field: usize, name: &str, [columns, rows]: [usize; 2]) -> ColorImage {
    let mut picture = ColorImage::filled([columns, rows], Color32::from_gray(40));
    // Row 0 is the lowest.
    let place = |column: usize, row: usize| (rows - 1 - row) * columns + column;
    if let Some(seen) = snapshot.moment.images.iter().find(|image| image.sensor == name) {
        for (index, brightness) in seen.brightness.iter().enumerate().take(columns * rows) {
            // Dark things keep their shades; events are brighter than anything.
            let shade = 190.0 * brightness.clamp(0.0, 1.0).sqrt();
            picture.pixels[place(index % columns, index / columns)] = Color32::from_gray(shade as u8);
        }
    }
    for (_, event) in snapshot.history.events.get(field).iter().flat_map(|seen| &seen.recent) {
        if usize::from(event.x) < columns && usize::from(event.y) < rows {
            picture.pixels[place(event.x.into(), event.y.into())] = if event.on { theme::ORANGE } else { theme::SKY };
        }
    }
    picture
}
