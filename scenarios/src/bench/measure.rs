//! Taking turns: how two ways of doing the same are timed against each other.
//!
//! Each turn runs both, one after the other, so that whatever slows the machine for longer than a turn slows both.

use std::time::Instant;

/// The wall time (s) of each of `turns` calls of both ways, after one call of each that doesn't count.
pub(super) fn in_turns<E>(
    turns: usize,
    mut value: impl FnMut() -> Result<(), E>,
    mut baseline: impl FnMut() -> Result<(), E>,
) -> Result<[Vec<f64>; 2], E> {
    let mut times = [Vec::with_capacity(turns), Vec::with_capacity(turns)];
    value()?;
    baseline()?;
    for _ in 0..turns {
        times[0].push(seconds(&mut value)?);
        times[1].push(seconds(&mut baseline)?);
    }
    Ok(times)
}

/// Wall time of one call (s).
pub(super) fn seconds<E>(call: impl FnOnce() -> Result<(), E>) -> Result<f64, E> {
    let start = Instant::now();
    call()?;
    Ok(start.elapsed().as_secs_f64())
}

/// The least; infinite of nothing.
pub(super) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_get_their_turns() {
        let (mut a, mut b) = (0, 0);
        let times = in_turns(
            5,
            || -> Result<(), ()> {
                a += 1;
                Ok(())
            },
            || {
                b += 1;
                Ok(())
            },
        );
        assert!(times.is_ok_and(|times| times.iter().all(|times| times.len() == 5)));
        assert_eq!((a, b), (6, 6));
    }

    #[test]
    fn the_least_is_found_anywhere() {
        assert_eq!([least(&[3.0, 1.0, 9.0]), least(&[])], [1.0, f64::INFINITY]);
    }
}
