//! Colours and sizes of the panels: dark, and told apart by the colour-blind (palette of Okabe and Ito).

use bevy_egui::egui::style::{TextStyle, Visuals};
use bevy_egui::egui::{Color32, Context, FontId, Theme};

pub(super) const ORANGE: Color32 = Color32::from_rgb(230, 159, 0);
pub(super) const SKY: Color32 = Color32::from_rgb(86, 180, 233);
pub(super) const GREEN: Color32 = Color32::from_rgb(0, 178, 130);
pub(super) const YELLOW: Color32 = Color32::from_rgb(240, 228, 66);
pub(super) const VERMILION: Color32 = Color32::from_rgb(235, 110, 30);
pub(super) const PURPLE: Color32 = Color32::from_rgb(214, 140, 180);

/// Panels, the places of plots in them, and lines of plots.
pub(super) const PANEL: Color32 = Color32::from_rgb(27, 30, 36);
pub(super) const PLOT: Color32 = Color32::from_rgb(18, 20, 25);
pub(super) const LINE: Color32 = Color32::from_rgb(72, 78, 88);

/// Words and what is said beside them.
pub(super) const TEXT: Color32 = Color32::from_rgb(226, 230, 236);
pub(super) const QUIET: Color32 = Color32::from_rgb(168, 176, 187);

/// Colour of the population with this number.
pub(super) fn of_population(index: usize) -> Color32 {
    [SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILION][index % 6]
}

/// Letters of plots.
pub(super) fn small() -> FontId {
    FontId::proportional(11.0)
}

/// Letters of a plot's title.
pub(super) fn title() -> FontId {
    FontId::proportional(12.5)
}

/// Dresses the panels.
pub(super) fn put_on(context: &Context) {
    context.set_theme(Theme::Dark);
    context.all_styles_mut(|style| {
        style.visuals = Visuals { panel_fill: PANEL, window_fill: PANEL, override_text_color: Some(TEXT), ..Visuals::dark() };
        for (text, size) in
            [(TextStyle::Body, 13.0), (TextStyle::Button, 13.0), (TextStyle::Small, 11.0), (TextStyle::Heading, 15.0)]
        {
            style.text_styles.insert(text, FontId::proportional(size));
        }
        style.spacing.item_spacing = bevy_egui::egui::vec2(6.0, 4.0);
    });
}
