//! A learning curve for the terminal, in braille dots: two columns and four rows of them to a character.

use embody_robots::nanos::Nanos;

use super::axis::{Axis, time_unit};

/// A curve of `values`, evenly spaced from zero to `span` of simulated time, as lines of text without colours.
///
/// The plot itself takes `width` by `height` characters; numbers and the two labels come on top: one line above for `y_label`,
/// two below for the time axis. Where there are more values than dots, each column shows the range it covers; values that
/// aren't finite leave gaps.
pub fn curve(values: &[f64], width: usize, height: usize, y_label: &str, span: Nanos) -> Vec<String> {
    let (width, height) = (width.clamp(8, 400), height.clamp(2, 100));
    let axis = Axis::around(values.iter().copied().filter(|v| v.is_finite()), (height / 2).max(2));
    let mut dots = Dots { width, height, cells: vec![0; width * height] };
    draw(&mut dots, values, &axis);
    let marks = marks(&axis, height);
    let gutter = marks.iter().flatten().map(|mark| mark.chars().count()).max().unwrap_or(0);
    let mut lines = vec![format!("{:gutter$} {y_label}", "")];
    for (row, mark) in marks.iter().enumerate() {
        let line = if mark.is_some() { '┤' } else { '│' };
        lines.push(format!("{:>gutter$} {line}{}", mark.as_deref().unwrap_or(""), dots.row(row)).trim_end().to_owned());
    }
    lines.push(format!("{:gutter$} └{}", "", "─".repeat(width)));
    lines.push(format!("{:gutter$}  {}", "", time_labels(width, span)));
    lines
}

/// Braille characters, each a byte of dots in Unicode's order.
struct Dots {
    width: usize,
    height: usize,
    cells: Vec<u8>,
}

impl Dots {
    /// Sets a dot, counted from the upper left in half characters across and quarter characters down.
    fn set(&mut self, x: usize, y: usize) {
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        if let Some(cell) = self.cells.get_mut(y / 4 * self.width + x / 2) {
            *cell |= BITS[x % 2][y % 4];
        }
    }

    fn row(&self, row: usize) -> String {
        let cells = self.cells.iter().skip(row * self.width).take(self.width);
        let glyph = |cell: &u8| if *cell == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(*cell)).unwrap_or(' ') };
        cells.map(glyph).collect()
    }
}

/// Draws `values` across the whole width, joined where both neighbours are finite.
fn draw(dots: &mut Dots, values: &[f64], axis: &Axis) {
    let (columns, rows) = (dots.width * 2, dots.height * 4);
    let column = |i: usize| if values.len() < 2 { 0 } else { i * (columns - 1) / (values.len() - 1) };
    let row = |v: f64| ((1.0 - axis.fraction(v)) * (rows - 1) as f64).round().clamp(0.0, (rows - 1) as f64) as usize;
    let mut last: Option<(usize, usize)> = None;
    for (i, value) in values.iter().enumerate() {
        if !value.is_finite() {
            last = None;
            continue;
        }
        let here = (column(i), row(*value));
        join(dots, last.unwrap_or(here), here);
        last = Some(here);
    }
}

/// Sets the dots of a straight line from `from` to `to`.
fn join(dots: &mut Dots, from: (usize, usize), to: (usize, usize)) {
    let steps = to.0.abs_diff(from.0).max(to.1.abs_diff(from.1));
    for step in 0..=steps {
        let between = |a: usize, b: usize| {
            let part = step as f64 / steps.max(1) as f64;
            (a as f64 + (b as f64 - a as f64) * part).round() as usize
        };
        dots.set(between(from.0, to.0), between(from.1, to.1));
    }
}

/// The number that stands at each row, if any.
fn marks(axis: &Axis, height: usize) -> Vec<Option<String>> {
    let mut marks = vec![None; height];
    for tick in &axis.ticks {
        let row = (1.0 - axis.fraction(*tick)) * (height * 4 - 1) as f64;
        let row = row.round() as usize / 4;
        if let Some(mark) = marks.get_mut(row) {
            *mark = Some(axis.label(*tick));
        }
    }
    marks
}

/// The time axis: zero at the left, the span at the right, what it counts in the middle if that fits.
fn time_labels(width: usize, span: Nanos) -> String {
    let hours = span.as_secs_f64() / 3600.0;
    let (unit, per_hour) = time_unit(hours);
    let amount = format!("{:.2}", hours * per_hour);
    let end = format!("{} {unit}", amount.trim_end_matches('0').trim_end_matches('.'));
    let name = "simulated time";
    let room = width.saturating_sub(1 + end.len());
    if room >= name.len() + 2 { format!("0{name:^room$}{end}") } else { format!("0{:room$}{end}", "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Nanos = Nanos::from_secs(3600);

    #[test]
    fn a_rising_line_runs_from_the_lower_left_to_the_upper_right() {
        let lines = curve(&[0.0, 1.0], 10, 4, "success", HOUR);
        let expected = ["  success", "1 ┤        ⡠⠔", "  │     ⢀⠔⠊", "  │  ⢀⡠⠊⠁", "0 ┤⡠⠔⠁", "  └──────────", "   0      1 h"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn lines_have_the_width_and_height_asked_for() {
        let values: Vec<f64> = (0..500).map(|i| f64::from(i % 37)).collect();
        let lines = curve(&values, 60, 12, "reward", Nanos::from_secs(4 * 3600));
        assert_eq!(lines.len(), 12 + 3);
        let axis = lines[13].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() <= axis));
        assert!(lines[14].ends_with("4 h") && lines[14].contains("simulated time"), "{}", lines[14]);
    }

    #[test]
    fn degenerate_values_are_drawn_too() {
        for values in [&[][..], &[0.0], &[0.0; 9], &[f64::NAN; 3], &[f64::INFINITY, 1.0], &[f64::MAX, f64::MIN], &[-3.0, -3.0]] {
            for size in [0, 1, 7, 1000] {
                assert!(!curve(values, size, size, "", Nanos::ZERO).is_empty());
            }
        }
    }

    #[test]
    fn short_spans_are_shown_in_small_units() {
        assert!(time_labels(40, Nanos::from_secs(90)).ends_with("90 s"));
        assert!(time_labels(40, Nanos::from_secs(600)).ends_with("10 min"));
        assert!(time_labels(40, Nanos::from_secs(5400)).ends_with("1.5 h"));
    }
}
