//! The neurons of both networks, and where their weights may lie.

/// exp(-1/20): all membranes, traces and readouts have 20 ms, steps have 1 ms.
const DECAY: f32 = 0.951_229_4;
/// exp(-1/600), of adaptation.
const ADAPTATION_DECAY: f32 = 0.998_334_7;
const ADAPTATION: f32 = 1.6;
const REFRACTORY: f32 = 5.0;

/// What brings spikes to a network's neurons.
pub trait Synapses {
    /// What arrives at each neuron when the listed rows are driven.
    fn arrivals(&mut self, step: usize, driven: &[u32]) -> Vec<f32>;
}

/// A matrix with as many columns as there are neurons.
impl Synapses for Vec<f32> {
    fn arrivals(&mut self, _step: usize, driven: &[u32]) -> Vec<f32> {
        // Of the two networks: 255 x 250 and 853 x 800.
        let columns = if self.len() == super::LEARNING { super::TRAINEE } else { 800 };
        let mut sums = vec![0.0; columns];
        for &row in driven {
            let row = &self[row as usize * columns..][..columns];
            sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += w);
        }
        sums
    }
}

/// LIF neurons with reset by subtraction; adaptive (ALIF) from number `adaptive_from` on.
pub struct Neurons {
    threshold: f32,
    adaptive_from: usize,
    v: Vec<f32>,
    adaptation: Vec<f32>,
    refractory: Vec<f32>,
    spiked: Vec<bool>,
    /// Those that spiked in the last step.
    pub spikes: Vec<u32>,
    /// Pseudo-derivatives of the last step; of LIF neurons.
    pub pseudo: Vec<f32>,
}

impl Neurons {
    pub fn new(count: usize, threshold: f32, adaptive_from: usize) -> Neurons {
        let zeros = vec![0.0; count];
        Neurons {
            threshold,
            adaptive_from,
            v: zeros.clone(),
            adaptation: zeros.clone(),
            refractory: zeros.clone(),
            spiked: vec![false; count],
            spikes: Vec::new(),
            pseudo: zeros,
        }
    }

    /// One step: v <- alpha v + arrivals - z A; z = [v > A] unless refractory, A = theta + beta b with b <- rho b + z.
    pub fn step(&mut self, arrivals: &[f32]) {
        self.spikes.clear();
        for (j, &arrives) in arrivals.iter().enumerate() {
            let z = if self.spiked[j] { 1.0 } else { 0.0 };
            let mut threshold = self.threshold;
            if j >= self.adaptive_from {
                self.adaptation[j] = ADAPTATION_DECAY * self.adaptation[j] + z;
                threshold += ADAPTATION * self.adaptation[j];
            }
            self.v[j] = DECAY * self.v[j] + arrives - z * threshold;
            let refractory = self.refractory[j] > 0.1;
            self.spiked[j] = !refractory && self.v[j] > threshold;
            let z = if self.spiked[j] { REFRACTORY } else { 0.0 };
            self.refractory[j] = (self.refractory[j] + z - 1.0).clamp(0.0, REFRACTORY);
            let distance = (self.v[j] - self.threshold).abs() / self.threshold;
            self.pseudo[j] = if refractory { 0.0 } else { 0.3 * (1.0 - distance).max(0.0) / self.threshold };
            if self.spiked[j] {
                self.spikes.push(j as u32);
            }
        }
    }
}

/// tr <- alpha tr + 1 for those that are driven.
pub fn filter(traces: &mut [f32], driven: &[u32]) {
    traces.iter_mut().for_each(|trace| *trace *= DECAY);
    driven.iter().for_each(|&i| traces[i as usize] += 1.0);
}

/// out <- kappa out + W z.
pub fn readout(weights: &[f32], spikes: &[u32], out: &mut [f32]) {
    out.iter_mut().for_each(|y| *y *= DECAY);
    for &i in spikes {
        let row = &weights[i as usize * out.len()..][..out.len()];
        out.iter_mut().zip(row).for_each(|(y, w)| *y += w);
    }
}
