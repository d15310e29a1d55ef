//! Price tables: what one counted event takes on a device, by whom it was found, and how.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The counters that take energy, as [`Counters`](crate::chips::Counters) names them. The others tell what numbers lost.
pub const TERMS: [&str; 11] = [
    "synaptic_operations",
    "fetches",
    "neuron_updates_idle",
    "neuron_updates_driven",
    "spikes",
    "hops",
    "plasticity_updates",
    "conversions",
    "host_reads",
    "host_writes",
    "programming_pulses",
];

/// The terms among them that the host takes, not the chip: its power doesn't contain them unless the table says that they are `part_of` it.
pub const HOST_TERMS: [&str; 2] = ["host_reads", "host_writes"];

/// The power's name, as a term of a bill and in `part_of`.
pub const POWER: &str = "power";

/// How good the evidence for a price is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Measured on the chip, and reported by those who did.
    Measured,
    /// Worked out from a measured figure of the whole, such as operations per second and watt.
    Derived,
    /// Simulated before there was silicon.
    PreSilicon,
    /// At second hand: quoted without how it was found.
    Cited,
}

impl std::fmt::Display for Evidence {
    /// As it stands in price tables.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Evidence::Measured => "measured",
            Evidence::Derived => "derived",
            Evidence::PreSilicon => "pre-silicon",
            Evidence::Cited => "cited",
        })
    }
}

/// What an event takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Rate {
    /// Energy of one, from least to most (pJ); equal where there is one figure.
    Each {
        /// Least and most (pJ).
        picojoules: [f64; 2],
    },
    /// It is part of another term's price, or of the power.
    Part {
        /// That term, or `power`.
        part_of: String,
    },
}

/// The price of one term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// What one takes.
    #[serde(flatten)]
    pub rate: Rate,
    /// Whether the source gives it as the least it can be.
    #[serde(default)]
    pub at_least: bool,
    /// Where it was found.
    pub source: String,
    /// How good that is.
    pub evidence: Evidence,
}

/// Power of the chip, which is billed for the time it runs, whatever it does: the price of all terms but the host's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Power (mW).
    pub milliwatts: f64,
    /// How many times faster than the network's own time the chip runs.
    pub speed: f64,
    /// Where it was found.
    pub source: String,
    /// How good that is.
    pub evidence: Evidence,
}

/// The prices of a device. With a power, that is the price of all events on the chip; what the host reads and writes is billed beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    /// The device.
    pub device: String,
    /// Power that contains every event on the chip.
    #[serde(default)]
    pub power: Option<Power>,
    /// Prices by term.
    #[serde(default)]
    pub prices: BTreeMap<String, Price>,
}

/// Why a price table can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// There is no built-in table of that name.
    #[error("there is no price table {found:?}; there are {known}")]
    Unknown {
        /// What was asked for.
        found: String,
        /// The names of all.
        known: String,
    },
    /// It isn't a table of prices.
    #[error("price table: {0}")]
    Malformed(String),
    /// A number or a name in it makes no sense.
    #[error("price table of {device}: {term}: expected {expected}, found {found}")]
    Invalid {
        /// The table's device.
        device: String,
        /// The term.
        term: String,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
}

/// The built-in tables.
const BUILT_IN: [(&str, &str); 5] = [
    ("loihi1", include_str!("prices/loihi1.toml")),
    ("spinnaker1", include_str!("prices/spinnaker1.toml")),
    ("spinnaker2-prototype", include_str!("prices/spinnaker2-prototype.toml")),
    ("brainscales2", include_str!("prices/brainscales2.toml")),
    ("hermes", include_str!("prices/hermes.toml")),
];

impl PriceTable {
    /// The names of the built-in tables.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A built-in table.
    pub fn built_in(name: &str) -> Result<PriceTable, PriceError> {
        let unknown = || PriceError::Unknown { found: name.into(), known: PriceTable::names().collect::<Vec<_>>().join(", ") };
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
        PriceTable::parse(text)
    }

    /// A table from TOML, each term and number of which is checked.
    pub fn parse(text: &str) -> Result<PriceTable, PriceError> {
        let table: PriceTable = toml::from_str(text).map_err(|error| PriceError::Malformed(error.to_string()))?;
        table.check()?;
        Ok(table)
    }

    fn check(&self) -> Result<(), PriceError> {
        let invalid = |term: &str, expected: &str, found: String| {
            Err(PriceError::Invalid { device: self.device.clone(), term: term.into(), expected: expected.into(), found })
        };
        let power = |power: &Power| (0.0..=1e12).contains(&power.milliwatts) && (1e-6..=1e9).contains(&power.speed);
        if let Some(found) = self.power.as_ref().filter(|found| !power(found)) {
            let expected = "0 to 1e12 mW, and a speed of 1e-6 to 1e9";
            return invalid(POWER, expected, format!("{} mW, {}", found.milliwatts, found.speed));
        }
        let beside = |term: &str| self.power.is_none() || HOST_TERMS.contains(&term);
        if let Some(term) = self.prices.keys().find(|term| !beside(term)) {
            return invalid(term, &format!("beside a power no prices but of {}", HOST_TERMS.join(", ")), term.clone());
        }
        let priced = |whole: &str| match self.prices.get(whole) {
            Some(price) => matches!(price.rate, Rate::Each { .. }),
            None => whole == POWER && self.power.is_some(),
        };
        for (term, price) in &self.prices {
            if !TERMS.contains(&term.as_str()) {
                return invalid(term, &format!("one of {}", TERMS.join(", ")), term.clone());
            }
            match &price.rate {
                Rate::Each { picojoules: [low, high] } if !(0.0 <= *low && low <= high && *high <= 1e15) => {
                    return invalid(term, "0 to 1e15 pJ, least and most", format!("{low}, {high}"));
                }
                Rate::Part { part_of } if !priced(part_of) => {
                    return invalid(term, "part_of a term with a price of its own, or of the power", part_of.clone());
                }
                _ => (),
            }
        }
        Ok(())
    }
}
