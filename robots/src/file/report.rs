//! What came of reading a description: what is wrong or doubtful, what was ignored, and the line of everything.

use std::collections::BTreeMap;

use super::error::ReadError;
use crate::robot::{Place, Problem, RobotSpec, Severity, Shape};
use crate::tree::Tree;

/// What came of reading a description.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The file that was read.
    pub file: String,
    /// What is wrong or doubtful, by line.
    pub findings: Vec<Finding>,
    /// What wasn't read, in the order of the file.
    pub ignored: Vec<Ignored>,
    lines: BTreeMap<Place, u32>,
}

/// Something wrong or doubtful in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The line, counted from 1.
    pub line: u32,
    /// What it is.
    pub what: String,
}

/// Something in a file that wasn't read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The line, counted from 1.
    pub line: u32,
    /// The element, or the attribute.
    pub what: String,
}

/// A mesh that a description names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeshUse<'a> {
    /// The line, counted from 1.
    pub line: u32,
    /// The file as the description names it.
    pub file: &'a str,
    /// By how much its coordinates are multiplied along x, y, z.
    pub scale: [f64; 3],
}

impl Report {
    /// An empty report on `file`.
    pub(crate) fn new(file: &str) -> Report {
        Report { file: file.into(), ..Report::default() }
    }

    /// Notes the line of a place.
    pub(crate) fn at(&mut self, place: Place, line: u32) {
        self.lines.insert(place, line);
    }

    /// Notes something doubtful.
    pub(crate) fn warn(&mut self, line: u32, what: String) {
        self.findings.push(Finding { severity: Severity::Warning, line, what });
    }

    /// The line of a part of the description, or of what it belongs to; 1 for what comes from no line.
    pub fn line(&self, place: Place) -> u32 {
        let owner = match place {
            Place::Inertial(link) | Place::Part(link, _) => Place::Link(link),
            Place::Limits(joint) => Place::Joint(joint),
            place => place,
        };
        self.lines.get(&place).or_else(|| self.lines.get(&owner)).copied().unwrap_or(1)
    }

    /// A problem as an error that names file and line.
    pub fn error(&self, problem: &Problem) -> ReadError {
        ReadError::At { file: self.file.clone(), line: self.line(problem.place), what: problem.what.clone() }
    }

    /// Refuses a description that no world can be built of: the first mistake, or the first moving link that weighs nothing.
    pub(super) fn refuse(&self, robot: &RobotSpec) -> Result<(), ReadError> {
        if let Some(finding) = self.findings.iter().find(|finding| finding.severity == Severity::Error) {
            return Err(ReadError::At { file: self.file.clone(), line: finding.line, what: finding.what.clone() });
        }
        let massless = Tree::new(robot).map_err(|problem| self.error(&problem))?.massless(robot);
        massless.first().map_or(Ok(()), |link| {
            let name = &robot.links[*link].name;
            let what = format!("link {name:?} moves: expected mass above zero in it or in what it is welded to, found none");
            Err(ReadError::At { file: self.file.clone(), line: self.line(Place::Link(*link)), what })
        })
    }

    /// Adds what the description's own checks find.
    ///
    /// # Errors
    /// If the links are no tree: nothing can be told of such a robot.
    pub(crate) fn examine(&mut self, robot: &RobotSpec) -> Result<(), ReadError> {
        Tree::new(robot).map_err(|problem| self.error(&problem))?;
        for Problem { severity, place, what } in robot.problems() {
            self.findings.push(Finding { severity, line: self.line(place), what });
        }
        self.findings.sort_by_key(|finding| finding.line);
        Ok(())
    }

    /// The meshes that the description names, each as often as it does.
    pub fn meshes<'a>(&self, robot: &'a RobotSpec) -> Vec<MeshUse<'a>> {
        let parts = robot
            .links
            .iter()
            .enumerate()
            .flat_map(|(link, spec)| spec.parts.iter().enumerate().map(move |(part, spec)| (Place::Part(link, part), spec)));
        let mesh = |(place, part): (Place, &'a crate::robot::Part)| match &part.shape {
            Shape::Mesh { file, scale } => Some(MeshUse { line: self.line(place), file, scale: *scale }),
            _ => None,
        };
        parts.filter_map(mesh).collect()
    }
}
