//! Figures (`--timings`): what took how long, and how fast the model was.

use gateway_client::Timings;

/// Between two figures.
const BETWEEN: &str = " · ";

/// One line, or more where one is wider than so many columns; what has no value is left out.
pub(crate) fn footer(timings: &Timings, tokens: Option<u64>, width: Option<usize>) -> String {
    let seconds = |name: &str, millis: Option<u64>| {
        millis.map(|millis| format!("{name} {:.2} s", millis as f64 / 1000.0))
    };
    let parts = [
        seconds("prompt summary", timings.prompt_summary),
        seconds("first live line", timings.first_live),
        seconds("reasoning summary", timings.reasoning_summary),
        seconds("first answer", timings.first_answer_sent),
        seconds("stall", timings.stall),
        seconds("total", timings.total),
        tokens.map(|tokens| format!("{tokens} tokens")),
        tokens.and_then(|tokens| speed(timings, tokens)),
    ];
    folded(parts.into_iter().flatten(), width.unwrap_or(usize::MAX))
}

fn folded(parts: impl Iterator<Item = String>, width: usize) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for part in parts {
        let wide = part.chars().count();
        let between = match column {
            0 => "",
            _ if BETWEEN.chars().count() + column + wide > width => "\n",
            _ => BETWEEN,
        };
        column = if between == "\n" { wide } else { column + between.chars().count() + wide };
        text = text + between + &part;
    }
    text
}

/// Tokens per second from the model's first sign to the end; the wait before it is not the model's.
fn speed(timings: &Timings, tokens: u64) -> Option<String> {
    let began = timings.first_reasoning.or(timings.first_answer_upstream)?;
    let took = timings.total?.checked_sub(began).filter(|took| *took > 0)?;
    Some(format!("{:.1} tokens/s", tokens as f64 * 1000.0 / took as f64))
}

#[cfg(test)]
mod tests {
    use gateway_client::Timings;

    use super::footer;

    #[test]
    fn leaves_out_what_is_not_known() {
        let all = Timings {
            prompt_summary: Some(420),
            first_reasoning: Some(100),
            first_live: Some(700),
            reasoning_summary: Some(1900),
            first_answer_upstream: Some(1000),
            first_answer_sent: Some(2100),
            stall: Some(1100),
            total: Some(5100),
            reasoning_end: Some(900),
        };
        let total = Timings { total: Some(5), ..Timings::default() };
        for (timings, tokens, line) in [
            (
                &all,
                Some(250),
                "prompt summary 0.42 s · first live line 0.70 s · reasoning summary 1.90 s · first answer 2.10 s · stall 1.10 s · total 5.10 s · 250 tokens · 50.0 tokens/s",
            ),
            (&total, Some(7), "total 0.01 s · 7 tokens"),
            (&total, None, "total 0.01 s"),
            (&Timings::default(), None, ""),
        ] {
            assert_eq!(footer(timings, tokens, None), line);
        }
        let folded = footer(&all, Some(250), Some(60));
        assert!(folded.lines().all(|line| line.chars().count() <= 60), "{folded}");
        assert_eq!(folded.replace('\n', " · "), footer(&all, Some(250), None));
    }
}
