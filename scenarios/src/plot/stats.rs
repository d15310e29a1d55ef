//! The few statistics that reports give: mean, standard deviation, and the 95 % confidence interval of a mean.
//!
//! Runs over seeds are few, so the interval is Student's; it assumes independent samples that are roughly normal.

/// The arithmetic mean; `None` of nothing.
pub fn mean(samples: &[f64]) -> Option<f64> {
    (!samples.is_empty()).then(|| samples.iter().sum::<f64>() / samples.len() as f64)
}

/// The value in the middle, or the mean of the two in the middle; `None` of nothing.
pub fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    mean(sorted.get(if sorted.len() % 2 == 1 { half..=half } else { half.checked_sub(1)?..=half })?)
}

/// The sample standard deviation, with n - 1 in the denominator; `None` of fewer than two samples.
pub fn standard_deviation(samples: &[f64]) -> Option<f64> {
    let mean = mean(samples)?;
    let squares: f64 = samples.iter().map(|x| (x - mean) * (x - mean)).sum();
    (samples.len() > 1).then(|| (squares / (samples.len() - 1) as f64).sqrt())
}

/// Half the width of the 95 % confidence interval of the mean, t s / sqrt(n); `None` of fewer than two samples.
pub fn confidence_half_width(samples: &[f64]) -> Option<f64> {
    let deviation = standard_deviation(samples)?;
    Some(student_t_975(samples.len() - 1) * deviation / (samples.len() as f64).sqrt())
}

/// The 97.5th percentile of Student's t for 1 to 30 degrees of freedom (Fisher and Yates, Statistical Tables, table III).
const T_975: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
    2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// The 97.5th percentile of Student's t distribution, within 0.001; infinite at zero degrees of freedom.
///
/// Beyond the table, the expansion around the normal percentile z: z + (z^3 + z) / 4v + (5 z^5 + 16 z^3 + 3 z) / 96 v^2
/// (Abramowitz and Stegun 26.7.5).
pub fn student_t_975(degrees_of_freedom: usize) -> f64 {
    let Some(index) = degrees_of_freedom.checked_sub(1) else { return f64::INFINITY };
    T_975.get(index).copied().unwrap_or_else(|| {
        let (z, v) = (1.959_963_985, degrees_of_freedom as f64);
        let (z3, z5) = (z * z * z, z * z * z * z * z);
        z + (z3 + z) / (4.0 * v) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v * v)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_match_known_values() {
        let samples = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(&samples), Some(5.0));
        assert!((standard_deviation(&samples).unwrap() - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(standard_deviation(&[3.0, 3.0, 3.0]), Some(0.0));
    }

    #[test]
    fn too_few_samples_have_no_statistics() {
        assert_eq!(mean(&[]), None);
        assert_eq!(standard_deviation(&[1.0]), None);
        assert_eq!(confidence_half_width(&[1.0]), None);
        assert_eq!(student_t_975(0), f64::INFINITY);
    }

    #[test]
    fn the_interval_matches_a_worked_example() {
        // n = 5, mean 3, s = sqrt(2.5), t(4) = 2.776.
        let half = confidence_half_width(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((half - 2.776 * (2.5f64 / 5.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn percentiles_match_the_published_table_and_fall_towards_the_normal_one() {
        for (v, t) in
            [(1, 12.706), (10, 2.228), (30, 2.042), (31, 2.040), (40, 2.021), (60, 2.000), (120, 1.980), (1_000_000, 1.960)]
        {
            assert!((student_t_975(v) - t).abs() < 6e-4, "{v}: {}", student_t_975(v));
        }
        assert!((1..200).all(|v| student_t_975(v + 1) < student_t_975(v)));
    }
}
