//! The `truth` stream: all that there is to see of a world at the end of one control period, for viewers. Lossy; never part of the loop.
//!
//! What the body senses and earns, where everything really is, joints, the cameras' images in 256 shades, and the task's metrics. What goes
//! on in the brain is a stream of its own, [`telemetry`](super::telemetry), as the world doesn't know it.

use embody_robots::{JointState, ObservationSpec, Tally, TimeStep, wire};

use super::messages::End;
use super::truth::Truth;
use crate::reader::{Reader, WireError, put_text};

/// Version of the stream's layout.
pub const VERSION: u16 = 2;

/// A world at the end of one control period.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Control steps since the run began.
    pub control_steps: u64,
    /// How the run ended, in the last scene of one that did.
    pub end: Option<End>,
    /// What was sensed and earned.
    pub step: TimeStep,
    /// Poses and contacts; their time and reward are those of the step.
    pub truth: Truth,
    /// The joints of one degree of freedom, by name (rad or m; rad/s or m/s), in the order of the robot's description.
    pub joints: Vec<(String, JointState)>,
    /// The last image of each camera.
    pub images: Vec<Picture>,
    /// The task's metrics since the run began.
    pub tallies: Vec<Tally>,
}

/// The last image of a camera.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Name of the camera.
    pub sensor: String,
    /// Pixels along a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Brightness from 0 to 1, row by row, row 0 at the bottom.
    pub brightness: Vec<f32>,
}

impl Scene {
    /// Appends its bytes. A brightness goes as the nearest of 256 shades.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend(VERSION.to_le_bytes());
        out.extend(self.control_steps.to_le_bytes());
        out.push(self.end.map_or(0, |end| 1 + end.code()));
        wire::encode_time_step(out, &self.step);
        self.truth.encode(out);
        out.extend((self.joints.len() as u32).to_le_bytes());
        for (name, state) in &self.joints {
            put_text(out, name);
            out.extend(state.position.to_le_bytes());
            out.extend(state.velocity.to_le_bytes());
        }
        out.extend((self.images.len() as u32).to_le_bytes());
        for image in &self.images {
            put_text(out, &image.sensor);
            out.extend(image.width.to_le_bytes());
            out.extend(image.height.to_le_bytes());
            out.extend(image.brightness.iter().map(|brightness| (brightness.clamp(0.0, 1.0) * 255.0).round() as u8));
        }
        out.extend((self.tallies.len() as u32).to_le_bytes());
        for tally in &self.tallies {
            put_text(out, &tally.name);
            out.extend(tally.numerator.to_le_bytes());
            out.extend(tally.denominator.to_le_bytes());
        }
    }

    /// Reads it, of a world that senses `observation`.
    pub fn decode(bytes: &[u8], observation: &ObservationSpec) -> Result<Scene, WireError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u16(&"truth version")?;
        if version != VERSION {
            return Err(reader.error(2, &"truth version", VERSION, version));
        }
        let control_steps = reader.u64(&"control steps")?;
        let code = reader.u8(&"end")?;
        let end = code.checked_sub(1).map(|code| End::of_code(code).ok_or(code));
        let end = end.transpose().map_err(|_| reader.error(1, &"end", "0 to 4", code))?;
        let step = reader.time_step(observation)?;
        let truth = Truth { time: step.time, reward: step.reward, ..Truth::read(&mut reader)? };
        let joints = reader.list(&"joints", 20, |reader, i| {
            let name = reader.text(&format_args!("joint {i}, name"))?;
            let [position, velocity] = [
                reader.double(&format_args!("joint {name:?}, position"))?,
                reader.double(&format_args!("joint {name:?}, velocity"))?,
            ];
            Ok((name, JointState { position, velocity }))
        })?;
        let images = reader.list(&"images", 8, read_picture)?;
        let tallies = reader.list(&"metrics", 20, |reader, i| {
            let name = reader.text(&format_args!("metric {i}, name"))?;
            let numerator = reader.double(&format_args!("metric {name:?}, numerator"))?;
            Ok(Tally { numerator, denominator: reader.double(&format_args!("metric {name:?}, denominator"))?, name })
        })?;
        reader.end()?;
        Ok(Scene { control_steps, end, step, truth, joints, images, tallies })
    }
}

fn read_picture(reader: &mut Reader<'_>, number: usize) -> Result<Picture, WireError> {
    let sensor = reader.text(&format_args!("image {number}, sensor"))?;
    let width = reader.u16(&format_args!("image {sensor:?}, width"))?;
    let height = reader.u16(&format_args!("image {sensor:?}, height"))?;
    let shades = reader.bytes(&format_args!("image {sensor:?}, shades"), usize::from(width) * usize::from(height))?;
    Ok(Picture { sensor, width, height, brightness: shades.iter().map(|shade| f32::from(*shade) / 255.0).collect() })
}
