//! Neurons that fire at random are exported as their membrane potential, which is that of the network.
#![cfg(feature = "nir")]

use std::collections::BTreeMap;
use std::sync::Arc;

use embody_brain::neuron::Poisson;
use embody_brain::substrate::Compiled;
use embody_brain::{
    FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Probe, Projection, Synapses, TickInput,
    TickOutput,
};
use embody_bridges::nir::{Document, ExportSettings, Integration, Limits, check, export, export_potentials, run};

const EXPORT: ExportSettings = ExportSettings { integration: Integration::Exponential, drop_refractory: false };

/// A number of a hash, in -1 to 1.
fn number(a: usize, b: usize) -> f32 {
    let mixed = (a as u64 * 0x9E37_79B9 + b as u64 * 0x85EB_CA6B + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// Two inputs of 6 and 3, and 4 neurons that never fire, so that nothing is reset and there is no dead time.
fn network(signs: fn(f32) -> f32) -> NetworkSpec {
    let silent = Poisson { c1_hz_per_mv: 0.0, c2_hz: 0.0, with_reset: false, bias_mv: 0.75, ..Poisson::default() };
    let population = |name: &str, size, kind| Population { name: name.into(), size, kind };
    let projection = |name: &str, source: &str, size: usize, ticks: u64, seed| Projection {
        name: name.into(),
        source: source.into(),
        target: "motor".into(),
        delay_ns: ticks * 1_000_000,
        synapses: Synapses::Fixed((0..size * 4).map(|i| signs(number(seed, i))).collect()),
    };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("a", 6, PopulationKind::Input),
            population("motor", 4, PopulationKind::Neurons(Model::new("poisson_dbl_exp", &silent).unwrap())),
            population("b", 3, PopulationKind::Input),
        ],
        projections: vec![
            projection("a-motor", "a", 6, 1, 1),
            projection("b-motor", "b", 3, 4, 2),
            projection("b-now", "b", 3, 0, 3),
        ],
        readouts: vec!["motor".into()],
    }
}

/// The neurons that fire in a tick, of as many.
fn spikes(tick: usize, input: usize, size: usize) -> Vec<u32> {
    (0..size as u32).filter(|&i| number(tick * 31 + input * 7, i as usize) > 0.8).collect()
}

#[test]
fn the_graph_gives_the_potential_of_the_network() {
    for (signs, banks) in [((|w| w) as fn(f32) -> f32, 2), (f32::abs, 1), (|w| -w.abs(), 1)] {
        let spec = network(signs);
        let made = export_potentials(&spec, &BTreeMap::new(), &EXPORT).unwrap();
        let document = Document::read(Document::new(made.graph).write().unwrap(), &Limits::default()).unwrap();
        assert!(check(&document.graph).errors.is_empty(), "{:?}", check(&document.graph));
        let kinds = |wanted: &str| {
            let unit = |node: &embody_bridges::nir::Node| matches!(node, embody_bridges::nir::Node::Unit(u) if u.kind == wanted);
            document.graph.nodes.values().filter(|node| unit(node)).count()
        };
        assert_eq!((kinds("LI"), kinds("Scale"), kinds("Output")), (2 * banks, 2 * banks, 1));

        const TICKS: usize = 600;
        let mut row = Vec::new();
        let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 1).unwrap();
        let (mut output, mut potentials) = (TickOutput::default(), Vec::new());
        for tick in 0..TICKS {
            let [a, b] = [spikes(tick, 0, 6), spikes(tick, 1, 3)];
            row.extend(
                (0..6).map(|i| f32::from(u8::from(a.contains(&i)))).chain((0..3).map(|i| f32::from(u8::from(b.contains(&i))))),
            );
            network.tick(TickInput { spikes: &[&a, &b], ..TickInput::default() }, &mut output);
            potentials.extend(network.probe(&Probe::Membrane("motor".into())).unwrap());
        }
        let recording = run(&document.graph, &made.discretisation, &row, &["motor.output"], &Limits::default()).unwrap();
        let (_, trace) = recording.traces.iter().next().unwrap();
        let off = trace.output.iter().zip(&potentials).map(|(output, v)| (output + 0.75 - v).abs());
        let (off, greatest) = (off.fold(0.0, f32::max), potentials.iter().fold(0.0, |most: f32, v| most.max(v.abs())));
        assert!(off < 1e-5 && greatest > 3.0, "off by {off} of {greatest}");
    }
}

#[test]
fn what_is_left_out_is_told_and_what_cannot_be_is_refused() {
    let poisson = Poisson { c1_hz_per_mv: 0.5, c2_hz: 1.25, c3_per_mv: 0.125, homeostasis_speed_mv: 0.01, ..Poisson::default() };
    let mut spec = network(|w| w);
    spec.populations[1].kind = PopulationKind::Neurons(Model::new("poisson_dbl_exp", &poisson).unwrap());
    let note = &export_potentials(&spec, &BTreeMap::new(), &EXPORT).unwrap().notes[0];
    for part in ["dead time of 1 ms", "reset", "homeostasis", "bias 0 mV", "c1 0.5 Hz/mV", "c2 1.25 Hz", "c3 0.125 /mV"] {
        assert!(note.node == "motor" && note.why.contains(part), "{note:?}");
    }
    let said = export(&spec, &BTreeMap::new(), &EXPORT).unwrap_err().to_string();
    assert!(said.contains("motor") && said.contains("poisson_dbl_exp") && said.contains("--poisson potentials"), "{said}");

    let refused = |spec: &NetworkSpec| export_potentials(spec, &BTreeMap::new(), &EXPORT).unwrap_err().to_string();
    let mut recurrent = spec.clone();
    let around = Synapses::Fixed(vec![1.0; 16]);
    recurrent.projections.push(Projection {
        name: "again".into(),
        source: "motor".into(),
        synapses: around,
        ..spec.projections[0].clone()
    });
    assert!(refused(&recurrent).contains("\"again\" leads from it"));
    let mut equal = spec.clone();
    let same = Poisson { tau_rise_inh_ms: 10.0, ..poisson.clone() };
    equal.populations[1].kind = PopulationKind::Neurons(Model::new("poisson_dbl_exp", &same).unwrap());
    assert!(refused(&equal).contains("two different values"));
    let mut unreached = spec.clone();
    unreached.projections.clear();
    assert!(refused(&unreached).contains("found none"));
    let mut plastic = spec.clone();
    plastic.projections[0].synapses =
        Synapses::Plastic { per_pair: 2, rule: Model { name: "spore".into(), parameters: Default::default() } };
    assert!(refused(&plastic).contains("learned weights must be given"));
    let learned = [("a-motor".to_owned(), (0..48).map(|i| number(9, i)).collect::<Vec<f32>>())].into();
    assert!(export_potentials(&plastic, &learned, &EXPORT).is_ok());
    let mut taken = spec.clone();
    taken.populations[0].name = "motor.exc.rise".into();
    taken.projections[0].source = "motor.exc.rise".into();
    assert!(refused(&taken).contains("motor.exc.rise"));
}
