//! Every message that was encoded is decoded; whatever else comes is refused, and the error says where.

mod common;

use embody_bridges::protocol::handshake::{Attach, Description, Verdict};
use embody_bridges::protocol::messages::{End, ToBrain, ToWorld};
use embody_bridges::protocol::scene::{Picture, Scene};
use embody_bridges::protocol::truth::Truth;
use embody_bridges::protocol::{Keys, MAGIC, Mark, Mode, Role, VERSION, telemetry};
use embody_bridges_fuzz::{DECODERS, decode};
use embody_controllers::telemetry::{Activity, Histogram, Spike, Telemetry};
use embody_robots::{
    Action, Contact, JointState, Nanos, Observation, ObservationSpec, Pose, StepKind, Tally, TimeStep, TraceHash,
};
use proptest::prelude::*;

use common::{action_spec, finite, observation, observation_spec, world};

fn hash() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

fn mark() -> impl Strategy<Value = Mark> {
    (any::<u64>(), hash()).prop_map(|(step, trace)| Mark { step, trace: TraceHash::from_bytes(trace) })
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Lockstep), Just(Mode::RealTime)]
}

fn double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |value| value.is_finite())
}

prop_compose! {
    fn description()(texts in prop::array::uniform6(".{0,12}"), hashes in prop::array::uniform2(hash()),
                     numbers in prop::array::uniform4(any::<u64>()), mode in mode(), cpu in any::<Option<u32>>()) -> Description {
        let [program, id, scenario, spec, brain, host] = texts;
        let [control_period, neural_tick, seed, step] = numbers;
        Description {
            program, id, scenario, spec, brain, host, mode, seed, step, cpu,
            scenario_hash: hashes[0],
            spec_hash: hashes[1],
            control_period: Nanos(control_period),
            neural_tick: Nanos(neural_tick),
        }
    }
}

prop_compose! {
    fn attach()(id in ".{0,12}", name in ".{0,12}", scenario_hash in prop::option::of(hash()), spec_hash in prop::option::of(hash()),
                period in any::<Option<u64>>(), seed in any::<Option<u64>>(), mode in prop::option::of(mode()),
                held in prop::collection::vec(mark(), 0..4)) -> Attach {
        Attach { id, name, scenario_hash, spec_hash, control_period: period.map(Nanos), seed, mode, held }
    }
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        (any::<u64>(), mark()).prop_map(|(session, from)| Verdict::Welcome { session, from }),
        ".{0,30}".prop_map(|reason| Verdict::Refusal { reason }),
    ]
}

prop_compose! {
    fn time_step()(first: bool, time: u64, reward in finite(), observation in observation()) -> TimeStep {
        let kind = if first { StepKind::First } else { StepKind::Mid };
        TimeStep { kind, time: Nanos(time), reward, observation }
    }
}

fn to_brain() -> impl Strategy<Value = ToBrain> {
    let end = prop_oneof![Just(End::Finished), Just(End::Stopped), Just(End::Detached), Just(End::Failed)];
    prop_oneof![
        (any::<u64>(), any::<u64>(), any::<Option<u64>>(), time_step())
            .prop_map(|(session, sequence, begins, step)| ToBrain::Step { session, sequence, begins, step }),
        (any::<u64>(), mark()).prop_map(|(session, mark)| ToBrain::Checkpoint { session, mark }),
        (any::<u64>(), end, ".{0,30}").prop_map(|(session, end, reason)| ToBrain::End { session, end, reason }),
    ]
}

fn to_world() -> impl Strategy<Value = ToWorld> {
    prop_oneof![
        (any::<u64>(), any::<u64>(), prop::array::uniform2(finite())).prop_map(|(session, sequence, values)| {
            ToWorld::Action { session, sequence, action: Action { fields: vec![values.to_vec()] } }
        }),
        (any::<u64>(), any::<u64>(), any::<bool>(), ".{0,30}").prop_map(|(session, step, kept, maps)| ToWorld::Kept {
            session,
            step,
            kept,
            maps
        }),
        (any::<u64>(), ".{0,30}").prop_map(|(session, reason)| ToWorld::Failure { session, reason }),
    ]
}

prop_compose! {
    fn scene()(control_steps: u64, records: u64, end in end(), step in time_step(), links in prop::collection::vec((".{0,8}", prop::array::uniform6(-9.0..9.0f64)), 0..3),
               contacts in prop::collection::vec((".{0,8}", ".{0,8}", prop::array::uniform4(double())), 0..3),
               joints in prop::collection::vec((".{0,8}", double(), double()), 0..3),
               tallies in prop::collection::vec((".{0,8}", double(), double()), 0..3), shades in prop::collection::vec(any::<u8>(), 6)) -> Scene {
        let pose = |[x, y, z, i, j, k]: [f64; 6]| Pose::new(nalgebra::Vector3::new(x, y, z), nalgebra::Vector3::new(i, j, k) / 3.0);
        let contact = |(name, other, [x, y, z, force_n]): (String, String, [f64; 4])| {
            Contact { name, other, point_m: nalgebra::Vector3::new(x, y, z), force_n }
        };
        let truth = Truth {
            records,
            time: step.time,
            reward: step.reward,
            links: links.into_iter().map(|(name, numbers)| (name, pose(numbers))).collect(),
            contacts: contacts.into_iter().map(contact).collect(),
        };
        let brightness = shades.into_iter().map(|shade| f32::from(shade) / 255.0).collect();
        Scene {
            control_steps,
            end,
            step,
            truth,
            joints: joints.into_iter().map(|(name, position, velocity)| (name, JointState { position, velocity })).collect(),
            images: vec![Picture { sensor: "a".into(), width: 2, height: 3, brightness }, Picture::default()],
            tallies: tallies.into_iter().map(|(name, numerator, denominator)| Tally { name, numerator, denominator }).collect(),
        }
    }
}

fn end() -> impl Strategy<Value = Option<End>> {
    prop::sample::select(vec![None, Some(End::Finished), Some(End::Stopped), Some(End::Detached), Some(End::Failed)])
}

prop_compose! {
    fn shown()(time: u64, spikes in prop::collection::vec((any::<u32>(), 0u32..50), 0..5), membrane in prop::collection::vec(finite(), 0..5),
               counts in prop::collection::vec(any::<u64>(), 0..5), counters in prop::collection::vec((".{0,8}", double()), 0..3)) -> (Nanos, Telemetry) {
        let spikes = spikes.into_iter().map(|(tick, neuron)| Spike { tick, neuron }).collect();
        let populations = vec![Activity { name: "motor".into(), size: 50, spikes, membrane }, Activity::default()];
        let weights = vec![Histogram { projection: "p".into(), range: [-1.0, 2.0], counts }];
        (Nanos(time), Telemetry { populations, weights, counters })
    }
}

/// Bytes of `encode`.
fn bytes(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out);
    out
}

/// Every decoder takes any bytes; what one accepts decodes again to the same.
fn any_decoder(data: &[u8]) {
    for decoder in 0..DECODERS {
        decode(&[&[decoder], data].concat());
    }
}

/// The bytes of one message of any kind.
fn any_message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        description().prop_map(|message| bytes(|out| message.encode(out))),
        attach().prop_map(|message| bytes(|out| message.encode(out))),
        verdict().prop_map(|message| bytes(|out| message.encode(out))),
        to_brain().prop_map(|message| bytes(|out| message.encode(out))),
        to_world().prop_map(|message| bytes(|out| message.encode(out))),
        scene().prop_map(|message| bytes(|out| message.encode(out))),
        shown().prop_map(|(time, message)| bytes(|out| telemetry::encode(out, time, &message))),
    ]
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(description in description(), attach in attach(), verdict in verdict(), to_brain in to_brain(),
                                   to_world in to_world(), scene in scene(), shown in shown()) {
        prop_assert_eq!(Description::decode(&bytes(|out| description.encode(out))), Ok(description));
        prop_assert_eq!(Attach::decode(&bytes(|out| attach.encode(out))), Ok(attach));
        prop_assert_eq!(Verdict::decode(&bytes(|out| verdict.encode(out))), Ok(verdict));
        prop_assert_eq!(ToBrain::decode(&bytes(|out| to_brain.encode(out)), &observation_spec()), Ok(to_brain));
        prop_assert_eq!(ToWorld::decode(&bytes(|out| to_world.encode(out)), &action_spec()), Ok(to_world));
        prop_assert_eq!(Scene::decode(&bytes(|out| scene.encode(out)), &observation_spec()), Ok(scene));
        prop_assert_eq!(telemetry::decode(&bytes(|out| telemetry::encode(out, shown.0, &shown.1))), Ok(shown));
    }

    #[test]
    fn a_message_that_is_cut_or_too_long_is_refused(description in description(), to_brain in to_brain(), to_world in to_world(),
                                                    cut: prop::sample::Index, extra: u8) {
        let cut_short = |bytes: &[u8]| bytes[..cut.index(bytes.len())].to_vec();
        let described = bytes(|out| description.encode(out));
        prop_assert!(Description::decode(&cut_short(&described)).is_err());
        prop_assert_eq!(Description::decode(&[described, vec![extra]].concat()).unwrap_err().field, "end");
        let step = bytes(|out| to_brain.encode(out));
        prop_assert!(ToBrain::decode(&cut_short(&step), &observation_spec()).is_err());
        prop_assert!(ToBrain::decode(&[step, vec![extra]].concat(), &observation_spec()).is_err());
        let action = bytes(|out| to_world.encode(out));
        prop_assert!(ToWorld::decode(&cut_short(&action), &action_spec()).is_err());
        prop_assert!(ToWorld::decode(&[action, vec![extra]].concat(), &action_spec()).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(data in prop::collection::vec(any::<u8>(), 0..300)) {
        any_decoder(&data);
    }

    #[test]
    fn so_are_messages_with_a_few_bytes_changed(message in any_message(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut data = message;
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        any_decoder(&data);
    }
}

#[test]
fn another_version_and_another_protocol_are_told_apart() {
    let attach = Attach { id: "a".into(), ..Attach::default() };
    let sent = bytes(|out| attach.encode(out));
    assert_eq!((&sent[..6], &sent[6..8]), (&MAGIC[..], &VERSION.to_le_bytes()[..]));
    let mut newer = sent.clone();
    newer[6] = 2;
    let error = Attach::decode(&newer).unwrap_err();
    assert_eq!(error.to_string(), "protocol version (byte 6): expected 1, found 2");
    let mut other = sent;
    other[0] = b'G';
    assert_eq!(Attach::decode(&other).unwrap_err().to_string(), "magic (byte 0): expected \"EMBODY\", found GMBODY");
}

#[test]
fn counts_are_compared_with_what_can_follow_before_anything_is_allocated() {
    let mut message = bytes(|out| bare_scene().encode(out));
    let tallies = message.len() - 4;
    message[tallies..].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = Scene::decode(&message, &bare()).unwrap_err();
    assert_eq!(error.to_string(), "metrics (byte 52): expected at most the 0 that can follow, found 4294967295");
    let images = [&message[..48], &[1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]].concat();
    let error = Scene::decode(&images, &bare()).unwrap_err();
    assert_eq!(error.to_string(), "image \"\", shades (byte 60): expected 4294836225 bytes, found 0");
    let refusal = [&[1][..], &u32::MAX.to_le_bytes()].concat();
    let error = Verdict::decode(&refusal).unwrap_err();
    assert_eq!(error.to_string(), "reason (byte 1): expected text of at most the 0 bytes that follow, found 4294967295");
}

#[test]
fn what_a_brain_states_must_be_so_and_what_it_leaves_open_may_be_anything() {
    let world = world();
    assert_eq!(Attach::default().refuse(&world), None);
    let fits = Attach {
        scenario_hash: Some([1; 32]),
        spec_hash: Some([2; 32]),
        control_period: Some(Nanos::from_millis(20)),
        seed: Some(4),
        mode: Some(Mode::Lockstep),
        ..Attach::default()
    };
    assert_eq!(fits.refuse(&world), None);
    for (attach, named) in [
        (Attach { scenario_hash: Some([9; 32]), ..fits.clone() }, "scenario hash: this brain is built for 0909090909090909"),
        (Attach { spec_hash: Some([9; 32]), ..fits.clone() }, "spec hash"),
        (
            Attach { control_period: Some(Nanos(1)), ..fits.clone() },
            "control period: this brain is built for 1ns, the world has 20ms",
        ),
        (Attach { seed: Some(5), ..fits.clone() }, "seed: this brain is built for 5, the world has 4"),
        (
            Attach { mode: Some(Mode::RealTime), ..fits.clone() },
            "mode: this brain is built for real time, the world has lockstep",
        ),
    ] {
        let reason = attach.refuse(&world).unwrap();
        assert!(reason.starts_with(named), "{reason}");
    }
}

#[test]
fn the_keys_are_those_of_the_page() {
    let page = include_str!("../PROTOCOL.md");
    let keys = Keys::new("embody");
    let alive = [Role::World, Role::Brain].map(|role| keys.alive(role, "<id>"));
    let plain = [keys.world(), keys.attach(), keys.step(), keys.action(), keys.truth(), keys.telemetry()];
    for key in plain.iter().chain(&alive) {
        assert!(page.contains(&format!("`{}`", key.replacen("embody", "<prefix>", 1))), "{key} isn't in PROTOCOL.md");
    }
}

/// What senses nothing, and a world that is seen by nobody.
fn bare() -> ObservationSpec {
    ObservationSpec { fields: Vec::new() }
}

fn bare_scene() -> Scene {
    let step = TimeStep { kind: StepKind::First, time: Nanos(0), reward: 0.0, observation: Observation { fields: Vec::new() } };
    Scene { control_steps: 0, end: None, step, truth: Truth::default(), joints: vec![], images: vec![], tallies: vec![] }
}

/// Bytes of a message as PROTOCOL.md has them, written down by hand.
fn by_hand(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn the_bytes_are_those_of_the_page() {
    let (session, number) = ([1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201);
    let name = [1, 0, 0, 0, b'a'];
    let checkpoint = ToBrain::Checkpoint { session: number, mark: Mark { step: 9, trace: TraceHash::from_bytes([3; 32]) } };
    let nine = [9, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(bytes(|out| checkpoint.encode(out)), by_hand(&[&[1], &session, &nine, &[3; 32]]));
    let end = ToBrain::End { session: number, end: End::Detached, reason: "a".into() };
    assert_eq!(bytes(|out| end.encode(out)), by_hand(&[&[2], &session, &[2], &name]));
    let kept = ToWorld::Kept { session: number, step: 9, kept: true, maps: "a".into() };
    assert_eq!(bytes(|out| kept.encode(out)), by_hand(&[&[1], &session, &nine, &[1], &name]));
    let failure = ToWorld::Failure { session: number, reason: "a".into() };
    assert_eq!(bytes(|out| failure.encode(out)), by_hand(&[&[2], &session, &name]));
    let action = ToWorld::Action { session: number, sequence: 9, action: Action { fields: vec![vec![1.0, -2.0]] } };
    let values = [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];
    assert_eq!(bytes(|out| action.encode(out)), by_hand(&[&[0], &session, &nine, &values]));

    let one = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
    let zero = [0; 8];
    let pose = Pose::new(nalgebra::Vector3::new(1.0, 0.0, 1.0), nalgebra::Vector3::zeros());
    let contact = Contact { name: "a".into(), other: "a".into(), point_m: nalgebra::Vector3::new(0.0, 1.0, 0.0), force_n: 1.0 };
    let truth = Truth { records: number, time: Nanos(9), reward: 1.0, links: vec![("a".into(), pose)], contacts: vec![contact] };
    let step = TimeStep { kind: StepKind::Mid, time: Nanos(9), reward: 1.0, observation: Observation { fields: Vec::new() } };
    let picture = Picture { sensor: "a".into(), width: 1, height: 2, brightness: vec![1.0, 0.2] };
    let scene = Scene {
        control_steps: number,
        end: Some(End::Detached),
        step,
        truth,
        joints: vec![("a".into(), JointState { position: 1.0, velocity: 0.0 })],
        images: vec![picture],
        tallies: vec![Tally { name: "a".into(), numerator: 1.0, denominator: 0.0 }],
    };
    let head = by_hand(&[&[2, 0], &session, &[3], &[1], &nine, &[0, 0, 0x80, 0x3f], &[0; 4], &session]);
    let link = by_hand(&[&[1, 0, 0, 0], &name, &one, &zero, &one, &zero, &zero, &zero, &one]);
    let touch = by_hand(&[&[1, 0, 0, 0], &name, &name, &zero, &one, &zero, &one]);
    let joint = by_hand(&[&[1, 0, 0, 0], &name, &one, &zero]);
    let image = by_hand(&[&[1, 0, 0, 0], &name, &[1, 0, 2, 0], &[255, 51]]);
    let metric = by_hand(&[&[1, 0, 0, 0], &name, &one, &zero]);
    assert_eq!(bytes(|out| scene.encode(out)), by_hand(&[&head, &link, &touch, &joint, &image, &metric]));

    let spikes = vec![Spike { tick: 5, neuron: 2 }];
    let shown = Telemetry {
        populations: vec![Activity { name: "a".into(), size: 3, spikes, membrane: vec![1.0] }],
        weights: vec![Histogram { projection: "a".into(), range: [1.0, 1.0], counts: vec![9] }],
        counters: vec![("a".into(), 1.0)],
    };
    let count = [1, 0, 0, 0];
    let float = [0, 0, 0x80, 0x3f];
    let population = by_hand(&[&count, &name, &[3, 0, 0, 0], &count, &[5, 0, 0, 0], &[2, 0, 0, 0], &count, &float]);
    let weights = by_hand(&[&count, &name, &float, &float, &count, &nine]);
    let counters = by_hand(&[&count, &name, &one]);
    let expected = by_hand(&[&[1, 0], &nine, &population, &weights, &counters]);
    assert_eq!(bytes(|out| telemetry::encode(out, Nanos(9), &shown)), expected);
}
