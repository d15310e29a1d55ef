//! Delays of projections from the delays of a graph.
//!
//! In NIR a spike may act on other neurons in its own step; in a network it takes a tick from neurons that fire to others that fire. What
//! spikes do to spikes stays the same if every population is late by a number of ticks of its own, its latency L, and a projection from u to
//! v with the graph's delay d takes d + L(v) - L(u): around every circle nothing changes (retiming: Leiserson, Saxe 1991). Latencies are the
//! least that give all projections their ticks, and there are none if a circle has fewer steps than ticks.

/// A projection between numbered populations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub from: usize,
    pub to: usize,
    /// The graph's delay in steps.
    pub delay: u64,
    /// The least delay of the projection in ticks.
    pub least: u64,
}

/// The latency of each population, or one on a circle with too few steps.
pub(super) fn latencies(populations: usize, links: &[Link]) -> Result<Vec<u64>, usize> {
    let mut latency = vec![0i128; populations];
    for round in 0..=populations {
        let mut moved = None;
        for link in links {
            let needed = latency[link.from] + i128::from(link.least) - i128::from(link.delay);
            if latency[link.to] < needed {
                latency[link.to] = needed;
                moved = Some(link.to);
            }
        }
        match moved {
            None => return Ok(latency.into_iter().map(|l| l as u64).collect()),
            Some(at) if round == populations => return Err(at),
            Some(_) => {}
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: usize, to: usize, delay: u64) -> Link {
        Link { from, to, delay, least: 1 }
    }

    #[test]
    fn every_projection_gets_its_tick_and_circles_keep_their_length() {
        // 0 -> 1 -> 2 at once, 0 -> 2 at once, 2 -> 1 after three steps.
        let links = [link(0, 1, 0), link(1, 2, 0), link(0, 2, 0), link(2, 1, 3)];
        let latency = latencies(3, &links).unwrap();
        assert_eq!(latency, [0, 1, 2]);
        let delay = |link: &Link| link.delay + latency[link.to] - latency[link.from];
        assert_eq!(links.each_ref().map(delay), [1, 1, 2, 2]);
    }

    #[test]
    fn a_circle_with_fewer_steps_than_ticks_is_refused() {
        assert!(latencies(2, &[link(0, 1, 0), link(1, 0, 1)]).is_err());
        assert_eq!(latencies(1, &[link(0, 0, 1)]), Ok(vec![0]));
    }
}
