//! Networks in files: NIR, and this program's own description as JSON.

use std::path::Path;

use embody_brain::NetworkSpec;
use embody_bridges::nir::{self, Discretisation, Document, ImportSettings, InputKind, Integration, Limits, Reset};

/// What NIR leaves open, as far as somebody says it; the rest is what the file states.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Choices {
    /// Length of a step (s).
    pub dt_s: Option<f64>,
    /// How a step is integrated.
    pub integration: Option<Integration>,
    /// What a spike does.
    pub reset: Option<Reset>,
}

/// A network of a file.
pub(crate) struct FromFile {
    /// The network.
    pub spec: NetworkSpec,
    /// What an import chose and changed, a line each.
    pub notes: Vec<String>,
    /// How the steps of a graph are integrated; none of a description, which has steps of its own.
    pub integration: Option<Integration>,
}

impl Choices {
    /// Refuses choices for what isn't a graph and has steps of its own.
    ///
    /// # Errors
    /// If there are any.
    pub fn refuse(&self, path: &Path, prefix: &str) -> Result<(), String> {
        let made = [("dt", self.dt_s.is_some()), ("integration", self.integration.is_some()), ("reset", self.reset.is_some())];
        match made.into_iter().find(|(_, made)| *made) {
            None => Ok(()),
            Some((choice, _)) => Err(format!(
                "{}: {prefix}{choice}: expected none, as this is no NIR file and leaves nothing open",
                path.display()
            )),
        }
    }

    /// The choices for a graph. `prefix` stands before the name of a choice that is missing: how one says it.
    ///
    /// # Errors
    /// If neither somebody nor the file says one of them.
    pub fn of(&self, document: &Document, path: &Path, prefix: &str) -> Result<Discretisation, String> {
        let stated = Discretisation::stated(&document.graph.metadata);
        let missing = |choice: &str| {
            format!("{}: NIR leaves it open: expected {prefix}{choice}, as the file doesn't state it", path.display())
        };
        Ok(Discretisation {
            dt_s: self.dt_s.or(stated.map(|stated| stated.dt_s)).ok_or_else(|| missing("dt"))?,
            integration: self.integration.or(stated.map(|stated| stated.integration)).ok_or_else(|| missing("integration"))?,
            reset: self.reset.or(stated.map(|stated| stated.reset)).ok_or_else(|| missing("reset"))?,
        })
    }
}

/// Whether a file is taken for a graph in NIR.
pub(crate) fn is_nir(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "nir" || extension == "h5")
}

/// Whether a file is taken for a description in JSON.
pub(crate) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// A NIR file.
pub(crate) fn document(path: &Path) -> Result<Document, String> {
    Document::open(path, &Limits::default()).map_err(|error| named(path, error))
}

/// An error with the file's name before it, unless it has it.
pub(crate) fn named(path: &Path, error: impl ToString) -> String {
    let (name, why) = (path.display().to_string(), error.to_string());
    if why.contains(&name) { why } else { format!("{name}: {why}") }
}

/// The network of a file. Of NIR's Input nodes become `inputs`; `prefix` is as [`Choices::of`] has it.
///
/// # Errors
/// If the file can't be read, is too large, or holds what a network can't express: with the file's name.
pub(crate) fn read(path: &Path, choices: &Choices, prefix: &str, inputs: InputKind) -> Result<FromFile, String> {
    if is_json(path) {
        choices.refuse(path, prefix)?;
        let length = std::fs::metadata(path).map_err(|e| named(path, e))?.len();
        let most = Limits::default().file_bytes as u64;
        if length > most {
            return Err(format!("{}: expected at most {most} bytes, found {length}", path.display()));
        }
        let bytes = std::fs::read(path).map_err(|e| named(path, e))?;
        let spec = serde_json::from_slice(&bytes).map_err(|e| named(path, e))?;
        return Ok(FromFile { spec, notes: Vec::new(), integration: None });
    }
    let document = document(path)?;
    let discretisation = choices.of(&document, path, prefix)?;
    let settings = ImportSettings { discretisation, inputs, limits: Limits::default() };
    let import = nir::import(&document.graph, &settings).map_err(|error| named(path, error))?;
    let notes = import.notes.iter().map(|note| format!("{}: {}: {}", path.display(), note.node, note.why));
    let notes = std::iter::once(format!("{}: {}", path.display(), import.discretisation)).chain(notes).collect();
    Ok(FromFile { spec: import.spec, notes, integration: Some(discretisation.integration) })
}
