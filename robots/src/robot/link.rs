//! Links: rigid bodies with their mass and the parts that they touch and are seen with.

use serde::{Deserialize, Serialize};

use super::origin::Origin;
use super::shape::Shape;

/// A rigid link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Unique within the robot.
    pub name: String,
    /// Mass, centre of mass and inertia; none where the description has none.
    pub inertial: Option<Inertial>,
    /// What it is made of, in the link's frame; none for a link that is a mere frame.
    pub parts: Vec<Part>,
    /// Whether it only stands between the joints of a body that has several, as MJCF allows. Nobody expects mass of it.
    pub between_joints: bool,
}

impl Link {
    /// A link without mass and parts: a frame.
    pub fn frame(name: &str) -> Link {
        Link { name: name.into(), inertial: None, parts: Vec::new(), between_joints: false }
    }

    /// Mass (kg); zero for a link without inertial.
    pub fn mass_kg(&self) -> f64 {
        self.inertial.as_ref().map_or(0.0, |inertial| inertial.mass_kg)
    }
}

/// How a link resists being moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inertial {
    /// Mass (kg).
    pub mass_kg: f64,
    /// The centre of mass in the link's frame, and the axes of the inertia.
    pub origin: Origin,
    /// Inertia about the centre of mass, in the axes of `origin`: xx, xy, xz, yy, yz, zz (kg m^2).
    pub inertia_kg_m2: [f64; 6],
}

/// A shape that belongs to a link, to be touched, to be seen, or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The shape.
    pub shape: Shape,
    /// Where it stands in the link's frame.
    pub origin: Origin,
    /// Whether it touches other things.
    pub collides: bool,
    /// Whether cameras see it.
    pub visible: bool,
    /// Coulomb friction coefficient of its surface.
    pub friction: f64,
    /// How bright it looks, 0 (black) to 1 (white).
    pub brightness: f64,
}

/// How bright a colour looks, from red, green and blue of 0 to 1: its luminance, by the weights of ITU-R BT.709, within 0 to 1.
pub fn brightness([red, green, blue]: [f64; 3]) -> f64 {
    (0.2126 * red + 0.7152 * green + 0.0722 * blue).clamp(0.0, 1.0)
}
