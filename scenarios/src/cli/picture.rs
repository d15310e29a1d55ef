//! `embody picture`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::builder::RangedI64ValueParser;
use embody_robots::{Body, Nanos};
use embody_sim_world::World;

use super::run::Changes;
use super::{Failure, say};
use crate::picture::{self, Grey, SIDES, View};
use crate::registry::Registry;
use crate::run::{Session, folder};
use crate::scenario::Loaded;

/// Arguments of `embody picture`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Simulated time after which the picture is drawn, such as 500ms or 20s
    #[arg(long, default_value = "2s")]
    time: Nanos,
    /// The file; one that is there is replaced [default: <scenario>.png]
    #[arg(long, value_name = "FILE.png")]
    out: Option<PathBuf>,
    /// Width (pixels)
    #[arg(long, default_value_t = 960, value_parser = RangedI64ValueParser::<u16>::new().range(SIDES))]
    width: u16,
    /// Height (pixels)
    #[arg(long, default_value_t = 540, value_parser = RangedI64ValueParser::<u16>::new().range(SIDES))]
    height: u16,
    #[command(flatten)]
    from_where: FromWhere,
    /// What this camera of the robot sees, magnified, beside its events of the last control period: white for brighter, black for darker
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to", "view"])]
    camera: Option<String>,
}

/// A view from outside; what isn't told follows from the robot.
#[derive(Args)]
struct FromWhere {
    /// Where the eye is (m)
    #[arg(long, value_name = "X,Y,Z", value_parser = point, allow_hyphen_values = true)]
    from: Option<[f64; 3]>,
    /// What is in the middle of the picture (m)
    #[arg(long, value_name = "X,Y,Z", value_parser = point, allow_hyphen_values = true)]
    to: Option<[f64; 3]>,
    /// Width of the view (degrees)
    #[arg(long, value_name = "DEG", default_value_t = 50.0, value_parser = angle)]
    view: f64,
}

/// Farther than any eye is (m): beyond, single precision has no digits left for what is looked at.
const FARTHEST_M: f64 = 1e5;

/// Three numbers with commas between them.
fn point(text: &str) -> Result<[f64; 3], String> {
    let number = |part: &str| part.trim().parse().ok().filter(|x: &f64| x.abs() <= FARTHEST_M);
    let numbers: Option<Vec<f64>> = text.split(',').map(number).collect();
    let point = numbers.and_then(|numbers| <[f64; 3]>::try_from(numbers).ok());
    point.ok_or_else(|| format!("expected three numbers X,Y,Z within {FARTHEST_M} m, found {text:?}"))
}

fn angle(text: &str) -> Result<f64, String> {
    let angle = text.parse().ok().filter(|angle| (1.0..=150.0).contains(angle));
    angle.ok_or_else(|| format!("expected 1 to 150 degrees, found {text:?}"))
}

/// Draws the world of a scenario after it has run for a while.
pub fn picture(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let time = format!("time.duration={}", arguments.time);
    let settings: Vec<String> = arguments.changes.settings(None).into_iter().chain([time]).collect();
    let loaded = Loaded::find(registry, &arguments.scenario, &settings)?;
    let path = arguments.out.clone().unwrap_or_else(|| format!("{}.png", loaded.scenario.name).into());
    check_name(&path)?;
    let picture = arguments.draw(registry, &loaded)?;
    folder::replace(&path, &picture.png()?)?;
    let [width, height] = picture.size();
    say(format_args!("{}: {width} x {height} pixels, {} after {}", path.display(), loaded.scenario.name, arguments.time))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn check_name(path: &Path) -> Result<(), Failure> {
    match path.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("png") => Ok(()),
        _ => Err(format!("--out: expected a file that ends in .png, found {}", path.display()).into()),
    }
}

impl Arguments {
    fn draw(&self, registry: &Arc<Registry>, loaded: &Loaded) -> Result<Grey, Failure> {
        let session = run(registry, loaded)?;
        let body = session.environment().body();
        match &self.camera {
            Some(name) => {
                let index = body.observation_spec().index(name);
                let (Some(index), Some(image)) = (index, body.image(name)) else { return Err(no_camera(body, name).into()) };
                let events = session.environment().time_step().observation.events(index);
                Ok(picture::of_sensor(&image, events, self.width, self.height))
            }
            None => {
                let mut portrayed = loaded.body(registry)?;
                portrayed.restore(&body.save()?)?;
                Ok(picture::of_world(&*portrayed, &self.view(&*portrayed)?, self.width, self.height)?)
            }
        }
    }

    /// The view that is asked for, completed by the one that suits the robot.
    fn view(&self, body: &dyn World) -> Result<View, Failure> {
        let FromWhere { from, to, view } = &self.from_where;
        let width_rad = view * std::f64::consts::PI / 180.0;
        let suited = View::of(body, width_rad, f64::from(self.height) / f64::from(self.width))?;
        let view = View { from_m: from.unwrap_or(suited.from_m), to_m: to.unwrap_or(suited.to_m), width_rad };
        if view.from_m == view.to_m {
            return Err(format!("--from and --to: expected two places, found {:?} twice", view.from_m).into());
        }
        Ok(view)
    }
}

/// Runs the scenario to its end, in no folder.
fn run(registry: &Arc<Registry>, loaded: &Loaded) -> Result<Session, Failure> {
    let time = &loaded.scenario.time;
    let mut session = Session::new(loaded.assemble(registry)?, loaded.scenario.seed);
    for _ in 0..time.duration.0 / time.control_period.0 {
        if session.is_over() {
            break;
        }
        session.advance(|_| ())?;
    }
    Ok(session)
}

fn no_camera(body: &dyn Body, name: &str) -> String {
    let fields = body.observation_spec().fields.iter().map(|field| field.name.as_str());
    let cameras: Vec<&str> = fields.filter(|name| body.image(name).is_some()).collect();
    let known = if cameras.is_empty() { "it has none".into() } else { format!("known: {}", cameras.join(", ")) };
    format!("--camera: the robot has no camera {name:?}; {known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_angles_are_read_or_refused() {
        assert_eq!(point("-1, 2.5,3e1"), Ok([-1.0, 2.5, 30.0]));
        for text in ["", "1,2", "1,2,3,4", "1,2,x", "1,2,NaN", "1,2,inf", "1,2,1e9"] {
            assert!(point(text).is_err_and(|why| why.contains("X,Y,Z")), "{text}");
        }
        assert_eq!(angle("60"), Ok(60.0));
        assert!(["0", "180", "NaN", "wide"].iter().all(|text| angle(text).is_err()));
    }
}
