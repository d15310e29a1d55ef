//! A forward model learns a short trunk, its file is read back as it was, and it controls the trunk that it learned.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use embody_brain::neuron::Reset;
use embody_brain::substrate::compiler;
use embody_brain::training::TrainingError;
use embody_brain::{FloatSubstrate, Models, Synapses};
use embody_controllers::forward_model::{Beginning, ForwardModel, Neurons, Training, TrainingSettings};
use embody_robots::trunk::Trunk;
use nalgebra::Matrix6xX;

/// Straight and retracted.
const START: [f64; 3] = [0.0, 0.0, -1.0];

const NEURONS: Neurons = Neurons { lif: 24, alif: 24, refractory_ms: 5.0, reset: Reset::SubtractNextTick };

fn settings(updates: u64) -> TrainingSettings {
    TrainingSettings { updates, batch: 16, validation_poses: 64, ..TrainingSettings::default() }
}

fn beginning(threads: usize) -> Beginning {
    Beginning { trunk: Trunk::new(2).unwrap(), start: START.repeat(2), seed: 1, threads, from: None, on: None }
}

fn trained(updates: u64, threads: usize) -> Training {
    let mut training = Training::new(&settings(300), NEURONS, beginning(threads)).unwrap();
    for _ in 0..updates {
        training.update().unwrap();
    }
    training
}

#[test]
fn training_makes_the_prediction_and_the_jacobian_better() {
    let before = trained(0, 1);
    let after = trained(300, 1);
    let (old, new) = (before.validate().unwrap(), after.validate().unwrap());
    assert!(new.tip_mm < 0.3 * old.tip_mm && new.orientation_deg < 0.5 * old.orientation_deg, "{old:?} {new:?}");
    let ((_, old), (model, new)) =
        (before.model(&AtomicBool::new(false)).unwrap().unwrap(), after.model(&AtomicBool::new(false)).unwrap().unwrap());
    assert!(new.cosine > 0.8 && new.error < 0.6 && new.error < 0.8 * old.error, "{old:?} {new:?}");
    // At a pose of its own choice, too, the tip moves much as the model says.
    let joints = vec![0.1, -0.2, 0.0, 0.2, 0.1, 0.1];
    let trunk = Trunk::new(2).unwrap();
    let jacobian = model.jacobian(&model.run(&joints), &trunk.tip(&joints));
    let mut actual = Matrix6xX::zeros(6);
    trunk.jacobian(&joints, &mut actual);
    let cosine = actual.dot(&jacobian) / (actual.norm() * jacobian.norm());
    assert!(cosine > 0.8, "{cosine}");
}

#[test]
fn what_was_saved_goes_on_to_the_same_bytes_on_any_number_of_threads() {
    let whole = trained(20, 1);
    let mut halves = trained(8, 2);
    let saved = halves.save();
    halves = trained(0, 1);
    halves.load(&saved).unwrap();
    for _ in 8..20 {
        halves.update().unwrap();
    }
    assert!(whole.save() == halves.save());
    assert_eq!(
        whole.model(&AtomicBool::new(false)).unwrap().unwrap().0.write().unwrap(),
        halves.model(&AtomicBool::new(false)).unwrap().unwrap().0.write().unwrap()
    );
    let error = halves.load(b"something else").unwrap_err();
    assert!(matches!(error, TrainingError::Saved(_)), "{error}");
}

#[test]
fn a_file_is_read_as_it_was_written_and_one_of_another_size_is_refused_by_name() {
    let (model, _) = trained(0, 1).model(&AtomicBool::new(false)).unwrap().unwrap();
    let bytes = model.write().unwrap();
    let again = ForwardModel::read(&bytes, 2, NEURONS).unwrap();
    assert_eq!(again.write().unwrap(), bytes);
    let joints = [0.3; 6];
    assert_eq!(again.values(&again.run(&joints), 1), model.values(&model.run(&joints), 1));
    let refused = |modules, neurons| match ForwardModel::read(&bytes, modules, neurons) {
        Ok(_) => panic!("it is of another size"),
        Err(error) => error.to_string(),
    };
    let said = refused(3, NEURONS);
    assert!(said.contains("clock-hidden") && said.contains("[3, 48]") && said.contains("[2, 48]"), "{said}");
    let said = refused(2, Neurons { alif: 25, ..NEURONS });
    assert!(said.contains("joints-hidden") && said.contains("49"), "{said}");
    assert!(ForwardModel::read(&bytes[..bytes.len() - 1], 2, NEURONS).is_err());
}

#[test]
fn of_poses_that_are_told_the_ends_of_others_nothing_is_learned_but_their_average() {
    let permuted = TrainingSettings { permuted: true, ..settings(300) };
    let mut control = Training::new(&permuted, NEURONS, beginning(1)).unwrap();
    for _ in 0..300 {
        control.update().unwrap();
    }
    let (control_mm, learned_mm) = (control.validate().unwrap().tip_mm, trained(300, 1).validate().unwrap().tip_mm);
    assert!(control_mm > 3.0 * learned_mm, "{control_mm} {learned_mm}");
    let [control, learned] =
        [control, trained(300, 1)].map(|training| training.model(&AtomicBool::new(false)).unwrap().unwrap().1);
    assert!(control.cosine < 0.5 && control.cosine < 0.6 * learned.cosine, "{control:?} {learned:?}");
}

#[test]
fn fitting_the_jacobian_takes_any_threads_and_can_be_stopped() {
    let [one, three] = [1, 3].map(|threads| trained(20, threads).model(&AtomicBool::new(false)).unwrap().unwrap());
    assert_eq!((one.0.write().unwrap(), one.1), (three.0.write().unwrap(), three.1));
    assert!(trained(20, 1).model(&AtomicBool::new(true)).unwrap().is_none());
}

#[test]
fn weights_of_another_share_of_neurons_that_adapt_are_refused() {
    let (model, _) = trained(0, 1).model(&AtomicBool::new(false)).unwrap().unwrap();
    let error =
        ForwardModel::read(&model.write().unwrap(), 2, Neurons { lif: 20, alif: 28, ..NEURONS }).err().unwrap().to_string();
    assert!(error.contains("expected weights of 20 neurons that don't adapt") && error.contains("found 24"), "{error}");
}

/// What the float substrate does is the software's forward pass, to the bit: so are values, Jacobian, and what training in the loop makes of them.
#[test]
fn on_the_float_substrate_everything_is_as_in_software() {
    let float = || compiler(FloatSubstrate::new(Arc::new(Models::default())));
    let (model, fit) = trained(30, 1).model(&AtomicBool::new(false)).unwrap().unwrap();
    let mut placed = model.place(&float(), 3).unwrap();
    let tip = Trunk::new(2).unwrap().tip(&START.repeat(2));
    for joints in [START.repeat(2), vec![0.1, -0.2, 0.0, 0.2, 0.1, 0.1], START.repeat(2)] {
        let (here, there) = (model.run(&joints), model.run_on(&mut placed, &joints).unwrap());
        assert_eq!(model.values(&here, 1), model.values(&there, 1), "each run begins at rest");
        assert_eq!(model.jacobian(&here, &tip), model.jacobian(&there, &tip));
    }
    let looped = Beginning { on: Some(float()), ..beginning(1) };
    let mut looped = Training::new(&settings(300), NEURONS, looped).unwrap();
    for _ in 0..30 {
        looped.update().unwrap();
    }
    assert!(looped.save() == trained(30, 1).save());
    let (again, refit) = looped.model(&AtomicBool::new(false)).unwrap().unwrap();
    assert!(again.write().unwrap() == model.write().unwrap() && refit == fit);
}

#[test]
fn training_goes_on_from_a_model_and_keeps_weights_within_their_limit() {
    let (model, _) = trained(100, 1).model(&AtomicBool::new(false)).unwrap().unwrap();
    let begun =
        |settings: &TrainingSettings, from| Training::new(settings, NEURONS, Beginning { from: Some(from), ..beginning(1) });
    let bytes = model.write().unwrap();
    let read = || ForwardModel::read(&bytes, 2, NEURONS).unwrap();
    let further = begun(&settings(300), read()).unwrap();
    assert!(further.validate().unwrap() == trained(100, 1).validate().unwrap(), "weights and scaling are the model's");
    let limited = TrainingSettings { largest_weight: 0.2, ..settings(300) };
    let mut limited = begun(&limited, read()).unwrap();
    limited.update().unwrap();
    let spec = limited.model(&AtomicBool::new(false)).unwrap().unwrap().0.spec().unwrap();
    for projection in &spec.projections {
        let Synapses::Fixed(weights) = &projection.synapses else { panic!() };
        assert!(weights.iter().all(|w| w.abs() <= 0.2) && weights.iter().any(|w| w.abs() == 0.2), "{}", projection.name);
    }
    let other = ForwardModel::read(&bytes, 2, Neurons { reset: Reset::Zero, ..NEURONS }).unwrap();
    assert!(begun(&settings(300), other).err().unwrap().to_string().contains("expected a model of 2 modules"));
}
