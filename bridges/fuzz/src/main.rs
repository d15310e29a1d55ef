//! Gives random and mutated payloads to every decoder: `mutate-payloads [COUNT [SEED]]`, a million of each by default.
//!
//! Half of the payloads are valid messages with a few bytes changed, cut or added; half are random bytes behind a valid beginning.

use std::process::ExitCode;

use embody_bridges::protocol::handshake::{Attach, Description, Verdict};
use embody_bridges::protocol::messages::{ToBrain, ToWorld};
use embody_bridges::protocol::truth::Truth;
use embody_bridges::protocol::{Mark, Mode, telemetry};
use embody_bridges_fuzz::{DECODERS, decode};
use embody_robots::{Action, Event, EventBuffer, Field, Nanos, Observation, StepKind, TimeStep, wire};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Ok(count), Ok(seed)) = (arguments.next().unwrap_or(Ok(1_000_000)), arguments.next().unwrap_or(Ok(1))) else {
        eprintln!("expected mutate-payloads [COUNT [SEED]], both whole numbers");
        return ExitCode::FAILURE;
    };
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    println!("decoder  payloads  accepted  (seed {seed}; a panic would end this)");
    for choice in 0..DECODERS {
        let message = sample(choice);
        let accepted = (0..count).filter(|_| decode(&payload(&mut random, choice, &message))).count();
        println!("{choice:7}  {count:8}  {accepted:8}");
    }
    ExitCode::SUCCESS
}

/// A payload behind the byte that chooses its decoder.
fn payload(random: &mut ChaCha8Rng, choice: u8, message: &[u8]) -> Vec<u8> {
    let mut data = vec![choice];
    if random.random() {
        data.extend(message);
        for _ in 0..random.random_range(1..6) {
            let at = random.random_range(1..=data.len());
            match random.random_range(0..4) {
                0 => data.truncate(at),
                1 => data.insert(at, random.random()),
                _ if at < data.len() => data[at] = random.random(),
                _ => data.push(random.random()),
            }
        }
    } else {
        let valid = random.random_range(0..=message.len());
        data.extend(&message[..valid]);
        let mut rest = vec![0; random.random_range(0..120)];
        random.fill_bytes(&mut rest);
        data.extend(rest);
    }
    data
}

/// A valid message for each decoder.
fn sample(choice: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut events = EventBuffer::new(32);
    events.refill(|into| into.extend((0..9).map(|i| Event { t_ns: i / 3, y: 2, x: i as u16, on: i % 2 == 0 })));
    let observation = Observation { fields: vec![Field::Dense(vec![1.0, -2.0, 3.0]), Field::Events(events)] };
    let step = TimeStep { kind: StepKind::Mid, time: Nanos(20), reward: 0.5, observation: observation.clone() };
    let action = Action { fields: vec![vec![0.5, -0.5]] };
    match choice {
        0 => Description {
            program: "0.1.0".into(),
            id: "a".into(),
            scenario: "reaching".into(),
            scenario_hash: [1; 32],
            spec: "{}".into(),
            spec_hash: [2; 32],
            control_period: Nanos(20),
            neural_tick: Nanos(1),
            seed: 1,
            mode: Mode::Lockstep,
            step: 7,
            brain: String::new(),
            host: "h".into(),
            cpu: Some(1),
        }
        .encode(&mut out),
        1 => Attach { id: "a".into(), seed: Some(1), held: vec![Mark::default(); 2], ..Attach::default() }.encode(&mut out),
        2 => Verdict::Refusal { reason: "no".into() }.encode(&mut out),
        3 => ToBrain::Step { session: 1, sequence: 2, begins: Some(3), step }.encode(&mut out),
        4 => ToWorld::Action { session: 1, sequence: 2, action }.encode(&mut out),
        5 => Truth { links: vec![("ball".into(), embody_robots::Pose::identity())], ..Truth::default() }.encode(&mut out),
        6 => telemetry::encode(&mut out, Nanos(1), &Default::default()),
        7 => wire::encode_step(&mut out, 3, &step, Some(&action)),
        8 => wire::encode_observation(&mut out, &observation),
        _ => wire::encode_action(&mut out, &action),
    }
    out
}
