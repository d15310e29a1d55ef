//! A vehicle in the manner of Braitenberg: what it sees drives it, and nothing is learned.
//!
//! The centroid of a control period's events says where something moves. Low-pass filtered, it is the place that the controller
//! believes in, and it heads from there to the image's centre at a constant speed. It knows no truth and no reward.

use embody_controllers::spore::Loop;
use embody_controllers::{Controller, ControllerError};
use embody_robots::{Action, Checkpoint, CheckpointError, Event, FieldKind, Nanos, TimeStep, checkpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the centring controller, the table `[controller.centring]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CentringSettings {
    /// Speed (m/s).
    pub speed_m_s: f64,
    /// Time constant of the filter on the centroid of the events.
    pub filter: Nanos,
    /// Distance from the centre, in pixels, within which it slows down in proportion.
    pub slow_within_px: f64,
}

impl Default for CentringSettings {
    fn default() -> Self {
        CentringSettings { speed_m_s: 2.0, filter: Nanos::from_millis(200), slow_within_px: 0.5 }
    }
}

/// The controller.
pub struct Centring {
    settings: CentringSettings,
    camera: usize,
    drive: usize,
    /// Column and row of the image's centre.
    centre_px: [f64; 2],
    /// exp(-control period / filter).
    keep: f64,
    state: Believed,
}

/// Where it believes the thing to be, from the image's centre (pixels, x to the right, y up): all that changes.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Believed {
    offset_px: [f64; 2],
}

impl Centring {
    /// For a body with an event camera and a drive that takes two values.
    pub fn new(settings: &CentringSettings, around: &Loop) -> Result<Centring, ControllerError> {
        let unfit = |why: &str| ControllerError::Unfit { controller: "centring".into(), why: why.into() };
        let camera = around.observation.fields.iter().enumerate().find_map(|(i, field)| match field.kind {
            FieldKind::Events { width, height, .. } => Some((i, [width, height])),
            FieldKind::Dense { .. } => None,
        });
        let (camera, size) = camera.ok_or_else(|| unfit("the body has no event camera"))?;
        let drive = around.action.fields.iter().position(|field| field.size == 2);
        let drive = drive.ok_or_else(|| unfit("the body has no drive that takes two values"))?;
        if !settings.speed_m_s.is_finite() || settings.filter.0 == 0 {
            return Err(unfit("speed_m_s must be finite, filter above zero"));
        }
        if !(settings.slow_within_px.is_finite() && settings.slow_within_px > 0.0) {
            return Err(unfit("slow_within_px must be finite and above zero"));
        }
        Ok(Centring {
            settings: settings.clone(),
            camera,
            drive,
            centre_px: size.map(|pixels| (f64::from(pixels) - 1.0) / 2.0),
            keep: libm::exp(-around.control_period.as_secs_f64() / settings.filter.as_secs_f64()),
            state: Believed::default(),
        })
    }

    /// Moves what it believes towards the centroid of the events. Where nothing moves there is nothing new to believe.
    fn look(&mut self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let mean = |of: fn(&Event) -> u16| events.iter().map(|e| f64::from(of(e))).sum::<f64>() / events.len() as f64;
        let centroid = [mean(|e| e.x), mean(|e| e.y)];
        for ((believed, seen), centre) in self.state.offset_px.iter_mut().zip(centroid).zip(self.centre_px) {
            *believed = self.keep * *believed + (1.0 - self.keep) * (seen - centre);
        }
    }
}

impl Controller for Centring {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.state = Believed::default();
        Ok(())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        self.look(step.observation.events(self.camera));
        let [x, y] = self.state.offset_px;
        let distance = (x * x + y * y).sqrt().max(self.settings.slow_within_px);
        let scale = -self.settings.speed_m_s / distance;
        action.fields[self.drive].copy_from_slice(&[(scale * x) as f32, (scale * y) as f32]);
        Ok(())
    }

    fn set_learning(&mut self, _learning: bool) {}
}

impl Checkpoint for Centring {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("centring", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state = checkpoint::from_bytes("centring", bytes)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embody_controllers::conformance;
    use embody_robots::catalogue::ball::Ball;

    fn around() -> Loop {
        let robot = Ball::default().robot();
        let (control_period, neural_tick) = (Nanos::from_millis(20), Nanos::from_millis(1));
        Loop { observation: robot.observation_spec(), action: robot.action_spec(), control_period, neural_tick }
    }

    #[test]
    fn it_keeps_what_controllers_promise() {
        let around = around();
        let make = || Box::new(Centring::new(&CentringSettings::default(), &around).unwrap()) as Box<dyn Controller>;
        conformance::controller(make, &around.observation, &around.action, around.control_period);
    }

    #[test]
    fn it_heads_away_from_where_the_events_are() {
        let mut centring = Centring::new(&CentringSettings::default(), &around()).unwrap();
        centring.look(&[Event { t_ns: 1, y: 15, x: 15, on: true }]);
        let [x, y] = centring.state.offset_px;
        assert!(x > 0.0 && x == y, "up and to the right");
    }

    #[test]
    fn nonsense_is_refused() {
        let settings = CentringSettings { filter: Nanos::ZERO, ..CentringSettings::default() };
        assert!(Centring::new(&settings, &around()).is_err());
    }
}
