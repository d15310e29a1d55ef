//! The variables of neurons in each chip's own numbers, and in single precision where they run on the host.
#![cfg(feature = "chips")]

mod chip_networks;

use chip_networks::{mixed, models, neurons, population, projection, spore, weights};
use embody_brain::conformance::random_spikes;
use embody_brain::neuron::{CubaLif, CubaReadout, Reset};
use embody_brain::substrate::{Compiled, Network};
use embody_brain::{FloatSubstrate, NetworkSpec, PopulationKind, Probe, Substrate, Synapses, TickInput, TickOutput, Variables};
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};
use embody_bridges::chips::loihi::{Loihi, LoihiOptions};
use embody_bridges::chips::pcm::{Pcm, PcmOptions};
use embody_bridges::chips::spinnaker2::fixed::bits;
use embody_bridges::chips::spinnaker2::fixed_neuron::ExponentialSynapse;
use embody_bridges::chips::spinnaker2::{Arithmetic, SpiNNaker2, SpiNNaker2Options};
use embody_bridges::chips::{Chip, ChipSubstrate, Place};

fn on<C: Chip>(chip: C) -> ChipSubstrate<C> {
    ChipSubstrate::new(chip, models())
}

fn spinnaker2(arithmetic: Arithmetic) -> ChipSubstrate<SpiNNaker2> {
    let options = SpiNNaker2Options { arithmetic, approximate: true, ..SpiNNaker2Options::default() };
    on(SpiNNaker2::new(options).unwrap())
}

/// Two inputs, whose weights of 127 and -64 steps fix the scale at 1, a neuron with a current and a readout behind one.
fn cuba() -> NetworkSpec {
    let neuron = CubaLif { threshold: 500.0.into(), reset: Reset::Zero, ..CubaLif::default() };
    let into = || Synapses::Fixed(vec![127.0, -64.0]);
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 2, PopulationKind::Input),
            neurons("cuba", 1, "cuba_lif", &neuron),
            neurons("out", 1, "cuba_readout", &CubaReadout::default()),
        ],
        projections: vec![projection("in-cuba", ["in", "cuba"], 0, into()), projection("in-out", ["in", "out"], 0, into())],
        readouts: vec!["cuba".into(), "out".into()],
    }
}

fn names(variables: &Variables) -> Vec<&str> {
    variables.iter().map(|(name, _)| *name).collect()
}

/// Current and potential as py-spinnaker2's step has them: c = d_s c + i, v = d v + c, and v = 0 on a spike.
#[test]
fn spinnaker2_shows_current_and_potential_in_steps_of_its_weights() {
    let mut network = Compiled::new(spinnaker2(Arithmetic::Float), &cuba(), 1).unwrap();
    let (decay, synapse_decay) = (libm::exp(-1.0 / 20.0) as f32, libm::exp(-1.0 / 5.0) as f32);
    let (mut c, mut v, mut y, mut fired, mut output) = (0.0f32, 0.0f32, 0.0f32, 0, TickOutput::default());
    for tick in 0..300 {
        let spikes = random_spikes(4, tick, 2, 0.3);
        network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
        c = synapse_decay * c + spikes.iter().map(|&i| [127.0, -64.0][i as usize]).sum::<f32>();
        (v, y) = (decay * v + c, decay * y + c);
        if v > 500.0 {
            (v, fired) = (0.0, fired + 1);
        }
        assert_eq!(network.variables("cuba"), [("u", vec![f64::from(c)]), ("v", vec![f64::from(v)])], "tick {tick}");
        assert_eq!(network.variables("out"), [("u", vec![f64::from(c)]), ("v", vec![f64::from(y)])], "tick {tick}");
        assert_eq!(output.values[1], [y], "what is read out is v by the scale, here 1");
    }
    assert!(fired > 5, "{fired}");
    assert_eq!(network.variables("in"), [], "an input has none");
}

/// In s16.15 excitatory and inhibitory current decay as sPyNNaker's synapses shape them, each by itself.
#[test]
fn spinnaker2_shows_both_currents_in_fixed_point() {
    let mut network = Compiled::new(spinnaker2(Arithmetic::Fixed), &cuba(), 1).unwrap();
    let synapse = ExponentialSynapse::new(bits(1.0), bits(5.0)).unwrap();
    let mut output = TickOutput::default();
    let mut tick = |spikes: &[u32]| {
        network.tick(TickInput { spikes: &[spikes], ..TickInput::default() }, &mut output);
        let shown = network.variables("cuba");
        assert_eq!(names(&shown), ["u_exc", "u_inh", "v"]);
        [shown[0].1[0], shown[1].1[0]].map(|u| u as i32)
    };
    assert_eq!(tick(&[]), [0, 0]);
    let [excitatory, none] = tick(&[0]);
    assert!(excitatory > 0 && none == 0);
    let [mut left, mut inhibitory] = tick(&[1]);
    assert!(left == synapse.shape(excitatory) && inhibitory > 0);
    for _ in 0..20 {
        let expected = [left, inhibitory].map(|u| synapse.shape(u));
        [left, inhibitory] = tick(&[]);
        assert_eq!([left, inhibitory], expected);
    }
    let mut delta = Compiled::new(spinnaker2(Arithmetic::Fixed), &mixed(), 1).unwrap();
    delta.tick(TickInput { spikes: &[&[1]], ..TickInput::default() }, &mut output);
    assert_eq!(names(&delta.variables("lif")), ["v"], "whose input is gone after a step has no current");
    assert_eq!(names(&delta.variables("out")), ["v"]);
}

/// Holds the variables of a population in single precision against its potentials, and gives their names.
fn in_single_precision<S: Substrate>(substrate: S, spec: &NetworkSpec, population: &str) -> Vec<&'static str> {
    let mut network = Compiled::new(substrate, spec, 1).unwrap();
    let (mut output, mut moved) = (TickOutput::default(), false);
    let inputs = spec.population("in").unwrap().size;
    for tick in 0..50 {
        let spikes = random_spikes(4, tick, inputs, 0.3);
        network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
        let shown = network.variables(population);
        let potentials = network.probe(&Probe::Membrane(population.into())).unwrap();
        let (name, v) = shown.last().unwrap();
        assert_eq!((*name, v), ("v", &potentials.iter().copied().map(f64::from).collect()), "tick {tick}");
        moved |= v.iter().any(|&v| v != 0.0);
        let readout = spec.readouts.iter().position(|name| name == population).unwrap();
        assert!(output.values[readout].is_empty() || output.values[readout] == potentials);
    }
    assert!(moved, "{population}");
    network.variables(population).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn neurons_on_the_host_show_their_potential_and_the_current_that_they_have() {
    let host = || on(SpiNNaker2::new(SpiNNaker2Options { neuron: Some(Place::Host), ..SpiNNaker2Options::default() }).unwrap());
    let pcm = || on(Pcm::new(PcmOptions::default()).unwrap());
    let analogue = || on(BrainScaleS2::new(BrainScaleS2Options { approximate: true, ..Default::default() }).unwrap());
    let loihi = || on(Loihi::new(LoihiOptions { approximate: true, ..Default::default() }).unwrap());
    let mut small = cuba();
    small.projections[0].synapses = weights(3, 2, 1.0);
    for population in ["cuba", "out"] {
        assert_eq!(in_single_precision(FloatSubstrate::new(models()), &small, population), ["u", "v"]);
        assert_eq!(in_single_precision(host(), &small, population), ["u", "v"]);
        assert_eq!(in_single_precision(pcm(), &small, population), ["u", "v"]);
    }
    assert_eq!(in_single_precision(analogue(), &small, "out"), ["u", "v"], "its readouts are the host's");
    for population in ["lif", "out"] {
        assert_eq!(in_single_precision(FloatSubstrate::new(models()), &mixed(), population), ["v"]);
        assert_eq!(in_single_precision(host(), &mixed(), population), ["v"]);
        assert_eq!(in_single_precision(pcm(), &mixed(), population), ["v"]);
    }
    assert_eq!(in_single_precision(loihi(), &spore(), "hidden"), ["v"], "stochastic neurons, beside the chip");
    let network = Compiled::new(FloatSubstrate::new(models()), &mixed(), 1).unwrap();
    assert!(network.variables("in").is_empty() && network.variables("nobody").is_empty());
}
