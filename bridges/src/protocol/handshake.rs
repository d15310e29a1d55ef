//! The handshake: what a world says of itself, what a brain says of itself, and what comes of it.

use embody_robots::{Nanos, TraceHash};

use super::{MAGIC, Mark, Mode, VERSION};
use crate::reader::{Reader, WireError, put_text};

/// The most checkpoints that one side may state.
const MOST_HELD: usize = 1024;

/// Longest identity and name of a brain (bytes).
const LONGEST_NAME: usize = 200;

/// A world, as it describes itself to whoever asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Version of its program.
    pub program: String,
    /// Its identity: the last part of its liveliness token.
    pub id: String,
    /// Name of its scenario.
    pub scenario: String,
    /// Digest of the resolved scenario, but for duration, seed, and where its files lie.
    pub scenario_hash: [u8; 32],
    /// The specs of observation and action, as JSON: `{"observation": {...}, "action": {...}}`.
    pub spec: String,
    /// BLAKE3 of `spec`.
    pub spec_hash: [u8; 32],
    /// Length of a control period.
    pub control_period: Nanos,
    /// Length of a neural tick.
    pub neural_tick: Nanos,
    /// Master seed.
    pub seed: u64,
    /// How time passes.
    pub mode: Mode,
    /// Control steps done.
    pub step: u64,
    /// Name of the brain that is attached, empty if none is.
    pub brain: String,
    /// The machine that it runs on: boot identity, empty if unknown.
    pub host: String,
    /// The one processor that it keeps to, if it does.
    pub cpu: Option<u32>,
}

/// A brain that wants to close the loop. What it doesn't state, it takes as it comes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attach {
    /// Its identity: the last part of its liveliness token.
    pub id: String,
    /// What it is, for people.
    pub name: String,
    /// The scenario that it is built for, as in [`Description::scenario_hash`].
    pub scenario_hash: Option<[u8; 32]>,
    /// The specs that it is built for.
    pub spec_hash: Option<[u8; 32]>,
    /// The control period that it is built for.
    pub control_period: Option<Nanos>,
    /// The master seed that it is built with.
    pub seed: Option<u64>,
    /// How time is to pass.
    pub mode: Option<Mode>,
    /// The checkpoints that it holds, beside the start, which everyone holds.
    pub held: Vec<Mark>,
}

/// What a world answers to a brain that wants to attach.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It may.
    Welcome {
        /// Names this attachment in every message that follows.
        session: u64,
        /// The checkpoint that both go on from.
        from: Mark,
    },
    /// It may not.
    Refusal {
        /// Why not.
        reason: String,
    },
}

impl Description {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        head(out);
        put_text(out, &self.program);
        put_text(out, &self.id);
        put_text(out, &self.scenario);
        out.extend(self.scenario_hash);
        put_text(out, &self.spec);
        out.extend(self.spec_hash);
        out.extend(self.control_period.0.to_le_bytes());
        out.extend(self.neural_tick.0.to_le_bytes());
        out.extend(self.seed.to_le_bytes());
        out.push(mode_byte(Some(self.mode)));
        out.extend(self.step.to_le_bytes());
        put_text(out, &self.brain);
        put_text(out, &self.host);
        out.push(u8::from(self.cpu.is_some()));
        out.extend(self.cpu.unwrap_or_default().to_le_bytes());
    }

    /// Reads it.
    pub fn decode(bytes: &[u8]) -> Result<Description, WireError> {
        let mut reader = Reader::new(bytes);
        check_head(&mut reader)?;
        let description = Description {
            program: reader.text(&"program")?,
            id: reader.text(&"id")?,
            scenario: reader.text(&"scenario")?,
            scenario_hash: reader.take(&"scenario hash")?,
            spec: reader.text(&"spec")?,
            spec_hash: reader.take(&"spec hash")?,
            control_period: Nanos(reader.u64(&"control period")?),
            neural_tick: Nanos(reader.u64(&"neural tick")?),
            seed: reader.u64(&"seed")?,
            mode: mode(&mut reader)?.ok_or_else(|| reader.error(1, &"mode", "0 or 1", 2))?,
            step: reader.u64(&"step")?,
            brain: reader.text(&"brain")?,
            host: reader.text(&"host")?,
            cpu: stated(&mut reader, "cpu", |reader| reader.u32(&"cpu"))?,
        };
        reader.end()?;
        Ok(description)
    }
}

impl Attach {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        head(out);
        put_text(out, &self.id);
        put_text(out, &self.name);
        for hash in [self.scenario_hash, self.spec_hash] {
            out.push(u8::from(hash.is_some()));
            out.extend(hash.unwrap_or_default());
        }
        for number in [self.control_period.map(|period| period.0), self.seed] {
            out.push(u8::from(number.is_some()));
            out.extend(number.unwrap_or_default().to_le_bytes());
        }
        out.push(mode_byte(self.mode));
        out.extend((self.held.len() as u32).to_le_bytes());
        for mark in &self.held {
            put_mark(out, mark);
        }
    }

    /// Reads it.
    pub fn decode(bytes: &[u8]) -> Result<Attach, WireError> {
        let mut reader = Reader::new(bytes);
        check_head(&mut reader)?;
        let attach = Attach {
            id: short(&mut reader, "id")?,
            name: short(&mut reader, "name")?,
            scenario_hash: stated(&mut reader, "scenario hash", |reader| reader.take(&"scenario hash"))?,
            spec_hash: stated(&mut reader, "spec hash", |reader| reader.take(&"spec hash"))?,
            control_period: stated(&mut reader, "control period", |reader| reader.u64(&"control period"))?.map(Nanos),
            seed: stated(&mut reader, "seed", |reader| reader.u64(&"seed"))?,
            mode: mode(&mut reader)?,
            held: {
                let count = reader.many(&"held", 40)?;
                if count > MOST_HELD {
                    return Err(reader.error(4, &"held", format_args!("at most {MOST_HELD} checkpoints"), count));
                }
                (0..count).map(|i| read_mark(&mut reader, &format_args!("held {i}"))).collect::<Result<_, _>>()?
            },
        };
        reader.end()?;
        Ok(attach)
    }

    /// Says what a world isn't that this brain was built for.
    pub fn refuse(&self, world: &Description) -> Option<String> {
        let differs = |what: &str, expected: String, found: String| {
            Some(format!("{what}: this brain is built for {expected}, the world has {found}"))
        };
        if self.mode.is_some_and(|mode| mode != world.mode) {
            let mode = self.mode.map(|mode| mode.to_string()).unwrap_or_default();
            return differs("mode", mode, format!("{} (--real-time on both sides or on neither)", world.mode));
        }
        if self.seed.is_some_and(|seed| seed != world.seed) {
            return differs("seed", self.seed.unwrap_or_default().to_string(), world.seed.to_string());
        }
        if let Some(period) = self.control_period.filter(|period| *period != world.control_period) {
            return differs("control period", period.to_string(), world.control_period.to_string());
        }
        if let Some(hash) = self.spec_hash.filter(|hash| *hash != world.spec_hash) {
            return differs("spec hash", hex(&hash), hex(&world.spec_hash));
        }
        if let Some(hash) = self.scenario_hash.filter(|hash| *hash != world.scenario_hash) {
            return differs("scenario hash", hex(&hash), format!("{}, of {:?}", hex(&world.scenario_hash), world.scenario));
        }
        None
    }
}

impl Verdict {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Verdict::Welcome { session, from } => {
                out.push(0);
                out.extend(session.to_le_bytes());
                put_mark(out, from);
            }
            Verdict::Refusal { reason } => {
                out.push(1);
                put_text(out, reason);
            }
        }
    }

    /// Reads it.
    pub fn decode(bytes: &[u8]) -> Result<Verdict, WireError> {
        let mut reader = Reader::new(bytes);
        let verdict = match reader.u8(&"verdict")? {
            0 => Verdict::Welcome { session: reader.u64(&"session")?, from: read_mark(&mut reader, &"from")? },
            1 => Verdict::Refusal { reason: reader.text(&"reason")? },
            other => return Err(reader.error(1, &"verdict", "0 or 1", other)),
        };
        reader.end()?;
        Ok(verdict)
    }
}

/// The first sixteen digits of a hash, enough to tell two apart.
fn hex(hash: &[u8; 32]) -> String {
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn head(out: &mut Vec<u8>) {
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
}

/// Nothing behind a version that differs is looked at.
fn check_head(reader: &mut Reader<'_>) -> Result<(), WireError> {
    let magic: [u8; 6] = reader.take(&"magic")?;
    if magic != MAGIC {
        return Err(reader.error(6, &"magic", "\"EMBODY\"", magic.escape_ascii()));
    }
    let version = reader.u16(&"protocol version")?;
    if version == VERSION { Ok(()) } else { Err(reader.error(2, &"protocol version", VERSION, version)) }
}

/// A text that people are shown.
fn short(reader: &mut Reader<'_>, field: &str) -> Result<String, WireError> {
    let text = reader.text(&field)?;
    if text.len() <= LONGEST_NAME {
        return Ok(text);
    }
    Err(reader.error(text.len() + 4, &field, format_args!("text of at most {LONGEST_NAME} bytes"), text.len()))
}

fn mode_byte(mode: Option<Mode>) -> u8 {
    match mode {
        Some(Mode::Lockstep) => 0,
        Some(Mode::RealTime) => 1,
        None => 2,
    }
}

fn mode(reader: &mut Reader<'_>) -> Result<Option<Mode>, WireError> {
    match reader.u8(&"mode")? {
        0 => Ok(Some(Mode::Lockstep)),
        1 => Ok(Some(Mode::RealTime)),
        2 => Ok(None),
        other => Err(reader.error(1, &"mode", "0 to 2", other)),
    }
}

/// A flag, then a value that counts only if the flag is 1.
fn stated<T>(
    reader: &mut Reader<'_>,
    field: &str,
    value: impl FnOnce(&mut Reader<'_>) -> Result<T, WireError>,
) -> Result<Option<T>, WireError> {
    let stated = reader.flag(&format_args!("{field} stated"))?;
    let value = value(reader)?;
    Ok(stated.then_some(value))
}

pub(super) fn put_mark(out: &mut Vec<u8>, mark: &Mark) {
    out.extend(mark.step.to_le_bytes());
    out.extend(mark.trace.bytes());
}

pub(super) fn read_mark(reader: &mut Reader<'_>, field: &dyn std::fmt::Display) -> Result<Mark, WireError> {
    let step = reader.u64(&format_args!("{field}, step"))?;
    Ok(Mark { step, trace: TraceHash::from_bytes(reader.take(&format_args!("{field}, trace"))?) })
}
