//! The conformance suites, on everything built in.

use std::sync::Arc;

use embody_brain::neuron::{NeuronKernel, Poisson, PoissonKernel, PopulationContext};
use embody_brain::plasticity::spore::{Spore, SporeForm, SporeKernel};
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::{FloatSubstrate, Model, Models, NetworkSpec, Population, PopulationKind, Projection, Synapses, conformance};

fn spec(form: SporeForm) -> NetworkSpec {
    let neurons = Poisson { bias_mv: 5.0, ..Poisson::default() };
    let rule = Spore { form, beta_per_ms: 1e-4, theta_init_mean: 1.0, theta_init_deviation: 0.5, w0: 2.0, ..Spore::default() };
    let population = |name: &str, size, kind| Population { name: name.into(), size, kind };
    let neurons = || PopulationKind::Neurons(Model::new("poisson_dbl_exp", &neurons).unwrap());
    let projection = |name: &str, source: &str, target: &str, delay_ns, synapses| Projection {
        name: name.into(),
        source: source.into(),
        target: target.into(),
        delay_ns,
        synapses,
    };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 20, PopulationKind::Input),
            population("hidden", 9, neurons()),
            population("out", 3, neurons()),
        ],
        projections: vec![
            projection(
                "learned",
                "in",
                "hidden",
                1_000_000,
                Synapses::Plastic { per_pair: 2, rule: Model::new("spore", &rule).unwrap() },
            ),
            projection("fixed", "hidden", "out", 3_000_000, Synapses::Fixed((0..27).map(|i| i as f32 - 9.0).collect())),
        ],
        readouts: vec!["out".into(), "hidden".into()],
    }
}

#[test]
fn the_float_substrate_conforms_with_both_forms_of_spore() {
    for form in [SporeForm::Windowed, SporeForm::Stepwise] {
        conformance::substrate(&FloatSubstrate::new(Arc::new(Models::default())), &spec(form));
    }
}

#[test]
fn the_poisson_neuron_conforms() {
    let make = || -> Box<dyn NeuronKernel> {
        let p = Poisson { bias_mv: 10.0, homeostasis_speed_mv: 0.01, ..Poisson::default() };
        Box::new(PoissonKernel::new(&p, &PopulationContext { size: 13, tick_ms: 1.0, seed: 3 }).unwrap())
    };
    conformance::neurons(make, 13);
}

#[test]
fn spore_conforms_as_a_rule_in_both_forms() {
    for form in [SporeForm::Windowed, SporeForm::Stepwise] {
        let make = || -> Box<dyn RuleKernel> {
            let p = Spore { form, beta_per_ms: 1e-4, theta_init_deviation: 0.5, ..Spore::default() };
            let context = ProjectionContext { sources: 10, targets: 9, per_pair: 3, tick_ms: 1.0, seed: 3 };
            Box::new(SporeKernel::new(&p, &context).unwrap())
        };
        conformance::rule(make, 10, 9, 3);
    }
}

#[test]
fn unknown_models_and_wrong_parameters_are_named() {
    use embody_brain::Substrate;
    let substrate = FloatSubstrate::new(Arc::new(Models::default()));
    let error = |change: &dyn Fn(&mut NetworkSpec)| {
        let mut spec = spec(SporeForm::Windowed);
        change(&mut spec);
        substrate.compile(&spec).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let message = error(&|spec| spec.populations[2].kind = PopulationKind::Neurons(Model::new("izhikevich", &()).unwrap()));
    assert!(message.contains("out") && message.contains("izhikevich") && message.contains("poisson_dbl_exp"), "{message}");
    let message = error(&|spec| {
        let rule = Model::new("spore", &Spore { update_interval_ms: 1.5, ..Spore::default() }).unwrap();
        spec.projections[0].synapses = Synapses::Plastic { per_pair: 1, rule };
    });
    assert!(message.contains("learned") && message.contains("update_interval_ms") && message.contains("1.5"), "{message}");
}

#[test]
#[should_panic(expected = "WeightsRest is kept, and needs no exception")]
fn an_exception_that_is_not_needed_is_a_fault() {
    let exceptions = [conformance::Exception { promise: conformance::Promise::WeightsRest, reason: "it drifts" }];
    conformance::substrate_except(&FloatSubstrate::new(Arc::new(Models::default())), &spec(SporeForm::Windowed), &exceptions);
}
