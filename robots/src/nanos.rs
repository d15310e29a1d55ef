//! Simulated time and durations: whole nanoseconds, written with their unit.
//!
//! Floating-point time drifts and compares badly; whole nanoseconds do neither, and span 584 years.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A simulated time or duration in whole nanoseconds.
///
/// In text it carries its unit: `"20ms"`, `"600s"`, `"4h"`; units are `ns`, `us`, `ms`, `s`, `min`, `h`, and a decimal
/// fraction is accepted where it is a whole number of nanoseconds (`"0.5s"`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

/// The units of a duration, largest first, with their length in nanoseconds.
const UNITS: [(&str, u64); 6] =
    [("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

impl Nanos {
    /// No time at all.
    pub const ZERO: Nanos = Nanos(0);

    /// `ms` milliseconds.
    pub const fn from_millis(ms: u64) -> Nanos {
        Nanos(ms * 1_000_000)
    }

    /// `s` seconds.
    pub const fn from_secs(s: u64) -> Nanos {
        Nanos(s * 1_000_000_000)
    }

    /// This time in seconds; exact up to 2^53 ns, rounded to nearest above.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// This time in milliseconds, rounded to nearest.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// How often `period` fits into this time: `None` unless that is a whole number above zero.
    pub fn whole_multiple_of(self, period: Nanos) -> Option<u64> {
        (period.0 > 0 && self.0 > 0 && self.0.is_multiple_of(period.0)).then(|| self.0 / period.0)
    }
}

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no duration: expected a number and a unit out of ns, us, ms, s, min, h, such as \"20ms\" or \"4h\"{why}")]
pub struct NanosError {
    found: String,
    why: &'static str,
}

impl FromStr for Nanos {
    type Err = NanosError;

    fn from_str(text: &str) -> Result<Nanos, NanosError> {
        let fail = |why| NanosError { found: text.chars().take(40).collect(), why };
        let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).ok_or(fail(" (the unit is missing)"))?;
        let (number, unit) = text.split_at(split);
        let number = number.replace('_', "");
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit.trim_start()).ok_or(fail(""))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        if whole.is_empty() || (number.contains('.') && fraction.is_empty()) {
            return Err(fail(""));
        }
        let too_long = || fail(" (longer than 584 years)");
        let mut total = whole.parse::<u64>().ok().and_then(|w| w.checked_mul(*scale)).ok_or_else(too_long)?;
        let mut place = *scale;
        for digit in fraction.bytes() {
            if !digit.is_ascii_digit() {
                return Err(fail(""));
            }
            let digit = u64::from(digit - b'0');
            if place % 10 != 0 && digit != 0 && (digit * place) % 10 != 0 {
                return Err(fail(" (not a whole number of nanoseconds)"));
            }
            // Units are 10^k, 60 x 10^k or 3600 x 10^k ns: a further place stays whole until the tens are used up.
            total = total.checked_add(digit * place / 10).ok_or_else(too_long)?;
            if place % 10 != 0 {
                place = 1; // whatever follows must be zero
            } else {
                place /= 10;
            }
        }
        Ok(Nanos(total))
    }
}

impl fmt::Display for Nanos {
    /// The largest unit in which the value is a whole number, so that text and value are one to one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let (unit, scale) = UNITS.iter().find(|(_, scale)| self.0.is_multiple_of(*scale)).unwrap_or(&UNITS[5]);
        f.pad(&format!("{}{unit}", self.0 / scale))
    }
}

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nanos, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Nanos;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a duration with its unit, such as \"20ms\" or \"4h\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Nanos, E> {
                text.parse().map_err(E::custom)
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Visitor)
        } else {
            u64::deserialize(deserializer).map(Nanos)
        }
    }
}

impl schemars::JsonSchema for Nanos {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": r"^[0-9_]+(\.[0-9_]+)? *(ns|us|ms|s|min|h)$",
            "description": "A duration with its unit, such as \"20ms\", \"600s\" or \"4h\"."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_unit_and_fractions_that_are_whole() {
        for (text, ns) in [
            ("7ns", 7),
            ("3us", 3_000),
            ("20ms", 20_000_000),
            ("600s", 600_000_000_000),
            ("0.5s", 500_000_000),
            ("1.5h", 5_400_000_000_000),
            ("2min", 120_000_000_000),
            ("1_000 s", 1_000_000_000_000),
            ("0.25min", 15_000_000_000),
        ] {
            assert_eq!(text.parse::<Nanos>(), Ok(Nanos(ns)), "{text}");
        }
    }

    #[test]
    fn refuses_what_has_no_unit_or_is_not_whole() {
        for text in ["", "5", "ms", ".5s", "5.s", "1.2.3s", "-1s", "0.1ns", "1e3s", "5 parsecs", "999999999999h", "0.0000000001s"]
        {
            assert!(text.parse::<Nanos>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_value_are_one_to_one(ns: u64) {
            prop_assert_eq!(Nanos(ns).to_string().parse::<Nanos>(), Ok(Nanos(ns)));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,40}") {
            let _ = text.parse::<Nanos>();
        }
    }
}
