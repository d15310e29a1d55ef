//! Prices are the published ones, bills are sums, and there is no total where a price is missing.
#![cfg(feature = "chips")]

use embody_bridges::chips::Counters;
use embody_bridges::chips::energy::{Evidence, HOST_TERMS, PriceError, PriceTable, TERMS};
use proptest::prelude::*;

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "expected {expected}, found {found}");
}

fn table(name: &str) -> PriceTable {
    PriceTable::built_in(name).unwrap()
}

#[test]
fn every_term_is_a_counter() {
    assert!(TERMS.iter().all(|term| Counters::default().get(term).is_some()));
    assert!(HOST_TERMS.iter().all(|term| TERMS.contains(term)));
}

#[test]
fn loihi_is_billed_by_events() {
    let counters = Counters {
        synaptic_operations: 1000,
        neuron_updates_driven: 100,
        neuron_updates_idle: 200,
        spikes: 50,
        hops: 10,
        saturations: 9,
        ..Counters::default()
    };
    let bill = table("loihi1").bill(&counters, 1_000_000);
    let total = bill.total().unwrap();
    near(total.low_j, (23_600.0 + 8_100.0 + 10_400.0 + 85.0 + 30.0) * 1e-12);
    near(total.high_j, (23_600.0 + 8_100.0 + 10_400.0 + 85.0 + 40.0) * 1e-12);
    assert!(total.at_least && total.evidence == Some(Evidence::PreSilicon));
    assert_eq!(bill.lines().len(), 5);
    assert!(bill.lines().iter().all(|line| line.source.contains("Davies")));
}

#[test]
fn spinnaker_is_billed_by_operations_and_updates() {
    let counters = Counters { synaptic_operations: 3, neuron_updates_driven: 1, neuron_updates_idle: 1, ..Counters::default() };
    for (name, joules) in
        [("spinnaker1", (3.0 * 13.3 + 2.0 * 26.0) * 1e-9), ("spinnaker2-prototype", (3.0 * 0.45 + 2.0 * 2.19) * 1e-9)]
    {
        let total = table(name).bill(&counters, 1).total().unwrap();
        near(total.low_j, joules);
        assert_eq!((total.low_j, total.evidence), (total.high_j, Some(Evidence::Cited)));
    }
}

#[test]
fn brainscales_is_billed_by_time() {
    let counters = Counters { synaptic_operations: 3, spikes: 4, plasticity_updates: 5, ..Counters::default() };
    // An hour of the network is 3.6 s of the chip.
    let total = table("brainscales2").bill(&counters, 3_600_000_000_000).total().unwrap();
    near(total.low_j, 0.057 * 3.6);
    assert_eq!(total.evidence, Some(Evidence::Cited));
}

#[test]
fn a_power_is_the_chips_and_what_the_host_reads_and_writes_is_beside_it() {
    let counters = Counters { synaptic_operations: 3, host_reads: 4, host_writes: 5, ..Counters::default() };
    let bill = table("brainscales2").bill(&counters, 3_600_000_000_000);
    let error = bill.total().unwrap_err();
    assert_eq!(error.terms, [("host_reads".to_string(), 4), ("host_writes".to_string(), 5)]);
    near(bill.subtotal().low_j, 0.057 * 3.6);
    assert!(bill.subtotal().at_least);

    let power = "device = \"x\"\n[power]\nmilliwatts = 1.0\nspeed = 1.0\nsource = \"s\"\nevidence = \"measured\"\n";
    let host = |term: &str, rate: &str| format!("[prices.{term}]\n{rate}\nsource = \"s\"\nevidence = \"measured\"\n");
    let parts = [power, &host("host_reads", "part_of = \"power\""), &host("host_writes", "picojoules = [2.0, 2.0]")].concat();
    let bill = PriceTable::parse(&parts).unwrap().bill(&counters, 1_000_000_000);
    near(bill.total().unwrap().low_j, 1e-3 + 10e-12);
    assert_eq!(bill.lines().iter().map(|line| line.energy.is_some()).collect::<Vec<_>>(), [true, false, true]);

    let error = PriceTable::parse(&[power, &host("spikes", "picojoules = [2.0, 2.0]")].concat()).unwrap_err().to_string();
    assert!(error.contains("spikes") && error.contains("beside a power"), "{error}");
    let error = PriceTable::parse(&["device = \"x\"\n", &host("host_reads", "part_of = \"power\"")].concat()).unwrap_err();
    assert!(error.to_string().contains("part_of"), "{error}");
}

/// The published prices of synaptic operations don't say that they contain these.
#[test]
fn what_a_price_does_not_say_that_it_contains_is_unpriced() {
    let counters = Counters { synaptic_operations: 1, fetches: 2, spikes: 3, hops: 4, host_reads: 5, ..Counters::default() };
    let unpriced =
        |name: &str| table(name).bill(&counters, 1).unpriced().iter().map(|(term, _)| term.clone()).collect::<Vec<_>>();
    assert_eq!(unpriced("loihi1"), ["fetches", "host_reads"]);
    assert_eq!(unpriced("spinnaker2-prototype"), ["fetches", "spikes", "hops", "host_reads"]);
}

#[test]
fn hermes_is_billed_by_products_which_contain_conversions() {
    let counters = Counters { synaptic_operations: 65_536, conversions: 512, ..Counters::default() };
    let bill = table("hermes").bill(&counters, 1);
    let total = bill.total().unwrap();
    near(total.low_j, 65_536.0 * 0.205e-12);
    near(total.high_j, 65_536.0 * 0.81e-12);
    assert_eq!(bill.lines()[1].energy, None);
}

#[test]
fn a_total_is_refused_by_the_names_of_what_has_no_price() {
    let counters = Counters { synaptic_operations: 5, programming_pulses: 3, host_reads: 2, ..Counters::default() };
    let bill = table("hermes").bill(&counters, 1);
    let error = bill.total().unwrap_err();
    assert_eq!(error.terms, [("host_reads".to_string(), 2), ("programming_pulses".to_string(), 3)]);
    assert!(error.to_string().contains("HERMES") && error.to_string().contains("programming_pulses (3 counted)"), "{error}");
    near(bill.lines()[0].energy.unwrap().low_j, 5.0 * 0.205e-12);
    near(bill.subtotal().low_j, 5.0 * 0.205e-12);
    assert!(bill.subtotal().at_least && bill.unpriced() == error.terms);
    let learning = Counters { plasticity_updates: 1, ..Counters::default() };
    assert!(table("loihi1").bill(&learning, 1).total().is_err());
}

#[test]
fn tables_that_make_no_sense_are_refused() {
    let price =
        |term: &str, rate: &str| format!("device = \"x\"\n[prices.{term}]\n{rate}\nsource = \"s\"\nevidence = \"measured\"");
    let cases = [
        (price("joules", "picojoules = [1.0, 1.0]"), "joules"),
        (price("spikes", "picojoules = [2.0, 1.0]"), "least and most"),
        (price("spikes", "picojoules = [nan, 1.0]"), "spikes"),
        (price("spikes", "picojoules = [-1.0, 1.0]"), "spikes"),
        (price("spikes", "part_of = \"hops\""), "part_of"),
        (price("spikes", "part_of = \"spikes\""), "part_of"),
        ("device = \"x\"\n[power]\nmilliwatts = 1.0\nspeed = 0.0\nsource = \"s\"\nevidence = \"measured\"".into(), "speed"),
    ];
    for (text, part) in cases {
        let error = PriceTable::parse(&text).unwrap_err();
        assert!(matches!(error, PriceError::Invalid { .. }) && error.to_string().contains(part), "{error}");
    }
    let unsourced = "device = \"x\"\n[prices.spikes]\npicojoules = [1.0, 1.0]\nevidence = \"measured\"";
    assert!(PriceTable::parse(unsourced).unwrap_err().to_string().contains("source"));
    assert!(PriceTable::built_in("loihi9").unwrap_err().to_string().contains("spinnaker2-prototype"));
}

proptest! {
    /// Counts are whole and sums are exact in them: twice the counts are twice the energy.
    #[test]
    fn bills_are_proportional(operations in 0u64..1 << 40, spikes in 0u64..1 << 40) {
        let of = |factor| Counters { synaptic_operations: factor * operations, spikes: factor * spikes, ..Counters::default() };
        let [one, two] = [1, 2].map(|factor| table("loihi1").bill(&of(factor), 1).total().unwrap());
        prop_assert_eq!((2.0 * one.low_j, 2.0 * one.high_j), (two.low_j, two.high_j));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = PriceTable::parse(&text);
    }
}
