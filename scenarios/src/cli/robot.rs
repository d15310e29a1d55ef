//! `embody robot`: what a description holds, what is wrong with it, and where its links stand.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use embody_robots::file::{self, Description, Finding};
use embody_robots::mesh::{Roots, package_path};
use embody_robots::robot::Severity;
use embody_robots::{Kinematics, Pose};
use serde_json::{Value, json};

use super::{Failure, say};

/// Arguments of `embody robot`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the tree, joints, limits and masses of a robot, and what of its file was ignored.
    Info(Source),
    /// Looks for mistakes: inertias that can't be, limits reversed, meshes that can't be had or read, and more.
    Check(Source),
    /// Prints where links stand in the base frame.
    Fk(Fk),
}

/// Which robot.
#[derive(Args)]
struct Source {
    /// Path of a URDF or MJCF file, or name of a robot in the catalogue
    robot: String,
    /// Where the meshes of a package lie; can be given for each package
    #[arg(long = "package", value_name = "NAME=DIR", value_parser = pair)]
    packages: Vec<(String, String)>,
}

/// Arguments of `embody robot fk`.
#[derive(Args)]
struct Fk {
    #[command(flatten)]
    source: Source,
    /// Positions of joints in rad or m; those not named are at zero, or follow what they mimic
    #[arg(long, value_name = "NAME=VALUE,...", value_delimiter = ',', value_parser = pair, allow_hyphen_values = true)]
    joints: Vec<(String, String)>,
    /// The link; all of them unless given
    #[arg(long)]
    link: Option<String>,
    /// As JSON: an object for one link, an array of them for all
    #[arg(long)]
    json: bool,
}

/// NAME=WHAT, in two.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, what) = text.split_once('=').ok_or_else(|| format!("expected NAME=..., found {text:?}"))?;
    Ok((name.trim().into(), what.trim().into()))
}

/// Runs `embody robot`.
pub fn robot(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Info(source) => info(source),
        Command::Check(source) => check(source),
        Command::Fk(arguments) => forward(arguments),
    }
}

impl Source {
    fn read(&self) -> Result<Description, Failure> {
        Ok(file::find(&self.robot)?)
    }

    /// The folders that its meshes may lie in.
    fn roots(&self, description: &Description) -> Roots {
        let packages: BTreeMap<_, _> = self.packages.iter().map(|(name, folder)| (name.clone(), PathBuf::from(folder))).collect();
        Roots::new(description.folder.as_deref(), packages, &package_path())
    }
}

fn info(source: &Source) -> Result<ExitCode, Failure> {
    let description = source.read()?;
    say(file::summary(&description).trim_end())?;
    if file::is_path(&source.robot) && !description.robot.actuators.is_empty() {
        say(
            "its actuators drive it where code builds a world of the file; a scenario leaves them out, and says itself what is driven and how",
        )?;
    }
    let roots = source.roots(&description);
    for mesh in description.report.meshes(&description.robot) {
        if let Err(why) = roots.find(mesh.file) {
            say(format_args!("{}:{}: {why}", description.report.file, mesh.line))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints every mistake; those that no world can be built with make it fail.
fn check(source: &Source) -> Result<ExitCode, Failure> {
    let description = source.read()?;
    let report = &description.report;
    let mut found = report.findings.clone();
    found.extend(description.mesh_problems(&source.roots(&description)));
    found.sort_by(|a, b| (a.line, a.severity, &a.what).cmp(&(b.line, b.severity, &b.what)));
    for Finding { severity, line, what } in &found {
        let severity = if *severity == Severity::Error { "error" } else { "warning" };
        say(format_args!("{}:{line}: {severity}: {what}", report.file))?;
    }
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    match (errors, found.len() - errors) {
        (0, 0) => say(format_args!("{}: {}, fine", report.file, description.robot.name))?,
        (errors, warnings) => say(format_args!("{}: {errors} errors, {warnings} warnings", report.file))?,
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn forward(arguments: &Fk) -> Result<ExitCode, Failure> {
    let description = arguments.source.read()?;
    let kinematics = Kinematics::new(&description.robot).map_err(|problem| description.report.error(&problem))?;
    let positions = arguments.joints.iter().map(|(name, value)| match value.parse::<f64>() {
        Ok(value) => Ok((name.as_str(), value)),
        Err(_) => Err(format!("--joints: {name}: expected a number, found {value:?}")),
    });
    let positions = kinematics.positions(positions.collect::<Result<Vec<_>, _>>()?)?;
    let poses = kinematics.poses(&positions);
    let links: Vec<usize> = match &arguments.link {
        Some(name) => vec![kinematics.link(name)?],
        None => kinematics.order().to_vec(),
    };
    let named = links.into_iter().map(|link| (description.robot.links[link].name.as_str(), &poses[link]));
    if arguments.json {
        let mut values: Vec<_> = named.map(|(name, pose)| value(name, pose)).collect();
        say(match (arguments.link.is_some(), values.pop()) {
            (true, Some(value)) => value,
            (_, last) => values.into_iter().chain(last).collect(),
        })?;
    } else {
        for (name, pose) in named {
            let ([x, y, z], [i, j, k, w]) = parts(pose);
            say(format_args!("{name}: position ({x:.6}, {y:.6}, {z:.6}) m, quaternion xyzw ({i:.6}, {j:.6}, {k:.6}, {w:.6})"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn value(link: &str, pose: &Pose) -> Value {
    let (position_m, quaternion_xyzw) = parts(pose);
    json!({ "link": link, "position_m": position_m, "quaternion_xyzw": quaternion_xyzw })
}

/// Position and quaternion. Adding zero takes the sign off a zero.
fn parts(pose: &Pose) -> ([f64; 3], [f64; 4]) {
    let position: [f64; 3] = pose.translation.vector.into();
    let quaternion: [f64; 4] = pose.rotation.coords.into();
    (position.map(|x| x + 0.0), quaternion.map(|x| x + 0.0))
}
