//! Inertials: of solid shapes, put together, and whether they can be.

use nalgebra::{Matrix3, Vector3};

use super::link::Inertial;
use super::origin::Origin;
use super::shape::Shape;

impl Inertial {
    /// Of a solid body of the given shape and mass that stands at `origin`; none for planes and meshes.
    pub fn of_solid(shape: &Shape, origin: Origin, mass_kg: f64) -> Option<Inertial> {
        let [xx, yy, zz] = shape.solid_inertia_kg_m2(mass_kg)?;
        Some(Inertial { mass_kg, origin, inertia_kg_m2: [xx, 0.0, 0.0, yy, 0.0, zz] })
    }

    /// The inertia as a matrix, in the axes of `origin` (kg m^2).
    pub fn matrix(&self) -> Matrix3<f64> {
        let [xx, xy, xz, yy, yz, zz] = self.inertia_kg_m2;
        Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz)
    }

    /// Of all of them welded together, in the axes of the frame that their origins stand in; none if they weigh nothing.
    pub fn sum(parts: &[Inertial]) -> Option<Inertial> {
        let mass_kg: f64 = parts.iter().map(|part| part.mass_kg).sum();
        if mass_kg <= 0.0 {
            return None;
        }
        let centre_of = |part: &Inertial| Vector3::from(part.origin.position_m);
        let centre = parts.iter().map(|part| part.mass_kg * centre_of(part)).sum::<Vector3<f64>>() / mass_kg;
        let about_centre = |part: &Inertial| {
            let axes = part.origin.pose().rotation.to_rotation_matrix();
            let d = centre_of(part) - centre;
            // Steiner: what is away from the axis adds its mass times its distance squared.
            axes.matrix() * part.matrix() * axes.matrix().transpose()
                + part.mass_kg * (Matrix3::identity() * d.norm_squared() - d * d.transpose())
        };
        let sum = parts.iter().map(about_centre).sum::<Matrix3<f64>>();
        let inertia_kg_m2 = [sum.m11, sum.m12, sum.m13, sum.m22, sum.m23, sum.m33];
        Some(Inertial { mass_kg, origin: Origin::at(centre.into()), inertia_kg_m2 })
    }

    /// Says why no body can have this inertia: its principal moments (m1 <= m2 <= m3) must not be negative, and no body is
    /// without m3 <= m1 + m2. Rounding in the last of six digits is let pass.
    pub fn impossible(&self) -> Option<String> {
        if !self.inertia_kg_m2.iter().all(|x| x.is_finite()) {
            return Some("inertia isn't finite".into());
        }
        let mut moments: [f64; 3] = self.matrix().symmetric_eigenvalues().into();
        moments.sort_by(f64::total_cmp);
        let [m1, m2, m3] = moments;
        let slack = 1e-5 * m3.abs().max(m1.abs());
        if m1 < -slack {
            return Some(format!("inertia has the negative principal moment {m1:.3e} kg m^2"));
        }
        (m3 > m1 + m2 + slack).then(|| {
            format!("inertia breaks the triangle inequality: the principal moment {m3:.3e} kg m^2 is above the sum of {m1:.3e} and {m2:.3e}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_halves_of_a_box_are_the_box() {
        let half = Shape::Box { size_m: [0.5, 2.0, 3.0] };
        let at = |x| Inertial::of_solid(&half, Origin::at([x, 1.0, 0.0]), 3.0).unwrap();
        let whole = Inertial::of_solid(&Shape::Box { size_m: [1.0, 2.0, 3.0] }, Origin::at([0.0, 1.0, 0.0]), 6.0).unwrap();
        let sum = Inertial::sum(&[at(-0.25), at(0.25)]).unwrap();
        assert_eq!((sum.mass_kg, sum.origin), (whole.mass_kg, whole.origin));
        assert!((sum.matrix() - whole.matrix()).norm() < 1e-12);
    }

    #[test]
    fn only_bodies_that_can_be_are_let_pass() {
        let of = |inertia_kg_m2| Inertial { mass_kg: 1.0, origin: Origin::IDENTITY, inertia_kg_m2 };
        assert_eq!(of([1.0, 0.0, 0.0, 2.0, 0.0, 3.0]).impossible(), None, "a flat body");
        assert_eq!(of([0.0; 6]).impossible(), None);
        assert!(of([1.0, 0.0, 0.0, 2.0, 0.0, 3.1]).impossible().unwrap().contains("triangle"));
        assert!(of([1.0, 3.0, 0.0, 1.0, 0.0, 1.0]).impossible().unwrap().contains("negative"));
        assert!(of([f64::NAN, 0.0, 0.0, 1.0, 0.0, 1.0]).impossible().unwrap().contains("finite"));
    }
}
