//! Energy: exact counts times published prices, each with its source and how good the evidence is.
//!
//! A chip counts ([`Counters`](super::Counters)); a [`PriceTable`] is data (`prices/*.toml`, or a file of one's own in that form); a [`Bill`] is one times the
//! other. A term that was counted and has no price is never left out of a total: there is none then, and the error names the terms.
//! A power is the price of all that the chip does; what the host reads and writes is no part of it unless its source says so.
//!
//! Not here: what hosts, sensors and bodies take, and static power where a price doesn't contain it. Prices of different evidence, or of
//! different silicon, are not comparable to the joule; the grade beside them says so.

mod bill;
mod prices;

pub use bill::{Bill, Energy, Line, Unpriced};
pub use prices::{Evidence, HOST_TERMS, POWER, Power, Price, PriceError, PriceTable, Rate, TERMS};
