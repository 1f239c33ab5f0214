//! What a request costs, as far as that is known before it is answered.

/// Tokens that a price is for.
const PER: f64 = 1_000_000.0;
/// Tokens of an answer that a request sets no limit to.
const USUAL_ANSWER: u64 = 1_000;

/// The price of a million tokens, in whatever currency all prices are in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Of the prompt.
    pub input: f64,
    /// Of the answer, its reasoning included.
    pub output: f64,
}

impl Price {
    /// What a prompt of so many tokens costs with its answer: the longest that it allows, or
    /// a usual one.
    #[expect(clippy::cast_precision_loss, reason = "an estimate, of far fewer tokens than 2⁵²")]
    pub fn of(&self, prompt_tokens: u64, max_tokens: Option<u64>) -> f64 {
        let answer = max_tokens.unwrap_or(USUAL_ANSWER);
        (prompt_tokens as f64 * self.input + answer as f64 * self.output) / PER
    }
}

#[cfg(test)]
mod tests {
    use super::Price;

    #[test]
    fn prompt_and_answer_are_paid_for() {
        let price = Price { input: 0.5, output: 2.0 };
        for (prompt, answer, expected) in [
            (0, Some(0), 0.0),
            (1_000_000, Some(0), 0.5),
            (0, Some(500_000), 1.0),
            (2_000_000, Some(1_000_000), 3.0),
            (0, None, 0.002),
        ] {
            let got = price.of(prompt, answer);
            assert!((got - expected).abs() < 1e-9, "{prompt} {answer:?}: {got}");
        }
    }

    #[test]
    fn which_is_cheaper_depends_on_the_request() {
        let (reads_cheaply, writes_cheaply) =
            (Price { input: 0.1, output: 4.0 }, Price { input: 1.0, output: 1.0 });
        let is_first = |prompt, answer| {
            reads_cheaply.of(prompt, Some(answer)) < writes_cheaply.of(prompt, Some(answer))
        };
        assert!(is_first(100_000, 100), "a long prompt and a short answer");
        assert!(!is_first(100, 8_000), "a short prompt and a long answer");
    }
}
