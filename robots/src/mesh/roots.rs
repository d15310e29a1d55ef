//! Which file a description means, and which it may not.
//!
//! `package://a/b` is looked for in the folder given for package a; or else in each folder of ROS_PACKAGE_PATH, then in the description's folder and
//! in each one around it, as a/b and then as b. Any other name is looked for in the description's folder. Whatever is found must lie in the folder
//! that it was looked for in, links followed, and must end like a mesh; names with `..` are refused. So a description can only have meshes
//! read that lie beside it or where its user said.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The endings of the files that are read.
pub(super) const ENDINGS: [&str; 3] = ["stl", "obj", "dae"];

/// The folders that meshes may lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// The folder of each package that is given one.
    packages: BTreeMap<String, PathBuf>,
    /// The folders that packages lie in, in the order in which they are looked into.
    around: Vec<PathBuf>,
    /// The folder of the description.
    folder: Option<PathBuf>,
}

/// Why there is no mesh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeshError {
    /// It is in none of the folders.
    #[error("mesh {file:?} is missing; looked for {}", looked_for(tried))]
    Missing {
        /// The file as the description names it.
        file: String,
        /// Where it was looked for.
        tried: Vec<PathBuf>,
    },
    /// It may not be read.
    #[error("mesh {file:?} is refused: {why}")]
    Refused {
        /// The file as the description names it.
        file: String,
        /// Why.
        why: String,
    },
}

fn looked_for(tried: &[PathBuf]) -> String {
    const MOST: usize = 4;
    let mut names: Vec<_> = tried.iter().take(MOST).map(|path| path.display().to_string()).collect();
    match tried.len() {
        0 => return "nowhere: the description has no folder".into(),
        more if more > MOST => names.push(format!("and {} more", more - MOST)),
        _ => {}
    }
    names.join(", ")
}

/// The folders that packages lie in, as the environment variable ROS_PACKAGE_PATH lists them.
pub fn package_path() -> Vec<PathBuf> {
    let path = std::env::var_os("ROS_PACKAGE_PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty()).collect()
}

impl Roots {
    /// The folders for a description in `folder`: those given for packages, by name; and `package_path`, folders of packages as in ROS_PACKAGE_PATH.
    pub fn new(folder: Option<&Path>, packages: BTreeMap<String, PathBuf>, package_path: &[PathBuf]) -> Roots {
        let folder = folder.map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
        // The root of all files around a description is none that its user would have meant.
        let ancestors = folder.iter().flat_map(|folder| folder.ancestors()).filter(|folder| folder.parent().is_some());
        let around = package_path.iter().cloned().chain(ancestors.map(Path::to_owned)).collect();
        Roots { packages, around, folder }
    }

    /// The file that a description means by `file`.
    ///
    /// # Errors
    /// If it is missing, or may not be read.
    pub fn find(&self, file: &str) -> Result<PathBuf, MeshError> {
        let refused = |why: String| MeshError::Refused { file: file.into(), why };
        let candidates = match file.strip_prefix("package://") {
            Some(name) => self.in_packages(name),
            None => {
                let path = Path::new(file.strip_prefix("file://").unwrap_or(file));
                self.folder.iter().map(|folder| (folder.clone(), path.to_owned())).collect()
            }
        };
        if candidates.iter().any(|(_, name)| name.components().any(|part| part == Component::ParentDir)) {
            return Err(refused("its name leads upwards (..); name the folder it lies in with --package".into()));
        }
        let ending = Path::new(file).extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !ENDINGS.contains(&ending.as_str()) {
            return Err(refused(format!("expected a file that ends in .{}", ENDINGS.join(", ."))));
        }
        for (root, name) in &candidates {
            // An absolute name takes the place of the root, and must then lie in it.
            let (Ok(found), Ok(root)) = (root.join(name).canonicalize(), root.canonicalize()) else { continue };
            if !found.starts_with(&root) {
                return Err(refused(format!("it lies outside {}", root.display())));
            }
            if found.is_file() {
                return Ok(found);
            }
        }
        Err(MeshError::Missing { file: file.into(), tried: candidates.into_iter().map(|(root, name)| root.join(name)).collect() })
    }

    /// The folders that `a/b` may lie in, and its name there.
    fn in_packages(&self, name: &str) -> Vec<(PathBuf, PathBuf)> {
        let (package, rest) = name.split_once('/').unwrap_or(("", name));
        // A second slash would make the rest an absolute name.
        let rest = Path::new(rest.trim_start_matches('/'));
        if let Some(folder) = self.packages.get(package) {
            return vec![(folder.clone(), rest.to_owned())];
        }
        let with_and_without = |root: &PathBuf| [(root.clone(), Path::new(package).join(rest)), (root.clone(), rest.to_owned())];
        self.around.iter().flat_map(with_and_without).collect()
    }
}
