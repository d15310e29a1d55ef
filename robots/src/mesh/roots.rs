//! Which file a description means, and which it may not.
//!
//! `package://a/b` is looked for in the folder given for package a, as b and then as a/b; then in each folder of ROS_PACKAGE_PATH, in the
//! description's folder and in each one around it, as a/b and then as b; it may not lead upwards. Any other name is taken from the description's
//! folder, and may lead upwards, as `../meshes/b` does.
//!
//! Whatever is found must end like a mesh and lie in the folder that it was looked for in, links followed. For a name that leads
//! upwards that is the folder it leads up to, and none is the root of all files. Otherwise it must lie in a folder that the user named: one
//! given for a package, or one of ROS_PACKAGE_PATH. So a description can only have meshes read that lie where its own folder does, or where its
//! user said, and a link can't lead out of there.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf, absolute};

/// The endings of the files that are read.
pub(super) const ENDINGS: [&str; 3] = ["stl", "obj", "dae"];

/// The folders that meshes may lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// The folder of each package that is given one.
    packages: BTreeMap<String, PathBuf>,
    /// Other folders of packages that the user named.
    shelves: Vec<PathBuf>,
    /// The folder of the description.
    folder: Option<PathBuf>,
}

/// Where something may lie.
struct Candidate {
    /// The folder that it must lie in; none for what lies in no folder of the description.
    root: Option<PathBuf>,
    path: PathBuf,
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
        let real = |folder: &Path| folder.canonicalize().or_else(|_| absolute(folder)).unwrap_or_else(|_| folder.to_owned());
        Roots {
            packages: packages.into_iter().map(|(name, folder)| (name, real(&folder))).collect(),
            shelves: package_path.iter().map(|folder| real(folder)).collect(),
            folder: folder.map(real),
        }
    }

    /// The file that a description means by `file`.
    ///
    /// # Errors
    /// If it is missing, or may not be read.
    pub fn find(&self, file: &str) -> Result<PathBuf, MeshError> {
        let refused = |why: String| MeshError::Refused { file: file.into(), why };
        let ending = Path::new(file).extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !ENDINGS.contains(&ending.as_str()) {
            return Err(refused(format!("expected a file that ends in .{}", ENDINGS.join(", ."))));
        }
        let candidates = match file.strip_prefix("package://") {
            Some(name) if Path::new(name).components().any(|part| part == Component::ParentDir) => {
                return Err(refused("it leads upwards (..), which a file of a package can't".into()));
            }
            Some(name) => self.in_packages(name),
            None => self.beside(Path::new(file.strip_prefix("file://").unwrap_or(file))),
        };
        let mut outside = None;
        for Candidate { root, path } in &candidates {
            match path.canonicalize() {
                Ok(found) if !self.allows(root.as_deref(), &found) => outside = outside.or(Some(path)),
                Ok(found) if found.is_file() => return Ok(found),
                _ => {}
            }
        }
        match outside {
            Some(path) => Err(refused(format!(
                "{} lies outside the folders that may be read; to allow the one it lies in, name that for a package (--package NAME=DIR; \
                 packages in a scenario)",
                path.display()
            ))),
            None => Err(MeshError::Missing { file: file.into(), tried: candidates.into_iter().map(|at| at.path).collect() }),
        }
    }

    /// Whether a file, links followed, may be read that was looked for in `root`.
    fn allows(&self, root: Option<&Path>, found: &Path) -> bool {
        let named = self.packages.values().chain(&self.shelves).map(PathBuf::as_path);
        root.into_iter().chain(named).any(|folder| found.starts_with(folder))
    }

    /// The folder of the description and those around it, but for the root of all files, which its user can't have meant.
    fn own(&self) -> impl Iterator<Item = &Path> {
        self.folder.iter().flat_map(|folder| folder.ancestors()).filter(|folder| folder.parent().is_some())
    }

    /// Where a name without a package leads. An absolute one takes the place of the folder.
    fn beside(&self, name: &Path) -> Vec<Candidate> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let path = plain(&folder.join(name));
        let root = self.own().find(|root| path.starts_with(root)).map(Path::to_owned);
        vec![Candidate { root, path }]
    }

    /// Where `a/b` of packages may lie.
    fn in_packages(&self, name: &str) -> Vec<Candidate> {
        let (package, rest) = name.split_once('/').unwrap_or(("", name));
        // A second slash would make the rest an absolute name.
        let rest = Path::new(rest.trim_start_matches('/'));
        let in_package = Path::new(package).join(rest);
        let given = self.packages.get(package).into_iter().flat_map(|folder| [(folder.as_path(), rest), (folder, &in_package)]);
        let around = self.shelves.iter().map(PathBuf::as_path).chain(self.own());
        let around = around.flat_map(|folder| [(folder, in_package.as_path()), (folder, rest)]);
        given.chain(around).map(|(root, name)| Candidate { path: plain(&root.join(name)), root: Some(root.to_owned()) }).collect()
    }
}

/// The path without `.` and `..`, by its names alone: links aren't looked at yet.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
