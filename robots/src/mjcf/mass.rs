//! What bodies weigh where they say so themselves, and what all weigh together.

use super::Model;
use super::compiler::Compiler;
use super::orientation;
use crate::file::{Element, ReadError};
use crate::robot::{Inertial, RobotSpec};

/// Reads an `<inertial>`.
pub(super) fn read(element: Element, model: &Model) -> Result<Inertial, ReadError> {
    let origin = orientation::pose(&model.defaults.style(element, None, None)?, &model.compiler)?.into();
    element.needed("mass")?;
    let inertia_kg_m2 = match (element.numbers("fullinertia")?, element.numbers("diaginertia")?) {
        (Some([xx, yy, zz, xy, xz, yz]), _) => [xx, xy, xz, yy, yz, zz],
        (None, Some([xx, yy, zz])) => [xx, 0.0, 0.0, yy, 0.0, zz],
        (None, None) => [0.0; 6],
    };
    Ok(Inertial { mass_kg: element.number("mass")?.unwrap_or(0.0), origin, inertia_kg_m2 })
}

/// Scales all masses to the sum that the compiler asks for.
pub(super) fn settle(compiler: &Compiler, robot: &mut RobotSpec) {
    let sum_kg: f64 = robot.links.iter().map(|link| link.mass_kg()).sum();
    let Some(factor) = compiler.total_mass_kg.filter(|_| sum_kg > 0.0).map(|wanted_kg| wanted_kg / sum_kg) else { return };
    for inertial in robot.links.iter_mut().filter_map(|link| link.inertial.as_mut()) {
        inertial.mass_kg *= factor;
        inertial.inertia_kg_m2 = inertial.inertia_kg_m2.map(|x| factor * x);
    }
}
