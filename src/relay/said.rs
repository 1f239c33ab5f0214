//! What the model said in the call that counts. Void when that call is made anew.

use std::time::Duration;

use reasoning_stream::{FinishReason, Timings, ToolCall, Usage, Warning};

use super::summary::Thought;
use super::text::Excerpt;

/// Tool calls that are kept; a model that makes more is broken.
const MAX_TOOL_CALLS: usize = 128;

/// What the model said, the answer's text aside: that goes straight to the client.
#[repr(C)]
pub(super) struct Said {
    pub(super) finish: Option<FinishReason>,
    pub(super) usage: Option<Box<Usage>>,
    pub(super) tool_calls: Vec<ToolCall>,
    warnings: Vec<&'static str>,
    pub(super) thoughts: Excerpt,
    pub(super) reasoning_ended: bool,
    /// Whether any text of the answer, or a tool call, has come.
    pub(super) answered: bool,
    // Last, because each token counts here: see `Turn`.
    pub(super) answer_bytes: usize,
}

impl Said {
    pub(super) const fn nothing(max_reasoning_chars: usize) -> Self {
        Self {
            thoughts: Excerpt::new(max_reasoning_chars),
            reasoning_ended: false,
            answered: false,
            answer_bytes: 0,
            finish: None,
            usage: None,
            tool_calls: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// What the model has thought, if it has.
    pub(super) fn thought(&self, timings: &Timings) -> Option<Thought> {
        if self.thoughts.is_blank() {
            return None;
        }
        let took = timings.reasoning_end.zip(timings.first_reasoning);
        let took = took.map_or(0, |(end, began)| end.saturating_sub(began));
        let (text, bytes) = (self.thoughts.text(), self.thoughts.total());
        Some(Thought { text, bytes, took: Duration::from_millis(took) })
    }

    pub(super) fn warn(&mut self, warning: &'static str) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Notes why the model stopped. Clients know OpenAI's reasons alone: a word that is none of
    /// them ends an answer that the upstream calls complete.
    pub(super) fn finish(&mut self, reason: FinishReason) {
        let unknown = matches!(reason, FinishReason::Other(_));
        if unknown {
            self.warn("unknown_finish_reason");
        }
        self.finish = Some(if unknown { FinishReason::Stop } else { reason });
    }

    /// Joins parts of tool calls: the same index is the same call. Returns those that are kept.
    pub(super) fn merge_tool_calls(&mut self, parts: Vec<ToolCall>) -> Vec<ToolCall> {
        self.answered = true;
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            self.answer_bytes += part.function.arguments.as_ref().map_or(0, String::len);
            let known = self.tool_calls.iter().position(|call| call.index == part.index);
            match known {
                Some(at) => merge(&mut self.tool_calls[at], part.clone()),
                None if self.tool_calls.len() < MAX_TOOL_CALLS => {
                    self.tool_calls.push(part.clone());
                }
                None => {
                    self.warn("too_many_tool_calls");
                    continue;
                }
            }
            kept.push(part);
        }
        kept
    }

    /// All oddities, those included that only the end shows.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        if !self.tool_calls.is_empty() {
            // A model that calls a tool need not answer.
            warnings.retain(|&warning| warning != Warning::MissingFinal.as_str());
        }
        if !self.answered && self.thoughts.total() > 0 && self.finish == Some(FinishReason::Length)
        {
            warnings.push("reasoning_truncated");
        }
        if !self.answered && self.thoughts.is_blank() && self.finish.is_some() {
            warnings.push("empty_output");
        }
        warnings.into_iter().map(str::to_owned).collect()
    }
}

fn merge(call: &mut ToolCall, part: ToolCall) {
    call.id = call.id.take().or(part.id);
    call.kind = call.kind.take().or(part.kind);
    call.function.name = call.function.name.take().or(part.function.name);
    if let Some(more) = part.function.arguments {
        call.function.arguments.get_or_insert_default().push_str(&more);
    }
}

#[cfg(test)]
mod tests {
    use reasoning_stream::{FinishReason, ToolCall, ToolFunction};

    use super::Said;

    fn part(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> ToolCall {
        let function =
            ToolFunction { name: name.map(Into::into), arguments: Some(arguments.into()) };
        ToolCall { index, id: id.map(Into::into), kind: None, function }
    }

    #[test]
    fn joins_parts_of_tool_calls() {
        let mut said = Said::nothing(100);
        said.merge_tool_calls(vec![part(0, Some("a"), Some("add"), "{\"x\"")]);
        said.merge_tool_calls(vec![
            part(1, Some("b"), Some("sub"), "{}"),
            part(0, None, None, ":1}"),
        ]);
        let expected = vec![
            part(0, Some("a"), Some("add"), "{\"x\":1}"),
            part(1, Some("b"), Some("sub"), "{}"),
        ];
        assert_eq!(said.tool_calls, expected);
        let more = (2..1_000).map(|index| part(index, None, None, "")).collect();
        assert_eq!(said.merge_tool_calls(more).len(), super::MAX_TOOL_CALLS - 2);
        assert_eq!(said.tool_calls.len(), super::MAX_TOOL_CALLS);
        said.warn("missing_final");
        assert_eq!(said.warnings(), ["too_many_tool_calls"]);
    }

    #[test]
    fn knows_the_reasons_that_clients_know() {
        for (reason, expected, warned) in [
            (FinishReason::Length, FinishReason::Length, false),
            (FinishReason::Other("bored".into()), FinishReason::Stop, true),
        ] {
            let mut said = Said::nothing(100);
            said.answered = true;
            said.finish(reason.clone());
            assert_eq!(said.finish, Some(expected), "{reason:?}");
            let warnings = said.warnings();
            assert_eq!(warnings == ["unknown_finish_reason"], warned, "{reason:?}: {warnings:?}");
        }
    }

    #[test]
    fn warns_at_the_end() {
        for (case, thoughts, answered, finish, expected) in [
            ("fine", "hm", true, Some(FinishReason::Stop), &[][..]),
            ("thought too long", "hm", false, Some(FinishReason::Length), &["reasoning_truncated"]),
            ("said nothing", "", false, Some(FinishReason::Stop), &["empty_output"]),
            ("broke", "", false, None, &[]),
        ] {
            let mut said = Said::nothing(100);
            said.thoughts.push(thoughts);
            (said.answered, said.finish) = (answered, finish);
            assert_eq!(said.warnings(), expected, "{case}");
        }
    }
}
