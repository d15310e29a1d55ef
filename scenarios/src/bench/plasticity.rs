//! What a SPORE synapse costs for a step of 1 ms: the windowed form against the definition, step by step.
//!
//! Both forms get the same activity, 8 targets that fire at about 10 Hz, dopamine that changes with each control period, and the settings
//! of `reaching-s`. Of the 256 sources either a tenth at a time fires, others in each 100 ms, as the pixels do that the ball passes, or, in the
//! rows called dense, all of them all the time, at 10 Hz. The step-by-step form is vector code too: what is compared is the algorithm.

use std::convert::Infallible;
use std::sync::Arc;

use embody_brain::plasticity::spore::{Shape, Spore, SporeSynapses, Stepwise, Windowed};
use embody_controllers::spore::SporeSettings;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::measure::{in_turns, least};
use super::{BenchError, Row};
use crate::config::ConfigError;
use crate::registry::Registry;
use crate::scenario::Loaded;

const SOURCES: usize = 256;
const TARGETS: usize = 8;

/// Synapses a pair: those of `reaching-s`, then those of `reaching`.
const PER_PAIR: [usize; 2] = [10, 1];

/// Probability of a spike in a step, of any neuron: 10 Hz.
const SPIKING: f64 = 0.01;

/// Steps in which dopamine stays the same: a control period.
const DOPAMINE_STEPS: usize = 20;

/// Steps after which other sources are active.
const WINDOW_STEPS: usize = 100;

/// Steps of a turn: of the windowed form 20 windows, of the other as many as take about as long.
const TURN: [usize; 2] = [2000, 100];

const TURNS: usize = 150;

/// Seed of activity and synapses.
const SEED: u64 = 1;

pub(super) fn measure(registry: &Arc<Registry>) -> Result<Vec<Row>, BenchError> {
    let spore = settings(registry)?;
    let activities = [("", Activity::new(TURN[0] * 4, SOURCES / 10)), ("/dense", Activity::new(TURN[0] * 4, SOURCES))];
    let rows = PER_PAIR.into_iter().flat_map(|per_pair| activities.iter().map(move |activity| (per_pair, activity)));
    Ok(rows.map(|(per_pair, (name, activity))| row(&spore, name, activity, per_pair)).collect())
}

fn row(spore: &Spore, name: &str, activity: &Activity, per_pair: usize) -> Row {
    let shape = Shape { sources: SOURCES, targets: TARGETS, per_pair };
    let mut windowed = Windowed::<f32>::new(spore, shape, 1.0, SEED);
    let mut stepwise = Stepwise::<f32>::new(spore, shape, 1.0, SEED);
    let (mut windowed_at, mut stepwise_at) = (0, 0);
    let times = in_turns(
        TURNS,
        || -> Result<(), Infallible> {
            activity.play(&mut windowed, &mut windowed_at, TURN[0]);
            Ok(())
        },
        || {
            activity.play(&mut stepwise, &mut stepwise_at, TURN[1]);
            Ok(())
        },
    );
    let Ok([windowed, stepwise]) = times;
    let synapses = SOURCES * TARGETS * per_pair;
    let ns = |times: &[f64], steps: usize| least(times) * 1e9 / (synapses * steps) as f64;
    Row::less(format!("plasticity/{synapses}{name}"), ns(&windowed, TURN[0]), "ns/synapse/step", ns(&stepwise, TURN[1]))
}

/// The rule's parameters in `reaching-s`.
fn settings(registry: &Registry) -> Result<Spore, BenchError> {
    let loaded = Loaded::find(registry, "reaching-s", &[])?;
    let table = toml::Value::Table(loaded.scenario.controller.settings("spore"));
    let settings = SporeSettings::deserialize(table);
    let settings = settings.map_err(|e| ConfigError::refused(loaded.node(), "controller.spore", e.to_string()))?;
    Ok(settings.plasticity)
}

/// What happens in each step, again and again.
struct Activity {
    pre: Vec<Vec<u32>>,
    bap: Vec<[f32; TARGETS]>,
    dopamine: Vec<f32>,
}

impl Activity {
    /// `steps` steps in which `active` sources at a time fire, others in each window.
    fn new(steps: usize, active: usize) -> Activity {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut spikes = |count: usize| (0..count).map(|_| rng.random::<f64>() < SPIKING).collect::<Vec<bool>>();
        // A stride prime to the number of sources brings all of them round.
        let first = |step: usize| step / WINDOW_STEPS * 37 % SOURCES;
        let is_active = |step: usize, i: usize| (i + SOURCES - first(step)) % SOURCES < active;
        let fired = |(step, spikes): (usize, Vec<bool>)| -> Vec<u32> {
            (0..SOURCES).filter(|&i| spikes[i] && is_active(step, i)).map(|i| i as u32).collect()
        };
        let pre = (0..steps).map(|step| fired((step, spikes(SOURCES)))).collect();
        // What a spike leaves is its surprise: 1 - p, and -p where there is none.
        let trace = |spike: bool| f32::from(u8::from(spike)) - SPIKING as f32;
        let bap = (0..steps).map(|_| std::array::from_fn(|_| spikes(1).into_iter().map(trace).sum())).collect();
        let mut level = 0.0;
        let dopamine = (0..steps).map(|step| {
            if step % DOPAMINE_STEPS == 0 {
                level = 2.0 * rng.random::<f32>() - 1.0;
            }
            level
        });
        Activity { pre, bap, dopamine: dopamine.collect() }
    }

    /// Goes on from step `at` by `steps`.
    fn play(&self, synapses: &mut impl SporeSynapses<f32>, at: &mut usize, steps: usize) {
        for _ in 0..steps {
            let now = *at % self.pre.len();
            synapses.step(&self.pre[now], &self.bap[now], self.dopamine[now], true);
            *at += 1;
        }
    }
}
