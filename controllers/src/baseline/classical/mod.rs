//! A classical lane keeper: events on the lines of the lane, a Kalman filter of where the lane runs, and a steering law.
//!
//! It sees what a learner sees, the events of one camera, and knows what an engineer would measure: where the camera is, how wide the
//! lane, how fast and how long the car. Each event is projected onto the ground; if a line of the lane is expected near there, the filter
//! takes it for that line. The steering is that of Stanley (Hoffmann et al. 2007, doi 10.1109/ACC.2007.4282788): along the lane, and
//! towards its centre as sharply as the offset asks for. With nothing to see the estimate relaxes to the lane's centre, straight on.

mod ground;
mod lane;

use embody_robots::{
    Action, ActionField, ActionSpec, Checkpoint, CheckpointError, FieldKind, Nanos, ObservationSpec, TimeStep, checkpoint,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::controller::{Controller, ControllerError};
use crate::slots::Slots;
use ground::Ground;
use lane::{Lane, LaneFilter};

/// Settings of the classical lane keeper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClassicalSettings {
    /// Height of the camera above the ground (m).
    pub camera_height_m: f64,
    /// How far the camera looks down (degrees).
    pub camera_down_deg: f64,
    /// Width of the camera's view (degrees).
    pub field_of_view_deg: f64,
    /// Distance between the lines of a lane (m).
    pub lane_width_m: f64,
    /// Speed of the car (m/s).
    pub speed_m_s: f64,
    /// Distance between the axles (m).
    pub wheelbase_m: f64,
    /// Events farther ahead are left out (m).
    pub range_m: f64,
    /// Events farther than this from where a line is expected are left out (m).
    pub gate_m: f64,
    /// Standard deviation of an event's distance from its line, for each metre that it is ahead (m/m).
    pub spread_per_m: f64,
    /// Time in which what is known of the lane is lost.
    pub relaxation: Nanos,
    /// Speed towards the lane's centre for each metre of offset ((m/s)/m).
    pub offset_gain_per_s: f64,
}

impl Default for ClassicalSettings {
    fn default() -> Self {
        ClassicalSettings {
            camera_height_m: 1.4,
            camera_down_deg: 16.0,
            field_of_view_deg: 80.0,
            lane_width_m: 3.0,
            speed_m_s: 4.5,
            wheelbase_m: 2.0,
            range_m: 10.0,
            gate_m: 0.6,
            spread_per_m: 0.1,
            relaxation: Nanos::from_secs(1),
            offset_gain_per_s: 1.5,
        }
    }
}

impl ClassicalSettings {
    /// Looks for what can't be, and names the key.
    fn check(&self) -> Result<(), String> {
        let above_zero = [
            ("camera_height_m", self.camera_height_m, 1e3),
            ("field_of_view_deg", self.field_of_view_deg, 170.0),
            ("lane_width_m", self.lane_width_m, 1e3),
            ("speed_m_s", self.speed_m_s, 1e3),
            ("wheelbase_m", self.wheelbase_m, 1e3),
            ("range_m", self.range_m, 1e3),
            ("gate_m", self.gate_m, 1e3),
            ("spread_per_m", self.spread_per_m, 1e3),
            ("relaxation", self.relaxation.as_secs_f64(), f64::INFINITY),
        ];
        // Written so that NaN fails too.
        if let Some((key, found, most)) = above_zero.into_iter().find(|(_, value, most)| !(*value > 1e-6 && value <= most)) {
            return Err(format!("{key}: expected a number above zero of at most {most}, found {found}"));
        }
        let either_way = [("camera_down_deg", self.camera_down_deg, 90.0), ("offset_gain_per_s", self.offset_gain_per_s, 1e3)];
        match either_way.into_iter().find(|(_, value, most)| !(-most..=*most).contains(value)) {
            Some((key, found, most)) => Err(format!("{key}: expected a number of at most {most} either way, found {found}")),
            None => Ok(()),
        }
    }
}

/// Says that what takes this action isn't steered as a car is.
fn no_car(action: &ActionSpec) -> String {
    let found: Vec<String> = action.fields.iter().map(|field| format!("{:?} ({})", field.name, field.unit)).collect();
    format!("expected a car, which takes one steering angle (rad) and nothing else, found a body that takes {}", found.join(", "))
}

/// Keeps to the lane by the lines that its event camera sees.
pub struct Classical {
    settings: ClassicalSettings,
    camera: usize,
    ground: Ground,
    filter: LaneFilter,
    slots: Slots<1>,
    /// Greatest steering angle either way (rad).
    max_steering_rad: f64,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    lane: Lane,
    /// What was last commanded (rad).
    steering_rad: f64,
}

impl Classical {
    /// For a car with an event camera, which is steered by one angle and takes nothing else.
    ///
    /// # Errors
    /// If it has none, or a setting can't be.
    pub fn new(
        settings: &ClassicalSettings,
        observation: &ObservationSpec,
        action: &ActionSpec,
        control_period: Nanos,
    ) -> Result<Self, ControllerError> {
        settings.check().map_err(unfit)?;
        let camera = observation.fields.iter().enumerate().find_map(|(index, field)| match field.kind {
            FieldKind::Events { width, height, .. } => Some((index, [width, height])),
            FieldKind::Dense { .. } => None,
        });
        let (camera, pixels) = camera.ok_or_else(|| unfit("the body has no event camera".into()))?;
        let [ActionField { size: 1, unit, .. }] = action.fields.as_slice() else { return Err(unfit(no_car(action))) };
        if unit != "rad" {
            return Err(unfit(no_car(action)));
        }
        let slots = Slots::single(action).map_err(unfit)?;
        let filter = LaneFilter::new(settings, control_period);
        let state = State { lane: filter.unknown(), steering_rad: 0.0 };
        let ground = Ground::new(settings, pixels);
        Ok(Classical { settings: settings.clone(), camera, ground, filter, max_steering_rad: slots.most(action), slots, state })
    }

    /// Along the lane's curve and its heading, and towards its centre.
    fn steering(&self) -> f64 {
        let [offset_m, heading_rad, curvature_per_m] = self.state.lane.estimate();
        let ClassicalSettings { wheelbase_m, speed_m_s, offset_gain_per_s, .. } = self.settings;
        let asked =
            libm::atan(wheelbase_m * curvature_per_m) - heading_rad - libm::atan(offset_gain_per_s * offset_m / speed_m_s);
        asked.max(-self.max_steering_rad).min(self.max_steering_rad)
    }
}

fn unfit(why: String) -> ControllerError {
    ControllerError::Unfit { controller: "classical".into(), why }
}

impl Controller for Classical {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.state = State { lane: self.filter.unknown(), steering_rad: 0.0 };
        Ok(())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        self.filter.drive(&mut self.state.lane, self.state.steering_rad);
        for event in step.observation.events(self.camera) {
            if let Some(place_m) = self.ground.place(event.x, event.y) {
                self.filter.see(&mut self.state.lane, place_m);
            }
        }
        self.state.steering_rad = self.steering();
        self.slots.write(action, [self.state.steering_rad as f32]);
        Ok(())
    }

    fn set_learning(&mut self, _learning: bool) {}
}

impl Checkpoint for Classical {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("classical", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state = checkpoint::from_bytes("classical", bytes)?;
        Ok(())
    }
}
