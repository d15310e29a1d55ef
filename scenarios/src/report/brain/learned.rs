//! What a controller has learned by a checkpoint: it is built anew and given the state, without a world.

use std::sync::Arc;

use embody_brain::NetworkSpec;
use embody_controllers::Map;
use embody_controllers::telemetry::Histogram;
use embody_robots::Checkpoint;

use crate::registry::Registry;
use crate::scenario::Loaded;

/// What a controller has learned.
pub struct Learned {
    /// How the weights of each projection are spread.
    pub weights: Vec<Histogram>,
    /// What people would look at.
    pub maps: Vec<Map>,
    /// Whatever else it has to tell, by name and unit.
    pub counters: Vec<(String, f64)>,
    /// Its network, as it is built.
    pub network: Option<NetworkSpec>,
}

/// What the controller of a scenario has learned by a state, or has when it is built.
///
/// # Errors
/// If it can't be built here, or the state isn't its.
pub fn learned(registry: &Arc<Registry>, loaded: &Loaded, state: Option<&[u8]>) -> Result<Learned, String> {
    let environment = loaded.environment(registry).map_err(|error| error.to_string())?;
    let mut controller = loaded.controller(registry, environment.body()).map_err(|error| error.to_string())?;
    if let Some(state) = state {
        controller.restore(state).map_err(|error| error.to_string())?;
    }
    controller.watch(true);
    let readings = controller.readings(true).unwrap_or_default();
    Ok(Learned {
        weights: readings.weights,
        maps: controller.maps(),
        counters: readings.counters,
        network: controller.network().cloned(),
    })
}
