//! The real program in a folder of its own: what the end-to-end tests are made of.

#![allow(dead_code)] // each test file uses a part of it

pub mod hand;
pub mod mcap;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here may take on a busy machine: whatever is still going on then hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder in which `embody` is run.
pub struct Lab(tempfile::TempDir);

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote on standard output.
    pub out: String,
    /// What it wrote on standard error.
    pub err: String,
}

impl Lab {
    pub fn new() -> Lab {
        Lab(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program with these arguments, to be changed further.
    pub fn command<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_embody"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null()).env_remove("EMBODY_KERNEL");
        command
    }

    /// Runs the program with the words of `line` as arguments.
    pub fn embody(&self, line: &str) -> Ended {
        self.embody_with(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub fn embody_with(&self, arguments: &[&str]) -> Ended {
        wait(&mut self.command(arguments), &arguments.join(" "))
    }

    /// Runs the program, which must succeed.
    pub fn succeeds(&self, line: &str) -> Ended {
        let ended = self.embody(line);
        assert_eq!(ended.code, Some(0), "embody {line}: {}", ended.err);
        ended
    }

    /// Runs the program, which must fail in good order; gives what it says.
    pub fn fails(&self, line: &str) -> String {
        self.fails_with(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub fn fails_with(&self, arguments: &[&str]) -> String {
        refused(self.embody_with(arguments), &arguments.join(" "))
    }

    /// Runs a scenario to its end in `folder` and gives its summary.
    pub fn run(&self, folder: &str, line: &str) -> Value {
        self.succeeds(&format!("run {line} --quiet --out {folder}"));
        self.summary(folder)
    }

    /// Starts the program and leaves it running.
    pub fn start(&self, line: &str) -> Running {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let child = self.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running(child.expect("embody starts"))
    }

    /// Starts a world and a brain on an endpoint of their own, each line without what joins them.
    pub fn start_both(&self, world: &str, brain: &str) -> (Running, Running, String) {
        let endpoint = free_endpoint();
        let world = self.start(&format!("world {world} --listen {endpoint}"));
        (world, self.start(&format!("brain {brain} --connect {endpoint}")), endpoint)
    }

    /// Starts the line that `line` gives, and kills it after some time below `longest`, again and again until it ends by itself.
    pub fn kill_until_done(&self, longest: Duration, mut line: impl FnMut() -> String) {
        let mut kills = 0;
        loop {
            let mut running = self.start(&line());
            // Multiples of a number prime to the span reach all of it, in no order to speak of.
            std::thread::sleep(Duration::from_millis(20 + kills * 97 % longest.as_millis() as u64));
            if let Some(status) = running.0.try_wait().unwrap() {
                assert!(status.success(), "{}", running.end().err);
                break;
            }
            running.kill();
            kills += 1;
            assert!(kills < 300, "it doesn't come on");
        }
        assert!(kills > 0, "too fast to be killed");
    }

    pub fn summary(&self, folder: &str) -> Value {
        json(&self.bytes(&format!("{folder}/summary.json")))
    }

    pub fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    pub fn text(&self, file: &str) -> String {
        String::from_utf8(self.bytes(file)).expect("text")
    }

    pub fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    /// Every file and folder below `folder`, with the bytes of the files.
    pub fn tree(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                all.insert(path.clone(), if path.is_dir() { Vec::new() } else { fs::read(&path).expect("read") });
                folders.extend(path.is_dir().then_some(path));
            }
        }
        all
    }

    /// The names of the files in `folder`, in order.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
        self.tree(folder).keys().map(name).collect()
    }

    /// Waits until a file is there.
    pub fn await_file(&self, file: &str) {
        let (path, start) = (self.path(file), Instant::now());
        while !path.exists() {
            assert!(start.elapsed() < PATIENCE, "{file} never came");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Holds that two finished runs are the same to the last byte of everything but wall time.
    pub fn assert_same_run(&self, a: &str, b: &str) {
        self.assert_same_results(a, b, &["wall_s", "real_time_factor"]);
        assert_eq!(self.names(a), self.names(b));
    }

    /// Holds the same of two runs whatever joined world and brain.
    pub fn assert_same_but_for_transport(&self, a: &str, b: &str) {
        self.assert_same_results(a, b, &["wall_s", "real_time_factor", "transport"]);
    }

    fn assert_same_results(&self, a: &str, b: &str, but_for: &[&str]) {
        let told = |folder: &str| {
            let mut summary = self.summary(folder);
            let fields = summary.as_object_mut().expect("an object");
            for field in but_for {
                assert!(fields.remove(*field).is_some(), "{field}");
            }
            summary
        };
        assert_eq!(told(a), told(b), "summary.json of {a} and {b}");
        assert_eq!(self.text(&format!("{a}/metrics.csv")), self.text(&format!("{b}/metrics.csv")));
        for file in ["rewards.f32", "maps.json", "config.toml"] {
            // Not assert_eq: a thousand numbers would say less than the name.
            assert!(self.bytes(&format!("{a}/{file}")) == self.bytes(&format!("{b}/{file}")), "{file} of {a} and {b} differ");
        }
    }
}

/// An endpoint of this machine that nobody listens on.
pub fn free_endpoint() -> String {
    embody_scenarios::run::remote::free_endpoint().expect("a free port")
}

/// A program that is still running.
pub struct Running(pub Child);

impl Running {
    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("waited for");
    }

    /// Waits for its end, which must come.
    pub fn end_in_time(mut self) -> Ended {
        let start = Instant::now();
        while self.0.try_wait().expect("waited for").is_none() {
            if start.elapsed() > PATIENCE {
                self.0.kill().expect("killed");
                panic!("it hangs: {:?}", self.end());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.end()
    }

    /// Waits for its end, which must be a good one.
    pub fn succeeds(self) -> Ended {
        let ended = self.end_in_time();
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        ended
    }

    /// Waits for its end, which must be a failure in good order; gives what it says.
    pub fn fails(self) -> String {
        refused(self.end_in_time(), "it")
    }

    /// Waits for its end.
    pub fn end(self) -> Ended {
        let output = self.0.wait_with_output().expect("waited for");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Runs a command to its end, which must come.
pub fn wait(command: &mut Command, name: &str) -> Ended {
    let [mut out, mut err] = [(); 2].map(|()| tempfile::tempfile().expect("a temporary file"));
    let mut child = command
        .stdout(out.try_clone().expect("a handle"))
        .stderr(err.try_clone().expect("a handle"))
        .spawn()
        .expect("embody starts");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("waited for") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().expect("killed");
            panic!("embody {name} hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let text = |file: &mut fs::File| {
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("read");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ended { code: status.code(), out: text(&mut out), err: text(&mut err) }
}

/// What a program says that failed in good order: an exit code, a message, no panic, no crash.
pub fn refused(ended: Ended, name: &str) -> String {
    assert!(ended.code.is_some_and(|code| code != 0), "embody {name} must fail by an exit code: {ended:?}");
    assert!(!ended.err.contains("panicked"), "embody {name}: {}", ended.err);
    assert!(!ended.err.trim().is_empty(), "embody {name} says nothing");
    ended.err
}

pub fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// The rewards in a run folder.
pub fn rewards(folder: &Path) -> Vec<f32> {
    let bytes = fs::read(folder.join("rewards.f32")).expect("rewards");
    let (rewards, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty(), "a whole number of rewards");
    rewards.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// What the robot of a scenario of the library senses.
pub fn observation_of(scenario: &str) -> embody_robots::ObservationSpec {
    let registry = embody_scenarios::Registry::default();
    let loaded = embody_scenarios::Loaded::find(&registry, scenario, &[]).expect("a scenario of the library");
    loaded.body(&registry).expect("its body").observation_spec().clone()
}
