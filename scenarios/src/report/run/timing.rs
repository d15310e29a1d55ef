//! What the parts of a control step cost: a short stretch done again part by part, with a clock around each.
//!
//! The loop itself has no clock in it. So a stretch is first run as a whole and kept; then the world alone is given the same actions from the
//! same state, the controller alone the same time steps, and the trace hash alone the same records.

use std::sync::Arc;
use std::time::Instant;

use embody_controllers::Hosted;
use embody_robots::{Action, Checkpoint, Nanos, StepKind, TimeStep, TraceHash};
use maud::{Markup, html};

use crate::registry::Registry;
use crate::run::Session;
use crate::scenario::{Assembly, Loaded};
use crate::words::{measured, seconds};

/// The most control steps that are timed.
const STEPS: usize = 2000;

/// Each part is timed so often, in turns with the others; the least counts, as whatever else the machine does only adds.
const TURNS: usize = 5;

/// Wall times of a stretch (s).
pub struct Timing {
    /// When the stretch begins.
    pub from: Nanos,
    /// Control steps of the stretch.
    pub steps: usize,
    /// The loop as a whole.
    pub whole_s: f64,
    /// The world alone: physics, sensing and task.
    pub world_s: f64,
    /// The controller alone: encoder, network with its plasticity, decoder; none where it sees the truth, which isn't kept.
    pub controller_s: Option<f64>,
    /// The bytes and the hash of the step records.
    pub trace_s: f64,
}

/// A stretch of a loop that was kept.
struct Kept {
    /// The time step before each action, and the last.
    steps: Vec<TimeStep>,
    actions: Vec<Action>,
}

impl Timing {
    /// Times a stretch on from where a loop stands; the loop stays as it is.
    ///
    /// # Errors
    /// Says why that can't be done.
    pub fn of(registry: &Arc<Registry>, loaded: &Loaded, session: &Session) -> Result<Timing, String> {
        let saved = (text(session.environment().save())?, text(session.controller().save())?);
        let again = || -> Result<Assembly, String> {
            let mut assembly = text(loaded.assemble(registry))?;
            text(assembly.environment.restore(&saved.0))?;
            text(assembly.controller.restore(&saved.1))?;
            Ok(assembly)
        };
        let kept = keep(again()?)?;
        if kept.actions.is_empty() {
            return Err("its episode ends here".into());
        }
        let whole = || {
            let Assembly { mut environment, mut controller } = again()?;
            let mut action = kept.actions[0].clone();
            let (mut trace, mut scratch) = (TraceHash::default(), Vec::new());
            timed(|| {
                for index in 0..kept.actions.len() as u64 {
                    text(controller.act(environment.time_step(), environment.body().truth(), &mut action))?;
                    trace.record(&mut scratch, index, text(environment.step(&action))?, Some(&action));
                }
                Ok(())
            })
        };
        let world = || {
            let mut environment = again()?.environment;
            timed(|| kept.actions.iter().try_for_each(|action| text(environment.step(action)).map(|_| ())))
        };
        let trace = || {
            let (mut trace, mut scratch) = (TraceHash::default(), Vec::new());
            timed(|| {
                for (index, (step, action)) in (0..).zip(kept.steps.iter().skip(1).zip(&kept.actions)) {
                    trace.record(&mut scratch, index, step, Some(action));
                }
                Ok(())
            })
        };
        let controller = || {
            let Assembly { environment, mut controller } = again()?;
            let mut action = kept.actions[0].clone();
            timed(|| {
                let mut steps = kept.steps.iter().take(kept.actions.len());
                steps.try_for_each(|step| text(controller.act(step, environment.body().truth(), &mut action)))
            })
        };
        let senses = matches!(session.controller(), Hosted::Sensing(_));
        let mut timing = Timing {
            from: Nanos(session.position().control_steps * loaded.scenario.time.control_period.0),
            steps: kept.actions.len(),
            whole_s: f64::INFINITY,
            world_s: f64::INFINITY,
            controller_s: None,
            trace_s: f64::INFINITY,
        };
        for _ in 0..TURNS {
            timing.whole_s = timing.whole_s.min(whole()?);
            timing.world_s = timing.world_s.min(world()?);
            timing.trace_s = timing.trace_s.min(trace()?);
            if senses {
                timing.controller_s = Some(timing.controller_s.unwrap_or(f64::INFINITY).min(controller()?));
            }
        }
        Ok(timing)
    }
}

/// Runs a loop on for a while, at most to the end of its episode, and keeps what happened.
fn keep(Assembly { mut environment, mut controller }: Assembly) -> Result<Kept, String> {
    let mut kept = Kept { steps: vec![environment.time_step().clone()], actions: Vec::new() };
    let mut action = Action::from_spec(environment.body().action_spec());
    while kept.actions.len() < STEPS && !matches!(environment.time_step().kind, StepKind::Last(_)) {
        text(controller.act(environment.time_step(), environment.body().truth(), &mut action))?;
        kept.steps.push(text(environment.step(&action))?.clone());
        kept.actions.push(action.clone());
    }
    Ok(kept)
}

/// Wall time of a call (s).
fn timed(call: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
    let start = Instant::now();
    call()?;
    Ok(start.elapsed().as_secs_f64())
}

fn text<T, E: ToString>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

impl Timing {
    /// The parts of a control step as a table.
    pub fn body(&self, control_period: Nanos) -> Markup {
        let step_us = |seconds: f64| 1e6 * seconds / self.steps as f64;
        let by_difference = (self.whole_s - self.world_s - self.trace_s).max(0.0);
        let controller = self.controller_s.unwrap_or(by_difference);
        let about = if self.controller_s.is_some() {
            "controller: encoder, network with plasticity, decoder"
        } else {
            "controller, by difference: it sees the truth, which isn't kept"
        };
        let parts = [
            ("world: physics, sensing, task", self.world_s),
            (about, controller),
            ("trace hash: bytes of the step record, BLAKE3", self.trace_s),
        ];
        html! {
            div.scroll {
                table.numbers {
                    thead { tr { th scope="col" { "part" } th scope="col" { "wall time (us)" } th scope="col" { "%" } th scope="col" { "of the whole" } } }
                    tbody {
                        @for (name, seconds) in parts {
                            tr {
                                th scope="row" { (name) }
                                td.measured { (measured(step_us(seconds))) }
                                (self.share(seconds))
                            }
                        }
                        tr {
                            th scope="row" { "the loop as a whole" }
                            td.measured { (measured(step_us(self.whole_s))) }
                            (self.share(self.whole_s))
                        }
                    }
                }
            }
            p.small {
                "Measured when this page was made, on " (self.steps) " control steps of " (control_period) " on from " (seconds(self.from)) ", and the least of " (TURNS)
                " turns. The loop has no clock in it: the stretch was first run as a whole and kept; then the world alone was given the same actions from the same state, the controller alone the same time steps, "
                "the trace hash alone the same records. Alone, each finds more of its memory in the processor's caches than in turns, so that the parts need not add up to the whole. "
                "Encoder, network and decoder can't be told apart from outside. Recording, checkpoints and progress of a real run come on top."
            }
        }
    }

    /// Two cells: how much of the whole that is, as a number and as a bar.
    fn share(&self, seconds: f64) -> Markup {
        let percent = format!("{:.0}", (100.0 * seconds / self.whole_s).clamp(0.0, 100.0));
        html! { td.measured { (percent) } td."measured share" { span.bar style={ "width:" (percent) "%" } { } } }
    }
}
