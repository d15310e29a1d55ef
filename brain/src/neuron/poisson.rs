//! The stochastic neuron with double-exponential potentials, SPORE's `poisson_dbl_exp`.
//!
//! Each tick, in this order:
//! 1. the four states of the postsynaptic potentials decay (rise and fall, excitatory and inhibitory); then arriving weights are added
//! 2. u = n_e (fall - rise)_exc + n_i (fall - rise)_inh + G I_e, with n = tau_fall / (tau_fall - tau_rise)
//! 3. homeostasis: b -= h target_rate speed
//! 4. unless refractory: V = u - b, rho = c1 V + c2 exp(c3 V), and a spike with probability p = 1 - exp(-rho h)
//! 5. on a spike: refractory for dead_time, if asked all potentials are reset, and b += speed
//! 6. bap = spikes - p, which is 0 while refractory
//!
//! A rate of zero or less gives no spike. Kappel et al. 2018; NEST module `IGITUGraz/spore-nest-module`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Arrivals, BuildError, NeuronKernel, PopulationContext};
use crate::numeric::{self, Kernel, WIDTH, dispatch, padded};
use crate::random::{Counter, philox_block, uniform};
use crate::state::{self, State, StateError};

/// Parameters of the neuron; the defaults are the NEST module's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Poisson {
    /// Rise time of excitatory potentials (ms).
    pub tau_rise_exc_ms: f64,
    /// Fall time of excitatory potentials (ms).
    pub tau_fall_exc_ms: f64,
    /// Rise time of inhibitory potentials (ms).
    pub tau_rise_inh_ms: f64,
    /// Fall time of inhibitory potentials (ms).
    pub tau_fall_inh_ms: f64,
    /// Time after a spike in which there is none (ms).
    pub dead_time_ms: f64,
    /// Whether a spike resets the potentials.
    pub with_reset: bool,
    /// Linear gain (Hz/mV).
    pub c1_hz_per_mv: f64,
    /// Rate of the exponential part at V = 0 (Hz).
    pub c2_hz: f64,
    /// Steepness of the exponential part (1/mV).
    pub c3_per_mv: f64,
    /// Constant input (mV): the module's G I_e with G = 1.
    pub bias_mv: f64,
    /// Rate that homeostasis aims at (Hz).
    pub target_rate_hz: f64,
    /// What a spike adds to the homeostatic bias (mV); 0 switches homeostasis off.
    pub homeostasis_speed_mv: f64,
}

impl Default for Poisson {
    fn default() -> Self {
        Poisson {
            tau_rise_exc_ms: 2.0,
            tau_fall_exc_ms: 20.0,
            tau_rise_inh_ms: 1.0,
            tau_fall_inh_ms: 10.0,
            dead_time_ms: 1.0,
            with_reset: true,
            c1_hz_per_mv: 0.0,
            c2_hz: 1.238,
            c3_per_mv: 0.25,
            bias_mv: 0.0,
            target_rate_hz: 10.0,
            homeostasis_speed_mv: 0.0,
        }
    }
}

/// Ticks whose random numbers are drawn together.
const AHEAD: usize = 8;

/// What follows from parameters and tick alone.
#[derive(Clone)]
struct Coefficients {
    decay: [f32; 4],
    gain: [f32; 2],
    bias: f32,
    homeostasis: [f32; 2],
    c: [f32; 3],
    tick_s: f32,
    dead_ticks: u32,
    with_reset: bool,
}

/// The whole state, each array padded.
#[derive(Clone, Serialize, Deserialize)]
struct Neurons {
    tick: u64,
    /// Fall and rise of excitatory, fall and rise of inhibitory potentials.
    potentials: [Vec<f32>; 4],
    threshold: Vec<f32>,
    refractory: Vec<u32>,
    membrane: Vec<f32>,
    bap: Vec<f32>,
}

/// A population of these neurons.
#[derive(Clone)]
pub struct PoissonKernel {
    size: usize,
    seed: u64,
    kernel: Kernel,
    coefficients: Coefficients,
    state: Neurons,
    /// Uniform numbers of the ticks from `drawn_from` on; made anew whenever another tick is due.
    drawn: Vec<f32>,
    drawn_from: Option<u64>,
}

impl PoissonKernel {
    /// Neurons at rest.
    pub fn new(p: &Poisson, context: &PopulationContext) -> Result<Self, BuildError> {
        let h = context.tick_ms;
        let times = [
            ("tau_rise_exc_ms", p.tau_rise_exc_ms),
            ("tau_fall_exc_ms", p.tau_fall_exc_ms),
            ("tau_rise_inh_ms", p.tau_rise_inh_ms),
            ("tau_fall_inh_ms", p.tau_fall_inh_ms),
        ];
        if let Some((name, value)) = times.iter().find(|(_, v)| !(v.is_finite() && *v > 0.0)) {
            return Err(format!("{name}: expected a number above zero, found {value}"));
        }
        if p.tau_rise_exc_ms == p.tau_fall_exc_ms || p.tau_rise_inh_ms == p.tau_fall_inh_ms {
            return Err("tau_rise and tau_fall: expected two different values".into());
        }
        let dead = p.dead_time_ms / h;
        if !(1.0..1e9).contains(&dead) || (dead - libm::round(dead)).abs() > 1e-9 {
            return Err(format!(
                "dead_time_ms: expected a whole number of ticks of {h} ms, at least one, found {}",
                p.dead_time_ms
            ));
        }
        let rest = [
            ("c1_hz_per_mv", p.c1_hz_per_mv),
            ("c2_hz", p.c2_hz),
            ("c3_per_mv", p.c3_per_mv),
            ("bias_mv", p.bias_mv),
            ("target_rate_hz", p.target_rate_hz),
            ("homeostasis_speed_mv", p.homeostasis_speed_mv),
        ];
        if let Some((name, value)) = rest.iter().find(|(_, v)| !v.is_finite()) {
            return Err(format!("{name}: expected a finite number, found {value}"));
        }
        let decay = |tau: f64| libm::exp(-h / tau) as f32;
        let gain = |fall: f64, rise: f64| (fall / (fall - rise)) as f32;
        let coefficients = Coefficients {
            decay: [p.tau_fall_exc_ms, p.tau_rise_exc_ms, p.tau_fall_inh_ms, p.tau_rise_inh_ms].map(decay),
            gain: [gain(p.tau_fall_exc_ms, p.tau_rise_exc_ms), gain(p.tau_fall_inh_ms, p.tau_rise_inh_ms)],
            bias: p.bias_mv as f32,
            homeostasis: [(1e-3 * h * p.target_rate_hz * p.homeostasis_speed_mv) as f32, p.homeostasis_speed_mv as f32],
            c: [p.c1_hz_per_mv as f32, p.c2_hz as f32, p.c3_per_mv as f32],
            tick_s: (h / 1000.0) as f32,
            dead_ticks: libm::round(dead) as u32,
            with_reset: p.with_reset,
        };
        let n = padded(context.size);
        let state = Neurons {
            tick: 0,
            potentials: std::array::from_fn(|_| vec![0.0; n]),
            threshold: vec![0.0; n],
            refractory: vec![0; n],
            membrane: vec![0.0; n],
            bap: vec![0.0; n],
        };
        let (drawn, drawn_from) = (vec![0.0; n * AHEAD], None);
        Ok(PoissonKernel {
            size: context.size,
            seed: context.seed,
            kernel: Kernel::detect(),
            coefficients,
            state,
            drawn,
            drawn_from,
        })
    }

    /// The uniform numbers of this tick.
    fn draw(&mut self) -> usize {
        let from = self.state.tick / AHEAD as u64;
        if self.drawn_from != Some(from) {
            self.drawn_from = Some(from);
            let (seed, drawn) = (self.seed, &mut self.drawn);
            dispatch!(self.kernel, draw(seed: u64, from: u64, drawn: &mut [f32]));
        }
        (self.state.tick % AHEAD as u64) as usize * self.state.bap.len()
    }
}

/// Stream of the generator.
const SPIKING: u32 = 0x4e45_0001;

#[inline(always)]
fn draw(seed: u64, from: u64, drawn: &mut [f32]) {
    const COUNTERS: usize = 16;
    let mut words = [[0; COUNTERS]; 4];
    for (block, chunk) in drawn.chunks_mut(4 * COUNTERS).enumerate() {
        philox_block(seed, Counter { stream: SPIKING, time: from }, block as u32, &mut words);
        let mut numbers = [0.0; 4 * COUNTERS];
        for (numbers, words) in numbers.chunks_exact_mut(COUNTERS).zip(&words) {
            for (number, &word) in numbers.iter_mut().zip(words) {
                *number = uniform(word);
            }
        }
        chunk.copy_from_slice(&numbers[..chunk.len()]);
    }
}

impl State for PoissonKernel {
    fn save(&self) -> Vec<u8> {
        state::write(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let loaded: Neurons = state::read(bytes)?;
        let n = self.state.bap.len();
        let floats = loaded.potentials.iter().chain([&loaded.threshold, &loaded.membrane, &loaded.bap]);
        if floats.map(Vec::len).chain([loaded.refractory.len()]).any(|len| len != n) || loaded.tick >> 62 != 0 {
            return Err(StateError(format!("expected a population of {} neurons", self.size)));
        }
        (self.state, self.drawn_from) = (loaded, None);
        Ok(())
    }
}

impl NeuronKernel for PoissonKernel {
    fn tick(&mut self, arrivals: Arrivals<'_>, spikes: &mut Vec<u32>) {
        let at = self.draw();
        let n = self.state.bap.len();
        let (state, c, uniform) = (&mut self.state, &self.coefficients, &self.drawn[at..at + n]);
        dispatch!(self.kernel, integrate(state: &mut Neurons, c: &Coefficients, arrivals: Arrivals<'_>, uniform: &[f32]));
        state.tick += 1;
        // A spike leaves bap = 1 - p, everything else -p or 0.
        for i in 0..self.size {
            if self.state.bap[i] > 0.0 {
                spikes.push(i as u32);
            }
        }
        self.state.bap[self.size..].fill(0.0);
    }

    fn bap(&self) -> &[f32] {
        &self.state.bap
    }

    fn membrane(&self) -> &[f32] {
        &self.state.membrane
    }

    fn duplicate(&self) -> Box<dyn NeuronKernel> {
        Box::new(self.clone())
    }
}

#[inline(always)]
fn integrate(state: &mut Neurons, c: &Coefficients, arrivals: Arrivals<'_>, uniform: &[f32]) {
    let (uniform, _) = uniform.as_chunks::<WIDTH>();
    let (excitatory, _) = arrivals.excitatory.as_chunks::<WIDTH>();
    let (inhibitory, _) = arrivals.inhibitory.as_chunks::<WIDTH>();
    let [fall_exc, rise_exc, fall_inh, rise_inh] = state.potentials.each_mut().map(|v| v.as_chunks_mut::<WIDTH>().0);
    let (threshold, _) = state.threshold.as_chunks_mut::<WIDTH>();
    let (refractory, _) = state.refractory.as_chunks_mut::<WIDTH>();
    let (membrane, _) = state.membrane.as_chunks_mut::<WIDTH>();
    let (bap, _) = state.bap.as_chunks_mut::<WIDTH>();
    for at in 0..uniform.len() {
        // Worked on by value: the compiler can't know that the arrays don't overlap.
        let (uniform, excitatory, inhibitory) = (uniform[at], excitatory[at], inhibitory[at]);
        let (mut fe, mut re, mut fi, mut ri) = (fall_exc[at], rise_exc[at], fall_inh[at], rise_inh[at]);
        let (mut b, mut dead, mut u, mut left) = (threshold[at], refractory[at], [0.0; WIDTH], [0.0; WIDTH]);
        for i in 0..WIDTH {
            fe[i] = fe[i] * c.decay[0] + excitatory[i];
            re[i] = re[i] * c.decay[1] + excitatory[i];
            fi[i] = fi[i] * c.decay[2] + inhibitory[i];
            ri[i] = ri[i] * c.decay[3] + inhibitory[i];
            b[i] -= c.homeostasis[0];
            u[i] = c.gain[0] * (fe[i] - re[i]) + c.gain[1] * (fi[i] - ri[i]) + c.bias - b[i];
        }
        for i in 0..WIDTH {
            let rate = c.c[0] * u[i] + c.c[1] * numeric::exp(c.c[2] * u[i]);
            let rate = if rate > 0.0 { rate } else { 0.0 };
            let p = numeric::one_minus_exp_neg(rate * c.tick_s);
            let free = dead[i] == 0;
            let spike = free & (uniform[i] <= p);
            // Products, as a choice between a number and zero would become a masked store, which is slow.
            let (may, fired) = (if free { 1.0 } else { 0.0 }, if spike { 1.0 } else { 0.0 });
            // With p = 1 a spike must still be told from silence.
            let rest = if p < 1.0 { 1.0 - p } else { f32::MIN_POSITIVE };
            left[i] = if spike { rest } else { -p * may };
            let waiting = if free { 0 } else { dead[i] - 1 };
            dead[i] = if spike { c.dead_ticks } else { waiting };
            b[i] += c.homeostasis[1] * fired;
            let keep = if spike & c.with_reset { 0.0 } else { 1.0 };
            fe[i] *= keep;
            re[i] *= keep;
            fi[i] *= keep;
            ri[i] *= keep;
        }
        (fall_exc[at], rise_exc[at], fall_inh[at], rise_inh[at]) = (fe, re, fi, ri);
        (threshold[at], refractory[at], membrane[at], bap[at]) = (b, dead, u, left);
    }
}
