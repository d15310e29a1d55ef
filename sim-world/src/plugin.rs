//! A Bevy plugin that owns an environment and steps it, one control period each time its schedule runs.
//!
//! It is the second face of the same world: the environment is the one that a plain loop steps, and so is the trace
//! hash. Headless: only Bevy's app, schedules and transforms are used, nothing is rendered. A viewer adds its own plugins
//! and puts the steps into `FixedUpdate`; a test or a server runs them in `Update`, as fast as it likes.
//!
//! Here too the world's axes are the project's: metres, z up. What is drawn elsewhere must turn its camera, not the world.

use std::sync::Mutex;

use bevy::app::{App, Plugin, Update};
use bevy::ecs::schedule::{InternedScheduleLabel, IntoScheduleConfigs, ScheduleLabel, SystemSet};
use bevy::ecs::{component::Component, resource::Resource, system::Query, system::Res, system::ResMut};
use bevy::math::{Quat, Vec3};
use bevy::platform::cell::SyncCell;
use bevy::transform::components::Transform;
use embody_robots::{Action, Body, Environment, EnvironmentError, Pose, StepKind, Task, TimeStep, TraceHash};

/// Any body with any task.
pub type AnyEnvironment = Environment<dyn Body, dyn Task>;

/// Gives each episode, counted from 0, its seed.
pub type EpisodeSeeds = Box<dyn Fn(u64) -> u64 + Send + Sync>;

/// What happens in one control step, in this order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlStep {
    /// Whoever controls reads the [`EmbodiedWorld`]'s time step and writes the [`NextAction`]. Empty here.
    Act,
    /// The environment is stepped, or reset where an episode begins.
    Step,
    /// The poses of links are copied to the entities that mirror them.
    Mirror,
}

/// The action of the next control step. The safe action until somebody writes another.
#[derive(Resource, Clone, Debug)]
pub struct NextAction(pub Action);

/// Put on an entity, it makes its [`Transform`] follow the named frame of the stage. Scale is left alone.
#[derive(Component, Clone, Debug)]
pub struct Mirrors(pub String);

/// The environment, its trace hash, and how far it has come.
#[derive(Resource)]
pub struct EmbodiedWorld {
    // A body needn't be `Sync`; a cell that is only ever borrowed mutably makes it so.
    environment: SyncCell<AnyEnvironment>,
    seeds: EpisodeSeeds,
    episodes: u64,
    steps: u64,
    over: bool,
    hash: TraceHash,
    scratch: Vec<u8>,
    failure: Option<EnvironmentError>,
}

impl EmbodiedWorld {
    fn new(environment: AnyEnvironment, seeds: EpisodeSeeds) -> EmbodiedWorld {
        EmbodiedWorld {
            environment: SyncCell::new(environment),
            seeds,
            episodes: 0,
            steps: 0,
            over: true,
            hash: TraceHash::default(),
            scratch: Vec::new(),
            failure: None,
        }
    }

    /// The environment: its body, its stage, its task.
    pub fn environment(&mut self) -> &AnyEnvironment {
        self.environment.get()
    }

    /// The last time step; before the first run of the schedule there is none.
    pub fn time_step(&mut self) -> Option<&TimeStep> {
        (self.steps > 0).then(|| self.environment.get().time_step())
    }

    /// Number of time steps so far, first steps of episodes among them.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Hash of every time step so far.
    pub fn trace_hash(&self) -> TraceHash {
        self.hash
    }

    /// Why the world stopped, if it did. It then stays as it is.
    pub fn failure(&self) -> Option<&EnvironmentError> {
        self.failure.as_ref()
    }

    /// One control step: a reset where an episode begins, and else a step with `action`.
    fn step(&mut self, action: &Action) {
        if self.failure.is_some() {
            return;
        }
        let environment = self.environment.get();
        let result = if self.over {
            self.episodes += 1;
            environment.reset((self.seeds)(self.episodes - 1)).map(|step| (step, None))
        } else {
            environment.step(action).map(|step| (step, Some(action)))
        };
        match result {
            Ok((step, action)) => {
                self.hash.record(&mut self.scratch, self.steps, step, action);
                self.over = matches!(step.kind, StepKind::Last(_));
                self.steps += 1;
            }
            Err(error) => self.failure = Some(error),
        }
    }
}

/// Steps an environment one control period each time its schedule runs.
pub struct WorldPlugin {
    // Bevy builds plugins through a shared reference; the world moves into the app on the first build.
    world: Mutex<Option<EmbodiedWorld>>,
    schedule: InternedScheduleLabel,
}

impl WorldPlugin {
    /// A plugin that steps `environment` in [`Update`]: once for each `app.update()`.
    pub fn new(environment: AnyEnvironment, seeds: EpisodeSeeds) -> WorldPlugin {
        WorldPlugin { world: Mutex::new(Some(EmbodiedWorld::new(environment, seeds))), schedule: Update.intern() }
    }

    /// Steps in another schedule, such as `FixedUpdate`.
    pub fn in_schedule(self, schedule: impl ScheduleLabel) -> WorldPlugin {
        WorldPlugin { schedule: schedule.intern(), ..self }
    }
}

impl Plugin for WorldPlugin {
    fn build(&self, app: &mut App) {
        let world = self.world.lock().map_or(None, |mut world| world.take());
        let Some(mut world) = world else { return };
        app.insert_resource(NextAction(world.environment().body().safe_action()));
        app.insert_resource(world);
        app.configure_sets(self.schedule, (ControlStep::Act, ControlStep::Step, ControlStep::Mirror).chain());
        app.add_systems(self.schedule, (step.in_set(ControlStep::Step), mirror.in_set(ControlStep::Mirror)));
    }
}

fn step(mut world: ResMut<EmbodiedWorld>, action: Res<NextAction>) {
    world.step(&action.0);
}

fn mirror(mut world: ResMut<EmbodiedWorld>, mut mirrors: Query<(&Mirrors, &mut Transform)>) {
    let stage = world.environment.get().body().truth();
    for (Mirrors(name), mut transform) in &mut mirrors {
        if let Ok(pose) = stage.pose(name) {
            (transform.translation, transform.rotation) = to_bevy(&pose);
        }
    }
}

/// A pose in Bevy's vectors, by way of arrays: nalgebra, Rapier and Bevy each have their own.
fn to_bevy(pose: &Pose) -> (Vec3, Quat) {
    let translation: [f64; 3] = pose.translation.vector.into();
    let rotation: [f64; 4] = pose.rotation.coords.into();
    (Vec3::from_array(translation.map(|x| x as f32)), Quat::from_array(rotation.map(|x| x as f32)))
}
