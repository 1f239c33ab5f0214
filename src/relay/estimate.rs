//! How many tokens a prompt has, about: a quarter of its characters.
//!
//! A tokenizer would need each model's own vocabulary. Images are not counted.

use serde_json::Value;

use super::request::ChatRequest;

/// Characters that make a token.
const CHARACTERS: u64 = 4;

/// Members of a request, beside its messages, that the model reads as text.
const READ: [&str; 4] = ["tools", "functions", "response_format", "documents"];

/// The tokens of a prompt: its messages, and what else the model reads.
pub(super) fn prompt_tokens(request: &ChatRequest) -> u64 {
    let read = READ.iter().filter_map(|name| request.members.get(*name));
    let read: u64 = read.map(|member| characters(&member.to_string())).sum();
    (prompt_characters(request) + read).div_ceil(CHARACTERS)
}

/// The characters of a prompt's messages.
pub(super) fn prompt_characters(request: &ChatRequest) -> u64 {
    request.messages.iter().map(message).sum()
}

/// The tokens of a text of so many bytes.
pub(super) const fn tokens_of_bytes(bytes: u64) -> u64 {
    bytes.div_ceil(CHARACTERS)
}

/// The characters of a message's texts: what was said, thought and called.
fn message(message: &Value) -> u64 {
    let content = match &message["content"] {
        Value::String(text) => characters(text),
        Value::Array(parts) => parts.iter().map(part).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => 0,
    };
    // A server that knows both names of the reasoning reads one of them.
    let thought = text(&message["reasoning_content"]).max(text(&message["reasoning"]));
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let called = calls.map(|it| &it["function"]).chain([&message["function_call"]]);
    let called: u64 = called.map(|it| text(&it["name"]) + text(&it["arguments"])).sum();
    content + thought + text(&message["refusal"]) + called
}

fn part(part: &Value) -> u64 {
    ["text", "thinking", "refusal"].iter().map(|name| text(&part[*name])).sum()
}

fn text(value: &Value) -> u64 {
    value.as_str().map_or(0, characters)
}

fn characters(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};
    use tokio::time::Instant;

    use super::{ChatRequest, prompt_tokens};
    use crate::relay::request::SummaryOptions;
    use crate::traces::trace::Trace;

    fn tokens(messages: Value, members: Value) -> u64 {
        let members: Map<String, Value> = serde_json::from_value(members).unwrap();
        prompt_tokens(&ChatRequest {
            id: "r".into(),
            path: "/".into(),
            arrived: Instant::now(),
            stream: true,
            model: "m".into(),
            messages: serde_json::from_value(messages).unwrap(),
            members,
            summary_model: None,
            summaries: SummaryOptions::default(),
            trace: Trace::default(),
        })
    }

    #[test]
    fn counts_what_is_text() {
        let image = json!({"type": "image_url", "image_url": {"url": "x".repeat(4_000)}});
        let call = json!({"id": "a", "function": {"name": "f", "arguments": "1234"}});
        for (case, message, expected) in [
            ("nothing", json!({"role": "user", "content": ""}), 0),
            ("rounded up", json!({"role": "user", "content": "12345"}), 2),
            ("characters, not bytes", json!({"role": "user", "content": "ääää"}), 1),
            (
                "parts",
                json!({"role": "user", "content": [{"type": "text", "text": "12345678"}, image]}),
                2,
            ),
            ("calls", json!({"role": "assistant", "content": null, "tool_calls": [call, call]}), 3),
            ("odd", json!({"role": "user", "content": 7}), 0),
        ] {
            assert_eq!(tokens(json!([message]), json!({})), expected, "{case}");
            assert_eq!(
                tokens(json!([message, message]), json!({})).div_ceil(2),
                expected,
                "{case}"
            );
        }
        let eight = "12345678";
        for (case, message) in [
            ("reasoning", json!({"role": "assistant", "content": "", "reasoning_content": eight})),
            ("by another name", json!({"role": "assistant", "content": "", "reasoning": eight})),
            ("a refusal", json!({"role": "assistant", "refusal": eight})),
            ("a call's name", json!({"tool_calls": [{"function": {"name": eight}}]})),
            ("the older call", json!({"function_call": {"name": "1234", "arguments": "5678"}})),
            ("thoughts", json!({"content": [{"type": "thinking", "thinking": eight}]})),
        ] {
            assert_eq!(tokens(json!([message]), json!({})), 2, "{case}");
        }
        let schema = json!({"type": "json_schema", "json_schema": {"schema": {"x": "1"}}});
        for (case, members, expected) in [
            ("tools, with brackets and quotes", json!({"tools": [eight]}), 3),
            ("functions", json!({"functions": [eight]}), 3),
            ("a schema", json!({"response_format": schema}), 15),
            ("documents", json!({"documents": [eight]}), 3),
            ("what the model does not read", json!({"user": eight, "metadata": {"a": eight}}), 0),
        ] {
            assert_eq!(tokens(json!([]), members), expected, "{case}");
        }
    }
}
