//! Counts times prices.

use super::prices::{Evidence, HOST_TERMS, POWER, Price, PriceTable, Rate, TERMS};
use crate::chips::Counters;

/// An energy between two limits (J).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Energy {
    /// At the least prices.
    pub low_j: f64,
    /// At the greatest.
    pub high_j: f64,
    /// Whether it may be more: a price in it is the least that its source knows, or terms without a price were left out.
    pub at_least: bool,
    /// The poorest evidence of a price in it; none if nothing was counted.
    pub evidence: Option<Evidence>,
}

/// One term of a bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The counter, or `power`.
    pub term: String,
    /// How many; of power, the chip's time (ns).
    pub count: u64,
    /// What they took; none where they are part of another term.
    pub energy: Option<Energy>,
    /// Where the price was found.
    pub source: String,
}

/// What a run took, term by term.
#[derive(Clone, Debug, PartialEq)]
pub struct Bill {
    device: String,
    lines: Vec<Line>,
    unpriced: Vec<(String, u64)>,
}

/// A total that is refused: terms were counted that have no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no total for {device}: no price is known of {}", describe(terms))]
pub struct Unpriced {
    /// The device.
    pub device: String,
    /// The terms, and how often each was counted.
    pub terms: Vec<(String, u64)>,
}

fn describe(terms: &[(String, u64)]) -> String {
    terms.iter().map(|(term, count)| format!("{term} ({count} counted)")).collect::<Vec<_>>().join(", ")
}

impl PriceTable {
    /// What these counts took over `simulated_ns` of the network's own time.
    pub fn bill(&self, counters: &Counters, simulated_ns: u64) -> Bill {
        let mut bill = Bill { device: self.device.clone(), lines: Vec::new(), unpriced: Vec::new() };
        if let Some(power) = &self.power {
            let chip_s = simulated_ns as f64 * 1e-9 / power.speed;
            let joules = power.milliwatts * 1e-3 * chip_s;
            let energy = Energy { low_j: joules, high_j: joules, at_least: false, evidence: Some(power.evidence) };
            let count = (simulated_ns as f64 / power.speed) as u64;
            bill.lines.push(Line { term: POWER.into(), count, energy: Some(energy), source: power.source.clone() });
        }
        // A power is that of the chip: the host's terms are beside it.
        let in_power = |term: &str| self.power.is_some() && !HOST_TERMS.contains(&term);
        for term in TERMS.into_iter().filter(|term| !in_power(term)) {
            let count = counters.get(term).unwrap_or(0);
            match self.prices.get(term) {
                _ if count == 0 => (),
                None => bill.unpriced.push((term.into(), count)),
                Some(price) => {
                    bill.lines.push(Line { term: term.into(), count, energy: price.of(count), source: price.source.clone() });
                }
            }
        }
        bill
    }
}

impl Price {
    /// What so many take; none where they are part of another term.
    fn of(&self, count: u64) -> Option<Energy> {
        let Rate::Each { picojoules } = &self.rate else { return None };
        let [low_j, high_j] = picojoules.map(|each| count as f64 * each * 1e-12);
        Some(Energy { low_j, high_j, at_least: self.at_least, evidence: Some(self.evidence) })
    }
}

impl Bill {
    /// The terms that were counted and have a price.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The terms that were counted and have none, and how often.
    pub fn unpriced(&self) -> &[(String, u64)] {
        &self.unpriced
    }

    /// The sum of all terms. Refused, with their names, if terms without a price were counted.
    pub fn total(&self) -> Result<Energy, Unpriced> {
        if self.unpriced.is_empty() {
            return Ok(self.subtotal());
        }
        Err(Unpriced { device: self.device.clone(), terms: self.unpriced.clone() })
    }

    /// The sum of the terms that have a price. Unless [`unpriced`](Bill::unpriced) is empty it is no total but a lower limit of one: show both together.
    pub fn subtotal(&self) -> Energy {
        let nothing = Energy { low_j: 0.0, high_j: 0.0, at_least: !self.unpriced.is_empty(), evidence: None };
        self.lines.iter().filter_map(|line| line.energy).fold(nothing, |sum, energy| Energy {
            low_j: sum.low_j + energy.low_j,
            high_j: sum.high_j + energy.high_j,
            at_least: sum.at_least || energy.at_least,
            evidence: sum.evidence.max(energy.evidence),
        })
    }
}
