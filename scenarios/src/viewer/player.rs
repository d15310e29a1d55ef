//! What drives a source: a thread that plays it at the speed that is asked for, and lays down what there is to see.
//!
//! It never waits for whoever looks: a snapshot is laid down only if nobody holds the place at that moment.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use embody_robots::{Nanos, TraceHash};

use super::history::History;
use super::source::{Source, SourceError};
use crate::moment::Moment;

/// Least wall time between two snapshots: more than that eyes can't tell apart.
const EVERY: Duration = Duration::from_millis(16);

/// Wall time over which the speed is measured.
const MEASURED_OVER: Duration = Duration::from_millis(500);

/// A lag that isn't caught up with (wall time): whoever asks for more than the machine can do gets what it can.
const LAG: Duration = Duration::from_millis(250);

/// How fast it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// As many times real time.
    Times(f64),
    /// As fast as it can.
    Unlimited,
}

/// What the player is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Command {
    /// To go on.
    Play,
    /// To stand still.
    Pause,
    /// To stand still after one more control step.
    Step,
    /// To go at another speed.
    Speed(Speed),
    /// To go back to the start.
    Reset,
    /// To go to a time of a recording.
    Seek(Nanos),
}

/// How the player stands.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub playing: bool,
    /// Whether there is nothing beyond.
    pub at_end: bool,
    pub speed: Speed,
    /// Simulated over wall time lately; 0 when it stands still.
    pub factor: f64,
    /// Why nothing moves although it is played.
    pub stands: Option<String>,
    /// Why it can't go on.
    pub failure: Option<String>,
    pub trace: Option<TraceHash>,
    pub span: Option<[Nanos; 2]>,
    pub keeps_its_own_pace: bool,
}

impl Status {
    /// That of a source at a moment before anything was asked.
    pub fn of(source: &dyn Source, speed: Speed, playing: bool) -> Status {
        Status {
            playing,
            at_end: false,
            speed,
            factor: 0.0,
            stands: source.stands(),
            failure: None,
            trace: source.trace(),
            span: source.span(),
            keeps_its_own_pace: source.keeps_its_own_pace(),
        }
    }
}

/// All that there is to see at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub moment: Moment,
    pub history: History,
    pub status: Status,
}

/// A source that is being played.
pub(crate) struct Player {
    commands: Sender<Command>,
    latest: Arc<Mutex<Option<Arc<Snapshot>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    /// Plays a source, or holds it at its start if it is `paused`.
    pub fn new(source: Box<dyn Source>, speed: Speed, paused: bool) -> Player {
        let (commands, asked) = mpsc::channel();
        let latest = Arc::new(Mutex::new(None));
        let place = latest.clone();
        let thread = std::thread::spawn(move || Thread::new(source, speed, paused, place).run(&asked));
        Player { commands, latest, thread: Some(thread) }
    }

    /// Asks for something.
    pub fn ask(&self, command: Command) {
        // A player that has ended says so in its last snapshot.
        let _ = self.commands.send(command);
    }

    /// The newest snapshot; none before the first.
    pub fn latest(&self) -> Option<Arc<Snapshot>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // Without commands to come the thread ends after its control step.
        self.commands = mpsc::channel().0;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Thread {
    source: Box<dyn Source>,
    status: Status,
    place: Arc<Mutex<Option<Arc<Snapshot>>>>,
    /// When, and at which simulated time, the present pace began.
    anchor: (Instant, Nanos),
    measured: (Instant, Nanos),
    shown: Option<Instant>,
    last: Option<Arc<Snapshot>>,
    /// Whether there is anything new to show.
    news: bool,
}

impl Thread {
    fn new(source: Box<dyn Source>, speed: Speed, paused: bool, place: Arc<Mutex<Option<Arc<Snapshot>>>>) -> Thread {
        let status = Status::of(&*source, speed, !paused);
        let now = (Instant::now(), source.time());
        Thread { source, status, place, anchor: now, measured: now, shown: None, last: None, news: true }
    }

    fn run(mut self, asked: &Receiver<Command>) {
        loop {
            self.show();
            let wait = if self.status.playing { self.until_due() } else { EVERY };
            let command = if wait.is_zero() {
                asked.try_recv().map_err(|e| e == TryRecvError::Disconnected)
            } else {
                asked.recv_timeout(wait).map_err(|e| e == RecvTimeoutError::Disconnected)
            };
            match command {
                Ok(command) => self.obey(command),
                Err(true) => return,
                Err(false) if self.status.playing && self.until_due().is_zero() => self.advance(),
                Err(false) => (),
            }
        }
    }

    /// Wall time until the next control step is due.
    fn until_due(&self) -> Duration {
        let Speed::Times(times) = self.status.speed else { return Duration::ZERO };
        if self.status.keeps_its_own_pace {
            return Duration::ZERO;
        }
        let simulated = Nanos(self.source.time().0.saturating_sub(self.anchor.1.0)).as_secs_f64();
        let due = self.anchor.0 + Duration::try_from_secs_f64(simulated / times.max(1e-3)).unwrap_or(LAG);
        due.saturating_duration_since(Instant::now())
    }

    fn obey(&mut self, command: Command) {
        let done = match command {
            Command::Play if self.status.at_end || self.status.failure.is_some() => Ok(()),
            Command::Play => {
                self.status.playing = true;
                Ok(())
            }
            Command::Pause => {
                self.status.playing = false;
                Ok(())
            }
            Command::Step => {
                self.status.playing = false;
                self.advance();
                Ok(())
            }
            Command::Speed(speed) => {
                self.status.speed = speed;
                Ok(())
            }
            Command::Reset => self.source.reset(),
            Command::Seek(time) => self.source.seek(time),
        };
        if matches!(command, Command::Reset | Command::Seek(_)) {
            (self.status.at_end, self.status.failure) = (false, None);
        }
        self.fail(done);
        self.pace_anew();
        self.news = true;
    }

    fn pace_anew(&mut self) {
        self.anchor = (Instant::now(), self.source.time());
        self.measured = self.anchor;
        if !self.status.playing {
            self.status.factor = 0.0;
        }
    }

    fn advance(&mut self) {
        if self.status.failure.is_some() {
            return;
        }
        match self.source.advance() {
            Ok(true) => (),
            Ok(false) => (self.status.at_end, self.status.playing) = (true, false),
            Err(error) => self.fail(Err(error)),
        }
        self.news = true;
        let lag = self.anchor.0.elapsed().as_secs_f64();
        if let Speed::Times(times) = self.status.speed {
            let behind = lag - Nanos(self.source.time().0.saturating_sub(self.anchor.1.0)).as_secs_f64() / times.max(1e-3);
            if behind > LAG.as_secs_f64() {
                self.anchor = (Instant::now(), self.source.time());
            }
        }
        let wall = self.measured.0.elapsed();
        if wall >= MEASURED_OVER {
            let simulated = Nanos(self.source.time().0.saturating_sub(self.measured.1.0)).as_secs_f64();
            self.status.factor = simulated / wall.as_secs_f64();
            self.measured = (Instant::now(), self.source.time());
        }
        if !self.status.playing {
            self.status.factor = 0.0;
        }
    }

    fn fail(&mut self, done: Result<(), SourceError>) {
        if let Err(error) = done {
            (self.status.failure, self.status.playing) = (Some(error.to_string()), false);
        }
    }

    /// Lays down a snapshot, if there is anything new and the last one is a while ago.
    fn show(&mut self) {
        let lately = self.shown.is_some_and(|shown| shown.elapsed() < EVERY);
        if !self.news || (lately && self.status.playing) {
            return;
        }
        let moment = match (self.source.moment(), &self.last) {
            (Ok(moment), _) => moment,
            (Err(error), Some(last)) => {
                // What was seen last, with the reason why no more is.
                let moment = last.moment.clone();
                self.fail(Err(error));
                moment
            }
            (Err(error), None) => return self.fail(Err(error)),
        };
        (self.status.trace, self.status.span) = (self.source.trace(), self.source.span());
        self.status.stands = self.source.stands();
        let snapshot = Snapshot { moment, history: self.source.history().clone(), status: self.status.clone() };
        let snapshot = Arc::new(snapshot);
        let mut place = match self.place.try_lock() {
            Ok(place) => place,
            Err(TryLockError::Poisoned(place)) => place.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        *place = Some(snapshot.clone());
        drop(place);
        self.last = Some(snapshot);
        (self.shown, self.news) = (Some(Instant::now()), false);
    }
}

#[cfg(test)]
mod tests {
    use embody_controllers::telemetry::Telemetry;
    use embody_robots::{Observation, StepKind, TimeStep};

    use super::super::history::Periods;
    use super::*;

    const PERIOD: Nanos = Nanos::from_millis(20);

    /// Counts control steps, up to an end.
    struct Counter {
        steps: u64,
        end: u64,
        history: History,
    }

    impl Counter {
        fn new(end: u64) -> Box<Counter> {
            let history = History::new(Periods { control: PERIOD, tick: Nanos::from_millis(1) }, Nanos::ZERO);
            Box::new(Counter { steps: 0, end, history })
        }
    }

    impl Source for Counter {
        fn advance(&mut self) -> Result<bool, SourceError> {
            self.steps += u64::from(self.steps < self.end);
            Ok(self.steps < self.end)
        }
        fn moment(&mut self) -> Result<Moment, SourceError> {
            let observation = Observation { fields: Vec::new() };
            let step = TimeStep { kind: StepKind::Mid, time: self.time(), reward: 0.0, observation };
            Ok(Moment {
                record: self.steps,
                control_step: self.steps,
                time: self.time(),
                step,
                action: None,
                truth: Default::default(),
                joints: Vec::new(),
                images: Vec::new(),
                telemetry: Some(Telemetry::default()),
                tallies: Vec::new(),
            })
        }
        fn history(&self) -> &History {
            &self.history
        }
        fn time(&self) -> Nanos {
            Nanos(self.steps * PERIOD.0)
        }
        fn reset(&mut self) -> Result<(), SourceError> {
            self.steps = 0;
            Ok(())
        }
        fn span(&self) -> Option<[Nanos; 2]> {
            Some([Nanos::ZERO, Nanos(self.end * PERIOD.0)])
        }
        fn seek(&mut self, time: Nanos) -> Result<(), SourceError> {
            self.steps = time.0 / PERIOD.0;
            Ok(())
        }
    }

    /// Waits, within a bound that only a broken player meets, until a snapshot is as wanted.
    fn until(player: &Player, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let began = Instant::now();
        loop {
            if let Some(snapshot) = player.latest().filter(|snapshot| wanted(snapshot)) {
                return snapshot;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{:?}", player.latest());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn it_stands_still_goes_step_by_step_and_back_to_the_start() {
        let player = Player::new(Counter::new(1000), Speed::Times(1.0), true);
        until(&player, |snapshot| snapshot.moment.control_step == 0 && !snapshot.status.playing);
        player.ask(Command::Step);
        player.ask(Command::Step);
        until(&player, |snapshot| snapshot.moment.control_step == 2 && !snapshot.status.playing);
        player.ask(Command::Seek(Nanos::from_secs(10)));
        until(&player, |snapshot| snapshot.moment.control_step == 500);
        player.ask(Command::Reset);
        until(&player, |snapshot| snapshot.moment.control_step == 0);
    }

    #[test]
    fn it_keeps_the_pace_that_is_asked_for_and_ends_at_the_end() {
        let player = Player::new(Counter::new(1_000_000), Speed::Times(2.0), false);
        let began = Instant::now();
        let snapshot = until(&player, |snapshot| snapshot.moment.control_step >= 50);
        assert!(began.elapsed() >= Duration::from_millis(450), "a second at twice the pace: {:?}", began.elapsed());
        assert!(snapshot.status.playing);
        player.ask(Command::Speed(Speed::Unlimited));
        until(&player, |snapshot| snapshot.status.at_end && !snapshot.status.playing);
    }

    #[test]
    fn a_window_that_holds_on_to_the_place_stops_nothing() {
        let player = Player::new(Counter::new(u64::MAX), Speed::Unlimited, false);
        until(&player, |snapshot| snapshot.moment.control_step > 0);
        let held = player.latest.lock().unwrap();
        let before = held.as_ref().unwrap().moment.control_step;
        std::thread::sleep(Duration::from_millis(50));
        drop(held);
        let after = until(&player, |snapshot| snapshot.moment.control_step > before).moment.control_step;
        assert!(after > before + 1000, "it went on meanwhile: {before} to {after}");
    }
}
