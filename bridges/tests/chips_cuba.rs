//! Neurons with synaptic currents that decay on every chip: what they do, beside the float substrate, and what is told of them.
#![cfg(feature = "chips")]

mod chip_networks;

use chip_networks::{models, neurons, population, projection, weights};
use embody_brain::conformance::{self, random_spikes};
use embody_brain::neuron::{Comparison, CubaLif, CubaReadout, PerNeuron, Reset};
use embody_brain::substrate::{Compiled, Network};
use embody_brain::{
    CompileError, Fidelity, FloatSubstrate, NetworkSpec, PopulationKind, Probe, Substrate, Synapses, TickInput, TickOutput,
};
use embody_bridges::chips::brainscales2::variation::Calibration;
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};
use embody_bridges::chips::loihi::{Loihi, LoihiOptions};
use embody_bridges::chips::pcm::{Pcm, PcmOptions};
use embody_bridges::chips::spinnaker2::{Arithmetic, SpiNNaker2, SpiNNaker2Options};
use embody_bridges::chips::{Chip, ChipSubstrate, Place};

fn on<C: Chip>(chip: C) -> ChipSubstrate<C> {
    ChipSubstrate::new(chip, models())
}

fn loihi() -> ChipSubstrate<Loihi> {
    on(Loihi::new(LoihiOptions::default()).unwrap())
}

fn spinnaker2(arithmetic: Arithmetic) -> ChipSubstrate<SpiNNaker2> {
    on(SpiNNaker2::new(SpiNNaker2Options { arithmetic, ..SpiNNaker2Options::default() }).unwrap())
}

fn brainscales2(options: BrainScaleS2Options) -> ChipSubstrate<BrainScaleS2> {
    on(BrainScaleS2::new(options).unwrap())
}

/// A chip whose circuits are all alike and without noise.
fn ideal() -> BrainScaleS2Options {
    BrainScaleS2Options { calibration: Calibration::Ideal, trial_noise: 0.0, read_noise: 0.0, ..BrainScaleS2Options::default() }
}

fn neuron() -> CubaLif {
    CubaLif { tau_syn_ms: 5.0.into(), threshold: 6.0.into(), bias: 0.02.into(), reset: Reset::Zero, ..CubaLif::default() }
}

/// 10 spiking inputs, 40 recurrent neurons, 2 readouts.
fn recurrent(neuron: &CubaLif) -> NetworkSpec {
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 10, PopulationKind::Input),
            neurons("cuba", 40, "cuba_lif", neuron),
            neurons("out", 2, "cuba_readout", &CubaReadout::default()),
        ],
        projections: vec![
            projection("in-cuba", ["in", "cuba"], 1, weights(2, 400, 1.0)),
            projection("cuba-cuba", ["cuba", "cuba"], 2, weights(3, 1600, 0.15)),
            projection("cuba-out", ["cuba", "out"], 0, weights(4, 80, 0.5)),
        ],
        readouts: vec!["cuba".into(), "out".into()],
    }
}

const TICKS: u64 = 500;

/// Spikes, and values of the readouts, of each tick.
fn run<S: Substrate>(substrate: S, spec: &NetworkSpec) -> (Vec<Vec<u32>>, Vec<Vec<f32>>) {
    let mut network = Compiled::new(substrate, spec, 1).unwrap();
    let mut output = TickOutput::default();
    let tick = |tick| {
        let spikes = random_spikes(4, tick, 10, 0.1);
        network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
        (output.spikes[0].clone(), output.values[1].clone())
    };
    (0..TICKS).map(tick).unzip()
}

/// Spikes of both, over those of the one that fires more.
fn agreement(a: &[Vec<u32>], b: &[Vec<u32>]) -> f64 {
    let count = |spikes: &[Vec<u32>]| spikes.iter().map(Vec::len).sum::<usize>();
    let both = a.iter().zip(b).flat_map(|(a, b)| a.iter().filter(|i| b.contains(i))).count();
    both as f64 / count(a).max(count(b)) as f64
}

/// The same network with the weights that a chip stores.
fn as_stored<S: Substrate>(substrate: &S, spec: &NetworkSpec) -> NetworkSpec {
    let (program, _) = substrate.compile(spec).unwrap();
    let (state, mut stored) = (substrate.init(&program, 1).unwrap(), spec.clone());
    for projection in &mut stored.projections {
        projection.synapses = Synapses::Fixed(substrate.weights(&program, &state, &projection.name).unwrap());
    }
    stored
}

#[test]
fn a_recurrent_network_fires_nearly_as_on_the_float_substrate() {
    let spec = recurrent(&neuron());
    fn show<S: Substrate>(name: &str, substrate: S, spec: &NetworkSpec) {
        let stored = as_stored(&substrate, spec);
        let chip = run(substrate, spec);
        let [float, stored] = [spec, &stored].map(|spec| run(FloatSubstrate::new(models()), spec));
        let apart = |a: &[Vec<f32>], b: &[Vec<f32>]| {
            a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        println!(
            "{name}: {:.3} stored {:.3} values {:.3} {:.3} of {:.1} count {}",
            agreement(&float.0, &chip.0),
            agreement(&stored.0, &chip.0),
            apart(&float.1, &chip.1),
            apart(&stored.1, &chip.1),
            float.1.iter().flatten().fold(0.0f32, |m, v| m.max(v.abs())),
            float.0.iter().map(Vec::len).sum::<usize>()
        );
    }
    show("loihi", loihi(), &spec);
    let tau = |lost: f64| PerNeuron::from(-1.0 / libm::log(1.0 - lost / 4096.0));
    let exact = CubaLif { tau_syn_ms: tau(742.0), tau_ms: tau(199.0), ..neuron() };
    show("loihi exact", loihi(), &recurrent(&exact));
    let mut alone = spec.clone();
    alone.projections[1].synapses = Synapses::Fixed(vec![0.0; 1600]);
    show("loihi alone", loihi(), &alone);
    show("bss2 ideal alone", brainscales2(ideal()), &alone);
    show("bss2 alone", brainscales2(BrainScaleS2Options::default()), &alone);
    show("spin alone", spinnaker2(Arithmetic::Fixed), &alone);
    show("spinnaker2 float", spinnaker2(Arithmetic::Float), &spec);
    show("spinnaker2 fixed", spinnaker2(Arithmetic::Fixed), &spec);
    show("bss2 ideal", brainscales2(ideal()), &spec);
    show("bss2", brainscales2(BrainScaleS2Options::default()), &spec);
}
