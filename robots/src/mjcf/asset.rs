//! Meshes and materials by name.

use std::collections::BTreeMap;

use super::compiler::Compiler;
use super::defaults::{Defaults, Kind};
use crate::file::{Element, ReadError};

/// The assets that geoms name.
pub(super) struct Assets<'d> {
    /// File and scale of each mesh.
    pub(super) meshes: BTreeMap<&'d str, (String, [f64; 3])>,
    /// Red, green, blue and opacity of each material, 0 to 1.
    pub(super) materials: BTreeMap<&'d str, [f64; 4]>,
}

impl<'d> Assets<'d> {
    /// Reads the elements `<asset>`.
    pub(super) fn read<'a>(
        root: Element<'d, 'a>,
        compiler: &Compiler,
        defaults: &Defaults<'d, 'a>,
    ) -> Result<Assets<'d>, ReadError> {
        let mut assets = Assets { meshes: BTreeMap::new(), materials: BTreeMap::new() };
        for element in root.all("asset").flat_map(Element::children) {
            match element.name() {
                "mesh" => {
                    let mesh = defaults.style(element.known(), None, Some(Kind::Mesh))?;
                    let Some(file) = element.attribute("file") else { continue };
                    let name = element.attribute("name").unwrap_or_else(|| stem(file));
                    let scale = mesh.numbers("scale")?.unwrap_or([1.0; 3]);
                    let folder = &compiler.mesh_folder;
                    let path = if folder.is_empty() || file.starts_with('/') { file.into() } else { format!("{folder}/{file}") };
                    assets.meshes.insert(name, (path, scale));
                }
                "material" => {
                    let material = defaults.style(element.known(), None, Some(Kind::Material))?;
                    if let (Some(name), Some(rgba)) = (element.attribute("name"), material.numbers("rgba")?) {
                        assets.materials.insert(name, rgba);
                    }
                }
                _ => {}
            }
        }
        Ok(assets)
    }
}

/// The name of a file without folder and ending.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
