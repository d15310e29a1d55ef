//! What goes on in a controller, for those who look on. It is never part of the loop: a controller does the same whether it is
//! watched or not.

/// Control periods between two histograms of the weights.
pub(crate) const PERIODS_PER_HISTOGRAM: u64 = 50;

/// Parts that a histogram of the weights has at most.
pub(crate) const BINS: usize = 50;

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

impl Activity {
    /// A population of so many neurons, as if nothing went on in it.
    pub(crate) fn silent(name: &str, neurons: usize) -> Activity {
        Activity { name: name.into(), size: u32::try_from(neurons).unwrap_or(u32::MAX), ..Activity::default() }
    }
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
///
/// The parts are as wide as a power of two, and begin at whole multiples of that: those of one histogram lie in those of any other that is as
/// coarse or coarser, so that two can be shown over the same parts, and nothing is smeared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The projection whose weights they are.
    pub projection: String,
    /// Where the first part begins and the last one ends; both are the value where there is but one.
    pub range: [f32; 2],
    /// Values in each of as many equal parts of the range.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Counts values in as many parts as hold them all, at most `most` and at least two; those that aren't finite are left out.
    pub fn of(projection: &str, values: &[f32], most: usize) -> Histogram {
        let finite = values.iter().filter(|value| value.is_finite());
        let [least, greatest] = range(values);
        if least >= greatest {
            let count = finite.count() as u64;
            return Histogram {
                projection: projection.into(),
                range: [if count > 0 { least } else { 0.0 }; 2],
                counts: vec![count],
            };
        }
        let (least, greatest) = (f64::from(least), f64::from(greatest));
        let width = part_width(least, greatest, most);
        let (first, per_unit) = ((least / width).floor(), 1.0 / width);
        let parts = ((greatest / width).floor() - first) as usize + 1;
        let (low, mut counts) = (first * width, vec![0; parts]);
        for value in finite {
            counts[(((f64::from(*value) - low) * per_unit) as usize).min(parts - 1)] += 1;
        }
        Histogram { projection: projection.into(), range: [low, low + parts as f64 * width].map(|end| end as f32), counts }
    }
}

/// The least power of two that is wide enough for `most` parts, begun at its multiples, to hold a range.
fn part_width(least: f64, greatest: f64, most: usize) -> f64 {
    let most = most.max(2) as f64;
    let mut width = libm::exp2(libm::floor(libm::log2((greatest - least) / most)));
    while (greatest / width).floor() - (least / width).floor() + 1.0 > most {
        width *= 2.0;
    }
    width
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
        let histogram = Histogram::of("a", &[0.0, 1.0, 0.49, 0.51, f32::NAN, 1.0], 3);
        assert_eq!((histogram.range, histogram.counts), ([0.0, 1.5], vec![2, 1, 2]));
        let one = Histogram::of("a", &[3.0; 4], 3);
        assert_eq!((one.range, one.counts), ([3.0; 2], vec![4]));
        assert_eq!(
            Histogram::of("a", &[f32::INFINITY], 3),
            Histogram { projection: "a".into(), range: [0.0; 2], counts: vec![0] }
        );
    }

    #[test]
    fn the_parts_of_a_finer_histogram_lie_in_those_of_a_coarser_one() {
        let values = |scale: f32| (-30..70).map(|i| i as f32 * scale).collect::<Vec<_>>();
        let [fine, coarse] = [0.013, 0.7].map(|scale| Histogram::of("a", &values(scale), 50));
        let width = |histogram: &Histogram| (histogram.range[1] - histogram.range[0]) / histogram.counts.len() as f32;
        for histogram in [&fine, &coarse] {
            assert_eq!(histogram.counts.iter().sum::<u64>(), 100);
            assert!((25..=50).contains(&histogram.counts.len()), "{histogram:?}");
            assert_eq!(histogram.range[0] % width(histogram), 0.0);
        }
        assert_eq!(width(&coarse) % width(&fine), 0.0);
    }
}
