//! What each of the calls behind a live answer has cost, for the end of its stream.

use reasoning_stream::Usage;
use serde_json::{Map, Value, json};

use super::ledger::Tally;

/// Bytes of a text that are about one token, in most languages.
const BYTES_PER_TOKEN: usize = 4;

/// The upstream's own counts, with a member `calls` that tells the calls apart.
pub(super) fn with_calls(usage: Option<Usage>, tally: &Tally, reasoning_bytes: usize) -> Usage {
    let mut usage = usage.unwrap_or_default();
    let answer = answer(&usage, tally, reasoning_bytes);
    let rows = [
        ("prompt_summary", tally.prompt.usage()),
        ("answer", Some(answer)),
        ("reasoning_summary", tally.reasoning.usage()),
    ];
    let calls: Map<String, Value> =
        rows.into_iter().filter_map(|(name, row)| Some((name.to_owned(), row?))).collect();
    usage.rest.insert("calls".to_owned(), calls.into());
    usage
}

fn answer(usage: &Usage, tally: &Tally, reasoning_bytes: usize) -> Value {
    let mut answer = json!({"calls": tally.attempts().b});
    let told =
        [("prompt_tokens", usage.prompt_tokens), ("completion_tokens", usage.completion_tokens)];
    for (name, tokens) in told {
        if let Some(tokens) = tokens {
            answer[name] = tokens.into();
        }
    }
    let counted = usage
        .rest
        .get("completion_tokens_details")
        .and_then(|details| details.get("reasoning_tokens"))
        .or_else(|| usage.rest.get("reasoning_tokens"))
        .and_then(Value::as_u64);
    match counted {
        Some(tokens) => answer["reasoning_tokens"] = tokens.into(),
        None => {
            answer["reasoning_tokens"] = reasoning_bytes.div_ceil(BYTES_PER_TOKEN).into();
            answer["estimated"] = true.into();
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use reasoning_stream::Usage;
    use serde_json::{Value, json};

    use super::with_calls;
    use crate::metrics::Metrics;
    use crate::relay::ledger::Tally;
    use crate::traces::trace::Trace;

    #[test]
    fn tells_the_calls_apart() {
        for (case, usage, answer) in [
            (
                "nothing was counted",
                json!({}),
                json!({"calls": 0, "reasoning_tokens": 3, "estimated": true}),
            ),
            (
                "reasoning was not counted",
                json!({"prompt_tokens": 5, "completion_tokens": 9}),
                json!({"calls": 0, "prompt_tokens": 5, "completion_tokens": 9, "reasoning_tokens": 3, "estimated": true}),
            ),
            (
                "all was counted",
                json!({"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 7}}),
                json!({"calls": 0, "completion_tokens": 9, "reasoning_tokens": 7}),
            ),
            (
                "another place",
                json!({"reasoning_tokens": 8}),
                json!({"calls": 0, "reasoning_tokens": 8}),
            ),
        ] {
            let tally = Tally::new("r", Metrics::new().meter("m", true), Trace::default());
            tally.reasoning.called();
            tally.reasoning.called();
            let used: Usage =
                serde_json::from_value(json!({"prompt_tokens": 2, "completion_tokens": 1}))
                    .unwrap();
            tally.reasoning.used(Some(&used));
            tally.reasoning.used(Some(&used));
            let usage: Usage = serde_json::from_value(usage).unwrap();
            let got = with_calls(Some(usage.clone()), &tally, 10);
            let calls = json!({
                "answer": answer,
                "reasoning_summary": {"calls": 2, "prompt_tokens": 4, "completion_tokens": 2},
            });
            assert_eq!(got.rest["calls"], calls, "{case}");
            assert_eq!(got.completion_tokens, usage.completion_tokens, "{case}");
        }
        let tally = Tally::new("r", Metrics::new().meter("m", true), Trace::default());
        assert!(with_calls(None, &tally, 0).rest["calls"]["answer"] != Value::Null);
    }
}
