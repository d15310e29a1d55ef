//! The loop of `reaching`, learning included, has the same trace hash inside a Bevy app as in a plain loop.

use std::sync::{Arc, Mutex};

use bevy::prelude::*;
use embody_controllers::Hosted;
use embody_robots::TimeStep;
use embody_scenarios::run::{Session, episode_seeds};
use embody_scenarios::{Loaded, Registry};
use embody_sim_world::plugin::{ControlStep, EmbodiedWorld, NextAction, WorldPlugin};

const SEED: u64 = 3;
const STEPS: u64 = 3_000;

/// The controller inside the app, and whether its episode has begun.
#[derive(Resource)]
struct Brain(Mutex<(Hosted, bool)>);

fn act(brain: Res<Brain>, mut world: ResMut<EmbodiedWorld>, mut action: ResMut<NextAction>) {
    let mut brain = brain.0.lock().expect("nothing panics while it is held");
    let (controller, begun) = &mut *brain;
    let Some(step) = world.time_step().cloned() else { return };
    let step: TimeStep = step;
    if !*begun {
        controller.begin_episode(episode_seeds(SEED, 0)[1]).expect("begin");
        *begun = true;
    }
    let truth = world.environment().body().truth();
    controller.act(&step, truth, &mut action.0).expect("act");
}

#[test]
fn a_bevy_app_and_a_plain_loop_learn_with_the_same_trace() {
    let registry = Arc::new(Registry::default());
    let loaded = Loaded::find(&registry, "reaching", &[]).expect("the library's scenario");
    let mut session = Session::new(loaded.assemble(&registry).expect("assembles"), SEED);
    for _ in 0..STEPS {
        session.advance(|_| ()).expect("advance");
    }

    let assembly = loaded.assemble(&registry).expect("assembles");
    let mut app = App::new();
    app.add_plugins(WorldPlugin::new(assembly.environment, Box::new(|episode| episode_seeds(SEED, episode)[0])));
    app.insert_resource(Brain(Mutex::new((assembly.controller, false))));
    app.add_systems(Update, act.in_set(ControlStep::Act));
    for _ in 0..=STEPS {
        app.update();
    }
    let world = app.world().resource::<EmbodiedWorld>();
    assert!(world.failure().is_none());
    assert_eq!(world.steps(), STEPS + 1, "the first record is that of the reset");
    assert_eq!(world.trace_hash(), session.position().trace);
}
