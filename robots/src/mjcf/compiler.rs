//! The element `<compiler>`: how the rest is to be understood.

use std::f64::consts::PI;

use crate::file::{Element, ReadError};

/// How the rest of a model is to be understood.
pub(super) struct Compiler {
    /// Radians in one unit of angle.
    pub(super) angle_rad: f64,
    /// The axes of Euler angles in their order; small letters turn with the frame, capitals stay.
    pub(super) euler_sequence: [char; 3],
    /// Whether what has a range is limited.
    pub(super) auto_limits: bool,
    /// Whether inertia comes from geoms: always, never, or where there is no other.
    pub(super) inertia_from_geoms: Option<bool>,
    /// What all masses are scaled to add up to (kg).
    pub(super) total_mass_kg: Option<f64>,
    /// The folder of meshes.
    pub(super) mesh_folder: String,
}

impl Compiler {
    /// Reads it; there may be several, of which the last word holds.
    pub(super) fn read(root: Element) -> Result<Compiler, ReadError> {
        let mut compiler = Compiler {
            angle_rad: PI / 180.0,
            euler_sequence: ['x', 'y', 'z'],
            auto_limits: true,
            inertia_from_geoms: None,
            total_mass_kg: None,
            mesh_folder: String::new(),
        };
        for element in root.all("compiler") {
            compiler.apply(element)?;
        }
        Ok(compiler)
    }

    fn apply(&mut self, element: Element) -> Result<(), ReadError> {
        let one_of = |name: &str, known: &[&str]| match element.attribute(name) {
            Some(word) if !known.contains(&word) => {
                Err(element.error(format!("<compiler>: {name}: expected {}, found {word:?}", known.join(" or "))))
            }
            word => Ok(word),
        };
        if let Some(word) = one_of("angle", &["degree", "radian"])? {
            self.angle_rad = if word == "degree" { PI / 180.0 } else { 1.0 };
        }
        one_of("coordinate", &["local"])?;
        if let Some(word) = one_of("autolimits", &["true", "false"])? {
            self.auto_limits = word == "true";
        }
        if let Some(word) = one_of("inertiafromgeom", &["true", "false", "auto"])? {
            self.inertia_from_geoms = word.parse().ok();
        }
        if let Some(word) = element.attribute("eulerseq") {
            let axes: Vec<char> = word.chars().filter(|axis| "xyzXYZ".contains(*axis)).collect();
            let wrong = |_| element.error(format!("<compiler>: eulerseq: expected three of xyzXYZ, found {word:?}"));
            self.euler_sequence = axes.try_into().map_err(wrong)?;
        }
        self.total_mass_kg = element.number("settotalmass")?.filter(|mass| *mass > 0.0).or(self.total_mass_kg);
        for name in ["assetdir", "meshdir"] {
            if let Some(folder) = element.attribute(name) {
                self.mesh_folder = folder.trim_end_matches('/').into();
            }
        }
        Ok(())
    }

    /// Whether something is limited that says so, or not, and has a range, or not.
    pub(super) fn limited(&self, word: Option<&str>, has_range: bool) -> bool {
        match word {
            Some("true") => has_range,
            Some("false") => false,
            _ => self.auto_limits && has_range,
        }
    }
}
