//! The card as text of at most a hundred columns.

use embody_brain::{Model, NetworkSpec, PopulationKind, Projection, Synapses};
use embody_robots::{ActionField, Nanos};
use serde_json::Value;

use super::Card;
use crate::words::{count, metric, number, plural, tied, wrapped};

/// Columns of the text.
const WIDTH: usize = 100;

/// Columns that the names of sections take.
const SECTION: usize = 12;

/// Lines of text under names on the left.
#[derive(Default)]
struct Sheet(Vec<String>);

impl Sheet {
    /// Words beside the name of a section.
    fn section(&mut self, name: &str, words: &str) {
        self.0.push(String::new());
        self.hang(&format!("{name:<SECTION$}"), words);
    }

    /// Words beside a name within a section, which takes at least `column` columns.
    fn row(&mut self, name: &str, column: usize, words: &str) {
        self.hang(&format!("{:SECTION$}{name:<column$}  ", ""), words);
    }

    /// Words that hang beside what their first line begins with.
    fn hang(&mut self, first: &str, words: &str) {
        let indent = first.chars().count();
        for (index, line) in wrapped(words, WIDTH - indent).into_iter().enumerate() {
            let left = if index == 0 { first.to_owned() } else { " ".repeat(indent) };
            self.0.push(left + &line);
        }
    }

    /// Rows of names and words, the words one below the other.
    fn rows<'a>(&mut self, rows: impl IntoIterator<Item = (&'a str, String)>) {
        let rows: Vec<_> = rows.into_iter().collect();
        let column = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(24);
        for (name, words) in rows {
            self.row(name, column, &words);
        }
    }
}

/// Links and joints that are listed; a chain of more is told by its first ones.
const MOST_LISTED: usize = 12;

impl Card {
    /// The card for people.
    pub fn text(&self) -> String {
        let mut sheet = Sheet::default();
        sheet.0.push(self.name.clone());
        sheet.0.extend(wrapped(&self.about, WIDTH));
        sheet.section("world", &self.world.words());
        self.body(&mut sheet);
        sheet.section("task", &format!("{}: {}", self.task.part.kind, self.task.part.about));
        let metrics: Vec<String> = self.task.metrics.iter().map(|name| tied(&metric(name))).collect();
        let reward = [("reward", self.task.reward.clone())].into_iter().filter(|(_, law)| !law.is_empty());
        let rest = [("metrics", metrics.join(", ")), ("settings", settings(&self.task.part.settings))];
        sheet.rows(reward.chain(rest));
        sheet.section("controller", &format!("{}: {}", self.controller.kind, self.controller.about));
        self.network(&mut sheet);
        self.periods(&mut sheet);
        if !self.variants.is_empty() {
            let number = self.variants.len();
            sheet.section("variants", &format!("{number}, each a change of this scenario, for embody study"));
            let words = |settings: &[String]| if settings.is_empty() { "as it is".into() } else { settings.join("  ") };
            sheet.rows(self.variants.iter().map(|variant| (variant.name.as_str(), words(&variant.settings))));
        }
        sheet.0.push(String::new());
        for (index, command) in self.next.iter().enumerate() {
            sheet.0.push(format!("{:<SECTION$}{command}", if index == 0 { "next" } else { "" }));
        }
        sheet.0.join("\n")
    }

    fn body(&self, sheet: &mut Sheet) {
        let robot = &self.robot;
        let mass: f64 = robot.links.iter().map(|link| link.mass_kg).sum();
        let links_count = robot.links.len();
        let links = format!("{links_count} {}, {} kg", plural(links_count, "link", "links"), number(mass));
        sheet.section("body", &format!("{}: {}; {links}", robot.kind, robot.about));
        let names = robot.links.iter().map(|link| {
            if link.mass_kg > 0.0 { format!("{} ({} kg)", link.name, number(link.mass_kg)) } else { link.name.clone() }
        });
        let more = |count: usize| (count > MOST_LISTED).then(|| format!("and {} more (--json has all)", count - MOST_LISTED));
        let names: Vec<String> = names.take(MOST_LISTED).chain(more(links_count)).collect();
        sheet.rows([("links", names.join(", "))]);
        sheet.rows(robot.joints.iter().take(MOST_LISTED).map(|joint| ("joint", format!("{}: {}", joint.name, joint.words()))));
        sheet.rows(more(robot.joints.len()).map(|words| ("joint", words)));
        let drive = |field: &ActionField, what: &str| format!("{}: {what}; {}", field.name, command(field));
        sheet.rows(robot.actuators.iter().map(|actuator| ("drive", drive(&actuator.field, &actuator.what))));
        let sensors = robot.sensors.len();
        sheet.section("senses", &format!("{sensors} {}", plural(sensors, "sensor", "sensors")));
        sheet.rows(robot.sensors.iter().map(|sensor| (sensor.name.as_str(), sensor.what.clone())));
    }

    fn network(&self, sheet: &mut Sheet) {
        let Some(network) = &self.network else {
            let why = self.controller_lacks.as_deref().unwrap_or("none: this controller computes its action without neurons");
            return sheet.section("network", why);
        };
        let neurons: usize = network.populations.iter().map(|population| population.size).sum();
        let (neurons, plastic) = (counted(neurons as u64), counted(self.plastic_synapses as u64));
        let tick = Nanos(network.tick_ns);
        sheet.section(
            "network",
            &format!("{neurons} neurons, {plastic} plastic synapses, ticks of {tick}, on substrate {}", self.substrate),
        );
        let populations = network.populations.iter().map(|population| {
            let size = counted(population.size as u64);
            let words = match &population.kind {
                PopulationKind::Input => format!("{size} inputs, whose spikes the encoder makes"),
                PopulationKind::Analogue => format!("{size} analogue inputs, whose values the encoder sets"),
                PopulationKind::Neurons(model) => format!("{size} neurons {}", of_model(model)),
            };
            (population.name.as_str(), words)
        });
        let projections =
            network.projections.iter().map(|projection| (projection.name.as_str(), of_projection(network, projection)));
        sheet.rows(populations.chain(projections));
    }

    fn periods(&self, sheet: &mut Sheet) {
        let time = &self.time;
        let steps = |period: Nanos| time.control_period.0.checked_div(period.0).unwrap_or(0);
        sheet.section(
            "periods",
            &format!(
                "control {}, physics {} ({} a control step), neural {} ({} a control step)",
                time.control_period,
                time.physics_period,
                steps(time.physics_period),
                time.neural_tick,
                steps(time.neural_tick)
            ),
        );
        sheet.hang(
            &" ".repeat(SECTION),
            &format!(
                "{} simulated, metrics every {}, a checkpoint every {}, seed {}",
                time.duration, time.report_every, time.checkpoint_every, self.seed
            ),
        );
    }
}

/// A count whose groups of digits stay in one line.
fn counted(value: u64) -> String {
    tied(&count(value))
}

/// What a drive can be told.
fn command(field: &ActionField) -> String {
    let [low, high] = field.bounds.map(|bound| number(bound.into()));
    let values = if field.size == 1 { "one value".into() } else { format!("{} values", field.size) };
    format!("{values}, {low} to {high} {}", field.unit)
}

fn of_projection(network: &NetworkSpec, projection: &Projection) -> String {
    let synapses = counted(network.synapses(projection).unwrap_or(0) as u64);
    let kind = match &projection.synapses {
        Synapses::Fixed(_) => "fixed synapses".into(),
        Synapses::Plastic { per_pair, rule } => {
            format!("plastic synapses ({}), rule {}", tied(&format!("{per_pair} a pair")), of_model(rule))
        }
    };
    let delay = Nanos(projection.delay_ns);
    format!("{} to {}, all to all, delay {delay}: {synapses} {kind}", projection.source, projection.target)
}

/// A model's name and parameters.
fn of_model(model: &Model) -> String {
    let parameters = model.parameters.as_object().into_iter().flatten();
    let parameters: Vec<String> = parameters.map(|(name, value)| tied(&format!("{name} {}", plain(value)))).collect();
    if parameters.is_empty() { model.name.clone() } else { format!("{}: {}", model.name, parameters.join(", ")) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Number(value) => value.as_f64().map_or_else(|| value.to_string(), number),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.len() > SHORT => runs(values),
        other => other.to_string(),
    }
}

/// Values of an array that are all written.
const SHORT: usize = 4;

/// An array of many values: how often each stands in a row, where that is short, or else how many there are.
fn runs(values: &[Value]) -> String {
    let runs: Vec<&[Value]> = values.chunk_by(|a, b| a == b).collect();
    if runs.len() > SHORT {
        return format!("{} values", count(values.len() as u64));
    }
    let run = |run: &&[Value]| format!("{} of {}", count(run.len() as u64), run.first().map_or(String::new(), plain));
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

fn settings(table: &toml::Table) -> String {
    let settings: Vec<String> = table.iter().map(|(key, value)| tied(&format!("{key} = {value}"))).collect();
    if settings.is_empty() { "none".into() } else { settings.join(", ") }
}
