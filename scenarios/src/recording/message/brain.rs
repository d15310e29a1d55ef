//! What went on in the brain, beyond its spikes.

use embody_bridges::WireError;
use embody_controllers::telemetry::{Activity, Histogram, Telemetry};
use embody_robots::Nanos;

use crate::recording::cdr::{Decoder, Encoder};

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, telemetry: &Telemetry) {
    let mut message = Encoder::stamped(out, time, "");
    message.count(telemetry.populations.len());
    for population in &telemetry.populations {
        message.text(&population.name);
        message.put(population.size);
        message.list(population.membrane.iter().copied());
    }
    message.count(telemetry.weights.len());
    for weights in &telemetry.weights {
        message.text(&weights.projection);
        weights.range.into_iter().for_each(|end| message.put(end));
        message.list(weights.counts.iter().copied());
    }
    message.texts(telemetry.counters.iter().map(|(name, _)| name.as_str()));
    message.list(telemetry.counters.iter().map(|(_, value)| *value));
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<Telemetry, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let count = message.count(&"populations", 13)?;
    let populations = (0..count).map(|number| population(&mut message, number)).collect::<Result<_, _>>()?;
    let count = message.count(&"weights", 17)?;
    let weights = (0..count).map(|number| histogram(&mut message, number)).collect::<Result<_, _>>()?;
    let names = message.texts(&"counters")?;
    let values: Vec<f64> = message.list_of(&"values", names.len())?;
    message.end()?;
    Ok(Telemetry { populations, weights, counters: names.into_iter().zip(values).collect() })
}

fn population(message: &mut Decoder<'_>, number: usize) -> Result<Activity, WireError> {
    let name = message.text(&format_args!("population {number}, name"))?;
    let size = message.get(&format_args!("population {name:?}, size"))?;
    let membrane = message.list(&format_args!("population {name:?}, membrane"))?;
    Ok(Activity { name, size, spikes: Vec::new(), membrane })
}

fn histogram(message: &mut Decoder<'_>, number: usize) -> Result<Histogram, WireError> {
    let projection = message.text(&format_args!("weights {number}, projection"))?;
    let range = [
        message.get(&format_args!("weights {projection:?}, least"))?,
        message.get(&format_args!("weights {projection:?}, greatest"))?,
    ];
    let counts = message.list(&format_args!("weights {projection:?}, counts"))?;
    Ok(Histogram { projection, range, counts })
}
