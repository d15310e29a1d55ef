//! The line at the bottom: play, step, speed, the time of a recording, and what is drawn.

use bevy_egui::egui::{Button, Key, RichText, Slider, Ui};
use embody_robots::Nanos;
use embody_sim_world::viewer::Overlays;

use super::super::player::{Command, Snapshot, Speed};
use super::super::theme;
use super::header;
use crate::words;

/// Slowest and fastest speed that a slider sets (times real time); beyond lies "as fast as it goes".
const SPEEDS: [f64; 2] = [0.1, 100.0];

/// What whoever looks asked for in one frame.
#[derive(Default)]
pub(in super::super) struct Asked {
    pub commands: Vec<Command>,
    pub picture: bool,
    pub close: bool,
}

/// Draws the line, and takes keys; the grid has a line each `grid_m`.
pub(in super::super) fn draw(ui: &mut Ui, grid_m: f64, snapshot: Option<&Snapshot>, overlays: &mut Overlays) -> Asked {
    let mut asked = keys(ui, snapshot, overlays);
    let Some(snapshot) = snapshot else { return asked };
    let status = &snapshot.status;
    ui.horizontal_centered(|ui| {
        let (words, command) = if status.playing { ("⏸ Pause", Command::Pause) } else { ("▶ Play", Command::Play) };
        if ui.add_sized([78.0, 24.0], Button::new(words)).on_hover_text("space").clicked() {
            asked.commands.push(command);
        }
        if ui.add_enabled(!status.keeps_its_own_pace, Button::new("Step")).on_hover_text("one control step (.)").clicked() {
            asked.commands.push(Command::Step);
        }
        if ui.add_enabled(!status.keeps_its_own_pace, Button::new("Reset")).on_hover_text("back to the start (R)").clicked() {
            asked.commands.push(Command::Reset);
        }
        if !status.keeps_its_own_pace {
            speed(ui, status.speed, &mut asked);
        }
        if let Some([from, to]) = status.span {
            time(ui, [from, to], snapshot.moment.time, &mut asked);
        }
        ui.separator();
        ui.checkbox(&mut overlays.grid, format!("grid of {} m", words::number(grid_m))).on_hover_text("G");
        ui.checkbox(&mut overlays.contacts, "contacts")
            .on_hover_text("where things touch, with a line of 1 cm for each newton (C)");
        ui.checkbox(&mut overlays.frames, "frames").on_hover_text("axes of each link: x vermilion, y green, z blue (F)");
        if ui.button("Save picture").on_hover_text("P").clicked() {
            asked.picture = true;
        }
    });
    asked
}

/// The speed, on a scale of powers of ten, with the fastest beyond its end.
fn speed(ui: &mut Ui, speed: Speed, asked: &mut Asked) {
    ui.separator();
    ui.label("speed");
    let mut value = match speed {
        Speed::Times(times) => times,
        Speed::Unlimited => SPEEDS[1],
    };
    ui.spacing_mut().slider_width = 110.0;
    let slider = Slider::new(&mut value, SPEEDS[0]..=SPEEDS[1]).logarithmic(true).show_value(false);
    if ui.add(slider).on_hover_text("0.1 × real time to as fast as it goes (+, -)").changed() {
        asked.commands.push(Command::Speed(as_speed(value)));
    }
    ui.add_sized([104.0, 18.0], bevy_egui::egui::Label::new(RichText::new(header::asked(speed)).color(theme::QUIET)));
}

fn as_speed(times: f64) -> Speed {
    if times >= 0.99 * SPEEDS[1] { Speed::Unlimited } else { Speed::Times(times.max(SPEEDS[0])) }
}

/// The time of a recording.
fn time(ui: &mut Ui, span: [Nanos; 2], now: Nanos, asked: &mut Asked) {
    ui.separator();
    ui.label("time");
    let mut value = now.as_secs_f64();
    ui.spacing_mut().slider_width = (ui.available_width() - 400.0).max(120.0);
    let range = span[0].as_secs_f64()..=span[1].as_secs_f64();
    if ui.add(Slider::new(&mut value, range).suffix(" s").fixed_decimals(2)).changed() {
        asked.commands.push(Command::Seek(Nanos((value * 1e9) as u64)));
    }
}

/// Keys do what buttons do.
fn keys(ui: &Ui, snapshot: Option<&Snapshot>, overlays: &mut Overlays) -> Asked {
    let mut asked = Asked::default();
    if ui.ctx().egui_wants_keyboard_input() {
        return asked;
    }
    ui.input(|input| {
        let pressed = |key: Key| input.key_pressed(key);
        for (key, overlay) in [(Key::G, &mut overlays.grid), (Key::C, &mut overlays.contacts), (Key::F, &mut overlays.frames)] {
            *overlay ^= pressed(key);
        }
        asked.picture = pressed(Key::P);
        asked.close = pressed(Key::Escape) || pressed(Key::Q);
        let Some(status) = snapshot.map(|snapshot| &snapshot.status) else { return };
        if pressed(Key::Space) {
            asked.commands.push(if status.playing { Command::Pause } else { Command::Play });
        }
        if pressed(Key::Period) {
            asked.commands.push(Command::Step);
        }
        if pressed(Key::R) {
            asked.commands.push(Command::Reset);
        }
        let faster = f64::from(u8::from(pressed(Key::Plus) || pressed(Key::Equals)));
        let slower = f64::from(u8::from(pressed(Key::Minus)));
        if faster != slower {
            let now = if let Speed::Times(times) = status.speed { times } else { SPEEDS[1] };
            asked.commands.push(Command::Speed(as_speed(if faster > slower { 2.0 * now } else { 0.5 * now })));
        }
        let leap = i64::from(pressed(Key::ArrowRight)) - i64::from(pressed(Key::ArrowLeft));
        if let (Some([from, to]), Some(now), true) = (status.span, snapshot.map(|snapshot| snapshot.moment.time), leap != 0) {
            let time = now.0.saturating_add_signed(leap * 1_000_000_000).clamp(from.0, to.0);
            asked.commands.push(Command::Seek(Nanos(time)));
        }
    });
    asked
}
