use std::collections::BTreeMap;
use std::time::Instant;
use embody_controllers::{Controller, forward_model::*, spore::Loop};
use embody_robots::trunk::Trunk;
use embody_robots::*;

fn main() {
    let args: BTreeMap<String, String> = std::env::args().skip(1).filter_map(|a| a.split_once('=').map(|(a,b)| (a.into(), b.into()))).collect();
    let get = |k: &str, d: f64| args.get(k).map_or(d, |v: &String| v.parse().unwrap());
    let modules = get("modules", 10.0) as usize;
    let neurons = Neurons { lif: get("lif", 128.0) as usize, alif: get("alif", 128.0) as usize };
    let settings = TrainingSettings { updates: get("updates", 5000.0) as u64, learning_rate: get("lr", 5e-3), batch: get("batch", 64.0) as usize, validate_every: get("every", 250.0) as u64, validation_poses: 128, ..TrainingSettings::default() };
    let trunk = Trunk::new(modules).unwrap();
    let begun = Instant::now();
    let model = if let Some(file) = args.get("load") { ForwardModel::read(&std::fs::read(file).unwrap(), modules, neurons).unwrap() } else {
        let mut training = Training::new(&settings, neurons, &trunk, get("seed", 1.0) as u64, get("threads", 1.0) as usize).unwrap();
        if let Some(state) = args.get("resume") { training.load(&std::fs::read(state).unwrap()).unwrap(); }
        let mut loss = 0.0;
        while training.updates() < settings.updates {
            loss += training.update().unwrap().loss;
            if training.updates() % settings.validate_every == 0 {
                println!("{:6} {:7.1} s loss {:.4} {:?}", training.updates(), begun.elapsed().as_secs_f64(), loss / settings.validate_every as f64, training.validate().unwrap());
                loss = 0.0;
                if let Some(out) = args.get("out") { std::fs::write(format!("{out}.state"), training.save()).unwrap(); }
            }
        }
        let (model, fit) = training.model().unwrap();
        println!("{fit:?} {:?}", model.calibration().surrogate);
        if let Some(out) = args.get("out") { std::fs::write(out, model.write().unwrap()).unwrap(); }
        model
    };
    let bytes = model.write().unwrap();
    let dense = |name: &str, shape: &[usize]| ObservationField { name: name.into(), kind: FieldKind::Dense { shape: shape.to_vec(), unit: "m".into(), bounds: [-10.0, 10.0] } };
    let observation = ObservationSpec { fields: vec![dense("positions", &[modules, 3]), dense("orientations", &[modules, 4]), dense("goal_position", &[3]), dense("goal_orientation", &[4])] };
    let action = ActionSpec { fields: vec![ActionField { name: "joints".into(), size: 3*modules, unit: "1".into(), bounds: [-1.0, 1.0] }] };
    let around = Loop { observation, action: action.clone(), control_period: Nanos::from_millis(12 * modules as u64), neural_tick: Nanos::from_millis(1) };
    let iters = get("iters", 200.0) as usize;
    let targets = get("targets", 24.0) as usize;
    let orientation = get("orientation", 1.0) > 0.0;
    let at: Vec<usize> = [15, 20, 30, 50, 100, 200, 300, 400].into_iter().filter(|i| *i <= iters).collect();
    for spec in std::env::args().skip(1).filter_map(|a| a.strip_prefix("solver:").map(str::to_owned)) {
        // solver:jacobian:falls:rises:low:start:step | solver:adam:rate:weight
        let p: Vec<&str> = spec.split(':').collect();
        let num = |i: usize, d: f64| p.get(i).map_or(d, |v| v.parse().unwrap());
        let mut s = ForwardModelSettings { neurons, feedback: get("feedback", 1.0) > 0.0, ..ForwardModelSettings::default() };
        if p[0] == "adam" { s.solver = Solver::Adam; s.adam.rate = num(1, 0.05); s.adam.orientation_weight = num(2, 20.0); s.adam.regulariser = num(3, 1e-3); }
        else { s.jacobian.damping_falls = num(1, 0.85); s.jacobian.damping_rises = num(2, 2.0); s.jacobian.damping_limits_mm[0] = num(3, 2.0); s.jacobian.damping_mm = num(4, 20.0); s.jacobian.largest_step = num(5, 0.2); }
        let mut c = ForwardModelController::new(&s, ForwardModel::read(&bytes, modules, neurons).unwrap(), &around, orientation).unwrap();
        let mut sampler = Sampler::new(modules, 777);
        let mut results: Vec<Vec<(f64, f64)>> = Vec::new();
        let now = Instant::now(); let mut steps = 0;
        for _ in 0..targets {
            let goal = trunk.tip(&sampler.uniform_pose());
            c.begin_episode(0).unwrap();
            let mut q: Vec<f64> = [0.0, 0.0, -1.0].repeat(modules);
            let (mut best, mut score, mut log) = ((0.0, 0.0), f64::INFINITY, vec![]);
            let mut a = Action::from_spec(&action);
            for it in 0..=iters {
                let mut ends = vec![]; trunk.forward(&q, &mut ends);
                let tip = ends[modules-1];
                let e = ((goal.translation.vector - tip.translation.vector).norm() * 1e3, (goal.rotation * tip.rotation.inverse()).angle().to_degrees());
                let sc = e.0 + if orientation { e.1 / 1.5 } else { 0.0 };
                if sc < score { score = sc; best = e; }
                if at.contains(&it) { log.push(best); }
                if it == iters || (e.0 < 0.02 && e.1 < 0.05 && orientation) { while log.len() < at.len() { log.push(best); } break; }
                let p: Vec<f32> = ends.iter().flat_map(|e| e.translation.vector.iter().map(|v| *v as f32).collect::<Vec<_>>()).collect();
                let o: Vec<f32> = ends.iter().flat_map(|e| e.rotation.coords.iter().map(|v| *v as f32).collect::<Vec<_>>()).collect();
                let obs = Observation { fields: vec![Field::Dense(p), Field::Dense(o), Field::Dense(goal.translation.vector.iter().map(|v| *v as f32).collect()), Field::Dense(goal.rotation.coords.iter().map(|v| *v as f32).collect())] };
                c.act(&TimeStep { kind: if it == 0 { StepKind::First } else { StepKind::Mid }, time: Nanos(it as u64), reward: 0.0, observation: obs }, &mut a).unwrap();
                q = a.fields[0].iter().map(|v| f64::from(*v)).collect(); steps += 1;
            }
            results.push(log);
        }
        println!("{spec}: {:.2} ms an iteration", now.elapsed().as_secs_f64() * 1e3 / steps as f64);
        for (k, it) in at.iter().enumerate() {
            let mut p: Vec<f64> = results.iter().map(|l| l[k].0).collect(); let mut o: Vec<f64> = results.iter().map(|l| l[k].1).collect();
            p.sort_by(f64::total_cmp); o.sort_by(f64::total_cmp);
            let ok = results.iter().filter(|l| l[k].0 < 2.0 && (!orientation || l[k].1 < 3.0)).count();
            println!("   after {it}: {:.3} mm ({:.3}-{:.3}, max {:.2}) {:.3} deg; {ok}/{targets} ok", p[p.len()/2], p[p.len()/4], p[3*p.len()/4], p[p.len()-1], o[o.len()/2]);
        }
    }
}
