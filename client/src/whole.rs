//! An answer that came at once (`stream:false`), told as the events that a stream would have had.

use std::collections::VecDeque;

use reasoning_stream::{
    Attempts, Done, ErrorEvent, Event, FinishReason, Stage, Summary, Timings, ToolCall, Usage,
};
use serde::Deserialize;

use crate::Error;

/// The gateway's `chat.completion`, with its own members.
#[derive(Debug, Deserialize)]
pub(crate) struct Whole {
    #[serde(default)]
    pub(crate) request_id: Option<String>,
    choices: Vec<Choice>,
    #[serde(default)]
    summaries: Summaries,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    timings: Timings,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    attempts: Attempts,
    /// Why a summary is a fallback.
    #[serde(default)]
    errors: Vec<ErrorEvent>,
}

#[derive(Debug, Default, Deserialize)]
struct Summaries {
    prompt: Option<Summary>,
    reasoning: Option<Summary>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<FinishReason>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    reasoning_content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

impl Whole {
    /// The events, in the order of a stream; only an answer with a `finish_reason` is complete.
    pub(crate) fn into_events(self) -> Result<VecDeque<Event>, Error> {
        let no_choice = || Error::Protocol("its answer holds no choice".to_owned());
        let choice = self.choices.into_iter().next().ok_or_else(no_choice)?;
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let answer = said(choice.message.content);
        let thought = said(choice.message.reasoning_content);
        let done = Done {
            finish_reason: choice.finish_reason.ok_or(Error::Incomplete)?,
            usage: self.usage,
            timings: self.timings,
            warnings: self.warnings,
            attempts: self.attempts,
            tool_calls: choice.message.tool_calls.unwrap_or_default(),
        };
        let remark = |stage| {
            self.errors.iter().find(|error| error.stage == stage).cloned().map(Event::Error)
        };
        let summaries = [
            remark(Stage::PromptSummary),
            self.summaries.prompt.map(Event::PromptSummary),
            thought.map(Event::RawReasoning),
            remark(Stage::ReasoningSummary),
            self.summaries.reasoning.map(Event::ReasoningSummary),
        ];
        let said = answer.map(Event::OutputDelta);
        Ok(summaries.into_iter().chain([said, Some(Event::OutputDone(done))]).flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Whole;

    fn names(json: &str) -> Vec<String> {
        let whole: Whole = serde_json::from_str(json).unwrap();
        whole.into_events().map_or_else(
            |error| vec![error.to_string()],
            |events| {
                let shown = events.iter().map(|event| format!("{event:?}"));
                shown.map(|event| event.split('(').next().unwrap().to_owned()).collect()
            },
        )
    }

    #[test]
    fn tells_an_answer_as_events() {
        let summaries = r#""summaries":{"prompt":{"text":"p","source":"model"},"reasoning":{"text":"","source":"none"}}"#;
        let choice = r#""choices":[{"message":{"content":"42"},"finish_reason":"stop"}]"#;
        let errors = r#""errors":[{"message":"m","stage":"reasoning_summary","code":"c","status":504,"retryable":true,"fatal":false,"error":{"message":"m","type":"server_error","param":null,"code":"c"}}]"#;
        let thinking = r#""choices":[{"message":{"content":"42","reasoning_content":"hm"},"finish_reason":"stop"}]"#;
        let silent = r#""choices":[{"message":{"content":null},"finish_reason":"stop"}]"#;
        for (case, json, events) in [
            (
                "all",
                format!("{{{choice},{summaries}}}"),
                "PromptSummary ReasoningSummary OutputDelta OutputDone",
            ),
            ("no summaries", format!("{{{choice}}}"), "OutputDelta OutputDone"),
            (
                "raw reasoning",
                format!("{{{thinking},{summaries}}}"),
                "PromptSummary RawReasoning ReasoningSummary OutputDelta OutputDone",
            ),
            ("no answer", format!("{{{silent}}}"), "OutputDone"),
            (
                "a fallback",
                format!("{{{choice},{summaries},{errors}}}"),
                "PromptSummary Error ReasoningSummary OutputDelta OutputDone",
            ),
        ] {
            assert_eq!(names(&json).join(" "), events, "{case}");
        }
    }

    #[test]
    fn is_incomplete_without_a_finish_reason() {
        let unfinished = names(r#"{"choices":[{"message":{"content":"4"}}]}"#);
        assert_eq!(unfinished, [crate::Error::Incomplete.to_string()]);
        assert_eq!(
            names(r#"{"choices":[]}"#),
            ["this is not how a gateway answers: its answer holds no choice"]
        );
    }
}
