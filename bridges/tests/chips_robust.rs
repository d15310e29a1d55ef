//! What holds on every chip: whose weights a fidelity is of, under which options a state loads, and that absurd numbers are refused by name.
#![cfg(feature = "chips")]

mod chip_networks;

use chip_networks::{mixed, models, recurrent, spore};
use embody_brain::neuron::{Lif, Reset};
use embody_brain::substrate::{CompileNetwork, Compiled, Network, compiler};
use embody_brain::{CompileError, FloatSubstrate, NetworkSpec, Probe, Substrate, Synapses, TickInput, TickOutput};
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};
use embody_bridges::chips::loihi::{Loihi, LoihiOptions};
use embody_bridges::chips::pcm::{Pcm, PcmOptions};
use embody_bridges::chips::spinnaker2::{Arithmetic, SpiNNaker2, SpiNNaker2Options};
use embody_bridges::chips::{Chip, ChipSubstrate};

fn on<C: Chip + Clone + 'static>(chip: Result<C, CompileError>) -> CompileNetwork {
    compiler(ChipSubstrate::new(chip.unwrap(), models()))
}

fn loihi(options: LoihiOptions) -> CompileNetwork {
    on(Loihi::new(LoihiOptions { approximate: true, ..options }))
}

fn spinnaker2(options: SpiNNaker2Options) -> CompileNetwork {
    on(SpiNNaker2::new(SpiNNaker2Options { approximate: true, ..options }))
}

fn brainscales2(options: BrainScaleS2Options) -> CompileNetwork {
    on(BrainScaleS2::new(BrainScaleS2Options { approximate: true, ..options }))
}

fn pcm(options: PcmOptions) -> CompileNetwork {
    on(Pcm::new(options))
}

/// Every chip as it is by default.
fn chips() -> [(&'static str, CompileNetwork); 5] {
    [
        ("loihi", loihi(LoihiOptions::default())),
        ("spinnaker2", spinnaker2(SpiNNaker2Options::default())),
        ("spinnaker2 in s16.15", spinnaker2(SpiNNaker2Options { arithmetic: Arithmetic::Fixed, ..Default::default() })),
        ("brainscales2", brainscales2(BrainScaleS2Options::default())),
        ("pcm", pcm(PcmOptions::default())),
    ]
}

#[test]
fn a_fidelity_is_of_the_weights_of_its_own_seed() {
    for (name, compile) in chips() {
        let [mut a, b, again] = [1, 2, 1].map(|seed| compile(&spore(), seed).unwrap());
        let [of_a, of_b, of_again] = [&a, &b, &again].map(|network| network.fidelity().clone());
        assert_ne!(of_a.quantisation_error, of_b.quantisation_error, "{name}");
        assert_eq!(of_a, of_again, "{name}");
        a.load(&b.save()).unwrap();
        assert_eq!(a.fidelity(), &of_b, "{name}: the state is of the other seed");
    }
}

/// The rule requests the same weights on the host as on the float substrate.
#[test]
fn a_quantisation_error_is_that_of_the_weights_at_hand() {
    let chip = ChipSubstrate::new(Loihi::new(LoihiOptions::default()).unwrap(), models());
    let (_, compiled) = chip.compile(&spore()).unwrap();
    for seed in 1..4 {
        let float = Compiled::new(FloatSubstrate::new(models()), &spore(), seed).unwrap();
        let stored = Compiled::new(chip.clone(), &spore(), seed).unwrap();
        let (mut error, mut all) = (0.0, 0.0);
        for projection in ["learned", "fixed"] {
            for (asked, stored) in float.weights(projection).unwrap().into_iter().zip(stored.weights(projection).unwrap()) {
                error += f64::from(stored - asked) * f64::from(stored - asked);
                all += f64::from(asked) * f64::from(asked);
            }
        }
        let (found, expected) = (stored.fidelity().quantisation_error, (error / all).sqrt());
        assert!((found - expected).abs() < 1e-6 * expected && found != compiled.quantisation_error, "{found} {expected}");
    }
}

#[test]
fn so_many_synapses_that_their_number_wraps_round_are_refused() {
    let mut spec = spore();
    spec.populations[0].size = 256;
    let Synapses::Plastic { per_pair, .. } = &mut spec.projections[0].synapses else { panic!("it learns") };
    *per_pair = 1 << 56;
    assert_eq!(spec.synapses(&spec.projections[0]), None);
    for (name, compile) in chips().into_iter().chain([("float", compiler(FloatSubstrate::new(models())))]) {
        let Err(CompileError::Invalid { part, why }) = compile(&spec, 1) else { panic!("{name}: not refused") };
        assert_eq!(part, "learned", "{name}");
        assert!(why.contains("at most 2^28") && why.contains("found 72057594037927936 of each of 256 x 9"), "{name}: {why}");
    }
}

/// A state of one loads under equal options and not under the others.
fn loads_under_its_own(name: &str, spec: &NetworkSpec, compile: &[CompileNetwork]) {
    let mut networks: Vec<Box<dyn Network>> = compile.iter().map(|compile| compile(spec, 1).unwrap()).collect();
    let mut output = TickOutput::default();
    networks.iter_mut().for_each(|network| network.tick(TickInput { spikes: &[&[1, 2]], ..Default::default() }, &mut output));
    for (from, saved) in networks.iter().map(|network| network.save()).enumerate() {
        for (to, compile) in compile.iter().enumerate() {
            let mut network = compile(spec, 1).unwrap();
            let loaded = network.load(&saved);
            if from == to {
                assert!(loaded.is_ok() && network.save() == saved, "{name}: {loaded:?}");
            } else {
                let error = loaded.unwrap_err().to_string();
                assert!(error.contains(network.substrate()) && error.contains("under other options"), "{name}: {error}");
            }
        }
    }
}

#[test]
fn a_state_is_of_its_chips_options() {
    let bits = [8, 3].map(|weight_bits| loihi(LoihiOptions { weight_bits, ..Default::default() }));
    loads_under_its_own("weight_bits", &mixed(), &bits);
    let payload = [8, 2].map(|payload_fraction_bits| loihi(LoihiOptions { payload_fraction_bits, ..Default::default() }));
    loads_under_its_own("payload_fraction_bits", &mixed(), &payload);
    let largest = [None, Some(0.5)].map(|largest_weight| spinnaker2(SpiNNaker2Options { largest_weight, ..Default::default() }));
    loads_under_its_own("largest_weight", &mixed(), &largest);
    let which = [1, 2].map(|seed| brainscales2(BrainScaleS2Options { seed, ..Default::default() }));
    loads_under_its_own("seed", &mixed(), &which);
    let age = [0.0, 3600.0, 86400.0].map(|t_inference_s| pcm(PcmOptions { t_inference_s, ..Default::default() }));
    loads_under_its_own("t_inference_s", &mixed(), &age);
}

#[test]
fn a_loihi_weight_of_fewer_bits_takes_less_memory() {
    let words = |weight_bits: u8| {
        let network = loihi(LoihiOptions { weight_bits, ..Default::default() })(&recurrent(8, &Lif::default(), 1.0), 1).unwrap();
        let resources = &network.fidelity().resources;
        resources.iter().find(|(name, ..)| name.contains("words of synaptic memory")).unwrap().1
    };
    // 13 sources with 8 synapses each: 8 w + 10 bits in words of 64.
    assert_eq!([words(8), words(7), words(6), words(1)], [26.0, 26.0, 13.0, 13.0]);
}

#[test]
fn weights_that_are_not_of_this_world_are_refused_by_their_population() {
    for (name, compile) in chips() {
        for scale in [1e38, 1e-40] {
            let Err(CompileError::Invalid { part, why }) = compile(&recurrent(10, &Lif::default(), scale), 1) else {
                panic!("{name}: weights of {scale} aren't refused")
            };
            assert!(
                part == "lif" && why.contains("weights of \"in-lif\"") && why.contains("1e-24 to 1e24"),
                "{name}: {part}: {why}"
            );
        }
    }
}

/// Whatever thresholds, biases and weights: refused by the population's name, or finite.
#[test]
fn numbers_are_finite_or_refused_by_their_population() {
    let mut refused = 0;
    for (name, compile) in chips() {
        for scale in [1e-20, 1e-3, 1.0, 1e20] {
            for threshold in [1e-300, 1e-40, 1e-18, 1e-3, 1.0, 1e3, 1e18, 1e40, 1e300] {
                for (bias, tau_ms) in [(0.0, 20.0), (1e30, 20.0), (0.0, 1e30)] {
                    let lif = Lif {
                        threshold: threshold.into(),
                        bias: bias.into(),
                        tau_ms: tau_ms.into(),
                        reset: Reset::Zero,
                        ..Lif::default()
                    };
                    let case = format!("{name}: weights {scale}, threshold {threshold}, bias {bias}, tau {tau_ms}");
                    let mut network = match compile(&recurrent(10, &lif, scale), 1) {
                        Ok(network) => network,
                        Err(error) => {
                            assert!(error.to_string().contains("lif"), "{case}: {error}");
                            refused += 1;
                            continue;
                        }
                    };
                    let mut output = TickOutput::default();
                    for _ in 0..30 {
                        network.tick(TickInput { spikes: &[&[0, 1, 2, 3, 4]], ..Default::default() }, &mut output);
                    }
                    let membrane = network.probe(&Probe::Membrane("lif".into())).unwrap();
                    assert!(membrane.iter().all(|v| v.is_finite()), "{case}: {membrane:?}");
                    assert!(network.weights("lif-lif").unwrap().iter().all(|w| w.is_finite()), "{case}");
                    assert!(network.fidelity().quantisation_error.is_finite(), "{case}");
                }
            }
        }
    }
    assert!(refused > 50, "{refused}");
}
