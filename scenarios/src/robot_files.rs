//! Where the files of a robot lie, as a scenario says it.
//!
//! A scenario is written down again: in run folders, and for another process to agree to. Paths as seen from the folder of its own
//! file would mean something else there, so they are made absolute when it is loaded.

use std::path::Path;

use embody_robots::file::is_path;
use toml::{Table, Value};

use crate::run::folder::plain;

/// Makes the paths in the settings of robots absolute; relative ones start from `base`.
pub(crate) fn anchor(robots: &mut Table, base: &Path) {
    each(robots, |path| {
        let path = base.join(path);
        // Only a process whose own folder is gone can't tell; its paths then stay as they are.
        plain(&std::path::absolute(&path).unwrap_or(path)).display().to_string()
    });
}

/// Leaves of those paths what is the same wherever they lie: the last name.
pub(crate) fn strip(robots: &mut Table) {
    each(robots, |path| Path::new(path).file_name().unwrap_or_default().display().to_string());
}

/// Changes every path in the settings of robots, which only the kind `model` has: its description, and the folders of packages.
fn each(robots: &mut Table, change: impl Fn(&str) -> String) {
    let Some(model) = robots.get_mut("model").and_then(Value::as_table_mut) else { return };
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
        let mut robot = table("[model]\nsource = 'arm2'");
        anchor(&mut robot, Path::new("/lab"));
        assert_eq!(robot, table("[model]\nsource = 'arm2'"));
    }
}
