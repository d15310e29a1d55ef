//! Colours of data: a few that tell curves apart, and a scale for numbers. Both hold under every common colour blindness.

use plotters::style::RGBColor;

/// Okabe and Ito's colours, without their yellow, which white swallows.
pub(super) const OKABE_ITO: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// Matplotlib's plasma from its dark end to 0.8, beyond which white swallows it, in even steps. Its lightness rises evenly, so that it reads
/// in grey and under colour blindness.
const PLASMA: [(u8, u8, u8); 9] = [
    (13, 8, 135),
    (65, 4, 157),
    (106, 0, 168),
    (143, 13, 164),
    (177, 42, 144),
    (204, 71, 120),
    (225, 100, 98),
    (242, 132, 75),
    (252, 166, 54),
];

/// The scale's colour at `share`, from 0, dark, to 1, bright.
pub(super) fn plasma(share: f64) -> RGBColor {
    let place = share.clamp(0.0, 1.0) * (PLASMA.len() - 1) as f64;
    let below = (place as usize).min(PLASMA.len() - 2);
    let (a, b, part) = (PLASMA[below], PLASMA[below + 1], place - below as f64);
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}
