//! Where the networks of commands come from: files in NIR, this program's own description as JSON, a scenario, or a finished run.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use embody_brain::NetworkSpec;
use embody_bridges::nir::{Discretisation, Document, InputKind, Integration, Reset};

pub(super) use crate::network_file::{document, is_json, is_nir, named};

use super::{Failure, mention};
use crate::controls::{bring_to_end, finished};
use crate::network_file::{self, Choices, FromFile};
use crate::registry::Registry;
use crate::run::scenario_of;
use crate::scenario::Loaded;

/// What NIR leaves open.
#[derive(Args, Clone, Default)]
pub struct Steps {
    /// Length of a step of a NIR graph, such as 1e-4 (s) [default: what the file states]
    #[arg(long, value_name = "SECONDS")]
    dt: Option<f64>,
    /// How a step is integrated [default: what the file states]
    #[arg(long, value_parser = ["euler", "exponential"])]
    integration: Option<String>,
    /// What a spike does to the potential [default: what the file states]
    #[arg(long, value_parser = ["zero", "subtract"])]
    reset: Option<String>,
}

impl Steps {
    /// The choices for a graph: those on the command line, else those that the file states.
    pub fn of(&self, document: &Document, path: &Path) -> Result<Discretisation, Failure> {
        Ok(self.choices().of(document, path, "--")?)
    }

    /// What was said.
    pub fn choices(&self) -> Choices {
        let integration = |name: &str| if name == "euler" { Integration::Euler } else { Integration::Exponential };
        let reset = |name: &str| if name == "zero" { Reset::Zero } else { Reset::Subtract };
        Choices {
            dt_s: self.dt,
            integration: self.integration.as_deref().map(integration),
            reset: self.reset.as_deref().map(reset),
        }
    }
}

/// The network of a scenario's controller.
pub fn of_scenario(registry: &Arc<Registry>, scenario: &str, settings: &[String]) -> Result<NetworkSpec, Failure> {
    let loaded = Loaded::find(registry, scenario, settings)?;
    let spec = loaded.assemble(registry)?.controller.network().cloned();
    let (name, kind) = (&loaded.scenario.name, &loaded.scenario.controller.kind);
    spec.ok_or_else(|| format!("{name}: its controller {kind:?} has no network").into())
}

/// The network of a finished run's controller as it was at the end: what it learned are fixed weights.
pub fn of_run(registry: &Arc<Registry>, folder: &Path) -> Result<NetworkSpec, Failure> {
    let named = |why: String| named(folder, why);
    finished(folder).map_err(named)?;
    let loaded = scenario_of(registry, folder, &[])?;
    let mut controller = loaded.assemble(registry)?.controller;
    bring_to_end(&mut controller, folder).map_err(named)?;
    let kind = &loaded.scenario.controller.kind;
    let spec = controller.network().ok_or_else(|| named(format!("its controller {kind:?} has no network")))?;
    let running = controller.running();
    Ok(spec.with_learned(|projection| running?.weights(projection)).map_err(|e| named(e.to_string()))?)
}

/// The network of a file. What an import changes is told on standard error.
pub fn network(path: &Path, steps: &Steps) -> Result<FromFile, Failure> {
    let read = network_file::read(path, &steps.choices(), "--", InputKind::Analogue)?;
    read.notes.iter().for_each(mention);
    Ok(read)
}
