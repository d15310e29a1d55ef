//! Scenarios on emulated chips, and networks in files.

mod common;

use std::path::PathBuf;

use common::Lab;

const CHIPS: [&str; 4] = ["loihi", "spinnaker2", "brainscales2", "pcm"];

/// Published files: NIR graphs with their reference traces.
fn data(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../bridges/tests/data").join(name).display().to_string()
}

/// The columns of a table by name.
fn column(text: &str, name: &str) -> Vec<f64> {
    let mut lines = text.lines();
    let at = lines.next().unwrap().split(',').position(|found| found == name).unwrap_or_else(|| panic!("{name}"));
    lines.map(|line| line.split(',').nth(at).unwrap().parse().unwrap()).collect()
}

/// The steps in which a column isn't zero.
fn spikes(values: &[f64]) -> Vec<usize> {
    values.iter().enumerate().filter(|(_, value)| **value != 0.0).map(|(step, _)| step).collect()
}

#[test]
fn reaching_runs_on_every_chip_and_says_what_ran_on_the_host() {
    let lab = Lab::new();
    for chip in CHIPS {
        let summary = lab.run(chip, &format!("reaching --substrate {chip} --time 10s"));
        assert_eq!(summary["substrate"], chip);
        let account = &summary["account"];
        let on_host = account["fidelity"]["on_host"].as_array().unwrap();
        assert!(on_host.iter().any(|part| part[0].as_str().unwrap().contains("poisson_dbl_exp")), "{chip}: {account}");
        assert!(on_host.iter().all(|part| part[1].as_str().is_some_and(|why| why.len() > 20)), "{chip}: {account}");
        assert!(account["counters"]["synaptic_operations"].as_u64() > Some(1000), "{chip}: {account}");
        let energy = &account["energy"];
        let unpriced = energy["unpriced"].as_object().unwrap();
        assert_eq!(
            energy["total_j"].is_null(),
            !unpriced.is_empty(),
            "a total is refused where a counted term has no price: {energy}"
        );
        assert!(energy["subtotal_j"][0].as_f64() > Some(0.0) && energy["evidence"].is_string(), "{chip}: {energy}");
        lab.succeeds(&format!("report {chip}"));
        let page = lab.text(&format!("{chip}/report.html"));
        assert!(page.contains(&format!("On {chip}")) && page.contains("poisson_dbl_exp") && page.contains("energy"), "{chip}");
        // Gone on with, it is the run that was never stopped.
        let half = lab.run(&format!("{chip}-half"), &format!("reaching --substrate {chip} --time 4s"));
        assert_ne!(half["trace_hash"], summary["trace_hash"]);
        lab.succeeds(&format!("run reaching --resume {chip}-half --time 10s --quiet"));
        assert_eq!(lab.summary(&format!("{chip}-half"))["trace_hash"], summary["trace_hash"], "{chip}");
    }
    assert!(lab.run("float", "reaching --time 10s").get("account").is_none());
}

#[test]
fn a_substrate_is_a_name_or_a_table_whose_options_stand_beside_it() {
    let lab = Lab::new();
    let hash = |name: &str, line: &str| lab.run(name, &format!("reaching --time 5s {line}"))["trace_hash"].clone();
    let short = hash("short", "--set substrate=loihi --set substrate.weight_bits=4");
    let long = hash("long", "--set substrate.kind=loihi --set substrate.loihi.weight_bits=4");
    assert!(short == long && short == hash("flag", "--substrate loihi --set substrate.weight_bits=4"));
    assert_ne!(short, hash("eight", "--substrate loihi"));
    // What was resolved resolves to itself.
    assert_eq!(hash("again", "").is_string(), hash("own", "").is_string());
    lab.succeeds("run short/config.toml --out twice --quiet");
    assert_eq!(lab.summary("twice")["trace_hash"], short);
    assert_eq!(lab.text("short/config.toml"), lab.text("twice/config.toml"));
    for (line, parts) in [
        ("--substrate lohi", ["substrate.kind", "did you mean \"loihi\""]),
        ("--substrate loihi --set substrate.weight_bit=4", ["weight_bit", "weight_bits"]),
        ("--substrate loihi --set substrate.weight_bits=9", ["substrate", "weight_bits: expected 1 to 8, found 9"]),
        ("--substrate loihi --set substrate.plasticity=chip", ["spore", "loihi"]),
        ("--substrate pcm --set substrate.neuron=chip", ["poisson_dbl_exp", "pcm"]),
        ("--substrate brainscales2 --set substrate.plasticity=chip", ["spore", "brainscales2"]),
        ("--substrate spinnaker2 --set substrate.neuron=chip", ["poisson_dbl_exp", "spinnaker2"]),
    ] {
        let said = lab.fails(&format!("run reaching --time 1s --quiet --out refused {line}"));
        assert!(parts.iter().all(|part| said.contains(part)), "{line}: {said}");
    }
}

#[test]
fn each_chip_tells_what_it_makes_of_a_network_or_why_it_cannot() {
    let lab = Lab::new();
    let all = lab.succeeds("substrate info reaching").out;
    for chip in CHIPS {
        assert!(all.contains(&format!("{chip}: weights are off by")), "{all}");
        let one = lab.succeeds(&format!("substrate check reaching --substrate {chip}")).out;
        assert!(one.contains("on host") && one.contains("takes") && all.contains(one.trim()), "{one}");
    }
    // The forward model has adaptive neurons, and too many weights.
    let trunk = lab.succeeds("substrate info trunk-10").out;
    for (chip, why) in
        [("loihi", "alif"), ("brainscales2", "neuron circuits (a column of 128 signed inputs each): expected at most 512")]
    {
        assert!(trunk.contains(&format!("{chip}: no: ")) && trunk.contains(why), "{chip}: {trunk}");
        let said = lab.fails(&format!("substrate check trunk-10 --substrate {chip}"));
        assert!(said.contains(why), "{said}");
    }
    let said = lab.fails("run trunk-10 --substrate loihi --quiet --out refused");
    assert!(said.contains("forward-model") && said.contains("alif") && !lab.path("refused").exists(), "{said}");
    assert!(lab.fails("substrate info reaching --substrate lohi").contains("did you mean \"loihi\""));
}

#[test]
fn a_trace_on_loihi_is_that_of_lava() {
    let lab = Lab::new();
    let (file, input) = (data("nir/lif_norse.nir"), data("loihi/lif_input.csv"));
    let line = ["substrate", "trace", "loihi", &file, &input, "--dt", "1e-4", "--integration", "euler", "--reset", "zero"];
    let ended = lab.embody_with(&line);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let names = ended.out.lines().next().unwrap().to_owned();
    let spike = names.split(',').find(|name| name.contains(".spike[0]")).unwrap().to_owned();
    let fired = spikes(&column(&ended.out, &spike));
    assert!((3..=5).contains(&fired.len()) && names.contains(".u[0]") && names.contains(".v[0]"), "{names}: {fired:?}");
    let said = lab.fails(&format!("substrate trace lohi {file} {input}"));
    assert!(said.contains("lohi") && said.contains("loihi"), "{said}");
    assert!(lab.fails(&format!("substrate trace loihi {file} {input}")).contains("expected --dt"));
}

#[test]
fn a_nir_graph_is_told_of_checked_run_and_converted() {
    let lab = Lab::new();
    let (file, input) = (data("nir/lif_norse.nir"), data("loihi/lif_input.csv"));
    assert!(lab.succeeds(&format!("nir info {file}")).out.contains("LIF"));
    assert!(lab.succeeds(&format!("nir check {file}")).out.contains("fine"));
    let choices = "--dt 1e-4 --integration euler --reset zero";
    let ran = lab.succeeds(&format!("nir run {file} {input} {choices}")).out;
    let output = ran.lines().next().unwrap().split(',').nth(1).unwrap().to_owned();
    assert_eq!(spikes(&column(&ran, &output)), [460, 510, 710, 760]);
    lab.succeeds(&format!("nir run {file} {input} {choices} --out out.csv"));
    assert_eq!(lab.text("out.csv").trim(), ran.trim());
    lab.succeeds(&format!("nir convert {file} network.json {choices}"));
    lab.succeeds("nir convert network.json back.nir");
    let back = lab.succeeds(&format!("nir run back.nir {input}")).out;
    assert!(!spikes(&column(&back, back.lines().next().unwrap().split(',').nth(1).unwrap())).is_empty());
    lab.write("broken.nir", b"\x89HDF\r\n\x1a\n and no more");
    for command in ["info", "check"] {
        assert!(lab.fails(&format!("nir {command} broken.nir")).contains("broken.nir"));
    }
    for (line, part) in [
        ("back.json back2.nir --dt 1e-3", "back.json: --dt: expected none"),
        ("reaching out.json --reset zero", "reaching: --reset: expected none"),
        ("back.json out.nir --set seed=2", "back.json: --set changes a scenario"),
        ("back.json out.txt", "out.txt: expected the name of a file that ends in .nir or .json"),
        ("back.json out.json --drop-refractory", "out.json: expected a NIR file"),
    ] {
        let said = lab.fails(&format!("nir convert {line}"));
        assert!(said.contains(part), "{line}: {said}");
    }
    let extra = lab.text("network.json").replacen('{', "{\"extra\": 1,", 1);
    lab.write("extra.json", extra.as_bytes());
    assert!(lab.fails("nir convert extra.json out.nir").contains("extra"));
    assert!(lab.fails("nir convert reaching out.nir").contains("poisson_dbl_exp"));
    assert!(!lab.path("out.nir").exists(), "nothing is left of what was refused");
}

#[test]
fn the_small_forward_model_reaches_on_every_chip() {
    let lab = Lab::new();
    let few = "--set task.trunk-reaching.targets=3 --set task.trunk-reaching.iterations=60";
    for chip in CHIPS {
        let summary = lab.run(chip, &format!("trunk-10-small --substrate {chip} {few}"));
        let (metrics, account) = (&summary["metrics"], &summary["account"]);
        // A random pose is off by 20 mm and more.
        assert!(metrics["tip_error_median_mm"].as_f64() < Some(20.0), "{chip}: {metrics}");
        let on_host = account["fidelity"]["on_host"].as_array().unwrap();
        assert!(on_host.iter().any(|part| part[0] == "inversion of the forward model"), "{chip}: {account}");
        assert!(account["counters"]["synaptic_operations"].as_u64() > Some(1_000_000), "{chip}: {account}");
        assert!(summary["neurobench"]["ActivationSparsity"].as_f64() > Some(0.5), "{chip}: {summary}");
        let whole = &summary["trace_hash"];
        lab.run(&format!("{chip}-part"), &format!("trunk-10-small --substrate {chip} {few} --time 4800ms"));
        lab.succeeds(&format!("run trunk-10-small --resume {chip}-part --time 2400s --quiet"));
        assert_eq!(&lab.summary(&format!("{chip}-part"))["trace_hash"], whole, "{chip}: gone on with, it is the same run");
    }
    lab.run("pcm-2", &format!("trunk-10-small --substrate pcm --seed 2 {few}"));
    std::fs::rename(lab.path("pcm"), lab.path("pcm-1")).unwrap();
    let table = lab.succeeds("substrate compare loihi pcm-1 brainscales2 pcm-2 --metric tip_error_median_mm").out;
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows.len() == 5 && rows[0].contains("| tip_error_median_mm |"), "{table}");
    assert!(
        rows[3].starts_with("| pcm | pcm | ") && rows[3].contains(" mJ (derived; no total, as terms have no price)"),
        "{table}"
    );
    // Its power is that of the chip alone: what the host reads and writes has no price.
    let energy = " at least 0.057 mJ (cited; no total, as terms have no price)";
    assert!(rows[4].starts_with("| brainscales2 | ") && rows[4].contains(energy), "{table}");
    for (line, part) in [
        ("loihi --metric tip_error", "there is no metric \"tip_error\": expected one of "),
        ("nobody --metric targets", "nobody/summary.json"),
        ("loihi loihi --metric targets", "loihi: expected each run once, found it twice"),
    ] {
        assert!(lab.fails(&format!("substrate compare {line}")).contains(part), "{line}");
    }
    let float = lab.run("float", &format!("trunk-10-small {few}"));
    assert!(float.get("account").is_none() && float["metrics"]["tip_error_median_mm"].as_f64() < Some(5.0), "{float}");
}

#[test]
fn a_forward_model_is_trained_with_a_chip_in_the_loop() {
    let lab = Lab::new();
    let training = "controller.forward-model.training";
    let small = format!("--set {training}.batch=8 --set {training}.validation_poses=16 --set {training}.validate_every=2");
    let line = format!("train trunk-10-small --substrate brainscales2 --from trunk-10-small --updates 4 {small} --quiet");
    lab.succeeds(&format!("{line} --out whole"));
    lab.succeeds(&format!("{line} --out again"));
    let weights = lab.bytes("whole/weights.safetensors");
    assert!(weights == lab.bytes("again/weights.safetensors"), "equal seeds give equal weights");
    lab.succeeds(&format!("{line} --set substrate.seed=2 --out other-chip"));
    // A chip that can do nothing leaves nothing behind.
    lab.fails(&format!("{line} --set substrate.gain=1e-45 --out nothing"));
    assert!(!lab.path("nothing").exists());
    assert!(weights != lab.bytes("other-chip/weights.safetensors"), "another chip teaches otherwise");
    // What it came to runs on that chip, by the line that was printed.
    let line =
        "run whole/config.toml --set controller.forward-model.weights=weights.safetensors --set task.targets=1 --quiet --out run";
    lab.succeeds(line);
    assert_eq!(lab.summary("run")["substrate"], "brainscales2");
    for (line, part) in [
        ("--from trunk-10", "trunk-10"),
        ("--from no-such-weights", "controller.forward-model.training.from: expected a safetensors file"),
        ("--substrate lohi", "did you mean \"loihi\""),
        (
            "--set controller.forward-model.neurons.alif=28 --set controller.forward-model.neurons.lif=72 --substrate loihi",
            "alif",
        ),
    ] {
        let said = lab.fails(&format!("train trunk-10-small --updates 1 --quiet --out refused {line}"));
        assert!(said.contains(part) && !lab.path("refused").exists(), "{line}: {said}");
    }
}
