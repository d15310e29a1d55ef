//! A world and a brain elsewhere as a source: what their streams `truth` and `telemetry` carry.
//!
//! The streams are thinned to what eyes can follow: where a loop goes faster than that, only some of its control periods are heard. A world
//! that ends or is lost is waited for, and shown again when it is there.

use std::time::Duration;

use embody_bridges::link::{Heard, Onlooker};
use embody_bridges::protocol::handshake::Description;
use embody_bridges::protocol::messages::End;
use embody_bridges::protocol::scene::Scene;
use embody_bridges::protocol::truth::Truth;
use embody_controllers::telemetry::Telemetry;
use embody_robots::{Nanos, Observation, ObservationSpec, StepKind, TimeStep};

use super::history::{History, Periods};
use super::source::{Source, SourceError};
use crate::moment::Moment;

/// How long one look waits for news.
const PATIENCE: Duration = Duration::from_millis(50);

/// A world and a brain elsewhere.
pub(crate) struct RemoteSource {
    onlooker: Onlooker,
    observation: ObservationSpec,
    periods: Periods,
    moment: Moment,
    history: History,
    /// How the world's run ended, if it said so.
    end: Option<End>,
    /// Whether the world is there.
    present: bool,
}

impl RemoteSource {
    /// Looks on at a world that senses `observation`.
    pub fn new(onlooker: Onlooker, observation: ObservationSpec) -> RemoteSource {
        let described = onlooker.description();
        let periods = Periods { control: described.control_period, tick: described.neural_tick };
        let (history, moment) = nothing_yet(periods, described);
        RemoteSource { onlooker, observation, periods, moment, history, end: None, present: true }
    }

    fn see(&mut self, scene: Scene) {
        let time = Nanos(scene.control_steps * self.periods.control.0);
        if time < self.moment.time {
            // It went back to a checkpoint: what came after is no part of its run.
            self.history = History::heard_in_parts(self.periods, time);
        }
        self.moment = Moment {
            record: scene.truth.records,
            control_step: scene.control_steps,
            time,
            step: scene.step,
            action: None,
            truth: scene.truth,
            joints: scene.joints,
            images: scene.images,
            telemetry: self.moment.telemetry.take(),
            tallies: scene.tallies,
        };
        self.end = scene.end;
        self.history.step(time, &self.moment.step);
        self.history.tallies(&self.moment.tallies);
    }

    fn listen(&mut self, telemetry: Telemetry) {
        self.history.brain(&telemetry);
        self.moment.telemetry = Some(telemetry);
    }

    /// Another world came, or the same once more.
    fn welcome(&mut self, before: &Description, described: &Description) -> Result<(), SourceError> {
        if (described.scenario_hash, described.seed) != (before.scenario_hash, before.seed) {
            return Err(SourceError(format!(
                "another world came: scenario {:?} with seed {}, where this window shows {:?} with seed {}; open it anew to see that one",
                described.scenario, described.seed, before.scenario, before.seed
            )));
        }
        (self.history, self.moment) = nothing_yet(self.periods, described);
        (self.present, self.end) = (true, None);
        Ok(())
    }
}

/// The moment before anything was heard, and the history that begins there.
fn nothing_yet(periods: Periods, described: &Description) -> (History, Moment) {
    let time = Nanos(described.step * periods.control.0);
    let observation = Observation { fields: Vec::new() };
    let moment = Moment {
        record: described.step,
        control_step: described.step,
        time,
        step: TimeStep { kind: StepKind::Mid, time, reward: 0.0, observation },
        action: None,
        truth: Truth::default(),
        joints: Vec::new(),
        images: Vec::new(),
        telemetry: None,
        tallies: Vec::new(),
    };
    (History::heard_in_parts(periods, time), moment)
}

impl Source for RemoteSource {
    fn advance(&mut self) -> Result<bool, SourceError> {
        let before = (!self.present).then(|| self.onlooker.description().clone());
        match self.onlooker.hear(PATIENCE, &self.observation) {
            Ok(Some(Heard::Scene(scene))) => self.see(*scene),
            Ok(Some(Heard::Telemetry(_, telemetry))) => self.listen(telemetry),
            Ok(Some(Heard::Left)) => self.present = false,
            Ok(Some(Heard::Came(described))) => {
                let before = before.unwrap_or_else(|| (*described).clone());
                self.welcome(&before, &described)?;
            }
            Ok(None) => (),
            Err(error) => return Err(SourceError(error.to_string())),
        }
        Ok(true)
    }

    fn moment(&mut self) -> Result<Moment, SourceError> {
        Ok(self.moment.clone())
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn time(&self) -> Nanos {
        self.moment.time
    }

    fn reset(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    fn keeps_its_own_pace(&self) -> bool {
        true
    }

    fn stands(&self) -> Option<String> {
        let how = match (self.end, self.present) {
            (Some(End::Finished), _) => "the run is finished",
            (Some(End::Failed), _) => "the run has failed",
            (Some(End::Stopped | End::Detached), _) => "the run was stopped",
            (None, false) => "the world is lost",
            (None, true) => return None,
        };
        Some(if self.present { how.into() } else { format!("{how}; waiting for a world") })
    }
}
