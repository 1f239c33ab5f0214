//! How many tokens a prompt has, about: a quarter of its characters.
//!
//! A tokenizer would need each model's own vocabulary. Images are not counted.

use serde_json::Value;

use super::request::ChatRequest;

/// Characters that make a token.
const CHARACTERS: u64 = 4;

/// The tokens of a prompt: its messages, and the tools that it describes.
pub(super) fn prompt_tokens(request: &ChatRequest) -> u64 {
    let tools = request.members.get("tools").map_or(0, |tools| characters(&tools.to_string()));
    (prompt_characters(request) + tools).div_ceil(CHARACTERS)
}

/// The characters of a prompt's messages.
pub(super) fn prompt_characters(request: &ChatRequest) -> u64 {
    request.messages.iter().map(message).sum()
}

/// The tokens of a text of so many bytes.
pub(super) const fn tokens_of_bytes(bytes: u64) -> u64 {
    bytes.div_ceil(CHARACTERS)
}

fn message(message: &Value) -> u64 {
    let content = match &message["content"] {
        Value::String(text) => characters(text),
        Value::Array(parts) => parts.iter().map(|part| text(&part["text"])).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => 0,
    };
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    content + calls.map(|call| text(&call["function"]["arguments"])).sum::<u64>()
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
            ("calls", json!({"role": "assistant", "content": null, "tool_calls": [call, call]}), 2),
            ("odd", json!({"role": "user", "content": 7}), 0),
        ] {
            assert_eq!(tokens(json!([message]), json!({})), expected, "{case}");
            assert_eq!(
                tokens(json!([message, message]), json!({})).div_ceil(2),
                expected,
                "{case}"
            );
        }
        assert_eq!(tokens(json!([]), json!({"tools": ["12345678"]})), 3, "brackets and quotes too");
    }
}
