use embody_robots::{Body, Observation, Action, Nanos, catalogue::ball::Ball, conformance::wandering_action};
use embody_sim_world::*;
use std::time::Instant;
fn main(){
    let n: usize = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(200_000);
    let mut b = SimulatedBody::new(&Ball::default().robot(), &Arena::default(), Nanos::from_millis(10), Nanos::from_millis(20)).unwrap();
    b.reset(1).unwrap();
    let spec = b.action_spec().clone();
    let mut o = Observation::from_spec(b.observation_spec());
    b.begin(&mut o).unwrap();
    let acts: Vec<Action> = (0..4096).map(|i| wandering_action(&spec, i)).collect();
    for _ in 0..3 {
    let t = Instant::now();
    let mut events = 0;
    for i in 0..n { b.step(&acts[i % 4096], &mut o).unwrap(); events += o.events(0).len(); }
    let p = b.truth().pose("ball").unwrap().translation;
    println!("{:.3} us per control step, {:.2} events, {:?}", t.elapsed().as_secs_f64()*1e6/n as f64, events as f64/n as f64, p);
    }
    let t = Instant::now();
    for i in 0..1000 { b.reset(i).unwrap(); }
    println!("reset {:.3} us", t.elapsed().as_secs_f64()*1e3);
}
