//! Many devices: what was asked of each, what programming made of it, and what it conducts by now.
//!
//! Drift is as slow as the logarithm of time, so that conductances are brought up to date now and then ([`Devices::age`]), and reads in between
//! see them as they then were. Read noise is of each read, and drawn by who reads.

use embody_brain::numeric::{self, Kernel};
use embody_brain::random::{Counter, fill_normals};
use serde::{Deserialize, Serialize};

use super::device::{DeviceModel, DriftLaw};

/// Devices of one model, in arrays. Conductances are in units of the model's g_max.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Devices {
    model: DeviceModel,
    /// What was asked for.
    targets: Vec<f32>,
    /// What programming gave, at the first read.
    programmed: Vec<f32>,
    /// Drift exponents, drawn anew with each programming.
    exponents: Vec<f32>,
    /// Coefficients Q of read noise.
    coefficients: Vec<f32>,
    /// When each was first read (s).
    since_s: Vec<f64>,
    /// What each conducts as of the last ageing.
    conductances: Vec<f32>,
    /// Standard deviation of one read, as of the last ageing.
    read_sigmas: Vec<f32>,
}

/// Where the randomness of programming comes from: equal ones give equal devices.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// Seed of the chip.
    pub seed: u64,
    /// Which array of devices, below 2^24.
    pub array: u32,
    /// Which programming of it.
    pub occasion: u64,
}

impl Devices {
    /// `count` devices that were never programmed: they conduct nothing.
    pub fn new(model: DeviceModel, count: usize) -> Devices {
        let zeros = vec![0.0; count];
        Devices {
            model,
            targets: zeros.clone(),
            programmed: zeros.clone(),
            exponents: zeros.clone(),
            coefficients: zeros.clone(),
            since_s: vec![0.0; count],
            conductances: zeros.clone(),
            read_sigmas: zeros,
        }
    }

    /// Their model.
    pub fn model(&self) -> DeviceModel {
        self.model
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// What was asked of each.
    pub fn targets(&self) -> &[f32] {
        &self.targets
    }

    /// What each conducts as of the last ageing.
    pub fn conductances(&self) -> &[f32] {
        &self.conductances
    }

    /// The standard deviation of one read of each as of the last ageing: a read gives max(conductance + this x N(0, 1), 0).
    pub fn read_sigmas(&self) -> &[f32] {
        &self.read_sigmas
    }

    /// The drift exponent of each.
    pub fn exponents(&self) -> &[f32] {
        &self.exponents
    }

    /// Programs the listed devices to `targets`, each in 0..=1: programmed = max(target + sigma N, 0), with a drift exponent of its own. They
    /// act at once as at their first read: t0, which a lab waits for, isn't simulated.
    pub fn program(&mut self, which: &[usize], targets: &[f32], draw: Draw, now_s: f64) {
        let mut normals = vec![0.0; 2 * which.len()];
        let counter = Counter { stream: draw.array, time: draw.occasion };
        fill_normals(Kernel::detect(), draw.seed, counter, &mut normals);
        let (noise, spread) = normals.split_at(which.len());
        let (model, mut clock) = (self.model, Clock::default());
        // Half of all devices are the unused one of their pair.
        let unused = Law::of(model, 0.0);
        for (((&at, &target), &noise), &spread) in which.iter().zip(targets).zip(noise).zip(spread) {
            let x = f64::from(target);
            let Law { sigma, drift } = if x == 0.0 { unused } else { Law::of(model, x) };
            let programmed = (x + sigma * f64::from(noise)).max(0.0);
            self.targets[at] = target;
            self.programmed[at] = programmed as f32;
            self.exponents[at] = (drift.mean + drift.sigma * f64::from(spread)).abs() as f32;
            self.coefficients[at] = model.read_coefficient(programmed) as f32;
            self.since_s[at] = now_s;
            self.age_one(at, now_s, &mut clock);
        }
    }

    /// Makes all devices older by `t_s`; seen when they are aged next.
    pub fn backdate(&mut self, t_s: f64) {
        self.since_s.iter_mut().for_each(|since| *since -= t_s);
    }

    /// Brings drift and the growth of read noise up to `now_s`.
    pub fn age(&mut self, now_s: f64) {
        let mut clock = Clock::default();
        for at in 0..self.len() {
            self.age_one(at, now_s, &mut clock);
        }
    }

    fn age_one(&mut self, at: usize, now_s: f64, clock: &mut Clock) {
        let (ln_age, growth) = clock.at(self.model, now_s - self.since_s[at]);
        let conductance = self.programmed[at] * numeric::exp(-self.exponents[at] * ln_age);
        self.conductances[at] = conductance;
        self.read_sigmas[at] = conductance * self.coefficients[at] * growth;
    }

    /// Whether arrays read from elsewhere belong together, and to an array of `count` devices of `model`.
    pub fn fits(&self, model: DeviceModel, count: usize) -> bool {
        let arrays =
            [&self.targets, &self.programmed, &self.exponents, &self.coefficients, &self.conductances, &self.read_sigmas];
        let finite = |array: &&Vec<f32>| array.len() == count && array.iter().all(|x| x.is_finite());
        let times = self.since_s.len() == count && self.since_s.iter().all(|t| t.is_finite());
        self.model == model && times && arrays.iter().all(finite)
    }
}

/// How devices programmed to one target come out.
#[derive(Clone, Copy)]
struct Law {
    /// Of the conductance, in units of g_max.
    sigma: f64,
    drift: DriftLaw,
}

impl Law {
    fn of(model: DeviceModel, x: f64) -> Law {
        Law { sigma: model.programming_sigma_us(x) / model.g_max_us(), drift: model.drift_law(x) }
    }
}

/// ln(t / t0) and the growth of read noise, kept while the age stays the same: most devices were programmed together.
#[derive(Default)]
struct Clock {
    age_s: Option<f64>,
    ln_age: f32,
    growth: f32,
}

impl Clock {
    fn at(&mut self, model: DeviceModel, age_s: f64) -> (f32, f32) {
        if self.age_s != Some(age_s) {
            *self = Clock { age_s: Some(age_s), ln_age: model.ln_age(age_s) as f32, growth: model.read_growth(age_s) as f32 };
        }
        (self.ln_age, self.growth)
    }
}
