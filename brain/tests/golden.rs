//! The bits of a short run: a change of numerics must be meant, and every compiled version of the kernels must give them.

use std::process::Command;
use std::sync::Arc;

use embody_brain::conformance::random_spikes;
use embody_brain::neuron::Poisson;
use embody_brain::numeric::Kernel;
use embody_brain::plasticity::spore::{Spore, SporeForm};
use embody_brain::substrate::Compiled;
use embody_brain::{
    FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Projection, Synapses, ThirdFactor,
    TickInput, TickOutput,
};

/// Hashes of the windowed and the stepwise run. Mint them anew only with a change of numerics that is meant, and say why in the commit.
const GOLDEN: [u64; 2] = [0x9462_b3e4_643d_ba0a, 0x600b_f810_1986_e1fa];

/// FNV-1a over words.
fn hash(state: &mut u64, word: u32) {
    for byte in word.to_le_bytes() {
        *state = (*state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

/// The spikes and, in the end, the weights of two seconds of a network with rewiring, inhibition, recurrence and homeostasis.
fn run(form: SporeForm) -> u64 {
    let neuron = Poisson { bias_mv: 8.0, c1_hz_per_mv: 0.1, homeostasis_speed_mv: 0.01, ..Poisson::default() };
    let rule = Spore {
        form,
        beta_per_ms: 1e-5,
        gradient_temperature: 1e-3,
        tau_eligibility_ms: 200.0,
        tau_gradient_ms: 5000.0,
        c_g: 10.0,
        c_e: 0.05,
        theta_init_mean: 0.1,
        theta_init_deviation: 0.5,
        ..Spore::default()
    };
    let neurons = || PopulationKind::Neurons(Model::new("poisson_dbl_exp", &neuron).unwrap());
    let projection = |name: &str, source: &str, target: &str, ticks: u64, synapses| Projection {
        name: name.into(),
        source: source.into(),
        target: target.into(),
        delay_ns: ticks * 1_000_000,
        synapses,
    };
    let spec = NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            Population { name: "in".into(), size: 37, kind: PopulationKind::Input },
            Population { name: "out".into(), size: 11, kind: neurons() },
        ],
        projections: vec![
            projection("learned", "in", "out", 1, Synapses::Plastic { per_pair: 3, rule: Model::new("spore", &rule).unwrap() }),
            projection("recurrent", "out", "out", 2, Synapses::Fixed((0..121).map(|i| (i % 7) as f32 - 3.0).collect())),
        ],
        readouts: vec!["out".into()],
    };
    let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 7).unwrap();
    let (mut state, mut output) = (0xcbf2_9ce4_8422_2325, TickOutput::default());
    let mut spikes = 0;
    for tick in 0..2_000u64 {
        let dopamine = if tick % 40 < 20 { 0.7 } else { -0.4 };
        let input = random_spikes(3, tick, 37, 0.03);
        network.tick(TickInput { spikes: &[&input], third_factor: ThirdFactor::PerPopulation(&[0.0, dopamine]) }, &mut output);
        for &spike in &output.spikes[0] {
            hash(&mut state, tick as u32);
            hash(&mut state, spike);
            spikes += 1;
        }
    }
    let weights = network.weights("learned").unwrap();
    assert!(spikes > 100 && weights.contains(&0.0) && weights.iter().any(|&w| w > 0.0), "the run must be lively");
    weights.iter().for_each(|w| hash(&mut state, w.to_bits()));
    state
}

#[test]
fn a_short_run_gives_the_golden_bits() {
    let found = [SporeForm::Windowed, SporeForm::Stepwise].map(run);
    assert_eq!(found, GOLDEN, "found [{:#x}, {:#x}]", found[0], found[1]);
}

#[test]
fn every_version_of_the_kernels_gives_the_golden_bits() {
    // The version is chosen by an environment variable; a process of its own for each leaves this one's alone.
    for version in ["baseline", "avx2"] {
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_short_run_gives_the_golden_bits"])
            .env(Kernel::VARIABLE, version)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{version}: {said}");
    }
}
