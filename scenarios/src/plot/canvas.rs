//! A sheet to draw figures on: plotters' SVG backend with tenths of a pixel, one font, and a painted background.
//!
//! Figures place every mark themselves: plotters' charts choose label positions that overlap, and its backend takes whole
//! pixels, in which smooth curves show steps. So it draws ten times larger than the picture says it is.

use plotters::backend::SVGBackend;
use plotters::prelude::{DrawingBackend, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Units of the drawing for one pixel of the picture.
const FINE: f64 = 10.0;

/// Sans-serif faces with the same widths, so that layouts hold wherever the picture is seen.
const FONT: &str = "Helvetica, Arial, Liberation Sans, sans-serif";

/// Colours of what isn't data.
pub(super) const WHITE: RGBColor = RGBColor(255, 255, 255);
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const FAINT_INK: RGBColor = RGBColor(95, 95, 95);
pub(super) const AXIS: RGBColor = RGBColor(120, 120, 120);
pub(super) const GRID: RGBColor = RGBColor(230, 230, 230);

/// A position in the picture, in pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// How a text lies relative to its position: which end of it, and turned or not. Its middle line is at the position.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
    /// Centred, and turned to read upwards.
    Upwards,
}

/// A text's looks.
#[derive(Clone, Copy)]
pub(super) struct Lettering {
    pub size: f64,
    pub colour: RGBColor,
    pub bold: bool,
}

/// A figure that is being drawn.
pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

/// Draws a figure of `width` by `height` pixels on white and returns its SVG text; `title` is what screen readers say.
pub(super) fn figure(width: u32, height: u32, title: &str, draw: impl FnOnce(&mut Canvas)) -> String {
    let mut text = String::new();
    let fine = |pixels: u32| pixels * FINE as u32;
    {
        let mut canvas = Canvas { backend: SVGBackend::with_string(&mut text, (fine(width), fine(height))) };
        // Pages may be dark, and a transparent figure would be dark on dark.
        canvas.polygon(
            &[(0.0, 0.0), (f64::from(width), 0.0), (f64::from(width), f64::from(height)), (0.0, f64::from(height))],
            WHITE,
            1.0,
        );
        draw(&mut canvas);
        // Writing to a string can't fail.
        canvas.backend.present().ok();
    }
    let drawn = format!("<svg width=\"{}\" height=\"{}\" ", fine(width), fine(height));
    let shown = format!(
        "<svg width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"round\" ",
        escaped(title)
    );
    text.replacen(&drawn, &shown, 1)
}

/// `text` as an XML attribute's value.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// About how wide `text` is in pixels at a font size: Helvetica's mean advance is a little over half its size.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.56
}

/// `text`, cut with an ellipsis to fit into `width` pixels.
pub(super) fn fitted(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let room = (width / (size * 0.56)) as usize;
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

impl Canvas<'_> {
    /// An open line through `points`.
    pub fn line(&mut self, points: &[Point], colour: RGBColor, width: f64, opacity: f64) {
        let style = ShapeStyle { color: colour.mix(opacity), filled: false, stroke_width: (width * FINE).round() as u32 };
        self.backend.draw_path(points.iter().copied().map(fine), &style).ok();
    }

    /// A filled area.
    pub fn polygon(&mut self, points: &[Point], colour: RGBColor, opacity: f64) {
        let style = ShapeStyle { color: colour.mix(opacity), filled: true, stroke_width: 0 };
        self.backend.fill_polygon(points.iter().copied().map(fine), &style).ok();
    }

    /// A disc.
    pub fn disc(&mut self, centre: Point, radius: f64, colour: RGBColor) {
        let style = ShapeStyle { color: colour.to_rgba(), filled: true, stroke_width: 0 };
        self.backend.draw_circle(fine(centre), (radius * FINE).round() as u32, &style, true).ok();
    }

    /// A circle's outline.
    pub fn ring(&mut self, centre: Point, radius: f64, colour: RGBColor, width: f64) {
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: (width * FINE).round() as u32 };
        self.backend.draw_circle(fine(centre), (radius * FINE).round() as u32, &style, false).ok();
    }

    /// A line of text; control characters, which XML can't hold, become spaces.
    pub fn text(&mut self, text: &str, at: Point, anchor: Anchor, lettering: Lettering) {
        let text: String = text.chars().map(|c| if c.is_control() || is_no_xml(c) { ' ' } else { c }).collect();
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle | Anchor::Upwards => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let weight = if lettering.bold { FontStyle::Bold } else { FontStyle::Normal };
        // The backend centres lower-case letters; numbers and capitals reach higher.
        let at = if anchor == Anchor::Upwards { at } else { (at.0, at.1 + 0.07 * lettering.size) };
        // It divides by this to get from its font heights to CSS sizes.
        let font = FontDesc::new(FontFamily::Name(FONT), lettering.size * FINE * 1.24, weight);
        let turn = if anchor == Anchor::Upwards { FontTransform::Rotate270 } else { FontTransform::None };
        let style = TextStyle::from(font.transform(turn)).color(&lettering.colour).pos(Pos::new(horizontal, VPos::Center));
        self.backend.draw_text(&text, &style, fine(at)).ok();
    }
}

/// Whether XML 1.0 forbids `c` beyond the control characters.
fn is_no_xml(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// From pixels to the drawing's units.
fn fine((x, y): Point) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_its_size_in_pixels_and_a_white_ground() {
        let svg = figure(300, 200, "a < \"b\"", |_| {});
        assert!(svg.starts_with("<svg width=\"300\" height=\"200\" role=\"img\" aria-label=\"a &lt; &quot;b&quot;\""), "{svg}");
        assert!(
            svg.contains("viewBox=\"0 0 3000 2000\"") && svg.contains("fill=\"#FFFFFF\"") && svg.ends_with("</svg>\n"),
            "{svg}"
        );
    }

    #[test]
    fn text_is_escaped_and_long_text_is_cut() {
        let plain = Lettering { size: 12.0, colour: INK, bold: false };
        let svg = figure(100, 100, "", |canvas| canvas.text("a<b\u{0}&c", (1.0, 2.0), Anchor::Start, plain));
        assert!(svg.contains("a&lt;b &amp;c"), "{svg}");
        assert_eq!(fitted("short", 10.0, 100.0), "short");
        let cut = fitted(&"x".repeat(100), 10.0, 100.0);
        assert!(cut.ends_with('…') && text_width(&cut, 10.0) <= 100.0);
    }
}
