//! The `embody` command line.

mod bench;
mod brain;
mod brain_process;
mod check;
mod list;
mod network;
mod network_file;
mod nir;
mod peers;
mod picture;
mod replay;
mod report;
mod robot;
mod run;
mod shot;
mod show;
mod signals;
mod study;
mod substrate;
mod table;
mod train;
mod view;
mod world;

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use embody_brain::numeric::Kernel;

use crate::registry::Registry;

/// A closed-loop lab for spiking controllers: worlds, brains, and the loop between them.
#[derive(Parser)]
#[command(name = "embody", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a scenario, and reports what came of it.
    Run(run::Arguments),
    /// Runs the variants of a scenario times seeds, several at once, and compares them.
    Study(study::Arguments),
    /// Trains the network of a scenario's controller before it runs, such as a trunk's forward model.
    Train(train::Arguments),
    /// Runs a recorded run again and compares every step, or plays its recording.
    Replay(replay::Arguments),
    /// Runs the world of a scenario, whose brain is another program (embody brain, or one of your own).
    World(world::Arguments),
    /// Runs the brain of a scenario, whose world is another program (embody world).
    Brain(brain::Arguments),
    /// Lists the worlds and brains in reach.
    Peers(peers::Arguments),
    /// Lists the scenarios of the library, and the parts that they are made of.
    List,
    /// Shows what a scenario is: its world, body, senses, task, network and periods, and what to run next.
    Show(show::Arguments),
    /// Checks a scenario file: reads it, builds it, runs nothing.
    Check(check::Arguments),
    /// Looks at robots: what a description holds, what is wrong with it, where its links stand.
    Robot(robot::Arguments),
    /// Tells what emulated chips make of a network, and runs it on them step by step.
    Substrate(substrate::Arguments),
    /// Reads, checks, runs and converts networks in the neuromorphic intermediate representation.
    Nir(nir::Arguments),
    /// Draws the world of a scenario, or what a camera in it sees, as a PNG file.
    Picture(picture::Arguments),
    /// Shows a scenario in a window, with what goes on in body and brain (built with --features viewer).
    View(view::Arguments),
    /// Draws a scenario as its window would show it, without a window, as a PNG file (built with --features viewer).
    Shot(shot::Arguments),
    /// Writes a run, a study or a brain as one page, report.html, into its folder.
    Report(report::Arguments),
    /// Measures what the parts and the whole loop cost on this machine.
    Bench(bench::Arguments),
    /// Prints the JSON Schema of scenario files.
    Schema,
    /// The other end of `embody bench transport`, which starts it.
    #[command(name = crate::bench::ECHO, hide = true)]
    Echo(crate::bench::EchoArguments),
    /// A process of `embody bench training`, which starts it.
    #[command(name = crate::bench::TRAINING, hide = true)]
    Training(crate::bench::TrainingArguments),
    /// A process of `embody bench worlds`, which starts it.
    #[command(name = crate::bench::WORLDS, hide = true)]
    Worlds(crate::bench::WorldsArguments),
}

/// An error that ends the program: its message is for the user.
type Failure = Box<dyn std::error::Error>;

/// Runs the command line with the given parts; the process should exit with what it returns. To be called before any thread is
/// started: it may set a variable of the environment, as Zenoh takes the number of its threads from nowhere else.
pub fn main(registry: Registry) -> ExitCode {
    let registry = Arc::new(registry);
    let command = Cli::parse().command;
    let ready = Kernel::check_variable().map_err(Failure::from).and_then(|()| Ok(signals::survive_full_files()?));
    let done = ready.and_then(|()| match command {
        Command::Run(arguments) => run::run(&registry, &arguments),
        Command::Replay(arguments) => replay::replay(&registry, &arguments),
        Command::World(arguments) => world::world(&registry, &arguments),
        Command::Brain(arguments) => brain::brain(&registry, &arguments),
        Command::Peers(arguments) => peers::peers(&arguments),
        Command::Study(arguments) => study::study(&registry, &arguments),
        Command::Train(arguments) => train::train(&registry, &arguments),
        Command::List => list::list(&registry),
        Command::Show(arguments) => show::show(&registry, &arguments),
        Command::Check(arguments) => check::check(&registry, &arguments),
        Command::Robot(arguments) => robot::robot(&arguments),
        Command::Substrate(arguments) => substrate::substrate(&registry, &arguments),
        Command::Nir(arguments) => nir::nir(&registry, &arguments),
        Command::Picture(arguments) => picture::picture(&registry, &arguments),
        Command::View(arguments) => view::view(&registry, &arguments),
        Command::Shot(arguments) => shot::shot(&registry, &arguments),
        Command::Report(arguments) => report::report(&registry, &arguments),
        Command::Bench(arguments) => bench::bench(&registry, &arguments),
        Command::Schema => check::schema(&registry),
        Command::Echo(arguments) => {
            network::keep_to_two_threads();
            Ok(crate::bench::echo(&registry, &arguments).map(|()| ExitCode::SUCCESS)?)
        }
        Command::Training(arguments) => Ok(crate::bench::train(&arguments).map(|()| ExitCode::SUCCESS)?),
        Command::Worlds(arguments) => Ok(crate::bench::step_worlds(&arguments).map(|()| ExitCode::SUCCESS)?),
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            complain(error);
            ExitCode::FAILURE
        }
    }
}

/// Prints a line on standard output. That nobody reads on is no error; that it can't be written, as on a full disk, is one.
fn say(line: impl Display) -> std::io::Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints a line for people on standard error. Whoever closed it doesn't want to know.
fn mention(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints an error on standard error; if even that fails there is nobody left to tell.
fn complain(error: impl Display) {
    let _ = writeln!(std::io::stderr(), "embody: {error}");
}

/// Has Mesa not look for a desktop where there is none: it would complain. To be called before any thread is started.
#[cfg(feature = "viewer")]
fn draw_without_desktop() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        #[expect(clippy::disallowed_methods, reason = "Mesa takes it from nowhere else, and no other thread runs yet")]
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe {
            std::env::set_var("NODEVICE_SELECT", "1");
        }
    }
}

/// Why a command of the viewer does nothing in a program that was built without one.
#[cfg(not(feature = "viewer"))]
fn without_viewer(command: &str) -> Failure {
    let (picture, scenario) = ("embody picture draws without it", command.rsplit(' ').next().unwrap_or_default());
    format!("this program was built without the viewer: cargo run --release --features viewer -- {command} ({picture}: embody picture {scenario})").into()
}
