//! Gives random and mutated payloads to every decoder: `mutate-payloads [COUNT [SEED]]`, a million of each by default.
//!
//! Half of the payloads are valid messages with a few bytes changed, cut or added; half are random bytes behind a valid beginning.

use std::process::ExitCode;

use embody_bridges::protocol::handshake::{Attach, Description, Verdict};
use embody_bridges::protocol::messages::{End, ToBrain, ToWorld};
use embody_bridges::protocol::scene::{Picture, Scene};
use embody_bridges::protocol::truth::Truth;
use embody_bridges::protocol::{Mark, Mode, telemetry};
use embody_bridges_fuzz::{DECODERS, decode};
use embody_controllers::telemetry::{Activity, Histogram, Spike, Telemetry};
use embody_robots::{
    Action, Contact, Event, EventBuffer, Field, JointState, Nanos, Observation, Pose, StepKind, Tally, TimeStep, TraceHash, wire,
};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A robot in URDF.
const ARM: &str = include_str!("../../../robots/models/arm2.urdf");

/// A robot in MJCF.
const WALKER: &str = r#"<mujoco><compiler angle="radian"/><default><geom density="500"/></default><worldbody><body name="a" pos="0 0 1"><joint name="j"
  pos="1 0 0" range="-1 1"/><joint type="slide" axis="1 0 0"/><geom fromto="0 0 0 1 0 0" size="0.1" type="capsule"/><body euler="1 0 0"/></body></worldbody>
  <actuator><motor joint="j" ctrlrange="-1 1"/></actuator></mujoco>"#;

/// A triangle, in each format.
const OBJ: &str = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";
const STL: &str = "solid a\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\n";
const DAE: &str = r##"<COLLADA><library_geometries><geometry id="g"><mesh><source id="p"><float_array>0 0 0 1 0 0 0 1 0</float_array></source>
  <vertices><input semantic="POSITION" source="#p"/></vertices><triangles><input semantic="VERTEX" offset="0"/><p>0 1 2</p></triangles></mesh></geometry>
  </library_geometries><library_visual_scenes><visual_scene><node><instance_geometry url="#g"/></node></visual_scene></library_visual_scenes></COLLADA>"##;

/// Networks in an old layout, in a new one with gzip, and with every kind of node.
#[cfg(feature = "nir")]
const NIR: [&[u8]; 3] = [
    include_bytes!("../../tests/data/nir/lif_norse.nir"),
    include_bytes!("../../tests/data/nir/braille_noDelay_bias_zero.nir"),
    include_bytes!("../../tests/data/nir/all_kinds.nir"),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Ok(count), Ok(seed)) = (arguments.next().unwrap_or(Ok(1_000_000)), arguments.next().unwrap_or(Ok(1))) else {
        eprintln!("expected mutate-payloads [COUNT [SEED]], both whole numbers");
        return ExitCode::FAILURE;
    };
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    println!("decoder  payloads  accepted  (seed {seed}; a panic would end this)");
    for choice in 0..DECODERS {
        let messages = samples(choice);
        let accepted = (0..count).filter(|_| {
            let message = &messages[random.random_range(0..messages.len())];
            decode(&payload(&mut random, choice, message))
        });
        let accepted = accepted.count();
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

/// Valid messages of every kind, for each decoder.
fn samples(choice: u8) -> Vec<Vec<u8>> {
    let mut events = EventBuffer::new(32);
    events.refill(|into| into.extend((0..9).map(|i| Event { t_ns: i / 3, y: 2, x: i as u16, on: i % 2 == 0 })));
    let observation = Observation { fields: vec![Field::Dense(vec![1.0, -2.0, 3.0]), Field::Events(events)] };
    let step = TimeStep { kind: StepKind::Mid, time: Nanos(20), reward: 0.5, observation: observation.clone() };
    let action = Action { fields: vec![vec![0.5, -0.5]] };
    let mark = Mark { step: 7, trace: TraceHash::from_bytes([3; 32]) };
    let of = |encode: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        encode(&mut out);
        out
    };
    match choice {
        0 => vec![of(&|out| description().encode(out))],
        1 => vec![of(&|out| Attach { id: "a".into(), seed: Some(1), held: vec![mark; 2], ..Attach::default() }.encode(out))],
        2 => {
            let all = [Verdict::Refusal { reason: "no".into() }, Verdict::Welcome { session: 1, from: mark }];
            all.iter().map(|verdict| of(&|out| verdict.encode(out))).collect()
        }
        3 => {
            let all = [
                ToBrain::Step { session: 1, sequence: 2, begins: Some(3), step },
                ToBrain::Checkpoint { session: 1, mark },
                ToBrain::End { session: 1, end: End::Stopped, reason: "so".into() },
            ];
            all.iter().map(|message| of(&|out| message.encode(out))).collect()
        }
        4 => {
            let all = [
                ToWorld::Action { session: 1, sequence: 2, action },
                ToWorld::Kept { session: 1, step: 2, kept: true, maps: "[]".into() },
                ToWorld::Failure { session: 1, reason: "so".into() },
            ];
            all.iter().map(|message| of(&|out| message.encode(out))).collect()
        }
        5 => {
            let contact = Contact { name: "ball".into(), other: "floor".into(), point_m: Default::default(), force_n: 9.0 };
            let links = vec![("ball".into(), Pose::identity())];
            let truth = Truth { links, contacts: vec![contact; 2], ..Truth::default() };
            vec![of(&|out| scene(step.clone(), truth.clone()).encode(out))]
        }
        6 => vec![of(&|out| telemetry::encode(out, Nanos(1), &shown()))],
        7 => vec![of(&|out| wire::encode_step(out, 3, &step, Some(&action)))],
        8 => vec![of(&|out| wire::encode_observation(out, &observation))],
        10 => vec![ARM.into(), WALKER.into()],
        11 => vec![OBJ.into(), STL.into(), DAE.into()],
        #[cfg(feature = "nir")]
        12 => NIR.map(Vec::from).into(),
        _ => vec![of(&|out| wire::encode_action(out, &action))],
    }
}

fn description() -> Description {
    Description {
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
}

fn scene(step: TimeStep, truth: Truth) -> Scene {
    let picture = Picture { sensor: "camera".into(), width: 3, height: 2, brightness: vec![0.2; 6] };
    Scene {
        control_steps: 7,
        end: Some(End::Finished),
        step,
        truth,
        joints: vec![("elbow".into(), JointState { position: 0.5, velocity: -1.0 }); 2],
        images: vec![picture],
        tallies: vec![Tally { name: "targets".into(), numerator: 3.0, denominator: 1.5 }],
    }
}

fn shown() -> Telemetry {
    let spikes = vec![Spike { tick: 1, neuron: 2 }, Spike { tick: 3, neuron: 4 }];
    Telemetry {
        populations: vec![Activity { name: "motor".into(), size: 8, spikes, membrane: vec![0.5; 8] }, Activity::default()],
        weights: vec![Histogram { projection: "visual-motor".into(), range: [0.0, 1.0], counts: vec![3; 5] }],
        counters: vec![("dopamine".into(), 0.25)],
    }
}
