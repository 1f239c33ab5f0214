//! Remarks on stderr: what a reader of the answer should know about it.

use gateway_client::{ErrorEvent, Event, FinishReason, Source, Stage};

use super::clean;

/// How serious a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The answer is not complete.
    Error,
    /// Part of it is not what it should be.
    Warning,
    /// Good to know.
    Note,
}

/// The remarks that an event calls for, each on one line.
pub(crate) fn notes(event: &Event) -> Vec<(Weight, String)> {
    match event {
        Event::PromptSummary(it) if it.source == Source::Fallback => fallback("prompt"),
        Event::ReasoningSummary(it) => reasoning(it.source),
        Event::PromptSummary(_)
        | Event::RawReasoning(_)
        | Event::ReasoningDelta(_)
        | Event::OutputDelta(_) => vec![],
        Event::Error(error) => vec![failed(error)],
        Event::OutputDone(done) => {
            let ending = ending(&done.finish_reason).map(|text| (Weight::Note, text));
            let warned = |it: &String| (Weight::Warning, clean::line(it));
            ending.into_iter().chain(done.warnings.iter().map(warned)).collect()
        }
    }
}

fn fallback(of: &str) -> Vec<(Weight, String)> {
    let text = format!("no model summarised the {of}: its first sentences follow");
    vec![(Weight::Note, text)]
}

fn reasoning(source: Source) -> Vec<(Weight, String)> {
    let text = match source {
        Source::Fallback => return fallback("reasoning"),
        Source::Rolling => "the summary of the reasoning lacks its end",
        Source::Metadata => "no model summarised the reasoning: its length follows",
        Source::Model | Source::SecondModel | Source::None => return vec![],
    };
    vec![(Weight::Note, text.to_owned())]
}

fn failed(error: &ErrorEvent) -> (Weight, String) {
    let weight = if error.fatal { Weight::Error } else { Weight::Warning };
    let stage = match error.stage {
        Stage::PromptSummary => "prompt summary",
        Stage::ReasoningSummary => "reasoning summary",
        Stage::UpstreamStream => "upstream",
        Stage::Gateway => "gateway",
    };
    let detail = error.detail.as_ref().map(|detail| format!(", {detail}")).unwrap_or_default();
    let again = if error.fatal && error.retryable { "; asking again may help" } else { "" };
    let text = format!("{stage}: {} ({}{detail}){again}", error.message, error.code);
    (weight, clean::line(&text))
}

fn ending(reason: &FinishReason) -> Option<String> {
    match reason {
        FinishReason::Stop | FinishReason::ToolCalls => None,
        FinishReason::Length => Some("the answer was cut off at a token limit (length)".to_owned()),
        FinishReason::ContentFilter => {
            Some("the answer was cut off by a filter (content_filter)".to_owned())
        }
        FinishReason::Error => Some("the answer is not complete".to_owned()),
        FinishReason::Other(other) => {
            Some(format!("the model stopped for another reason ({})", clean::line(other)))
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_client::{Event, Source, Summary};
    use serde_json::json;

    use super::{Weight, notes};

    fn error(fatal: bool, message: &str) -> Event {
        let stage = if fatal { "upstream_stream" } else { "prompt_summary" };
        Event::Error(serde_json::from_value(json!({
            "message": message, "stage": stage, "detail": "timeout", "code": "c", "status": 504,
            "retryable": true, "fatal": fatal, "error": {"message": "m", "type": "t", "param": null, "code": null},
        })).unwrap())
    }

    fn done(reason: &str, warnings: &[&str]) -> Event {
        let done = json!({"finish_reason": reason, "warnings": warnings});
        Event::OutputDone(serde_json::from_value(done).unwrap())
    }

    fn summary(source: Source) -> Event {
        Event::ReasoningSummary(Summary { text: "t".to_owned(), source })
    }

    #[test]
    fn remarks_only_on_what_is_remarkable() {
        for (event, expected) in [
            (summary(Source::Model), vec![]),
            (summary(Source::None), vec![]),
            (
                summary(Source::Fallback),
                vec![(
                    Weight::Note,
                    "no model summarised the reasoning: its first sentences follow",
                )],
            ),
            (summary(Source::SecondModel), vec![]),
            (
                summary(Source::Rolling),
                vec![(Weight::Note, "the summary of the reasoning lacks its end")],
            ),
            (
                summary(Source::Metadata),
                vec![(Weight::Note, "no model summarised the reasoning: its length follows")],
            ),
            (Event::OutputDelta("4".to_owned()), vec![]),
            (
                error(false, "too\x1b slow"),
                vec![(Weight::Warning, "prompt summary: too␛ slow (c, timeout)")],
            ),
            (
                error(true, "gone"),
                vec![(Weight::Error, "upstream: gone (c, timeout); asking again may help")],
            ),
            (done("stop", &[]), vec![]),
            (done("tool_calls", &[]), vec![]),
            (done("stop", &["missing_final"]), vec![(Weight::Warning, "missing_final")]),
            (
                done("length", &[]),
                vec![(Weight::Note, "the answer was cut off at a token limit (length)")],
            ),
            (
                done("content_filter", &[]),
                vec![(Weight::Note, "the answer was cut off by a filter (content_filter)")],
            ),
            (done("error", &[]), vec![(Weight::Note, "the answer is not complete")]),
            (
                done("odd\x07", &[]),
                vec![(Weight::Note, "the model stopped for another reason (odd␇)")],
            ),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(weight, text)| (weight, text.to_owned())).collect();
            assert_eq!(notes(&event), expected, "{event:?}");
        }
    }
}
