//! What goes on in a controller, for those who look on. It is never part of the loop: a controller does the same whether it is
//! watched or not.

/// What went on in one control period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Telemetry {
    /// Activity of each population.
    pub populations: Vec<Activity>,
    /// How the weights of projections are spread; not in every period, as counting them takes its time.
    pub weights: Vec<Histogram>,
    /// Whatever else there is to count or to measure, by name and unit.
    pub counters: Vec<(String, f64)>,
}

/// What a population did in one control period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Its name.
    pub name: String,
    /// Neurons in it.
    pub size: u32,
    /// Its spikes, in order of time.
    pub spikes: Vec<Spike>,
    /// Membrane potential of each neuron at the end of the period, in the unit of its model; empty where it has none.
    pub membrane: Vec<f32>,
}

/// One spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spike {
    /// The neural tick within the control period, from 0.
    pub tick: u32,
    /// The neuron within its population.
    pub neuron: u32,
}

/// How values are spread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The projection whose weights they are.
    pub projection: String,
    /// Least and greatest value.
    pub range: [f32; 2],
    /// Values in each of as many equal parts of the range.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Counts values in `bins` equal parts from the least to the greatest; those that aren't finite are left out.
    pub fn of(projection: &str, values: &[f32], bins: usize) -> Histogram {
        let range = range(values);
        let mut counts = vec![0; bins];
        if bins == 0 || range[0] > range[1] {
            return Histogram { projection: projection.into(), range: [0.0; 2], counts };
        }
        let per_unit = if range[1] > range[0] { bins as f32 / (range[1] - range[0]) } else { 0.0 };
        for value in values.iter().filter(|value| value.is_finite()) {
            counts[(((value - range[0]) * per_unit) as usize).min(bins - 1)] += 1;
        }
        Histogram { projection: projection.into(), range, counts }
    }
}

/// Least and greatest finite value, in several lanes at once: this is counted while a loop waits.
fn range(values: &[f32]) -> [f32; 2] {
    const LANES: usize = 8;
    let (mut least, mut greatest) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    let mut take = |lane: usize, value: f32| {
        let (low, high) = if value.is_finite() { (value, value) } else { (f32::INFINITY, f32::NEG_INFINITY) };
        least[lane] = if low < least[lane] { low } else { least[lane] };
        greatest[lane] = if high > greatest[lane] { high } else { greatest[lane] };
    };
    let chunks = values.chunks_exact(LANES);
    chunks.remainder().iter().for_each(|value| take(0, *value));
    for chunk in chunks {
        (0..LANES).for_each(|lane| take(lane, chunk[lane]));
    }
    [least.into_iter().fold(f32::INFINITY, f32::min), greatest.into_iter().fold(f32::NEG_INFINITY, f32::max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_counted_once() {
        let histogram = Histogram::of("a", &[0.0, 1.0, 0.49, 0.51, f32::NAN, 1.0], 2);
        assert_eq!((histogram.range, histogram.counts), ([0.0, 1.0], vec![2, 3]));
        assert_eq!(Histogram::of("a", &[3.0; 4], 3).counts, [4, 0, 0]);
        assert_eq!(Histogram::of("a", &[], 3).counts, [0; 3]);
    }
}
