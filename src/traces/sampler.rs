//! Which traces are recorded.

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// The share of those that nobody has decided about, from 0 to 1.
    pub ratio: f64,
    /// Whether a caller's decision about its own trace holds.
    pub is_parent_based: bool,
}

impl Sampler {
    /// Whether a trace is recorded, given what its caller decided. The number of the trace decides
    /// where nobody else has: so everyone who takes part in it decides alike.
    pub fn wants(self, trace_id: u128, decided: Option<bool>) -> bool {
        if let (Some(decided), true) = (decided, self.is_parent_based) {
            return decided;
        }
        let low = u64::try_from(trace_id & u128::from(u64::MAX)).unwrap_or(u64::MAX) >> 1;
        // As OpenTelemetry's own: 63 bits of the number, below the same share of all that there are.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of the numbers, as near as it comes"
        )]
        let bound = (self.ratio.clamp(0.0, 1.0) * (1_u64 << 63) as f64) as u64;
        low < bound
    }
}

#[cfg(test)]
mod tests {
    use super::Sampler;

    #[test]
    fn the_caller_decides_where_that_holds() {
        for (ratio, is_parent_based, decided, expected) in [
            (1.0, true, None, true),
            (1.0, true, Some(false), false),
            (1.0, false, Some(false), true),
            (0.0, true, None, false),
            (0.0, true, Some(true), true),
            (0.0, false, Some(true), false),
        ] {
            let sampler = Sampler { ratio, is_parent_based };
            for trace_id in [1, u128::MAX, 1 << 64] {
                assert_eq!(sampler.wants(trace_id, decided), expected, "{sampler:?} {decided:?}");
            }
        }
    }

    #[test]
    fn a_share_is_about_that_share() {
        let mut random = fastrand::Rng::with_seed(7);
        for ratio in [0.1, 0.5, 0.9] {
            let sampler = Sampler { ratio, is_parent_based: true };
            let wanted = (0..10_000).filter(|_| sampler.wants(random.u128(..), None)).count();
            let expected = ratio * 10_000.0;
            assert!((wanted as f64 - expected).abs() < 200.0, "{wanted} of 10000, seed 7");
        }
    }
}
