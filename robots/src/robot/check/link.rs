//! Links: lengths, masses, inertias.

use super::{GREATEST, LEAST_LENGTH_M, Place, Problem, moderate, not_negative};
use crate::mesh::Mesh;
use crate::robot::{Inertial, Link, Number, Origin, Part, RobotSpec, Shape};
use crate::tree::Tree;

/// The links that move without mass and say nothing of it.
pub(super) fn weightless(robot: &RobotSpec, tree: &Tree) -> Vec<Problem> {
    let silent = tree.massless(robot).into_iter().filter(|link| robot.links[*link].inertial.is_none());
    silent
        .map(|link| Problem::warning(Place::Link(link), format!("link {:?} moves and has no mass", robot.links[link].name)))
        .collect()
}

/// Adds the problems of every link.
pub(super) fn check(robot: &RobotSpec, found: &mut Vec<Problem>) {
    for (index, link) in robot.links.iter().enumerate() {
        found.extend(link.inertial.as_ref().and_then(|inertial| check_inertial(link, index, inertial)));
        for (at, part) in link.parts.iter().enumerate() {
            found.extend(
                check_part(part).map(|what| Problem::error(Place::Part(index, at), format!("link {:?}: {what}", link.name))),
            );
        }
    }
}

fn check_inertial(link: &Link, index: usize, inertial: &Inertial) -> Option<Problem> {
    let place = Place::Inertial(index);
    let about = |what: String| format!("link {:?}: {what}", link.name);
    if !not_negative(inertial.mass_kg) {
        let what = format!("mass_kg {} must be finite, not negative and at most {GREATEST:e}", Number(inertial.mass_kg));
        return Some(Problem::error(place, about(what)));
    }
    if !is_moderate(&inertial.origin) {
        return Some(Problem::error(place, about(format!("its centre of mass {:?} can't be", inertial.origin))));
    }
    if let Some(what) = inertial.impossible() {
        return Some(Problem::error(place, about(what)));
    }
    if let Some(what) = inertial.unbalanced() {
        let what = format!("{what}; in a world the lesser two are raised until it holds");
        return Some(Problem::warning(place, about(what)));
    }
    if inertial.mass_kg == 0.0 {
        return Some(Problem::warning(place, about("its mass is zero".into())));
    }
    let [xx, _, _, yy, _, zz] = inertial.inertia_kg_m2;
    ([xx, yy, zz] == [0.0; 3]).then(|| Problem::warning(place, about("its inertia is zero".into())))
}

fn check_part(part: &Part) -> Option<String> {
    if let Some(what) = check_shape(&part.shape) {
        return Some(what);
    }
    if !is_moderate(&part.origin) {
        return Some(format!("a part stands at {:?}, which can't be", part.origin));
    }
    if !not_negative(part.friction) {
        return Some(format!("friction {} must be finite and not negative", Number(part.friction)));
    }
    (!(0.0..=1.0).contains(&part.brightness)).then(|| format!("brightness {} must be 0 to 1", part.brightness))
}

/// Says what of a shape can't be.
pub(crate) fn check_shape(shape: &Shape) -> Option<String> {
    if let Shape::Triangles(Mesh { vertices, triangles }) = shape {
        let within = vertices.as_flattened().iter().all(|x| moderate(f64::from(*x)));
        let whole = triangles.as_flattened().iter().all(|corner| (*corner as usize) < vertices.len());
        let what = || format!("a mesh's coordinates must be within +-{GREATEST:e} m, and its triangles made of its corners");
        return (!(within && whole)).then(what);
    }
    let fits = shape.lengths().iter().all(|length| (LEAST_LENGTH_M..=GREATEST).contains(length));
    (!fits).then(|| format!("{shape:?}: lengths must be finite and above zero, within {LEAST_LENGTH_M:e} to {GREATEST:e}"))
}

fn is_moderate(origin: &Origin) -> bool {
    origin.is_proper() && origin.position_m.iter().all(|x| moderate(*x))
}
