//! `embody peers`.

use std::process::ExitCode;

use clap::Args;
use embody_bridges::link;
use embody_bridges::protocol::Role;

use super::network::NetworkArguments;
use super::{Failure, say, signals};

/// Arguments of `embody peers`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    network: NetworkArguments,
}

/// Lists the worlds and brains in reach.
pub fn peers(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let stop = signals::stop_flag()?;
    let peers = link::peers(&arguments.network.network(), &stop)?;
    for peer in &peers {
        let about = match (&peer.role, &peer.description) {
            (Role::Brain, _) => String::new(),
            (Role::World, None) => "gives no account of itself".into(),
            (Role::World, Some(Err(error))) => format!("can't be understood: {error}"),
            (Role::World, Some(Ok(world))) => {
                let brain = if world.brain.is_empty() { "no brain".into() } else { format!("brain {:?}", world.brain) };
                let (scenario, seed, mode, step) = (&world.scenario, world.seed, world.mode, world.step);
                format!("{scenario}, seed {seed}, {mode}, control step {step}, {brain}, version {}", world.program)
            }
        };
        say(format!("{}  {}  {}  {about}", peer.role, peer.prefix, peer.id).trim_end())?;
    }
    if peers.is_empty() {
        say("no world and no brain is in reach")?;
    }
    Ok(ExitCode::SUCCESS)
}
