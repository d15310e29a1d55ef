//! The controller `network`: a network of a file between a body's senses and its drives.

use embody_brain::PopulationKind;
use embody_bridges::nir::{InputKind, Integration, Reset};
use embody_controllers::network::{GraphIntegration, GraphReset, NetworkController, NetworkSettings};
use embody_robots::Nanos;

use crate::network_file::{self, Choices, is_json};
use crate::registry::{ControllerContext, PartError};

/// Reads the network, and builds the controller of it. NIR leaves open what its inputs get: spikes, or values where a field is to feed one.
pub(crate) fn build(settings: &NetworkSettings, context: &ControllerContext) -> Result<NetworkController, PartError> {
    if settings.file.is_empty() {
        return Err("file: expected a NIR file (.nir) or a network's description (.json), found nothing".into());
    }
    let path = context.base.join(&settings.file);
    let read = network_file::read(&path, &choices(settings), "", InputKind::Spikes);
    let mut spec = read.map_err(|why| format!("file: {why}"))?.spec;
    if !is_json(&path) {
        let observed = |name: &String| settings.observations.contains_key(name);
        let inputs = spec.populations.iter_mut().filter(|population| population.kind == PopulationKind::Input);
        inputs.filter(|population| observed(&population.name)).for_each(|input| input.kind = PopulationKind::Analogue);
    }
    let built = NetworkController::new(settings, spec, &context.around, &context.compile, context.seed);
    built.map_err(|error| format!("{}: {error}", path.display()))
}

fn choices(settings: &NetworkSettings) -> Choices {
    Choices {
        dt_s: (settings.dt != Nanos::ZERO).then(|| settings.dt.as_secs_f64()),
        integration: match settings.integration {
            GraphIntegration::Stated => None,
            GraphIntegration::Euler => Some(Integration::Euler),
            GraphIntegration::Exponential => Some(Integration::Exponential),
        },
        reset: match settings.reset {
            GraphReset::Stated => None,
            GraphReset::Zero => Some(Reset::Zero),
            GraphReset::Subtract => Some(Reset::Subtract),
        },
    }
}
