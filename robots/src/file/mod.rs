//! Robots by file: URDF and MJCF, read into a [`RobotSpec`] and a [`Report`] of what is wrong, doubtful or ignored, with lines.
//!
//! A file may come from anywhere: how large it may be is limited, no other file is read with it, and nothing in it can make the reader panic
//! or grow beyond its text. Meshes are only named; [`crate::mesh`] reads them when they are needed.

mod bytes;
mod error;
mod meshes;
mod report;
mod summary;
mod xml;

use std::path::{Path, PathBuf};

pub(crate) use bytes::{read as read_bytes, text as to_text};
pub use error::ReadError;
pub use report::{Finding, Ignored, MeshUse, Report};
pub use summary::summary;
pub(crate) use xml::{Attribute, Document, Element};

use meshes::Meshes;

use crate::mesh::Roots;
use crate::robot::{Place, RobotSpec, Severity, Shape};
use crate::{catalogue, mjcf, urdf};

/// The largest description that is read (MiB). Those in the wild have a hundredth of it.
const LARGEST_MIB: u64 = 16;

/// A robot that was read, or taken from the catalogue.
#[derive(Clone, Debug)]
pub struct Description {
    /// The robot.
    pub robot: RobotSpec,
    /// What came of reading it.
    pub report: Report,
    /// The folder that its meshes are named from; none for a robot without a file.
    pub folder: Option<PathBuf>,
}

impl Description {
    /// Makes it ready for a world: refuses what none can be built of, and reads its meshes.
    ///
    /// # Errors
    /// If it has a mistake, a moving link that weighs nothing and isn't welded to one that does, or a mesh that can't be had; if its
    /// meshes have more than 2^24 corners together. With file and line.
    pub fn prepare(&mut self, roots: &Roots) -> Result<(), ReadError> {
        let Description { robot, report, .. } = self;
        report.refuse(robot)?;
        let mut meshes = Meshes::new(roots);
        for (link, spec) in robot.links.iter_mut().enumerate() {
            for (part, spec) in spec.parts.iter_mut().enumerate() {
                if let Shape::Mesh { file, scale } = &spec.shape {
                    let wrong =
                        |what| ReadError::At { file: report.file.clone(), line: report.line(Place::Part(link, part)), what };
                    spec.shape = meshes.read(file, *scale).map_err(wrong)?;
                }
            }
        }
        Ok(())
    }

    /// What is wrong with its meshes, line by line: those that can't be had, can't be read, or are too large.
    pub fn mesh_problems(&self, roots: &Roots) -> Vec<Finding> {
        let mut meshes = Meshes::new(roots);
        let used = self.report.meshes(&self.robot).into_iter();
        used.filter_map(|MeshUse { line, file, scale }| {
            Some(Finding { severity: Severity::Error, line, what: meshes.read(file, scale).err()? })
        })
        .collect()
    }
}

/// Whether `source` names a file, as what has an ending or a slash does, and not a robot of the catalogue.
pub fn is_path(source: &str) -> bool {
    Path::new(source).extension().is_some() || source.contains(['/', '\\'])
}

/// The robot that `source` names: a file, if it [is a path](is_path), and else a robot of the catalogue.
///
/// # Errors
/// If it is neither, or can't be read.
pub fn find(source: &str) -> Result<Description, ReadError> {
    if is_path(source) {
        return read(Path::new(source));
    }
    match catalogue::find(source) {
        Some(found) => found,
        None => {
            let known: Vec<_> = catalogue::NAMES.iter().map(|(name, _)| *name).collect();
            let what = format!(
                "no robot of the catalogue, which has {}; a file is named with its ending, .urdf or .xml",
                known.join(", ")
            );
            Err(ReadError::Whole { file: source.into(), what })
        }
    }
}

/// Reads a URDF or MJCF file.
///
/// # Errors
/// If it can't be read, has more than 16 MiB, isn't XML, has another format, or its links are no tree. What is wrong apart from that is in
/// the report.
pub fn read(path: &Path) -> Result<Description, ReadError> {
    let file = path.display().to_string();
    let text = to_text(read_bytes(path, LARGEST_MIB)?, &file)?;
    let folder = path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    Ok(Description { folder: folder.map(Path::to_owned), ..parse(&text, &file)? })
}

/// Reads the text of a URDF or MJCF file; `file` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn parse(text: &str, file: &str) -> Result<Description, ReadError> {
    if text.len() as u64 > LARGEST_MIB << 20 {
        return Err(ReadError::TooLarge { file: file.into(), limit_mib: LARGEST_MIB });
    }
    let document = Document::parse(text.trim_start_matches('\u{feff}'), file)?;
    let mut report = Report::new(file);
    let root = document.root();
    let robot = match root.name() {
        "robot" => match document.xacro() {
            Some(line) => {
                let what = "this is a template: expected what `xacro` makes of it, without xacro's elements and ${...}";
                report.warn(line, what.into());
                let at = |why: ReadError| ReadError::At { file: file.into(), line, what: format!("{what} ({why})") };
                urdf::read(root, &mut report).map_err(at)?
            }
            None => urdf::read(root, &mut report)?,
        },
        "mujoco" => mjcf::read(root, &mut report)?,
        other => return Err(root.error(format!("expected <robot> (URDF) or <mujoco> (MJCF), found <{}>", xml::shortened(other)))),
    };
    report.ignored = document.ignored();
    report.examine(&robot)?;
    Ok(Description { robot, report, folder: None })
}
