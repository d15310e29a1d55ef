//! Networks in files as controllers of scenarios, and what runs have learned as networks in files.

mod common;

use std::sync::Arc;

use common::{Lab, json};
use embody_brain::{NetworkSpec, Synapses};
use embody_scenarios::run::scenario_of;
use embody_scenarios::{Loaded, Registry};
use serde_json::{Value, json};

/// A network that draws the ball to the centre: each pixel of `size` x `size` excites, of four neurons, those that point away from it.
fn steering(size: usize) -> Value {
    let middle = (size as f64 - 1.0) / 2.0;
    let mut weights = Vec::new();
    for pixel in 0..size * size {
        let (x, y) = ((pixel % size) as f64 - middle, (pixel / size) as f64 - middle);
        weights.extend([-x, -y, x, y].map(|pull| pull.max(0.0) / size as f64));
    }
    json!({
        "tick_ns": 1_000_000,
        "populations": [
            { "name": "eye", "size": size * size, "kind": "Input" },
            { "name": "motor", "size": 4, "kind": { "Neurons": {
                "name": "lif",
                "parameters": { "tau_ms": 20.0, "threshold": 0.3, "bias": 0.0, "refractory_ms": 0.0,
                    "scaled_input": false, "reset": "zero", "comparison": "above" },
            } } },
        ],
        "projections": [{ "name": "eye-motor", "source": "eye", "target": "motor", "delay_ns": 1_000_000,
            "synapses": { "Fixed": weights } }],
        "readouts": ["motor"],
    })
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("steering.json", steering(16).to_string());
    lab.succeeds("nir convert steering.json steering.nir");
    lab
}

const OWN: &str = "reaching --controller network --set controller.network.file=steering.nir";

#[test]
fn a_nir_file_closes_the_loop_on_any_substrate_and_goes_on_from_a_checkpoint() {
    let lab = lab();
    for substrate in ["float", "loihi"] {
        let line = format!("{OWN} --substrate {substrate}");
        let summary = lab.run(substrate, &format!("{line} --time 10s"));
        assert_eq!((&summary["controller"], &summary["substrate"]), (&json!("network"), &json!(substrate)));
        assert_eq!(lab.run(&format!("{substrate}-again"), &format!("{line} --time 10s"))["trace_hash"], summary["trace_hash"]);
        lab.run(&format!("{substrate}-half"), &format!("{line} --time 4s"));
        // From another working directory: what the settings name is found all the same.
        let (half, elsewhere) = (lab.path(&format!("{substrate}-half")), lab.path("elsewhere"));
        std::fs::create_dir_all(&elsewhere).unwrap();
        let mut resumed = lab.command(&["run", "reaching", "--time", "10s", "--quiet", "--resume"]);
        let ended = common::wait(resumed.arg(half).current_dir(elsewhere), "run --resume");
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_eq!(lab.summary(&format!("{substrate}-half"))["trace_hash"], summary["trace_hash"], "{substrate}");
    }
    let account = lab.summary("loihi")["account"].clone();
    assert!(account["counters"]["synaptic_operations"].as_u64() > Some(100), "{account}");
    assert!(account["fidelity"]["on_host"].as_array().unwrap().is_empty(), "all of it is on the chip: {account}");
    // The description is the same network, and what it does is no accident.
    let described =
        lab.run("described", &OWN.replace("steering.nir", "steering.json").replace("reaching ", "reaching --time 600s "));
    let graph = lab.run("graph", &OWN.replace("reaching ", "reaching --time 600s "));
    assert_eq!(described["trace_hash"], graph["trace_hash"]);
    let targets = graph["metrics"]["targets_per_1000s"].as_f64().unwrap_or_else(|| panic!("{graph}"));
    assert!(targets > 100.0, "{targets} targets per 1000 s");
    // A file that has changed doesn't go on in the place of what it was.
    let mut other = steering(16);
    other["projections"][0]["synapses"]["Fixed"][3] = json!(0.125);
    lab.write("steering.json", other.to_string());
    let said = lab.fails("run reaching --resume described --time 700s --quiet");
    assert!(said.contains("another network"), "{said}");
}

#[test]
fn a_field_of_the_observation_feeds_an_input_and_values_are_the_action() {
    let lab = Lab::new();
    let weights: Vec<f64> = (0..18).map(|i| f64::from(i % 5) - 2.0).collect();
    let readout = json!({ "name": "leaky_readout", "parameters": { "tau_ms": 300.0, "bias": 0.0, "scaled_input": false } });
    let network = json!({
        "tick_ns": 120_000_000,
        "populations": [
            { "name": "goal", "size": 3, "kind": "Analogue" },
            { "name": "joints", "size": 6, "kind": { "Neurons": readout } },
        ],
        "projections": [{ "name": "p", "source": "goal", "target": "joints", "delay_ns": 0, "synapses": { "Fixed": weights } }],
        "readouts": ["joints"],
    });
    lab.write("network.json", network.to_string());
    lab.succeeds("nir convert network.json network.nir");
    let line = "trunk-10 --controller network --set robot.trunk.modules=2 --set time.neural_tick=120ms --time 12s \
                --set controller.network.decoder={direct={gain=0.01}}";
    let [told, read] = ["json", "nir"].map(|kind| {
        let observed = "--set controller.network.observations.goal=goal_position";
        lab.run(kind, &format!("{line} {observed} --set controller.network.file=network.{kind}"))["trace_hash"].clone()
    });
    assert_eq!(told, read, "an input of a graph holds values where a field feeds it");
    let straight =
        lab.run("straight", "trunk-10 --controller straight --set robot.trunk.modules=2 --set time.neural_tick=120ms --time 12s");
    assert_ne!(told, straight["trace_hash"], "the trunk moves");
    let said = lab.fails(&format!("run {line} --set controller.network.file=network.nir --quiet --out refused"));
    assert!(said.contains("observations") && said.contains("\"goal\"") && said.contains("\"goal_position\""), "{said}");
}

#[test]
fn what_a_car_has_learned_steers_it() {
    let lab = Lab::new();
    lab.run("learned", "lane-following --time 20s");
    lab.succeeds("nir convert learned learned.json");
    let line = "lane-following --controller network --set controller.network.file=learned.json --time 10s \
                --set controller.network.encoder={windows={spikes_per_event=0.03}} --set controller.network.decoder={steering={}}";
    let hash = |name: &str| lab.run(name, line)["trace_hash"].clone();
    assert_eq!(hash("once"), hash("twice"));
    assert_ne!(hash("again"), lab.run("straight", "lane-following --controller straight --time 10s")["trace_hash"]);
}

#[test]
fn what_does_not_fit_a_scenario_is_named() {
    let lab = lab();
    lab.write("narrow.json", steering(15).to_string());
    let mut slow = steering(16);
    slow["tick_ns"] = json!(2_000_000);
    slow["projections"][0]["delay_ns"] = json!(2_000_000);
    lab.write("slow.json", slow.to_string());
    lab.write("broken.json", "{");
    let norse = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../bridges/tests/data/nir/lif_norse.nir");
    std::fs::copy(norse, lab.path("norse.nir")).unwrap();
    for (settings, parts) in [
        ("file=narrow.json", &["controller.network", "input: expected 256 neurons", "16 x 16", "found 225 in \"eye\""][..]),
        ("file=slow.json", &["controller.network", "time.neural_tick", "1ms", "2ms"]),
        ("file=broken.json", &["controller.network", "file", "broken.json"]),
        ("file=nowhere.nir", &["controller.network", "file", "nowhere.nir"]),
        ("file=norse.nir", &["controller.network", "norse.nir", "expected dt"]),
        ("file=norse.nir dt=1ms", &["expected integration"]),
        ("file=norse.nir dt=1ms integration=euler reset=zero", &["input: expected 256 neurons", "found 1"]),
        ("file=norse.nir dt=0.1ms integration=euler reset=zero", &["time.neural_tick", "1ms", "100us"]),
        ("file=steering.nir integration=leapfrog", &["integration", "euler"]),
        ("file=steering.nir output=eye", &["output", "\"motor\""]),
        ("file=steering.nir decoder={direct={}}", &["decoder.direct", "2 numbers", "found 4"]),
        ("", &["controller.network", "file: expected a NIR file"]),
    ] {
        let settings = settings.split_whitespace().map(|setting| format!("--set controller.network.{setting}"));
        let settings = settings.collect::<Vec<_>>().join(" ");
        let said = lab.fails(&format!("run reaching --controller network {settings} --time 1s --quiet --out refused"));
        assert!(parts.iter().all(|part| said.contains(part)), "{settings}: {said}");
    }
}

/// The weights of a network's projections.
fn weights(spec: &NetworkSpec) -> Vec<(&str, Vec<u32>)> {
    let bits = |synapses: &Synapses| match synapses {
        Synapses::Fixed(weights) => weights.iter().map(|weight| weight.to_bits()).collect(),
        Synapses::Plastic { .. } => panic!("they are fixed"),
    };
    spec.projections.iter().map(|projection| (projection.name.as_str(), bits(&projection.synapses))).collect()
}

#[test]
fn what_a_run_has_learned_comes_out_bit_for_bit_and_goes_back_in() {
    let lab = Lab::new();
    lab.run("learned", "reaching --time 20s --seed 3");
    let said = lab.succeeds("nir convert learned learned.json").out;
    assert!(said.contains("2 populations, 1 projections"), "{said}");
    let spec: NetworkSpec = serde_json::from_value(json(&lab.bytes("learned.json"))).unwrap();

    // What a trained controller holds.
    let registry = Arc::new(Registry::default());
    let donor = lab.path("learned");
    let settings = ["seed=3", "controller.kind=trained", &format!("controller.trained.donor={}", donor.display())];
    let trained = Loaded::find(&registry, "reaching", &settings.map(String::from)).unwrap().assemble(&registry).unwrap();
    let held = trained.controller.running().unwrap().weights("visual-motor").unwrap();
    let bits: Vec<u32> = held.iter().map(|weight| weight.to_bits()).collect();
    assert_eq!(weights(&spec), [("visual-motor", bits)]);
    let fresh = scenario_of(&registry, &donor, &[]).unwrap().assemble(&registry).unwrap();
    assert_ne!(fresh.controller.running().unwrap().weights("visual-motor").unwrap(), held, "20 s leave a mark");

    let ended = lab.succeeds("nir convert learned learned.nir --poisson potentials");
    for part in ["motor", "membrane potential", "bias 2.5 mV", "c1 0 Hz/mV", "c2 1 Hz", "c3 1 /mV", "dead time of 5 ms"] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    assert!(lab.succeeds("nir check learned.nir").out.contains("fine"));
    assert!(lab.succeeds("nir info learned.nir").out.contains("motor.exc.fall"));
    let said = lab.fails("nir convert learned refused.nir");
    assert!(said.contains("poisson_dbl_exp") && said.contains("--poisson potentials"), "{said}");

    // It closes the loop again, as the fixed network that it is now, and comes out as it went in.
    let own = "reaching --controller network --set controller.network.file=learned.json";
    lab.run("back", &format!("{own} --time 5s"));
    lab.succeeds("nir convert back back.json");
    assert_eq!(lab.bytes("back.json"), lab.bytes("learned.json"));

    for (line, part) in [
        ("nir convert nothing out.json", "there is no scenario \"nothing\""),
        ("nir convert learned out.json --set seed=4", "--set"),
        ("nir convert ideal out.json", "has no network"),
        ("nir convert . out.json", "the folder of a finished run"),
    ] {
        if line.contains("ideal") {
            lab.run("ideal", "reaching --time 1s --controller ideal");
        }
        let said = lab.fails(line);
        assert!(said.contains(part), "{line}: {said}");
    }
}
