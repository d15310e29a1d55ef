//! Analogue parameters and readout: 10-bit settings in, 8-bit readings out, potentials in steps of the converter.
//!
//! Networks run a thousand times faster than they are described: a tick of 1 ms takes 1 us. The parameters that calibration aims at by
//! default (leak 80, threshold 125) and the times that it accepts are those of electronicvisions/calix.

/// How much faster than real time the circuits are.
pub const ACCELERATION: f64 = 1000.0;

/// Reading of a membrane at rest (converter steps).
pub const LEAK: f32 = 80.0;

/// Reading at the threshold (converter steps).
pub const THRESHOLD: f32 = 125.0;

/// Greatest setting of an analogue parameter.
pub const LARGEST_SETTING: u16 = 1023;

/// The time constants of a membrane that calibration accepts (us, on the chip).
pub const TAU_MEM_US: [f64; 2] = [0.1, 200.0];

/// The time constants of a synaptic current that calibration accepts (us, on the chip).
pub const TAU_SYN_US: [f64; 2] = [0.1, 50.0];

/// The time on the chip (us) of a time in the network (ms).
pub fn chip_us(network_ms: f64) -> f64 {
    network_ms * 1000.0 / ACCELERATION
}

/// A parameter that is set in 10 bits, evenly over the converter's range: four settings a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Potential {
    /// The setting.
    pub setting: u16,
}

impl Potential {
    /// Settings of a converter step.
    const PER_STEP: f32 = 4.0;

    /// The setting nearest to a potential (steps). Errors say what range there is.
    pub fn at(steps: f32) -> Result<Potential, String> {
        let setting = libm::rintf(steps * Self::PER_STEP);
        if (0.0..=f32::from(LARGEST_SETTING)).contains(&setting) {
            Ok(Potential { setting: setting as u16 })
        } else {
            let most = f32::from(LARGEST_SETTING) / Self::PER_STEP;
            Err(format!("analogue parameter: expected 0 to {most} converter steps (10 bits), found {steps}"))
        }
    }

    /// The potential that a chip without faults has at this setting (steps).
    pub fn steps(self) -> f32 {
        f32::from(self.setting) / Self::PER_STEP
    }
}

/// What the 8-bit converter reads of a potential (steps): rounded down, saturating at 0 and 255.
pub fn read(steps: f32) -> u8 {
    steps.floor().clamp(0.0, 255.0) as u8
}

/// Whether that reading is at an end of the range, or the potential beyond it.
pub fn saturated(steps: f32) -> bool {
    !(0.0..256.0).contains(&steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_10_bits() {
        assert_eq!(Potential::at(80.1).map(Potential::steps), Ok(80.0));
        assert_eq!(Potential::at(255.75).map(|p| p.setting), Ok(1023));
        assert!(
            Potential::at(256.0).unwrap_err().contains("255.75")
                && Potential::at(-0.2).is_err()
                && Potential::at(f32::NAN).is_err()
        );
    }

    #[test]
    fn readings_saturate() {
        assert_eq!([read(-7.0), read(80.9), read(255.9), read(1e9), read(f32::NAN)], [0, 80, 255, 255, 0]);
        assert_eq!([saturated(-0.1), saturated(0.0), saturated(255.9), saturated(256.0)], [true, false, false, true]);
    }

    #[test]
    fn a_tick_of_a_millisecond_takes_a_microsecond() {
        assert_eq!(chip_us(20.0), 20.0);
    }
}
