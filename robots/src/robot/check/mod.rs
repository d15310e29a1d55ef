//! Looks for what can't be in a description, and for what is doubtful. Readers of files add the lines, which a description doesn't have.

mod actuator;
mod joint;
mod link;
mod platforms;
mod sensor;
mod wheels;

use std::collections::BTreeSet;

pub(crate) use link::check_shape;

use super::RobotSpec;
use super::actuator::Actuator;
use super::sensor::Sensor;
use crate::tree::Tree;

/// Nothing in a robot's description is greater, in SI units. Engines compute in f32, and squares must fit.
const GREATEST: f64 = 1e9;

/// No length is less (m).
const LEAST_LENGTH_M: f64 = 1e-9;

/// A part of a description, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The robot as a whole.
    Robot,
    /// A link.
    Link(usize),
    /// The inertial of a link.
    Inertial(usize),
    /// A part of a link: link, then part.
    Part(usize, usize),
    /// A joint.
    Joint(usize),
    /// The limits of a joint.
    Limits(usize),
    /// An actuator.
    Actuator(usize),
    /// A sensor.
    Sensor(usize),
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// No world can be built from this.
    Error,
    /// It may be meant.
    Warning,
}

/// Something in a description that can't be, or is doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What it is.
    pub what: String,
}

impl Problem {
    /// A problem that no world can be built with.
    pub fn error(place: Place, what: String) -> Problem {
        Problem { severity: Severity::Error, place, what }
    }

    /// A problem that may be meant.
    pub fn warning(place: Place, what: String) -> Problem {
        Problem { severity: Severity::Warning, place, what }
    }
}

/// A robot description that can't be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("robot {robot:?}: {what}")]
pub struct RobotError {
    /// Its name.
    pub robot: String,
    /// What is wrong.
    pub what: String,
}

impl RobotSpec {
    /// Looks for what can't be: names twice or missing, cycles, numbers that aren't finite or of the wrong sign, negative
    /// moments of inertia, limits reversed. The first such problem is the error; [`problems`](RobotSpec::problems) gives all.
    pub fn check(&self) -> Result<(), RobotError> {
        let first = self.problems().into_iter().find(|problem| problem.severity == Severity::Error);
        first.map_or(Ok(()), |problem| Err(RobotError { robot: self.name.clone(), what: problem.what }))
    }

    /// Everything that can't be or is doubtful, in the order of the description. How the links hang together comes first, and only its
    /// first problem is told.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = match Tree::new(self) {
            Ok(tree) => link::weightless(self, &tree),
            Err(problem) => vec![problem],
        };
        link::check(self, &mut found);
        joint::check(self, &mut found);
        actuator::check(self, &mut found);
        sensor::check(self, &mut found);
        twice("actuators", Place::Actuator, self.actuators.iter().map(Actuator::name), &mut found);
        twice("sensors", Place::Sensor, self.sensors.iter().map(Sensor::name), &mut found);
        found
    }
}

/// Adds a problem for each name that occurred before.
fn twice<'a>(what: &str, place: fn(usize) -> Place, names: impl Iterator<Item = &'a str>, found: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            found.push(Problem::error(place(index), format!("two {what} are called {name:?}")));
        }
    }
}

/// Above zero, and no more than an engine can hold.
fn positive(value: f64) -> bool {
    value > 0.0 && value <= GREATEST
}

/// Zero or above, and no more than an engine can hold.
fn not_negative(value: f64) -> bool {
    (0.0..=GREATEST).contains(&value)
}

/// Of any sign, and no more than an engine can hold.
fn moderate(value: f64) -> bool {
    value.abs() <= GREATEST
}
