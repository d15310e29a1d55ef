//! What ran.

use embody_bridges::WireError;
use embody_robots::Nanos;

use crate::recording::RunInfo;
use crate::recording::cdr::{Decoder, Encoder};

/// Version of the layout of topics and messages.
pub(in super::super) const FORMAT: u32 = 1;

pub(in super::super) fn encode(out: &mut Vec<u8>, info: &RunInfo) {
    let json = |spec: serde_json::Result<String>| spec.unwrap_or_default();
    let mut message = Encoder::stamped(out, Nanos::ZERO, "");
    message.put(FORMAT);
    message.text(&info.scenario);
    message.put(info.seed);
    [&info.version, &info.git, &info.config].into_iter().for_each(|text| message.text(text));
    let numbers = [info.control_period.0, info.neural_tick.0, info.steps_per_frame, info.steps_per_view];
    numbers.into_iter().for_each(|number| message.put(number));
    message.text(&json(serde_json::to_string(&info.observation)));
    message.text(&json(serde_json::to_string(&info.action)));
    message.texts(info.cameras.iter().map(String::as_str));
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<RunInfo, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let format = message.get::<u32>(&"format")?;
    if format != FORMAT {
        return Err(message.error(&"format", format_args!("version {FORMAT}"), format_args!("version {format}")));
    }
    let info = RunInfo {
        scenario: message.text(&"scenario")?,
        seed: message.get(&"seed")?,
        version: message.text(&"version")?,
        git: message.text(&"git")?,
        config: message.text(&"config")?,
        control_period: Nanos(positive(&mut message, "control_period_ns")?),
        neural_tick: Nanos(positive(&mut message, "neural_tick_ns")?),
        steps_per_frame: positive(&mut message, "steps_per_frame")?,
        steps_per_view: positive(&mut message, "steps_per_view")?,
        observation: json(&mut message, "observation")?,
        action: json(&mut message, "action")?,
        cameras: message.texts(&"cameras")?,
    };
    message.end()?;
    Ok(info)
}

fn positive(message: &mut Decoder<'_>, field: &str) -> Result<u64, WireError> {
    match message.get(&field)? {
        0 => Err(message.error(&field, "a number above 0", 0)),
        number => Ok(number),
    }
}

fn json<T: serde::de::DeserializeOwned>(message: &mut Decoder<'_>, field: &str) -> Result<T, WireError> {
    let text = message.text(&field)?;
    serde_json::from_str(&text).map_err(|e| message.error(&field, "a spec as JSON", e))
}
