//! The controller: what turns a time step into an action.

use embody_brain::neurobench::NeuroBench;
use embody_brain::{Network, NetworkSpec};
use embody_robots::{Action, Checkpoint, CheckpointError, Need, Stage, TimeStep};

use crate::telemetry::{Activity, Telemetry};

/// Why a controller could not be built or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// The body doesn't sense or do what the controller needs.
    #[error("{controller}: {why}")]
    Unfit {
        /// Which controller.
        controller: String,
        /// What it misses.
        why: String,
    },
    /// Its network doesn't compile.
    #[error("the network of {controller}: {source}")]
    Network {
        /// Which controller.
        controller: String,
        /// What the substrate says.
        source: embody_brain::CompileError,
    },
    /// It is another program, which is gone, silent or broken.
    #[error("{why}")]
    Remote {
        /// What became of it.
        why: String,
    },
    /// A recorded reward is missing.
    #[error("the recorded rewards {path}: {why}")]
    Tape {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Numbers over a grid that people look at, such as a map of preferred directions.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Map {
    /// What it shows.
    pub name: String,
    /// Columns and rows; row 0 is at the bottom.
    pub size: [usize; 2],
    /// One (x, y) vector per cell, row by row.
    pub vectors: Vec<[f32; 2]>,
}

/// What closes the loop, from sensing alone.
pub trait Controller: Checkpoint + Send {
    /// An episode begins; what was learned stays, what is merely going on is cleared.
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError>;

    /// The action that follows this time step. It sees the last step of an episode as well, so that the final reward reaches
    /// plasticity; the action it then gives is not applied.
    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError>;

    /// Switches learning on or off.
    fn set_learning(&mut self, learning: bool);

    /// The network that it runs, as it was built; none for a controller without one, or whose network is elsewhere.
    fn network(&self) -> Option<&NetworkSpec> {
        None
    }

    /// The network where it runs, on its substrate; none for a controller without one, or whose network is elsewhere.
    fn running(&self) -> Option<&dyn Network> {
        None
    }

    /// What it computes itself on the host beside a network on a chip, which a chip might be expected to do, and why: part, reason.
    fn on_host(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What its trained network takes to run, where its controller acted last; none for those without one, or whose network learns.
    fn neurobench(&self) -> Option<NeuroBench> {
        None
    }

    /// What of it people would look at.
    fn maps(&self) -> Vec<Map> {
        Vec::new()
    }

    /// Whether somebody looks on: only then need it note what [`telemetry`](Controller::telemetry) gives. What it does is the same.
    fn watch(&mut self, _watched: bool) {}

    /// What went on in the last control period, if it is watched and has anything to tell.
    fn telemetry(&self) -> Option<Telemetry> {
        None
    }

    /// The spikes of the last control period, as telemetry has them, in place of what `out` held; nothing where there is none. For those
    /// who want them every period: room is used again.
    fn activity(&self, out: &mut Vec<Activity>) {
        *out = self.telemetry().map(|telemetry| telemetry.populations).unwrap_or_default();
    }

    /// What telemetry has beyond spikes; weights if they are asked for, whether or not telemetry would have them in this period.
    fn readings(&self, _weights: bool) -> Option<Telemetry> {
        let mut telemetry = self.telemetry()?;
        telemetry.populations.iter_mut().for_each(|population| population.spikes.clear());
        Some(telemetry)
    }
}

impl Controller for Box<dyn Controller> {
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError> {
        (**self).begin_episode(seed)
    }
    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        (**self).act(step, action)
    }
    fn set_learning(&mut self, learning: bool) {
        (**self).set_learning(learning);
    }
    fn network(&self) -> Option<&NetworkSpec> {
        (**self).network()
    }
    fn running(&self) -> Option<&dyn Network> {
        (**self).running()
    }
    fn on_host(&self) -> Vec<(String, String)> {
        (**self).on_host()
    }
    fn neurobench(&self) -> Option<NeuroBench> {
        (**self).neurobench()
    }
    fn maps(&self) -> Vec<Map> {
        (**self).maps()
    }
    fn watch(&mut self, watched: bool) {
        (**self).watch(watched);
    }
    fn telemetry(&self) -> Option<Telemetry> {
        (**self).telemetry()
    }
    fn activity(&self, out: &mut Vec<Activity>) {
        (**self).activity(out);
    }
    fn readings(&self, weights: bool) -> Option<Telemetry> {
        (**self).readings(weights)
    }
}

impl Checkpoint for Box<dyn Controller> {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        (**self).save()
    }
    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        (**self).restore(bytes)
    }
}

/// A baseline that may see the truth. Learning controllers can't name this channel.
pub trait Privileged: Checkpoint + Send {
    /// What it needs of the truth; a stage that lacks any of it is refused before anything runs.
    fn needs(&self) -> Vec<Need>;

    /// An episode begins.
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError>;

    /// The action that follows this time step, given the true state of the world.
    fn act(&mut self, step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError>;
}

/// A controller of either kind, as a runner holds it.
pub enum Hosted {
    /// Sees only what the body senses.
    Sensing(Box<dyn Controller>),
    /// Sees the truth.
    Privileged(Box<dyn Privileged>),
}

impl Hosted {
    /// See [`Privileged::needs`]; what sees only what the body senses needs nothing of a stage.
    pub fn needs(&self) -> Vec<Need> {
        match self {
            Hosted::Sensing(_) => Vec::new(),
            Hosted::Privileged(controller) => controller.needs(),
        }
    }

    /// See [`Controller::begin_episode`].
    pub fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError> {
        match self {
            Hosted::Sensing(controller) => controller.begin_episode(seed),
            Hosted::Privileged(controller) => controller.begin_episode(seed),
        }
    }

    /// See [`Controller::act`]; the truth reaches only privileged baselines.
    pub fn act(&mut self, step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        match self {
            Hosted::Sensing(controller) => controller.act(step, action),
            Hosted::Privileged(controller) => controller.act(step, truth, action),
        }
    }

    /// See [`Controller::network`].
    pub fn network(&self) -> Option<&NetworkSpec> {
        match self {
            Hosted::Sensing(controller) => controller.network(),
            Hosted::Privileged(_) => None,
        }
    }

    /// See [`Controller::running`].
    pub fn running(&self) -> Option<&dyn Network> {
        match self {
            Hosted::Sensing(controller) => controller.running(),
            Hosted::Privileged(_) => None,
        }
    }

    /// See [`Controller::on_host`].
    pub fn on_host(&self) -> Vec<(String, String)> {
        match self {
            Hosted::Sensing(controller) => controller.on_host(),
            Hosted::Privileged(_) => Vec::new(),
        }
    }

    /// See [`Controller::maps`].
    pub fn maps(&self) -> Vec<Map> {
        match self {
            Hosted::Sensing(controller) => controller.maps(),
            Hosted::Privileged(_) => Vec::new(),
        }
    }

    /// See [`Controller::watch`]; baselines that see the truth have nothing to show.
    pub fn watch(&mut self, watched: bool) {
        if let Hosted::Sensing(controller) = self {
            controller.watch(watched);
        }
    }

    /// See [`Controller::telemetry`].
    pub fn telemetry(&self) -> Option<Telemetry> {
        match self {
            Hosted::Sensing(controller) => controller.telemetry(),
            Hosted::Privileged(_) => None,
        }
    }

    /// See [`Controller::activity`].
    pub fn activity(&self, out: &mut Vec<Activity>) {
        match self {
            Hosted::Sensing(controller) => controller.activity(out),
            Hosted::Privileged(_) => out.clear(),
        }
    }

    /// See [`Controller::neurobench`].
    pub fn neurobench(&self) -> Option<NeuroBench> {
        match self {
            Hosted::Sensing(controller) => controller.neurobench(),
            Hosted::Privileged(_) => None,
        }
    }

    /// See [`Controller::readings`].
    pub fn readings(&self, weights: bool) -> Option<Telemetry> {
        match self {
            Hosted::Sensing(controller) => controller.readings(weights),
            Hosted::Privileged(_) => None,
        }
    }
}

impl Checkpoint for Hosted {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        match self {
            Hosted::Sensing(controller) => controller.save(),
            Hosted::Privileged(controller) => controller.save(),
        }
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        match self {
            Hosted::Sensing(controller) => controller.restore(bytes),
            Hosted::Privileged(controller) => controller.restore(bytes),
        }
    }
}
