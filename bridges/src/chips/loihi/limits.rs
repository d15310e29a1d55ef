//! What a core holds, and how a network is spread over cores.
//!
//! Limits and the formula of synaptic memory are those of nengo-loihi for Loihi 1. Compartments are put on cores in the order of the
//! populations; a new core begins where the last one has no room for one more. Not here: an optimal placement.

use std::collections::BTreeSet;

use embody_brain::CompileError;

use super::NAME;
use super::dense::Format;

/// Cores of a chip.
pub const CORES: usize = 128;
/// Compartments of a core.
pub const MOST_COMPARTMENTS: usize = 1024;
/// Axons into a core, and out of it.
const MOST_AXONS: usize = 4096;
/// Words of 64 bits of synaptic memory of a core.
const MOST_WORDS: usize = 16384;
/// Configurations of compartments of a core: fewer than 32.
const MOST_CONFIGURATIONS: usize = 31;
/// Configurations of thresholds of a core: fewer than 8.
const MOST_THRESHOLDS: usize = 7;
/// Configurations of synapses of a core.
const MOST_SYNAPSES: usize = 8;
/// Cores in a row of the mesh, over which spikes travel in straight steps: 8 rows of 16, each core with a router of its own. How many cores
/// share a router on the chip, and how they lie, isn't known here: steps between tiles of several cores are no more than these.
const MESH_COLUMNS: usize = 16;

/// Words of 64 bits of an axon with `synapses` of the given bits each: blocks of up to 64 synapses, each with 10 bits more and rounded up to
/// whole words on its own.
pub fn words(synapses: usize, bits: usize) -> usize {
    let block = |n: usize| (n * bits + 10).div_ceil(64);
    synapses / 64 * block(64) + if synapses.is_multiple_of(64) { 0 } else { block(synapses % 64) }
}

/// What a population asks of cores.
pub struct Demand {
    /// Its name.
    pub name: String,
    /// Compartments for each neuron; none for an input.
    pub per_neuron: usize,
    /// Of each neuron, decays and threshold.
    pub settings: Vec<([u16; 2], u32)>,
    /// Whether its spikes come from the chip.
    pub sends: bool,
}

/// What a projection asks of cores.
pub struct Wiring {
    /// Number of the source population.
    pub source: usize,
    /// Its neurons: an axon each into every core with targets.
    pub sources: usize,
    /// Number of the target population.
    pub target: usize,
    /// Synapses of each pair.
    pub per_pair: usize,
    /// Bits of a synapse.
    pub bits: usize,
    /// Format, bits, and whether it learns: what a configuration of synapses says.
    pub configuration: (Format, usize, bool),
}

/// A network spread over cores.
pub struct Allocation {
    cores: Vec<Core>,
    /// Of each population, the core of each neuron.
    core_of: Vec<Vec<usize>>,
    wirings: Vec<Wiring>,
}

#[derive(Default)]
struct Core {
    compartments: usize,
    decays: BTreeSet<[u16; 2]>,
    thresholds: BTreeSet<u32>,
    formats: BTreeSet<(Format, usize, bool)>,
    axons_in: usize,
    axons_out: usize,
    words: usize,
    /// How many neurons of the population that was added last are here.
    last: Option<(usize, usize)>,
}

/// A limit of a core: its name, what is there, what there may be.
type Load = (&'static str, usize, usize);

impl Core {
    fn loads(&self, per_core: usize) -> [Load; 7] {
        [
            ("compartments", self.compartments, per_core),
            ("compartment configurations", self.decays.len(), MOST_CONFIGURATIONS),
            ("threshold configurations", self.thresholds.len(), MOST_THRESHOLDS),
            ("synapse configurations", self.formats.len(), MOST_SYNAPSES),
            ("input axons", self.axons_in, MOST_AXONS),
            ("output axons", self.axons_out, MOST_AXONS),
            ("words of synaptic memory", self.words, MOST_WORDS),
        ]
    }

    /// Adds a neuron of a population, if it fits; else says what doesn't, and is as it was.
    fn add(&mut self, population: usize, demand: &Demand, i: usize, wirings: &[Wiring], per_core: usize) -> Result<(), Load> {
        let before = self.last.filter(|(last, _)| *last == population).map_or(0, |(_, n)| n);
        let mut axons_in = self.axons_in;
        let mut words_used = self.words;
        for wiring in wirings.iter().filter(|wiring| wiring.target == population) {
            axons_in += if before == 0 { wiring.sources } else { 0 };
            let of = |n: usize| wiring.sources * words(n * wiring.per_pair, wiring.bits);
            words_used = words_used + of(before + 1) - of(before);
        }
        let (decays, threshold) = demand.settings[i];
        let [new_decays, new_threshold] =
            [!self.decays.contains(&decays), !self.thresholds.contains(&threshold)].map(usize::from);
        let formats = wirings.iter().filter(|wiring| wiring.target == population).map(|wiring| wiring.configuration);
        let new_formats = formats.clone().filter(|format| !self.formats.contains(format)).collect::<BTreeSet<_>>().len();
        let after = [
            ("compartments", self.compartments + demand.per_neuron, per_core),
            ("compartment configurations", self.decays.len() + new_decays, MOST_CONFIGURATIONS),
            ("threshold configurations", self.thresholds.len() + new_threshold, MOST_THRESHOLDS),
            ("synapse configurations", self.formats.len() + new_formats, MOST_SYNAPSES),
            ("input axons", axons_in, MOST_AXONS),
            ("words of synaptic memory", words_used, MOST_WORDS),
        ];
        if let Some(load) = after.into_iter().find(|(_, used, limit)| used > limit) {
            return Err(load);
        }
        self.compartments += demand.per_neuron;
        self.decays.insert(decays);
        self.thresholds.insert(threshold);
        self.formats.extend(formats);
        (self.axons_in, self.words, self.last) = (axons_in, words_used, Some((population, before + 1)));
        Ok(())
    }
}

fn exceeds(resource: String, limit: usize, demand: usize) -> CompileError {
    CompileError::Exceeds { substrate: NAME.into(), resource, limit: limit as f64, demand: demand as f64 }
}

impl Allocation {
    /// Spreads populations over cores with at most `per_core` compartments each. What doesn't fit is named.
    pub fn new(demands: &[Demand], wirings: Vec<Wiring>, per_core: usize) -> Result<Allocation, CompileError> {
        let all: usize = demands.iter().map(|demand| demand.per_neuron * demand.settings.len()).sum();
        if all > CORES * per_core {
            return Err(exceeds("compartments of the chip".into(), CORES * per_core, all));
        }
        let mut cores = vec![Core::default()];
        let mut core_of = Vec::new();
        for (population, demand) in demands.iter().enumerate() {
            let mut places = Vec::new();
            for i in 0..if demand.per_neuron == 0 { 0 } else { demand.settings.len() } {
                let mut at = cores.len() - 1;
                if cores[at].add(population, demand, i, &wirings, per_core).is_err() {
                    at += 1;
                    let mut core = Core::default();
                    let alone = core.add(population, demand, i, &wirings, per_core);
                    alone.map_err(|(what, used, limit)| {
                        exceeds(format!("{what} of a core, for one neuron of {:?}", demand.name), limit, used)
                    })?;
                    cores.push(core);
                }
                places.push(at);
            }
            core_of.push(places);
        }
        if cores.len() > CORES {
            return Err(exceeds("cores".into(), CORES, cores.len()));
        }
        let mut allocation = Allocation { cores, core_of, wirings };
        allocation.count_output_axons(demands)?;
        Ok(allocation)
    }

    fn count_output_axons(&mut self, demands: &[Demand]) -> Result<(), CompileError> {
        for wiring in 0..self.wirings.len() {
            let source = self.wirings[wiring].source;
            let targets = self.targets(wiring).len();
            for i in 0..if demands[source].sends { self.core_of[source].len() } else { 0 } {
                let core = &mut self.cores[self.core_of[source][i]];
                core.axons_out += targets;
                if core.axons_out > MOST_AXONS {
                    let what =
                        format!("output axons of a core, for {:?} (compartments_per_core spreads it)", demands[source].name);
                    return Err(exceeds(what, MOST_AXONS, core.axons_out));
                }
            }
        }
        Ok(())
    }

    /// The cores that a projection reaches, and how many of its targets each has.
    fn targets(&self, wiring: usize) -> Vec<(usize, usize)> {
        let mut targets: Vec<(usize, usize)> = Vec::new();
        for &core in &self.core_of[self.wirings[wiring].target] {
            match targets.last_mut() {
                Some((last, n)) if *last == core => *n += 1,
                _ => targets.push((core, 1)),
            }
        }
        targets
    }

    /// Words of synaptic memory that a spike of a projection reads.
    pub fn words_of(&self, wiring: usize) -> u64 {
        let Wiring { per_pair, bits, .. } = self.wirings[wiring];
        self.targets(wiring).into_iter().map(|(_, n)| words(n * per_pair, bits) as u64).sum()
    }

    /// Steps from core to core over the mesh that a spike of each source neuron of a projection takes, to all cores that it reaches, each on a
    /// way of its own; none from outside the chip.
    pub fn hops_of(&self, wiring: usize, sends: bool) -> Vec<u32> {
        let targets = self.targets(wiring);
        let place = |core: usize| [core / MESH_COLUMNS, core % MESH_COLUMNS];
        let distance = |a: usize, b: usize| {
            let ([row, column], [to_row, to_column]) = (place(a), place(b));
            (row.abs_diff(to_row) + column.abs_diff(to_column)) as u32
        };
        let all = |&from: &usize| targets.iter().map(|&(to, _)| distance(from, to)).sum();
        if sends { self.core_of[self.wirings[wiring].source].iter().map(all).collect() } else { Vec::new() }
    }

    /// What is used and available: of the chip, and of the core on which there is most of it.
    pub fn resources(&self, per_core: usize) -> Vec<(String, f64, f64)> {
        let used = |core: &&Core| core.compartments > 0;
        let mut resources = vec![("cores".into(), self.cores.iter().filter(used).count() as f64, CORES as f64)];
        let loads: Vec<[Load; 7]> = self.cores.iter().map(|core| core.loads(per_core)).collect();
        for which in 0..7 {
            let (name, used, limit) = loads.iter().map(|loads| loads[which]).max_by_key(|load| load.1).unwrap_or_default();
            resources.push((format!("{name} of the fullest core"), used as f64, limit as f64));
        }
        resources
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense::SignMode;
    use super::*;

    fn population(name: &str, size: usize) -> Demand {
        Demand { name: name.into(), per_neuron: 1, settings: vec![([4095, 200], 64); size], sends: true }
    }

    fn wiring(source: usize, sources: usize, target: usize) -> Wiring {
        let configuration = (Format::new(SignMode::Mixed, 8), 8, false);
        Wiring { source, sources, target, per_pair: 1, bits: 8, configuration }
    }

    #[test]
    fn memory_is_rounded_up_block_by_block() {
        // 64 * 8 + 10 = 522 bits are 9 words; 1 * 8 + 10 bits are one.
        assert_eq!([words(0, 8), words(1, 8), words(64, 8), words(65, 8), words(250, 8)], [0, 1, 9, 10, 27 + 8]);
    }

    #[test]
    fn a_full_core_gives_way_to_the_next() {
        let allocation = Allocation::new(&[population("a", 1500)], Vec::new(), MOST_COMPARTMENTS).unwrap();
        assert_eq!(allocation.resources(MOST_COMPARTMENTS)[0], ("cores".into(), 2.0, 128.0));
        let many = Demand { settings: (0..40).map(|i| ([4095, i], 64 + u32::from(i))).collect(), ..population("many", 0) };
        let allocation = Allocation::new(&[many], Vec::new(), MOST_COMPARTMENTS).unwrap();
        assert_eq!(allocation.resources(MOST_COMPARTMENTS)[0].1, 6.0, "7 thresholds a core");
    }

    #[test]
    fn synaptic_memory_spreads_a_population() {
        // 2000 axons of 8 bits: 16384 / 2000 = 8 words an axon, 62 targets.
        let demands = [Demand { per_neuron: 0, ..population("in", 2000) }, population("a", 100)];
        let allocation = Allocation::new(&demands, vec![wiring(0, 2000, 1)], MOST_COMPARTMENTS).unwrap();
        assert_eq!(allocation.targets(0), [(0, 62), (1, 38)]);
        assert_eq!(allocation.words_of(0), (words(62, 8) + words(38, 8)) as u64);
        assert!(allocation.hops_of(0, false).is_empty());
    }

    #[test]
    fn spikes_travel_over_the_mesh() {
        let allocation = Allocation::new(&[population("a", 2)], vec![wiring(0, 2, 0)], 1).unwrap();
        assert_eq!(allocation.hops_of(0, true), [1, 1]);
    }

    #[test]
    fn what_does_not_fit_is_named_with_limit_and_demand() {
        let error = |demands: &[Demand], wirings, per_core| match Allocation::new(demands, wirings, per_core) {
            Err(CompileError::Exceeds { resource, limit, demand, .. }) => (resource, limit, demand),
            _ => panic!("it fits"),
        };
        let (resource, limit, demand) = error(&[population("a", 131_073)], Vec::new(), MOST_COMPARTMENTS);
        assert_eq!((resource.as_str(), limit, demand), ("compartments of the chip", 131_072.0, 131_073.0));
        let demands = [Demand { per_neuron: 0, ..population("in", 5000) }, population("a", 10)];
        let (resource, limit, demand) = error(&demands, vec![wiring(0, 5000, 1)], MOST_COMPARTMENTS);
        assert!(resource.contains("input axons") && resource.contains("\"a\""), "{resource}");
        assert_eq!((limit, demand), (4096.0, 5000.0));
        // 16 words an axon leave room for 110 targets on a core: each source reaches ten cores.
        let (resource, limit, demand) = error(&[population("a", 1024), population("b", 1024)], vec![wiring(0, 1024, 1)], 1024);
        assert!(resource.contains("output axons") && limit == 4096.0 && demand > 4096.0, "{resource}: {demand}");
    }
}
