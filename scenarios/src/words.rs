//! Numbers and names as people read them, for cards and reports.

use embody_robots::Nanos;

/// A number with at most five significant digits, and no zeros that say nothing.
pub fn number(value: f64) -> String {
    with_digits(value, 5)
}

/// A measured number with at most three significant digits, or all those before the point.
pub fn measured(value: f64) -> String {
    with_digits(value, 3)
}

fn with_digits(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{}", value + 0.0);
    }
    let magnitude = libm::floor(libm::log10(value.abs())) as i32;
    if !(-4..=6).contains(&magnitude) {
        return format!("{:e}", rounded(value, usize::try_from(digits - 1).unwrap_or(0)));
    }
    let text = format!("{value:.*}", usize::try_from(digits - 1 - magnitude).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The value that a number with that many digits after its first one stands for.
fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.digits$e}").parse().unwrap_or(value)
}

/// A count, its digits in groups of three from five digits on.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(" ")
}

/// A simulated time in seconds.
pub fn seconds(time: Nanos) -> String {
    let whole = time.0.is_multiple_of(1_000_000_000);
    format!("{} s", if whole { count(time.0 / 1_000_000_000) } else { time.as_secs_f64().to_string() })
}

/// `one` or `several`, as it suits a count.
pub fn plural<'a>(count: usize, one: &'a str, several: &'a str) -> &'a str {
    if count == 1 { one } else { several }
}

/// The units in which the names of metrics end, and how they are read.
const UNITS: [(&str, &str); 8] = [
    ("_per_1000s", " per 1 000 s"),
    ("_per_hour", " per hour"),
    ("_m_s", " (m/s)"),
    ("_deg", " (degrees)"),
    ("_mm", " (mm)"),
    ("_percent", " (%)"),
    ("_s", " (s)"),
    ("_m", " (m)"),
];

/// A metric's name in words, with its unit: `time_on_lane_s` is "time on lane (s)".
pub fn metric(name: &str) -> String {
    let unit = UNITS.iter().find_map(|(ending, unit)| Some((name.strip_suffix(ending)?, *unit)));
    let (what, unit) = unit.unwrap_or((name, ""));
    let what = if what == "reward_mean" { "mean reward per control step".into() } else { what.replace('_', " ") };
    format!("{what}{unit}")
}

/// What a brain tells of itself, in words, with what it means where that isn't plain.
#[cfg(feature = "viewer")]
pub fn reading(name: &str) -> String {
    match name {
        "skipped_steps" => "control steps not answered in time".into(),
        "dropped_messages" => "messages lost on the way to the brain".into(),
        _ => name.replace('_', " "),
    }
}

/// A space at which [`wrapped`] breaks no line.
pub const TIE: char = '\u{a0}';

/// Words tied together, so that [`wrapped`] leaves them in one line.
pub fn tied(words: &str) -> String {
    words.replace(' ', &TIE.to_string())
}

/// `text` in lines of at most `width` characters, broken between words; a longer word has a line of its own.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| line.replace(TIE, " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_true() {
        let texts = [0.0, -0.5235987755982988, 2.0, 1500.26, 7.2e6, 2e-7, 0.00004, 1e9].map(number);
        assert_eq!(texts, ["0", "-0.5236", "2", "1500.3", "7200000", "2e-7", "4e-5", "1e9"]);
        assert_eq!([326.6666, 0.040488, 12345.6].map(measured), ["327", "0.0405", "12346"]);
        assert_eq!(
            [7_202_000_000_000, 86_400_000_000_000, 20_000_000].map(|t| seconds(Nanos(t))),
            ["7202 s", "86 400 s", "0.02 s"]
        );
        assert_eq!([9999, 12345, 1234567].map(count), ["9999", "12 345", "1 234 567"]);
    }

    #[test]
    fn metrics_are_read_with_their_units() {
        let names = ["targets_per_1000s", "time_on_lane_s", "stray_mean_m", "laps_per_hour", "reward_mean", "odd"].map(metric);
        let expected =
            ["targets per 1 000 s", "time on lane (s)", "stray mean (m)", "laps per hour", "mean reward per control step", "odd"];
        assert_eq!(names, expected);
    }

    #[cfg(feature = "viewer")]
    #[test]
    fn what_a_brain_tells_is_put_in_words() {
        assert_eq!(reading("skipped_steps"), "control steps not answered in time");
        assert_eq!(reading("steering_rate"), "steering rate");
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a verylongword b", 4), ["a", "verylongword", "b"]);
        assert_eq!(wrapped(&format!("a {} d", tied("b c")), 4), ["a", "b c", "d"].map(str::to_owned));
        assert!(wrapped("", 4).is_empty());
    }
}
