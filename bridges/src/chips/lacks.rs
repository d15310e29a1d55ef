//! What `lif` asks of a neuron that resets to zero and is held there while refractory.

use embody_brain::neuron::{Lif, Reset};

use super::Refusal;

/// What such a neuron lacks, each beside what it does instead; none if nothing.
fn lacks(p: &Lif, tick_ms: f64) -> Vec<[&'static str; 2]> {
    let mut lacks = Vec::new();
    if p.reset != Reset::Zero {
        lacks.push(["a reset that subtracts the threshold", "a spike resets the potential to zero, not by the threshold"]);
    }
    if libm::round(p.refractory_ms / tick_ms) > 0.0 {
        lacks.push(["a refractory potential that integrates", "a refractory potential is held at zero, and doesn't integrate"]);
    }
    lacks
}

/// Refuses what such a neuron lacks, unless it may be approximated.
pub(super) fn refuse(p: &Lif, tick_ms: f64, approximate: bool) -> Result<(), Refusal> {
    let lacks = lacks(p, tick_ms);
    if approximate || lacks.is_empty() {
        return Ok(());
    }
    let lacks: Vec<_> = lacks.iter().map(|[lack, _]| *lack).collect();
    Err(Refusal::altogether(format!("it lacks {}; approximate = true takes what it has", lacks.join(" and "))))
}

/// What such a neuron does otherwise.
pub(super) fn changes(p: &Lif, tick_ms: f64) -> Vec<String> {
    lacks(p, tick_ms).iter().map(|[_, change]| (*change).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_refused_or_reported() {
        let plain = Lif { reset: Reset::Zero, ..Lif::default() };
        assert!(refuse(&plain, 1.0, false).is_ok() && changes(&plain, 1.0).is_empty());
        let other = Lif { refractory_ms: 5.0, ..Lif::default() };
        let why = refuse(&other, 1.0, false).unwrap_err().why;
        assert!(why.contains("subtracts") && why.contains("integrates") && why.contains("approximate = true"), "{why}");
        assert!(refuse(&other, 1.0, true).is_ok() && changes(&other, 1.0).len() == 2);
    }
}
