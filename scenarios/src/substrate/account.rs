//! What a substrate made of a network, and what it took: fidelity, counters, energy.

use std::collections::BTreeMap;

use embody_brain::{Fidelity, Network};
use embody_bridges::chips::Counters;
use embody_bridges::chips::energy::{Bill, Energy, Evidence, PriceTable};
use embody_robots::Nanos;
use serde::{Deserialize, Serialize};

/// The prices that a chip's counts are multiplied with.
const PRICES: [(&str, &str); 4] =
    [("loihi", "loihi1"), ("spinnaker2", "spinnaker2-prototype"), ("brainscales2", "brainscales2"), ("pcm", "hermes")];

/// What became of a network on its substrate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// What was lost, changed, taken and left to the host when it was compiled.
    pub fidelity: Fidelity,
    /// What has been counted since time zero, by name.
    pub counters: BTreeMap<String, u64>,
    /// What that took; none where there are no prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<EnergyAccount>,
}

/// Counts times prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnergyAccount {
    /// Whose prices they are.
    pub prices: String,
    /// The terms that were counted and have a price.
    pub terms: BTreeMap<String, Term>,
    /// The terms that were counted and have none, and how often.
    pub unpriced: BTreeMap<String, u64>,
    /// Least and most of the terms that have a price (J); no total unless that is given, too.
    pub subtotal_j: [f64; 2],
    /// Least and most in all (J); refused, and so none, where a counted term has no price.
    pub total_j: Option<[f64; 2]>,
    /// Whether it may be more: a price is the least that its source knows, or terms have none.
    pub at_least: bool,
    /// The poorest evidence of a price in it.
    pub evidence: Option<Evidence>,
}

/// One term of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// How many; of `power`, the chip's time (ns).
    pub count: u64,
    /// Least and most (J); none where another term's price has it.
    pub joules: Option<[f64; 2]>,
    /// How good the evidence for the price is.
    pub evidence: Option<Evidence>,
    /// Who found it.
    pub source: String,
}

impl Account {
    /// Of a network, and what its controller computes beside it, after so much simulated time; none of one that lost nothing and counts
    /// nothing, as in single precision.
    pub fn of(network: &dyn Network, on_host: Vec<(String, String)>, simulated: Nanos) -> Option<Account> {
        let (mut fidelity, counted) = (network.fidelity().clone(), network.counters());
        fidelity.on_host.extend(on_host);
        if fidelity == Fidelity::default() && counted.is_empty() {
            return None;
        }
        let counters = counted.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let prices = PRICES.iter().find(|(chip, _)| *chip == network.substrate());
        let energy = prices.and_then(|(_, prices)| {
            let table = PriceTable::built_in(prices).ok()?;
            Some(EnergyAccount::new(prices, &table.bill(&Counters::of(&counted), simulated.0)))
        });
        Some(Account { fidelity, counters, energy })
    }
}

impl EnergyAccount {
    fn new(prices: &str, bill: &Bill) -> EnergyAccount {
        let limits = |energy: &Energy| [energy.low_j, energy.high_j];
        let term = |line: &embody_bridges::chips::energy::Line| {
            let (joules, evidence) = (line.energy.as_ref().map(limits), line.energy.and_then(|energy| energy.evidence));
            (line.term.clone(), Term { count: line.count, joules, evidence, source: line.source.clone() })
        };
        let subtotal = bill.subtotal();
        EnergyAccount {
            prices: prices.into(),
            terms: bill.lines().iter().map(term).collect(),
            unpriced: bill.unpriced().iter().cloned().collect(),
            subtotal_j: limits(&subtotal),
            total_j: bill.total().ok().map(|total| limits(&total)),
            at_least: subtotal.at_least,
            evidence: subtotal.evidence,
        }
    }
}
