//! Materials: of a colour, how bright it is.

use std::collections::BTreeMap;

use crate::file::{Element, ReadError};

/// The brightness of each material by name.
pub(super) type Palette<'d> = BTreeMap<&'d str, f64>;

/// How bright a part is of which nothing else is said.
pub(super) const UNKNOWN: f64 = 0.5;

/// The materials of a robot, wherever they stand: one that is named before it is coloured is known too.
pub(super) fn palette<'d>(root: Element<'d, '_>) -> Result<Palette<'d>, ReadError> {
    let own = root.all("material");
    let of_links = root.all("link").flat_map(|link| link.all("visual")).flat_map(|visual| visual.all("material"));
    let mut palette = Palette::new();
    for material in own.chain(of_links) {
        if let (Some(name), Some(brightness)) = (material.attribute("name"), colour(material)?) {
            palette.entry(name).or_insert(brightness);
        }
    }
    Ok(palette)
}

/// The brightness of a part's material.
pub(super) fn of_visual(visual: Element, palette: &Palette) -> Result<f64, ReadError> {
    let Some(material) = visual.child("material") else { return Ok(UNKNOWN) };
    let named = material.attribute("name").and_then(|name| palette.get(name)).copied();
    Ok(colour(material)?.or(named).unwrap_or(UNKNOWN))
}

fn colour(material: Element) -> Result<Option<f64>, ReadError> {
    let Some(colour) = material.child("color") else { return Ok(None) };
    let rgba: Option<[f64; 4]> = colour.numbers("rgba")?;
    Ok(rgba.map(|[red, green, blue, _]| crate::robot::brightness([red, green, blue])))
}
