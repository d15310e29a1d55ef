//! What there is to look at in a run, by its environment: what the task looks at, what it places, and the cameras.

use std::sync::Arc;

use embody_robots::{FieldKind, Nanos, Need};

use super::origin::Part;
use crate::registry::Registry;
use crate::scenario::{Loaded, Times};

/// What there is to look at.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The links whose way is shown.
    pub followed: Vec<String>,
    /// The links that the task places and doesn't look at.
    pub placed: Vec<String>,
    /// The event cameras: name and field of the observation.
    pub cameras: Vec<(String, usize)>,
    /// The periods.
    pub times: Times,
}

impl Layout {
    /// That of a scenario.
    ///
    /// # Errors
    /// If its world can't be built here.
    pub fn of(registry: &Arc<Registry>, loaded: &Loaded) -> Part<Layout> {
        let environment = loaded.environment(registry).map_err(|error| format!("its world can't be built here: {error}"))?;
        let (mut followed, mut placed) = (Vec::new(), Vec::new());
        for need in environment.task().needs() {
            match need {
                Need::Pose(name) => followed.push(name),
                Need::Place(name) => placed.push(name),
                _ => {}
            }
        }
        placed.retain(|name| !followed.contains(name));
        let fields = environment.body().observation_spec().fields.iter().enumerate();
        let cameras = fields.filter(|(_, field)| matches!(field.kind, FieldKind::Events { .. }));
        let cameras = cameras.map(|(index, field)| (field.name.clone(), index)).collect();
        Ok(Layout { followed, placed, cameras, times: loaded.scenario.time.clone() })
    }

    /// The simulated time after that many control steps.
    pub fn time(&self, steps: u64) -> Nanos {
        Nanos(steps * self.times.control_period.0)
    }
}
