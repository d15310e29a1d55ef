//! Networks that somebody brings along: they conform, and what doesn't fit is named by its key.

use std::sync::Arc;

use embody_brain::neuron::{LeakyReadout, Lif};
use embody_brain::substrate::Compiled;
use embody_brain::{
    CompileNetwork, FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Projection, Synapses,
};
use embody_controllers::decoder::{DecoderSettings, DirectSettings, VectorSettings};
use embody_controllers::network::{NetworkController, NetworkSettings};
use embody_controllers::spore::Loop;
use embody_controllers::{Controller, ControllerError, conformance};
use embody_robots::{
    Action, ActionField, ActionSpec, Event, Field, FieldKind, Nanos, Observation, ObservationField, ObservationSpec, StepKind,
    TimeStep,
};

const PERIOD: Nanos = Nanos::from_millis(20);
const TICK: Nanos = Nanos::from_millis(1);

/// A camera of 5 x 4 pixels, three joints, and a drive of two values.
fn around() -> Loop {
    let field = |name: &str, kind| ObservationField { name: name.into(), kind };
    let joints = FieldKind::Dense { shape: vec![3], unit: "rad".into(), bounds: [-1.0, 1.0] };
    let fields = vec![
        field("camera", FieldKind::Events { width: 5, height: 4, max_events: 1000 }),
        field("joints", joints),
        field("bump", FieldKind::Dense { shape: vec![1], unit: "1".into(), bounds: [0.0, 1.0] }),
    ];
    let drive = ActionField { name: "velocity".into(), size: 2, unit: "m/s".into(), bounds: [-2.0, 2.0] };
    Loop {
        observation: ObservationSpec { fields },
        action: ActionSpec { fields: vec![drive] },
        control_period: PERIOD,
        neural_tick: TICK,
    }
}

fn population(name: &str, size: usize, kind: PopulationKind) -> Population {
    Population { name: name.into(), size, kind }
}

fn projection(source: (&str, usize), target: (&str, usize), weight: impl Fn(usize, usize) -> f32) -> Projection {
    let weights = (0..source.1).flat_map(|i| (0..target.1).map(|j| weight(i, j)).collect::<Vec<_>>()).collect();
    Projection {
        name: format!("{}-{}", source.0, target.0),
        source: source.0.into(),
        target: target.0.into(),
        delay_ns: TICK.0,
        synapses: Synapses::Fixed(weights),
    }
}

/// Pixels, of spikes or of values, and six neurons that fire.
fn firing(pixels: PopulationKind) -> NetworkSpec {
    let lif = Model::new("lif", &Lif { threshold: 1.0.into(), ..Lif::default() }).unwrap();
    NetworkSpec {
        tick_ns: TICK.0,
        populations: vec![population("eye", 20, pixels), population("motor", 6, PopulationKind::Neurons(lif))],
        projections: vec![projection(("eye", 20), ("motor", 6), |i, j| ((7 * i + 3 * j) % 11) as f32 / 8.0)],
        readouts: vec!["motor".into()],
    }
}

/// Pixels and joints, and two readouts of values.
fn valued() -> NetworkSpec {
    let readout = |tau_ms: f64| {
        let readout = LeakyReadout { tau_ms: tau_ms.into(), ..LeakyReadout::default() };
        PopulationKind::Neurons(Model::new("leaky_readout", &readout).unwrap())
    };
    NetworkSpec {
        tick_ns: TICK.0,
        populations: vec![
            population("eye", 20, PopulationKind::Input),
            population("body", 3, PopulationKind::Analogue),
            population("slow", 2, readout(50.0)),
            population("now", 2, readout(0.001)),
        ],
        projections: vec![
            projection(("eye", 20), ("slow", 2), |i, j| (i as f32 - 9.5) * if j == 0 { 0.01 } else { -0.02 }),
            projection(("body", 3), ("slow", 2), |i, j| (i + j) as f32 / 100.0),
            projection(("body", 3), ("now", 2), |i, j| if i == j { 1.0 } else { 0.0 }),
        ],
        readouts: vec!["slow".into(), "now".into()],
    }
}

fn settings_of_values() -> NetworkSettings {
    NetworkSettings {
        observations: [("body".to_owned(), "joints".to_owned())].into(),
        output: "slow".into(),
        decoder: DecoderSettings::Direct(DirectSettings { gain: 0.5 }),
        ..NetworkSettings::default()
    }
}

fn build(settings: &NetworkSettings, spec: &NetworkSpec) -> Result<NetworkController, ControllerError> {
    let compile: CompileNetwork = Arc::new(|spec, seed| {
        let substrate = FloatSubstrate::new(Arc::new(Models::default()));
        Ok(Box::new(Compiled::new(substrate, spec, seed)?) as Box<dyn Network>)
    });
    NetworkController::new(settings, spec.clone(), &around(), &compile, 3)
}

fn conforms(settings: &NetworkSettings, spec: &NetworkSpec) {
    let around = around();
    conformance::controller(|| Box::new(build(settings, spec).unwrap()), &around.observation, &around.action, PERIOD);
}

#[test]
fn networks_of_spikes_and_of_values_conform() {
    let vector = DecoderSettings::Vector(VectorSettings { gain_per_hz: 0.001 });
    let spikes = NetworkSettings { decoder: vector, ..NetworkSettings::default() };
    conforms(&spikes, &firing(PopulationKind::Input));
    conforms(&spikes, &firing(PopulationKind::Analogue));
    conforms(&settings_of_values(), &valued());
}

/// A step with an event in each of some pixels, spread over the period, and joints.
fn step(number: u64, joints: [f32; 3]) -> TimeStep {
    let mut observation = Observation::from_spec(&around().observation);
    let end = (number + 1) * PERIOD.0;
    for field in &mut observation.fields {
        match field {
            Field::Events(buffer) => buffer.refill(|events| {
                let pixel = |k: u64| ((number * 5 + k * 3) % 20) as u16;
                events.extend((0..15).map(|k| Event {
                    t_ns: end - (15 - k) * TICK.0,
                    y: pixel(k) / 5,
                    x: pixel(k) % 5,
                    on: true,
                }));
            }),
            Field::Dense(values) if values.len() == 3 => values.copy_from_slice(&joints),
            Field::Dense(_) => {}
        }
    }
    TimeStep { kind: StepKind::Mid, time: Nanos(end), reward: 0.0, observation }
}

fn acted(controller: &mut impl Controller, steps: u64) -> Vec<Action> {
    let mut action = Action::from_spec(&around().action);
    let mut one = |number| {
        controller.act(&step(number, [0.3, -0.6, 1.0]), &mut action).unwrap();
        action.clone()
    };
    (0..steps).map(&mut one).collect()
}

#[test]
fn an_input_of_values_gets_one_for_a_spike_and_watching_changes_nothing() {
    let settings = NetworkSettings::default();
    let [mut spikes, mut values] =
        [PopulationKind::Input, PopulationKind::Analogue].map(|kind| build(&settings, &firing(kind)).unwrap());
    let actions = acted(&mut spikes, 50);
    assert!(actions.iter().any(|action| action.fields[0][0] != 0.0));
    assert_eq!(actions, acted(&mut values, 50));
    let mut watched = build(&settings, &firing(PopulationKind::Input)).unwrap();
    watched.watch(true);
    assert_eq!(actions, acted(&mut watched, 50));
    let telemetry = watched.telemetry().unwrap();
    let of: Vec<_> = telemetry.populations.iter().map(|p| (p.name.as_str(), p.size, p.membrane.len())).collect();
    assert_eq!(of, [("eye", 20, 0), ("motor", 6, 6)]);
    assert!(telemetry.populations[0].spikes.len() == 15 && !telemetry.populations[1].spikes.is_empty());
    assert_eq!(telemetry.counters[0], ("velocity x (m/s)".into(), f64::from(actions[49].fields[0][0])));
    let mut activity = Vec::new();
    watched.activity(&mut activity);
    assert!(activity.iter().zip(&telemetry.populations).all(|(a, b)| a.spikes == b.spikes));
    assert_eq!(watched.readings(true).unwrap().weights.len(), 1);
}

#[test]
fn a_readout_of_values_is_the_action() {
    let settings = NetworkSettings { output: "now".into(), ..settings_of_values() };
    let mut controller = build(&settings, &valued()).unwrap();
    // What keeps nothing holds the joints, times the gain.
    let last = acted(&mut controller, 3).pop().unwrap();
    assert_eq!(last.fields, [[0.15, -0.3]]);
}

#[test]
fn what_does_not_fit_is_named_by_its_key() {
    let said = |settings: &NetworkSettings, spec: &NetworkSpec| build(settings, spec).err().unwrap().to_string();
    let plain = NetworkSettings::default();
    let spec = firing(PopulationKind::Input);
    let names = |said: String, parts: &[&str]| assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    names(said(&plain, &NetworkSpec { tick_ns: 100_000, ..spec.clone() }), &["time.neural_tick", "1ms", "100us"]);
    let mut small = spec.clone();
    small.populations[0].size = 19;
    small.projections.clear();
    names(said(&plain, &small), &["input: expected 20 neurons", "5 x 4 of \"camera\"", "found 19 in \"eye\""]);
    let other = NetworkSettings { input: "ear".into(), ..plain.clone() };
    names(said(&other, &spec), &["input", "\"ear\"", "expected one of \"eye\""]);
    let other = NetworkSettings { output: "eye".into(), ..plain.clone() };
    names(said(&other, &spec), &["output", "\"eye\"", "expected one of \"motor\""]);
    names(said(&plain, &NetworkSpec { readouts: Vec::new(), ..spec.clone() }), &["file", "readout"]);
    names(said(&plain, &NetworkSpec { readouts: vec!["leg".into()], ..spec.clone() }), &["file", "\"leg\""]);
    let direct = NetworkSettings { decoder: DecoderSettings::Direct(DirectSettings::default()), ..plain.clone() };
    names(said(&direct, &spec), &["decoder.direct", "2 numbers", "found 6"]);
    names(said(&NetworkSettings { motor_filter: Nanos::ZERO, ..plain.clone() }, &spec), &["motor_filter", "above zero"]);
    let mut plastic = spec.clone();
    let rule = Model { name: "spore".into(), parameters: Default::default() };
    plastic.projections[0].synapses = Synapses::Plastic { per_pair: 1, rule };
    names(said(&plain, &plastic), &["fixed weights", "\"eye-motor\"", "embody nir convert"]);
    let mut wide = spec.clone();
    wide.populations[1].size = usize::MAX;
    names(said(&plain, &wide), &["motor", "size"]);

    let fed = |input: &str, field: &str| NetworkSettings {
        observations: [(input.to_owned(), field.to_owned())].into(),
        ..settings_of_values()
    };
    let values = valued();
    names(said(&NetworkSettings { observations: [].into(), ..settings_of_values() }, &values), &["input", "\"eye\", \"body\""]);
    names(said(&fed("eye", "joints"), &values), &["observations.eye", "Analogue"]);
    names(said(&fed("nose", "joints"), &values), &["observations.nose", "\"body\""]);
    names(said(&fed("body", "camera"), &values), &["observations.body", "\"camera\"", "\"joints\", \"bump\""]);
    names(said(&fed("body", "bump"), &values), &["observations.body", "input of 1", "found 3"]);
    names(said(&NetworkSettings { output: String::new(), ..settings_of_values() }, &values), &["output", "\"slow\", \"now\""]);
    let mut blind = around();
    blind.observation.fields.remove(0);
    let compile: CompileNetwork = Arc::new(|_, _| unreachable!("it doesn't come to that"));
    let built = NetworkController::new(&plain, spec, &blind, &compile, 3);
    names(built.err().unwrap().to_string(), &["observations", "\"eye\"", "no event camera", "\"joints\", \"bump\""]);
    let unfed = NetworkSettings { input: "eye".into(), observations: [].into(), ..settings_of_values() };
    names(said(&unfed, &values), &["observations", "\"body\""]);
}

#[test]
fn a_state_of_other_weights_is_refused() {
    use embody_robots::Checkpoint;
    let mut other = firing(PopulationKind::Input);
    let Synapses::Fixed(weights) = &mut other.projections[0].synapses else { unreachable!() };
    weights[7] += 0.25;
    let saved = build(&NetworkSettings::default(), &other).unwrap().save().unwrap();
    let mut controller = build(&NetworkSettings::default(), &firing(PopulationKind::Input)).unwrap();
    assert!(controller.restore(&saved).unwrap_err().to_string().contains("another network"));
}
