//! Decoders: from spikes to actions.

mod direct;
mod filter;
mod steering;
mod vector;

use embody_robots::{Action, ActionSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use direct::DirectSettings;
pub use filter::{Filter, Rates};
pub use steering::SteeringSettings;
pub use vector::VectorSettings;

use crate::slots::Slots;

/// How the motor neurons' rates become an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecoderSettings {
    /// Two numbers: each neuron pulls in a direction of its own. They go to the first drive of two values, or else to the first two of
    /// one value each, such as the velocities of two joints.
    Vector(VectorSettings),
    /// One angle: each neuron stands for one. It goes to the first drive of one value.
    Steering(SteeringSettings),
    /// The action itself: each neuron stands for one of its numbers.
    Direct(DirectSettings),
}

impl Default for DecoderSettings {
    fn default() -> Self {
        DecoderSettings::Vector(VectorSettings::default())
    }
}

/// What the motor neurons' rates mean for a body.
pub struct Decoder {
    code: Code,
    /// What each number of the command is called, and its unit.
    names: Vec<String>,
}

/// The law from rates to numbers, and where these go.
enum Code {
    Vector { directions: Vec<[f32; 2]>, gain: f32, slots: Slots<2> },
    Steering { angles: Vec<f32>, slots: Slots<1> },
    Direct { places: Vec<[usize; 2]>, gain: f32 },
}

impl Decoder {
    /// For `neurons` motor neurons and a body that takes `action`.
    ///
    /// # Errors
    /// If a setting can't be, or the body has no such drive.
    pub fn new(settings: &DecoderSettings, neurons: usize, action: &ActionSpec) -> Result<Self, String> {
        match settings {
            DecoderSettings::Vector(VectorSettings { gain_per_hz }) => {
                if !gain_per_hz.is_finite() {
                    return Err(format!("decoder.vector.gain_per_hz: expected a finite number, found {gain_per_hz}"));
                }
                let slots = Slots::pair(action)?;
                let name = |axis| if slots.share_a_field() { axis } else { "" };
                let [x, y] = slots.fields(action);
                let names =
                    vec![format!("{}{} ({})", x.name, name(" x"), x.unit), format!("{}{} ({})", y.name, name(" y"), y.unit)];
                let directions = vector::directions(neurons);
                Ok(Decoder { code: Code::Vector { directions, gain: *gain_per_hz as f32, slots }, names })
            }
            DecoderSettings::Steering(SteeringSettings { max_angle_deg }) => {
                if !(0.0..=90.0).contains(max_angle_deg) {
                    return Err(format!("decoder.steering.max_angle_deg: expected 0 to 90 degrees, found {max_angle_deg}"));
                }
                let slots = Slots::single(action)?;
                let [field] = slots.fields(action);
                let names = vec![format!("{} ({})", field.name, field.unit)];
                Ok(Decoder { code: Code::Steering { angles: steering::angles(neurons, *max_angle_deg), slots }, names })
            }
            DecoderSettings::Direct(DirectSettings { gain }) => {
                if !gain.is_finite() {
                    return Err(format!("decoder.direct.gain: expected a finite number, found {gain}"));
                }
                let (places, names) = direct::places(neurons, action)?.into_iter().unzip();
                Ok(Decoder { code: Code::Direct { places, gain: *gain as f32 }, names })
            }
        }
    }

    /// Writes the action that these rates (Hz), or values in their place, ask for.
    pub fn write(&self, rates: &[f32], action: &mut Action) {
        match &self.code {
            Code::Vector { slots, gain, .. } => slots.write(action, self.preferred(rates).map(|number| gain * number)),
            Code::Steering { slots, .. } => slots.write(action, [self.preferred(rates)[0]]),
            Code::Direct { places, gain } => {
                for (&[field, value], rate) in places.iter().zip(rates) {
                    action.fields[field][value] = gain * rate;
                }
            }
        }
    }

    /// The numbers of the action with what they are called, for those who look on.
    pub fn named(&self, rates: &[f32]) -> Vec<(String, f64)> {
        let command = match &self.code {
            Code::Vector { gain, .. } => self.preferred(rates).map(|number| gain * number).to_vec(),
            Code::Steering { .. } => self.preferred(rates).to_vec(),
            Code::Direct { gain, .. } => rates.iter().map(|rate| gain * rate).collect(),
        };
        self.names.iter().cloned().zip(command.into_iter().map(f64::from)).collect()
    }

    /// What a source with these weights to the motor neurons, one after another and then again from the first, speaks for: a direction as
    /// long as their vector sum, or (angle, 0), or the weights of the action's first two numbers.
    pub fn preferred(&self, weights: &[f32]) -> [f32; 2] {
        match &self.code {
            Code::Vector { directions, .. } => vector::sum(weights, directions),
            Code::Steering { angles, .. } => [steering::mean(weights, angles), 0.0],
            Code::Direct { places, .. } => {
                let of = |number: usize| weights.iter().skip(number).step_by(places.len()).sum();
                [of(0), if places.len() > 1 { of(1) } else { 0.0 }]
            }
        }
    }

    /// What [`preferred`](Decoder::preferred) gives.
    pub fn preference(&self) -> &'static str {
        match &self.code {
            Code::Vector { .. } => "preferred direction",
            Code::Steering { .. } => "preferred steering (rad)",
            Code::Direct { .. } => "weights to the action",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embody_robots::ActionField;

    fn spec(fields: &[(&str, usize)]) -> ActionSpec {
        let field =
            |&(name, size): &(&str, usize)| ActionField { name: name.into(), size, unit: "u".into(), bounds: [-1.0, 1.0] };
        ActionSpec { fields: fields.iter().map(field).collect() }
    }

    fn written(settings: &DecoderSettings, spec: &ActionSpec, rates: &[f32]) -> Vec<Vec<f32>> {
        let mut action = Action::from_spec(spec);
        Decoder::new(settings, rates.len(), spec).unwrap().write(rates, &mut action);
        action.fields
    }

    #[test]
    fn a_neuron_pulls_along_its_direction() {
        // Neuron 2 of 8 points along +y: 0.1 per Hz x 50 Hz.
        let rates = [0.0, 0.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for fields in [&[("velocity", 2)][..], &[("shoulder", 1), ("elbow", 1)]] {
            let written = written(&DecoderSettings::default(), &spec(fields), &rates).concat();
            assert!(written[0].abs() < 1e-5 && (written[1] - 5.0).abs() < 1e-5, "{written:?}");
        }
    }

    #[test]
    fn steering_is_the_mean_angle() {
        let steer = |rates: &[f32]| {
            let settings = DecoderSettings::Steering(SteeringSettings::default());
            f64::from(written(&settings, &spec(&[("speed", 2), ("steering", 1)]), rates)[1][0])
        };
        let mut rates = [0.0; 8];
        assert_eq!(steer(&rates), 0.0, "nobody speaks");
        rates[7] = 20.0;
        assert!((steer(&rates) - 30f64.to_radians()).abs() < 1e-6);
        rates[0] = 60.0;
        // (20 x 30 - 60 x 30) / 80 degrees.
        assert!((steer(&rates) + 15f64.to_radians()).abs() < 1e-6);
        // phi_5 = -30 + 60 x 5/7 degrees.
        assert!((steer(&[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]) - (90.0f64 / 7.0).to_radians()).abs() < 1e-6);
        assert_eq!(steer(&[3.0]), 0.0);
    }

    #[test]
    fn a_direct_neuron_is_a_number_of_the_action() {
        let settings = DecoderSettings::Direct(DirectSettings { gain: 0.5 });
        let fields = spec(&[("arm", 2), ("hand", 1)]);
        assert_eq!(written(&settings, &fields, &[2.0, -4.0, 6.0]), [vec![1.0, -2.0], vec![3.0]]);
        let decoder = Decoder::new(&settings, 3, &fields).unwrap();
        let named: Vec<_> = decoder.named(&[2.0, -4.0, 6.0]);
        assert_eq!(named, [("arm 0 (u)".into(), 1.0), ("arm 1 (u)".into(), -2.0), ("hand (u)".into(), 3.0)]);
        assert_eq!(decoder.preferred(&[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]), [11.0, 22.0]);
        assert!(Decoder::new(&settings, 2, &fields).err().unwrap().contains("each of the 3 numbers of the action, found 2"));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let said = |settings: &DecoderSettings, fields: &[(&str, usize)]| Decoder::new(settings, 8, &spec(fields)).err().unwrap();
        let steering = |max_angle_deg| DecoderSettings::Steering(SteeringSettings { max_angle_deg });
        assert!(said(&steering(f64::NAN), &[("a", 1)]).contains("max_angle_deg"));
        assert!(said(&steering(30.0), &[("a", 2)]).contains("one value"));
        let vector = DecoderSettings::Vector(VectorSettings { gain_per_hz: f64::INFINITY });
        assert!(said(&vector, &[("a", 2)]).contains("gain_per_hz"));
        let direct = DecoderSettings::Direct(DirectSettings { gain: f64::NAN });
        assert!(said(&direct, &[("a", 8)]).contains("direct.gain"));
    }
}
