//! The platforms of a trunk in a world of physics: three motors a module, and what joint values ask of them.

use embody_robots::Nanos;
use embody_robots::robot::{Actuator, Gains, Mode, Platforms, RobotSpec};
use embody_robots::trunk::{JOINTS_PER_MODULE, Trunk};

use crate::motor::Motor;
use crate::physics::Places;
use crate::world::BuildError;

/// The motors of a trunk: slide, tilt about z, tilt about x of each module.
pub(crate) struct Stack {
    platforms: Platforms,
    trunk: Trunk,
    motors: Vec<Motor>,
    /// Wanted positions of the joints (m or rad).
    commands: Vec<f32>,
    /// Joint values that are wanted; room that is used again.
    wanted: Vec<f64>,
}

impl Stack {
    /// The trunk that `actuator` describes, if it is one, for physics steps of `period`.
    ///
    /// # Errors
    /// If its motion is ideal, which physics hasn't.
    pub(crate) fn new(
        robot: &RobotSpec,
        actuator: &Actuator,
        places: &Places,
        period: Nanos,
    ) -> Result<Option<Stack>, BuildError> {
        let Actuator::Trunk { name, platforms } = actuator else { return Ok(None) };
        let not_yet = || BuildError::NotYet {
            what: format!("trunk {name:?} of ideal motion"),
            expected: "one that motors drive, in a world of physics",
        };
        let (Some(servo), Some(trunk)) = (platforms.servo, platforms.trunk()) else { return Err(not_yet()) };
        let mut motors = Vec::new();
        for (index, joint) in actuator.joints().enumerate() {
            let gains = if index % JOINTS_PER_MODULE == 0 { servo.slide } else { servo.tilt };
            motors.extend(Motor::new(robot, &motor(joint, gains), places, period)?);
        }
        let commands = vec![0.0; motors.len()];
        let mut stack = Stack { platforms: platforms.clone(), trunk, motors, commands, wanted: Vec::new() };
        let start: Vec<f32> = stack.platforms.start().iter().map(|value| *value as f32).collect();
        stack.take(&start);
        Ok(Some(stack))
    }

    /// Takes the joint values of a control step, three of each module.
    pub(crate) fn take(&mut self, asked: &[f32]) {
        self.platforms.wanted(asked, &mut self.wanted);
        let positions =
            self.trunk.shapes(&self.wanted).enumerate().flat_map(|(index, shape)| self.platforms.positions(index, &shape));
        for (command, position) in self.commands.iter_mut().zip(positions) {
            *command = position as f32;
        }
    }

    /// The motors, each with its command.
    pub(crate) fn motors(&self) -> impl Iterator<Item = (&Motor, f32)> {
        self.motors.iter().zip(self.commands.iter().copied())
    }
}

/// The motor of one joint.
fn motor(joint: &str, gains: Gains) -> Actuator {
    Actuator::Joint {
        name: joint.into(),
        joint: joint.into(),
        mode: Mode::Position { kp: gains.stiffness, kd: gains.damping },
        max_effort: Some(gains.max_effort),
        max_speed: Some(gains.max_speed),
        bounds: None,
        lag: None,
    }
}
