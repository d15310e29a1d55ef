//! Where a part of a page comes from: it stands beside the part.

use embody_robots::Nanos;
use maud::{Markup, html};

use crate::report::page::missing;
use crate::words::seconds;

/// What can't be had, and why.
pub type Part<T> = Result<T, String>;

/// Where a part comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// It was read from the recording.
    Recording,
    /// It was made again in memory.
    Again {
        /// The checkpoint that it went on from; none for the start.
        from: Option<Nanos>,
        /// How its rewards agree with those recorded, or how they don't.
        agrees: Part<String>,
    },
    /// It is what would have followed the last checkpoint, at this time: the run itself didn't come that far.
    Beyond(Nanos),
}

impl Origin {
    /// As the end of a sentence.
    pub fn text(&self) -> String {
        let agreed = |agrees: &Part<String>| match agrees {
            Ok(how) => format!(": {how}"),
            Err(_) => String::new(),
        };
        match self {
            Origin::Recording => "read from recording.mcap".into(),
            Origin::Again { from: None, agrees } => format!("made again from the start with the same seed{}", agreed(agrees)),
            Origin::Again { from: Some(at), agrees } => {
                format!("made again from the checkpoint at {}{}", seconds(*at), agreed(agrees))
            }
            Origin::Beyond(at) => {
                format!("continued in memory from the last checkpoint, at {}: it is what would have followed", seconds(*at))
            }
        }
    }

    /// A remark where what was made again isn't what was recorded.
    pub fn warning(&self) -> Markup {
        match self {
            Origin::Again { agrees: Err(why), .. } => missing(&format!("Take care: {why}.")),
            _ => html! {},
        }
    }
}
