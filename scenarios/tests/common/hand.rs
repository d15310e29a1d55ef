//! A brain by hand, for what no brain of ours would do.

use std::time::{Duration, Instant};

use embody_bridges::protocol::handshake::{Attach, Description, Verdict};
use embody_bridges::protocol::messages::ToWorld;
use embody_bridges::protocol::{Keys, Role};
use embody_robots::Action;
use zenoh::handlers::FifoChannelHandler;
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Subscriber;
use zenoh::sample::Sample;
use zenoh::{Session, Wait};

/// A brain by hand: what it sends is up to the test.
pub struct Hand {
    pub session: Session,
    pub keys: Keys,
    steps: Subscriber<FifoChannelHandler<Sample>>,
    _token: LivelinessToken,
}

impl Hand {
    pub fn reach(endpoint: &str) -> Hand {
        let session = connect(endpoint);
        let keys = Keys::new("embody");
        let steps = session.declare_subscriber(keys.step()).wait().unwrap();
        let token = session.liveliness().declare_token(keys.alive(Role::Brain, "hand")).wait().unwrap();
        Hand { session, keys, steps, _token: token }
    }

    pub fn ask(&self, key: String, payload: Vec<u8>) -> Vec<u8> {
        let start = Instant::now();
        loop {
            let replies = self.session.get(&key).payload(payload.clone()).wait().unwrap();
            if let Ok(reply) = replies.recv() {
                return reply.result().unwrap().payload().to_bytes().into_owned();
            }
            assert!(start.elapsed() < Duration::from_secs(10), "no world answers");
        }
    }

    pub fn describe(&self) -> Description {
        Description::decode(&self.ask(self.keys.world(), Vec::new())).unwrap()
    }

    pub fn attach(&self, attach: &Attach) -> Verdict {
        let mut bytes = Vec::new();
        attach.encode(&mut bytes);
        Verdict::decode(&self.ask(self.keys.attach(), bytes)).unwrap()
    }

    /// Attaches, and gives the session.
    pub fn attached(&self) -> u64 {
        match self.attach(&named()) {
            Verdict::Welcome { session, .. } => session,
            Verdict::Refusal { reason } => panic!("{reason}"),
        }
    }

    pub fn send(&self, bytes: Vec<u8>) {
        self.session.put(self.keys.action(), bytes).wait().unwrap();
    }

    pub fn say(&self, message: &ToWorld) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.send(bytes);
    }

    /// Answers a step with a velocity.
    pub fn drive(&self, session: u64, sequence: u64, velocity: [f32; 2]) {
        self.say(&ToWorld::Action { session, sequence, action: Action { fields: vec![velocity.to_vec()] } });
    }

    /// The number of the next step that the world sends.
    pub fn hear_step(&self) -> u64 {
        self.hear_step_or_end().expect("a step")
    }

    /// The same, or nothing if the attachment ends instead.
    pub fn hear_step_or_end(&self) -> Option<u64> {
        let message = self.hear();
        (message[0] == 0).then(|| u64::from_le_bytes(*message[9..].first_chunk().unwrap()))
    }

    /// Takes the words of the next end of an attachment, whatever comes before it.
    pub fn hear_end(&self) -> String {
        loop {
            let message = self.hear();
            if message[0] == 2 {
                return String::from_utf8(message[14..].to_vec()).unwrap();
            }
        }
    }

    /// The next message of the world.
    pub fn hear(&self) -> Vec<u8> {
        let heard = self.steps.recv_timeout(Duration::from_secs(20)).unwrap();
        heard.expect("the world says something").payload().to_bytes().into_owned()
    }
}

pub fn named() -> Attach {
    Attach { id: "hand".into(), name: "a hand".into(), ..Attach::default() }
}

/// A client of the world's, and nothing more.
pub fn connect(endpoint: &str) -> Session {
    let config = serde_json::json!({
        "mode": "client",
        "connect": {"endpoints": [endpoint], "timeout_ms": 10_000, "retry": {"period_init_ms": 50}},
        "scouting": {"multicast": {"enabled": false}},
    });
    let config = zenoh::Config::from_json5(&config.to_string()).unwrap();
    zenoh::open(config).wait().unwrap()
}
