//! Numbers for people to read.

use std::fmt::{self, Display};

/// A number as it is, or with an exponent where it would be long: 1e300 has three hundred digits otherwise.
pub(crate) struct Number(pub(crate) f64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Number(x) = self;
        if *x == 0.0 || (1e-5..1e7).contains(&x.abs()) || !x.is_finite() { write!(f, "{x}") } else { write!(f, "{x:e}") }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn extremes_have_an_exponent() {
        let words = [0.0, -1.0, 0.25, 1e300, -1e-300, f64::INFINITY].map(|x| Number(x).to_string());
        assert_eq!(words, ["0", "-1", "0.25", "1e300", "-1e-300", "inf"]);
    }
}
