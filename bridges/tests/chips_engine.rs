//! What all chips share, seen with a chip that loses nothing: it must be the float substrate, to the bit.
#![cfg(feature = "chips")]

use std::sync::Arc;

use embody_brain::conformance::{self, random_spikes};
use embody_brain::neuron::{LeakyReadout, Lif, Poisson, PopulationContext};
use embody_brain::numeric::padded;
use embody_brain::plasticity::spore::Spore;
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::substrate::{Compiled, Network};
use embody_brain::{
    CompileError, FloatSubstrate, Model, Models, NetworkSpec, Population, PopulationKind, Projection, Substrate, Synapses,
    ThirdFactor, TickInput, TickOutput, Variables,
};
use embody_bridges::chips::{Cause, Chip, ChipSubstrate, Counters, Events, Moment, Place, Placement, Plan, Refusal, Wishes};

/// A chip of `f32` weights without neurons and rules of its own.
#[derive(Default)]
struct Exact {
    wishes: Wishes,
}

/// Sums by sign, as one or the other is wanted.
struct Sizes {
    targets: usize,
    per_pair: usize,
    together: bool,
}

impl Chip for Exact {
    type Population = ();
    type Projection = Sizes;
    type Neurons = ();
    type Synapses = Vec<f32>;
    type Sums = [Vec<f32>; 2];

    fn name(&self) -> &'static str {
        "exact"
    }
    fn options_digest(&self) -> u64 {
        0
    }
    fn wishes(&self) -> Wishes {
        self.wishes
    }
    fn can_run(&self, model: &Model, _: &PopulationContext) -> Result<(), Refusal> {
        let why = "it has no neurons";
        Err(if model.name == "lif" { Refusal::altogether(why) } else { Refusal::to_host(why) })
    }
    fn rule(&self, _: &Model, _: &ProjectionContext) -> Result<Box<dyn RuleKernel>, Refusal> {
        Err(Refusal::to_host("it has no rules"))
    }
    fn place(&self, plan: &Plan<'_>) -> Result<Placement<(), Sizes>, CompileError> {
        let projections = plan.network.projections.iter().map(|p| Sizes {
            targets: plan.network.populations[p.target].size,
            per_pair: p.per_pair,
            together: plan.network.populations[p.target].sums == embody_brain::neuron::Sums::Together,
        });
        let populations = plan.network.populations.iter().map(|_| ()).collect();
        Ok(Placement { populations, projections: projections.collect(), resources: Vec::new(), changed: Vec::new() })
    }
    fn neurons(&self, (): &(), _: u64) {}
    fn fits(&self, (): &(), (): &()) -> bool {
        true
    }
    fn sums(&self, (): &()) -> [Vec<f32>; 2] {
        Default::default()
    }
    fn synapses(&self, _: &Sizes, _: u64) -> Vec<f32> {
        Vec::new()
    }
    fn restore(&self, _: &Sizes, _: &mut Vec<f32>) -> bool {
        true
    }
    fn write(&self, _: &Sizes, synapses: &mut Vec<f32>, weights: &mut [f32], _: Cause, _: Moment, _: &mut Counters) {
        *synapses = weights.to_vec();
    }
    fn weights(&self, _: &Sizes, synapses: &Vec<f32>, _: Moment) -> Vec<f32> {
        synapses.clone()
    }
    fn tolerance(&self, _: &Sizes) -> f32 {
        0.0
    }
    fn deliver(
        &self,
        sizes: &Sizes,
        synapses: &mut Vec<f32>,
        events: Events<'_>,
        sums: &mut [Vec<f32>; 2],
        _: Moment,
        counters: &mut Counters,
    ) {
        let width = padded(sizes.targets);
        sums.iter_mut().for_each(|sums| sums.resize(width, 0.0));
        for (number, &source) in events.sources.iter().enumerate() {
            let rows = &synapses[source as usize * sizes.per_pair * width..][..sizes.per_pair * width];
            #[allow(clippy::needless_range_loop, reason = "a column of the weights and of one of two sums")]
            for j in 0..width {
                let w: f32 = rows.iter().skip(j).step_by(width).fold(0.0, |sum, w| sum + w);
                let w = events.heights.map_or(1.0, |heights| heights[number]) * w;
                sums[usize::from(w < 0.0 && !sizes.together)][j] += w;
            }
            counters.synaptic_operations += (sizes.per_pair * sizes.targets) as u64;
        }
    }
    fn fire(&self, (): &(), (): &mut (), _: &mut [Vec<f32>; 2], _: Moment, _: &mut Vec<u32>, _: &mut Counters) {}
    fn read(&self, (): &(), sums: &mut [Vec<f32>; 2], _: Moment, arrivals: [&mut [f32]; 2], _: &mut Counters) {
        for (sums, arrivals) in sums.iter_mut().zip(arrivals) {
            arrivals[..sums.len()].copy_from_slice(sums);
            sums.clear();
        }
    }
    fn membrane(&self, (): &(), (): &()) -> Vec<f32> {
        Vec::new()
    }
    fn variables(&self, (): &(), (): &()) -> Variables {
        Vec::new()
    }
}

/// Spiking and analogue inputs, stochastic neurons with synapses that learn, recurrent `lif` neurons, and a readout without delay.
fn network() -> NetworkSpec {
    let neurons = |name: &str, size, model| Population { name: name.into(), size, kind: PopulationKind::Neurons(model) };
    let poisson = Poisson { bias_mv: 5.0, ..Poisson::default() };
    let rule = Spore { beta_per_ms: 1e-4, theta_init_mean: 1.0, theta_init_deviation: 0.5, w0: 2.0, ..Spore::default() };
    let projection = |name: &str, source: &str, target: &str, ticks: u64, synapses| Projection {
        name: name.into(),
        source: source.into(),
        target: target.into(),
        delay_ns: ticks * 1_000_000,
        synapses,
    };
    let fixed = |n: usize| Synapses::Fixed((0..n).map(|i| (i * 7 % 11) as f32 / 10.0 - 0.4).collect());
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            Population { name: "in".into(), size: 20, kind: PopulationKind::Input },
            Population { name: "values".into(), size: 3, kind: PopulationKind::Analogue },
            neurons("motor", 9, Model::new("poisson_dbl_exp", &poisson).unwrap()),
            neurons("lif", 7, Model::new("lif", &Lif::default()).unwrap()),
            neurons("out", 2, Model::new("leaky_readout", &LeakyReadout::default()).unwrap()),
        ],
        projections: vec![
            projection("learned", "in", "motor", 1, Synapses::Plastic { per_pair: 2, rule: Model::new("spore", &rule).unwrap() }),
            projection("values", "values", "lif", 0, fixed(21)),
            projection("motor-lif", "motor", "lif", 3, fixed(63)),
            projection("lif-lif", "lif", "lif", 1, fixed(49)),
            projection("lif-out", "lif", "out", 0, fixed(14)),
        ],
        readouts: vec!["motor".into(), "lif".into(), "out".into()],
    }
}

fn on_host() -> Exact {
    Exact { wishes: Wishes { plasticity: None, neuron: Some(Place::Host) } }
}

fn models() -> Arc<Models> {
    Arc::new(Models::default())
}

#[test]
fn a_chip_that_loses_nothing_is_the_float_substrate() {
    let spec = network();
    let mut float = Compiled::new(FloatSubstrate::new(models()), &spec, 7).unwrap();
    let mut exact = Compiled::new(ChipSubstrate::new(on_host(), models()), &spec, 7).unwrap();
    let (mut a, mut b) = (TickOutput::default(), TickOutput::default());
    let mut fired = [0; 2];
    for tick in 0..1000 {
        let values = [0.3, (tick % 5) as f32 / 10.0, -0.2];
        let spikes = random_spikes(4, tick, 20, 0.05);
        let input = TickInput { spikes: &[&spikes], third_factor: ThirdFactor::PerPopulation(&[0.0, 0.0, 0.5, 0.0, 0.0]) };
        for (network, output) in [(&mut float as &mut dyn Network, &mut a), (&mut exact, &mut b)] {
            network.set_values("values", &values).unwrap();
            network.tick(input, output);
        }
        assert_eq!(a.spikes, b.spikes, "tick {tick}");
        assert_eq!(a.values, b.values, "tick {tick}");
        fired = [fired[0] + a.spikes[0].len(), fired[1] + a.spikes[1].len()];
    }
    assert!(fired.iter().all(|&n| n > 100), "{fired:?}");
    assert_eq!(float.weights("learned"), exact.weights("learned"));
    assert_eq!((exact.fidelity().quantisation_error, exact.fidelity().clipped), (0.0, 0));
    let counters: std::collections::BTreeMap<_, _> = exact.counters().into_iter().collect();
    assert!(counters["synaptic_operations"] > 0 && counters["host_writes"] > 0 && counters["spikes"] == 0, "{counters:?}");
}

#[test]
fn it_conforms() {
    conformance::substrate(&ChipSubstrate::new(on_host(), models()), &network());
}

#[test]
fn what_runs_on_the_host_is_said_and_what_cannot_run_is_refused() {
    let compile = |wishes: Wishes| ChipSubstrate::new(Exact { wishes }, models()).compile(&network());
    let error = compile(Wishes::default()).err().unwrap().to_string();
    assert!(error.contains("exact can't run the neurons of \"lif\"") && error.contains("neuron = \"host\""), "{error}");
    let error = compile(Wishes { plasticity: Some(Place::Chip), neuron: Some(Place::Host) }).err().unwrap().to_string();
    assert!(error.contains("plasticity of \"learned\"") && error.contains("it has no rules"), "{error}");
    let (_, fidelity) = compile(Wishes { plasticity: None, neuron: Some(Place::Host) }).unwrap();
    let parts: Vec<&str> = fidelity.on_host.iter().map(|(part, _)| part.as_str()).collect();
    assert_eq!(parts.len(), 4, "{parts:?}");
    assert!(fidelity.on_host[3].1 == "it has no rules" && parts[3].contains("spore"), "{:?}", fidelity.on_host);
}
