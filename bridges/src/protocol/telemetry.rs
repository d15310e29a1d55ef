//! The `telemetry` stream: what goes on in the brain, for dashboards. Lossy; never part of the loop.

use embody_controllers::telemetry::{Activity, Histogram, Spike, Telemetry};
use embody_robots::Nanos;

use crate::reader::{Reader, WireError, put_text};

/// Version of the stream's layout.
pub const VERSION: u16 = 1;

/// Appends the bytes of what went on in the control period that began at `time`.
pub fn encode(out: &mut Vec<u8>, time: Nanos, telemetry: &Telemetry) {
    out.extend(VERSION.to_le_bytes());
    out.extend(time.0.to_le_bytes());
    out.extend((telemetry.populations.len() as u32).to_le_bytes());
    for population in &telemetry.populations {
        put_text(out, &population.name);
        out.extend(population.size.to_le_bytes());
        out.extend((population.spikes.len() as u32).to_le_bytes());
        for spike in &population.spikes {
            out.extend(spike.tick.to_le_bytes());
            out.extend(spike.neuron.to_le_bytes());
        }
        out.extend((population.membrane.len() as u32).to_le_bytes());
        for value in &population.membrane {
            out.extend(value.to_le_bytes());
        }
    }
    out.extend((telemetry.weights.len() as u32).to_le_bytes());
    for histogram in &telemetry.weights {
        put_text(out, &histogram.projection);
        out.extend(histogram.range[0].to_le_bytes());
        out.extend(histogram.range[1].to_le_bytes());
        out.extend((histogram.counts.len() as u32).to_le_bytes());
        for count in &histogram.counts {
            out.extend(count.to_le_bytes());
        }
    }
    out.extend((telemetry.counters.len() as u32).to_le_bytes());
    for (name, value) in &telemetry.counters {
        put_text(out, name);
        out.extend(value.to_le_bytes());
    }
}

/// Reads it: the time, and what went on.
pub fn decode(bytes: &[u8]) -> Result<(Nanos, Telemetry), WireError> {
    let mut reader = Reader::new(bytes);
    let version = reader.u16(&"telemetry version")?;
    if version != VERSION {
        return Err(reader.error(2, &"telemetry version", VERSION, version));
    }
    let time = Nanos(reader.u64(&"time")?);
    let telemetry = Telemetry {
        populations: reader.list(&"populations", 16, population)?,
        weights: reader.list(&"weight histograms", 16, histogram)?,
        counters: reader.list(&"counters", 12, |reader, i| {
            let name = reader.text(&format_args!("counter {i}, name"))?;
            Ok((name, reader.double(&format_args!("counter {i}, value"))?))
        })?,
    };
    reader.end()?;
    Ok((time, telemetry))
}

fn population(reader: &mut Reader<'_>, number: usize) -> Result<Activity, WireError> {
    let name = reader.text(&format_args!("population {number}, name"))?;
    let size = reader.u32(&format_args!("population {name:?}, size"))?;
    let spikes = reader.list(&format_args!("population {name:?}, spikes"), 8, |reader, i| {
        let tick = reader.u32(&format_args!("population {name:?}, spike {i}, tick"))?;
        let neuron = reader.u32(&format_args!("population {name:?}, spike {i}, neuron"))?;
        if neuron >= size {
            let expected = format_args!("a neuron below {size}").to_string();
            return Err(reader.error(4, &format_args!("population {name:?}, spike {i}, neuron"), expected, neuron));
        }
        Ok(Spike { tick, neuron })
    })?;
    let membrane = reader.list(&format_args!("population {name:?}, membrane"), 4, |reader, i| {
        reader.number(&format_args!("population {name:?}, membrane {i}"))
    })?;
    Ok(Activity { name, size, spikes, membrane })
}

fn histogram(reader: &mut Reader<'_>, number: usize) -> Result<Histogram, WireError> {
    let projection = reader.text(&format_args!("histogram {number}, projection"))?;
    let low = reader.number(&format_args!("histogram {projection:?}, low"))?;
    let high = reader.number(&format_args!("histogram {projection:?}, high"))?;
    let field = format!("histogram {projection:?}, counts");
    let counts = reader.list(&field, 8, |reader, i| reader.u64(&format_args!("histogram {projection:?}, count {i}")))?;
    Ok(Histogram { projection, range: [low, high], counts })
}
