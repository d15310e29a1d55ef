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
        Some(Inertial { mass_kg, origin: Origin::at(centre.into()), inertia_kg_m2: upper(&sum) })
    }

    /// Says why this is no inertia at all: it isn't finite, or a principal moment is negative. Rounding in the last of six digits is let pass.
    pub fn impossible(&self) -> Option<String> {
        if !self.inertia_kg_m2.iter().all(|x| x.is_finite()) {
            return Some("inertia isn't finite".into());
        }
        let (_, [m1, _, m3]) = self.principal();
        (m1 < -slack(m1, m3)).then(|| format!("inertia has the negative principal moment {m1:.3e} kg m^2"))
    }

    /// Says why no body has this inertia, though one can be computed with: its principal moments m1 <= m2 <= m3 break m3 <= m1 + m2.
    /// Rounding in the last of six digits is let pass.
    pub fn unbalanced(&self) -> Option<String> {
        let (_, [m1, m2, m3]) = self.principal();
        (m3 > m1 + m2 + slack(m1, m3)).then(|| {
            format!("inertia breaks the triangle inequality: the principal moment {m3:.3e} kg m^2 is above the sum of {m1:.3e} and {m2:.3e}")
        })
    }

    /// The inertia that a world computes with: this one, if a body can have it.
    ///
    /// If it is [unbalanced](Inertial::unbalanced), its two lesser principal moments are raised by half of what their sum lacks each, until it
    /// equals the greatest. Of all possible inertias with the same principal axes and no smaller moments that is the nearest, by the sum
    /// of squares; it is that of a flat body.
    #[must_use]
    pub fn balanced(&self) -> Inertial {
        if self.unbalanced().is_none() {
            return *self;
        }
        let (axes, [m1, m2, m3]) = self.principal();
        let lacks = 0.5 * (m3 - m1 - m2);
        let moments = Matrix3::from_diagonal(&Vector3::new(m1 + lacks, m2 + lacks, m3));
        Inertial { inertia_kg_m2: upper(&(axes * moments * axes.transpose())), ..*self }
    }

    /// The principal axes, one a column, and moments (kg m^2), the least first.
    fn principal(&self) -> (Matrix3<f64>, [f64; 3]) {
        let eigen = self.matrix().symmetric_eigen();
        let mut order = [0, 1, 2];
        order.sort_by(|a, b| eigen.eigenvalues[*a].total_cmp(&eigen.eigenvalues[*b]));
        let axes = Matrix3::from_columns(&order.map(|index| eigen.eigenvectors.column(index).into_owned()));
        (axes, order.map(|index| eigen.eigenvalues[index]))
    }
}

/// What rounding in the last of six digits comes to, of the least and the greatest moment.
fn slack(least: f64, greatest: f64) -> f64 {
    1e-5 * greatest.abs().max(least.abs())
}

/// A symmetric matrix: xx, xy, xz, yy, yz, zz.
fn upper(matrix: &Matrix3<f64>) -> [f64; 6] {
    [matrix.m11, matrix.m12, matrix.m13, matrix.m22, matrix.m23, matrix.m33]
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
        let flat = of([1.0, 0.0, 0.0, 2.0, 0.0, 3.0]);
        assert_eq!((flat.impossible(), flat.unbalanced(), flat.balanced()), (None, None, flat), "a flat body");
        assert_eq!((of([0.0; 6]).impossible(), of([0.0; 6]).unbalanced()), (None, None));
        let broken = of([1.0, 0.0, 0.0, 2.0, 0.0, 3.1]);
        assert_eq!(broken.impossible(), None, "it can be computed with");
        assert!(broken.unbalanced().unwrap().contains("triangle"));
        assert!(of([1.0, 3.0, 0.0, 1.0, 0.0, 1.0]).impossible().unwrap().contains("negative"));
        assert!(of([f64::NAN, 0.0, 0.0, 1.0, 0.0, 1.0]).impossible().unwrap().contains("finite"));
    }

    #[test]
    fn moments_that_no_body_has_are_raised_to_the_nearest_that_one_has() {
        // Links 2 and 3 of the xArm 6 as `xarm/xarm6_robot.urdf` of pybullet 3.2.7 has them: 0.8 % and 16 % too much.
        for (inertia_kg_m2, excess) in [
            ([0.0248674, -0.00430651, -0.00067797, 0.00485548, 0.00457245, 0.02387827], 0.008),
            ([0.0053694, 0.0014185, -0.00092094, 0.0032423, -0.00169178, 0.00501731], 0.16),
        ] {
            let told = Inertial { mass_kg: 1.0, origin: Origin::IDENTITY, inertia_kg_m2 };
            let [m1, m2, m3] = told.principal().1;
            let found = m3 / (m1 + m2) - 1.0;
            assert!((found - excess).abs() < 0.1 * excess && told.unbalanced().is_some(), "{found}");
            let raised = told.balanced();
            assert_eq!((raised.unbalanced(), raised.impossible()), (None, None));
            let lacks = 0.5 * (m3 - m1 - m2);
            for (moment, expected) in raised.principal().1.into_iter().zip([m1 + lacks, m2 + lacks, m3]) {
                assert!((moment - expected).abs() < 1e-12, "{moment} {expected}");
            }
            assert!((raised.matrix() - told.matrix()).norm() < 1.5 * lacks, "its axes stay");
        }
    }
}
