//! A plain loop and the Bevy plugin step the same world: equal trace hashes.
#![cfg(feature = "bevy")]

mod common;

use bevy::prelude::*;
use common::{Centre, ball_world};
use embody_robots::conformance::wandering_action;
use embody_robots::{ActionSpec, Environment, StepKind, TraceHash, seed};
use embody_sim_world::plugin::{AnyEnvironment, ControlStep, EmbodiedWorld, Mirrors, NextAction, WorldPlugin};

const STEPS: u64 = 2000;

fn environment() -> AnyEnvironment {
    AnyEnvironment::new(Box::new(ball_world()), Box::new(Centre::new())).expect("the task's needs are met")
}

fn episode_seed(episode: u64) -> u64 {
    seed::stream(5, &format!("episode {episode}"))
}

#[derive(Resource)]
struct Wanderer(ActionSpec);

fn wander(spec: Res<Wanderer>, world: Res<EmbodiedWorld>, mut action: ResMut<NextAction>) {
    action.0 = wandering_action(&spec.0, world.steps());
}

fn plain_loop() -> (TraceHash, [f32; 3]) {
    let mut env: Environment<_, _> = environment();
    let (mut hash, mut scratch, mut episodes, mut over) = (TraceHash::default(), Vec::new(), 0, true);
    let spec = env.body().action_spec().clone();
    for index in 0..STEPS {
        let action = wandering_action(&spec, index);
        let (step, action) = if over {
            episodes += 1;
            (env.reset(episode_seed(episodes - 1)).expect("reset"), None)
        } else {
            (env.step(&action).expect("step"), Some(&action))
        };
        hash.record(&mut scratch, index, step, action);
        over = matches!(step.kind, StepKind::Last(_));
    }
    assert_eq!(episodes, 3, "the run crosses episodes");
    let at = env.body().truth().pose("ball").expect("pose").translation.vector;
    (hash, [at.x as f32, at.y as f32, at.z as f32])
}

#[test]
fn a_plain_loop_and_the_bevy_plugin_have_the_same_trace() {
    let (expected, at) = plain_loop();
    let mut app = App::new();
    app.add_plugins(WorldPlugin::new(environment(), Box::new(episode_seed)));
    app.insert_resource(Wanderer(environment().body().action_spec().clone()));
    app.add_systems(Update, wander.in_set(ControlStep::Act));
    let ball = app.world_mut().spawn((Mirrors("ball".into()), Transform::default())).id();
    for _ in 0..STEPS {
        app.update();
    }
    let world = app.world().resource::<EmbodiedWorld>();
    assert!(world.failure().is_none());
    assert_eq!(world.steps(), STEPS);
    assert_eq!(world.trace_hash(), expected);
    let mirrored = app.world().get::<Transform>(ball).expect("the entity is there").translation;
    assert_eq!(mirrored.to_array(), at, "the entity stands where the ball is");
}
