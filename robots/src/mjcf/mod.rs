//! MJCF, the format of MuJoCo: bodies, joints, geoms and actuators to a [`RobotSpec`].
//!
//! Read are the compiler's angles, Euler sequence, limits and folders; default classes; bodies and frames with every way of saying an orientation;
//! joints, several of one body as a chain of links without mass between them; geoms, and the inertia that follows from them; meshes by
//! name; actuators of joints whose force is linear in command, position and velocity; joints that are coupled linearly. All else is ignored, and told. Other files are not
//! included: a model must be in one.
//!
//! A joint's position is counted from the pose in the file, whatever its `ref`. The base frame is the world; what stands in it without a body
//! becomes the link "world". Source: <https://mujoco.readthedocs.io/en/stable/XMLreference.html>.

mod actuator;
mod asset;
mod body;
mod compiler;
mod coupling;
mod defaults;
mod geom;
mod joint;
mod mass;
mod orientation;

use compiler::Compiler;
use defaults::Defaults;

use crate::file::{Element, ReadError, Report};
use crate::robot::{Place, RobotSpec};

/// What holds for the whole model.
struct Model<'d, 'a> {
    compiler: Compiler,
    defaults: Defaults<'d, 'a>,
    assets: asset::Assets<'d>,
}

/// Reads the element `<mujoco>`.
pub(crate) fn read(root: Element, report: &mut Report) -> Result<RobotSpec, ReadError> {
    if let Some(include) = root.descendant("include") {
        return Err(include.error("<include>: expected a model in one file; included files aren't read".into()));
    }
    report.at(Place::Robot, root.line());
    let compiler = Compiler::read(root)?;
    let defaults = Defaults::read(root)?;
    let assets = asset::Assets::read(root, &compiler, &defaults)?;
    let model = Model { compiler, defaults, assets };
    let mut robot = RobotSpec {
        name: root.attribute("model").unwrap_or("mujoco").into(),
        links: Vec::new(),
        joints: Vec::new(),
        actuators: Vec::new(),
        sensors: Vec::new(),
    };
    body::read(root, &model, &mut robot, report)?;
    coupling::read(root, &mut robot, report)?;
    actuator::read(root, &model, &mut robot, report)?;
    mass::settle(&model.compiler, &mut robot);
    Ok(robot)
}
