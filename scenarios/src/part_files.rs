//! Where the files of a robot or a controller lie, as a scenario says it.
//!
//! A scenario is written down again: in run folders, and for another process to agree to. Paths as seen from the folder of its own
//! file would mean something else there, so they are made absolute when it is loaded.

use std::path::Path;

use embody_robots::file::is_path;
use toml::{Table, Value};

use crate::run::folder::plain;

/// Makes the paths in the settings of parts, by their kind, absolute; relative ones start from `base`.
pub(crate) fn anchor(parts: &mut Table, base: &Path) {
    each(parts, |path| {
        let path = base.join(path);
        // Only a process whose own folder is gone can't tell; its paths then stay as they are.
        plain(&std::path::absolute(&path).unwrap_or(path)).display().to_string()
    });
}

/// Leaves of those paths what is the same wherever they lie: the last name.
pub(crate) fn strip(parts: &mut Table) {
    each(parts, |path| Path::new(path).file_name().unwrap_or_default().display().to_string());
}

/// Whether a forward model's weights are a file; the others are names of the library.
pub(crate) fn is_weights_file(weights: &str) -> bool {
    weights.contains('/') || weights.ends_with(".safetensors")
}

/// Changes every path in the settings of parts. Which have any: the robot `model`, its description and the folders of packages, and the controllers
/// `forward-model`, its weights and those that training starts from, and `network`, its file.
fn each(parts: &mut Table, change: impl Fn(&str) -> String) {
    if let Some(Value::String(file)) = parts.get_mut("network").and_then(|table| table.get_mut("file"))
        && !file.is_empty()
    {
        *file = change(file);
    }
    if let Some(Value::Table(model)) = parts.get_mut("forward-model") {
        weights(model.get_mut("weights"), &change);
        weights(model.get_mut("training").and_then(|training| training.get_mut("from")), &change);
    }
    let Some(model) = parts.get_mut("model").and_then(Value::as_table_mut) else { return };
    if let Some(Value::Table(packages)) = model.get_mut("packages") {
        for (_, folder) in packages.iter_mut() {
            if let Value::String(folder) = folder {
                *folder = change(folder);
            }
        }
    }
    if let Some(Value::String(source)) = model.get_mut("source").filter(|source| source.as_str().is_some_and(is_path)) {
        *source = change(source);
    }
}

/// Changes the path of weights, if they are a file.
fn weights(setting: Option<&mut Value>, change: impl Fn(&str) -> String) {
    if let Some(Value::String(weights)) = setting
        && is_weights_file(weights)
    {
        *weights = change(weights);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_and_names_of_the_catalogue_stay() {
        let table = |text: &str| toml::from_str::<Table>(text).unwrap();
        let mut robot = table("[model]\nsource = '../a.urdf'\npackages = { p = 'meshes', q = '/q' }");
        anchor(&mut robot, Path::new("/lab/here"));
        assert_eq!(robot, table("[model]\nsource = '/lab/a.urdf'\npackages = { p = '/lab/here/meshes', q = '/q' }"));
        strip(&mut robot);
        assert_eq!(robot, table("[model]\nsource = 'a.urdf'\npackages = { p = 'meshes', q = 'q' }"));
        let mut weights = table("[forward-model]\nweights = 'a.safetensors'\ntraining = { from = 'b.safetensors', updates = 3 }");
        anchor(&mut weights, Path::new("/lab"));
        let anchored = "[forward-model]\nweights = '/lab/a.safetensors'\ntraining = { from = '/lab/b.safetensors', updates = 3 }";
        assert_eq!(weights, table(anchored));
        strip(&mut weights);
        assert_eq!(
            weights,
            table("[forward-model]\nweights = 'a.safetensors'\ntraining = { from = 'b.safetensors', updates = 3 }")
        );
        let mut network = table("[network]\nfile = 'a.nir'");
        anchor(&mut network, Path::new("/lab"));
        assert_eq!(network, table("[network]\nfile = '/lab/a.nir'"));
        strip(&mut network);
        assert_eq!(network, table("[network]\nfile = 'a.nir'"));
        let mut unsaid = table("[network]\nfile = ''");
        anchor(&mut unsaid, Path::new("/lab"));
        assert_eq!(unsaid, table("[network]\nfile = ''"));
        let mut robot = table("[model]\nsource = 'arm2'");
        anchor(&mut robot, Path::new("/lab"));
        assert_eq!(robot, table("[model]\nsource = 'arm2'"));
    }
}
