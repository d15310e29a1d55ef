//! Where networks come from: files in NIR, this program's own description as JSON, or a scenario.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use embody_brain::NetworkSpec;
use embody_bridges::nir::{self, Discretisation, Document, ImportSettings, InputKind, Integration, Limits, Reset};

use super::{Failure, mention};
use crate::registry::Registry;
use crate::scenario::Loaded;

/// What NIR leaves open.
#[derive(Args, Clone)]
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
        let stated = Discretisation::stated(&document.graph.metadata);
        let missing =
            |flag: &str| format!("{}: NIR leaves it open: expected --{flag}, as the file doesn't state it", path.display());
        let integration = match self.integration.as_deref() {
            Some("euler") => Some(Integration::Euler),
            Some(_) => Some(Integration::Exponential),
            None => stated.map(|stated| stated.integration),
        };
        let reset = match self.reset.as_deref() {
            Some("zero") => Some(Reset::Zero),
            Some(_) => Some(Reset::Subtract),
            None => stated.map(|stated| stated.reset),
        };
        Ok(Discretisation {
            dt_s: self.dt.or(stated.map(|stated| stated.dt_s)).ok_or_else(|| missing("dt"))?,
            integration: integration.ok_or_else(|| missing("integration"))?,
            reset: reset.ok_or_else(|| missing("reset"))?,
        })
    }
}

/// Whether a file is taken for a description in JSON.
pub fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// A NIR file.
pub fn document(path: &Path) -> Result<Document, Failure> {
    Ok(Document::open(path, &Limits::default()).map_err(|error| named(path, error))?)
}

/// An error with the file's name before it, unless it has it.
pub fn named(path: &Path, error: impl ToString) -> String {
    let (name, why) = (path.display().to_string(), error.to_string());
    if why.contains(&name) { why } else { format!("{name}: {why}") }
}

/// The network of a scenario's controller.
pub fn of_scenario(registry: &Arc<Registry>, scenario: &str, settings: &[String]) -> Result<NetworkSpec, Failure> {
    let loaded = Loaded::find(registry, scenario, settings)?;
    let spec = loaded.assemble(registry)?.controller.network().cloned();
    let (name, kind) = (&loaded.scenario.name, &loaded.scenario.controller.kind);
    spec.ok_or_else(|| format!("{name}: its controller {kind:?} has no network").into())
}

/// The network of a file. What an import changes is told on standard error.
pub fn network(path: &Path, steps: &Steps) -> Result<NetworkSpec, Failure> {
    if is_json(path) {
        let length = std::fs::metadata(path).map_err(|e| named(path, e))?.len();
        let most = Limits::default().file_bytes as u64;
        if length > most {
            return Err(format!("{}: expected at most {most} bytes, found {length}", path.display()).into());
        }
        let bytes = std::fs::read(path).map_err(|e| named(path, e))?;
        return Ok(serde_json::from_slice(&bytes).map_err(|e| named(path, e))?);
    }
    let document = document(path)?;
    let discretisation = steps.of(&document, path)?;
    let settings = ImportSettings { discretisation, inputs: InputKind::Analogue, limits: Limits::default() };
    let import = nir::import(&document.graph, &settings).map_err(|error| named(path, error))?;
    mention(format_args!("{}: {}", path.display(), import.discretisation));
    for note in &import.notes {
        mention(format_args!("{}: {}: {}", path.display(), note.node, note.why));
    }
    Ok(import.spec)
}
