//! A world to look at, drawn by Bevy: the robot's parts with shadows, the ground with its grid or road, walls, contact points and frames.
//!
//! [`ScenePlugin`] draws what the resource [`Shown`] says, and knows nothing of where that comes from: a loop in this process, a recording, or a
//! world elsewhere. It never steps anything. [`Screen`] makes the app around it, with a window or without. Not here: panels, plots
//! and controls (`embody-scenarios`), and the images that controllers see ([`render`](crate::render)).
//!
//! Axes are the project's: metres, z up.

mod graphics;
mod ground;
mod orbit;
mod overlay;
mod parts;
mod screen;

use bevy::app::{App, Plugin, PostUpdate, PreUpdate, Startup, Update};
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::transform::TransformSystems;
use embody_robots::{Contact, Pose, RobotSpec};

pub use graphics::{Graphics, NoGraphics};
pub use ground::grid_spacing_m;
pub use orbit::{Orbit, PointerTaken, SceneCamera};
pub use screen::{Picture, Screen, Target, picture_of};

use crate::arena::Arena;
use crate::render::Thing;

/// What is to be seen now; whoever feeds the scene writes it.
#[derive(Resource, Clone, Debug, Default)]
pub struct Shown {
    /// Pose of each link, by name; links that aren't named stay where they are.
    pub poses: Vec<(String, Pose)>,
    /// Touches between things.
    pub contacts: Vec<Contact>,
    /// What is drawn beyond the world itself.
    pub overlays: Overlays,
}

/// What is drawn beyond the world itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlays {
    /// A line each metre or ten on the ground.
    pub grid: bool,
    /// A cross where things touch, and a line as long as the force is strong.
    pub contacts: bool,
    /// The axes of each link: x red, y green, z blue.
    pub frames: bool,
}

impl Default for Overlays {
    fn default() -> Overlays {
        Overlays { grid: true, contacts: false, frames: false }
    }
}

/// The things of a world that don't change while it is looked at.
#[derive(Resource, Clone, Debug)]
pub struct Portrayed {
    /// The robot.
    pub robot: RobotSpec,
    /// The arena around it.
    pub arena: Arena,
    /// The arena's walls.
    pub walls: Vec<Thing>,
}

/// Draws a world as [`Shown`] says, seen by the camera of the entity with [`SceneCamera`].
pub struct ScenePlugin {
    /// What there is to see.
    pub portrayed: Portrayed,
    /// From where.
    pub orbit: Orbit,
}

impl Plugin for ScenePlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.portrayed.clone());
        app.insert_resource(self.orbit.clone());
        app.init_resource::<Shown>();
        app.init_resource::<PointerTaken>();
        app.add_systems(Startup, (parts::spawn, ground::spawn, orbit::spawn, overlay::prefer));
        app.add_systems(PreUpdate, orbit::steer.after(bevy::input::InputSystems));
        app.add_systems(Update, overlay::draw);
        app.add_systems(PostUpdate, (parts::place, ground::show_grid, orbit::aim).chain().before(TransformSystems::Propagate));
    }
}

/// A vector of the project as Bevy has it, by way of an array: nalgebra, Rapier and Bevy each have their own.
fn to_vec3(vector: [f64; 3]) -> bevy::math::Vec3 {
    bevy::math::Vec3::from_array(vector.map(|x| x as f32))
}

/// A pose as Bevy has it.
fn to_transform(pose: &Pose) -> bevy::transform::components::Transform {
    let rotation: [f64; 4] = pose.rotation.coords.into();
    bevy::transform::components::Transform {
        translation: to_vec3(pose.translation.vector.into()),
        rotation: bevy::math::Quat::from_array(rotation.map(|x| x as f32)),
        ..Default::default()
    }
}
