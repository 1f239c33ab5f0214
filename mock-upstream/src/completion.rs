//! llama.cpp's own `/completion`: a prompt instead of a chat, and replies of another form.
//!
//! Source: `tools/server/README.md` of ggml-org/llama.cpp, "POST /completion".

use serde_json::{Value, json};

use crate::chat_request::Invalid;
use crate::chunks::Counted;

/// Marks of the template that prompts are read in, `ChatML`.
const BEGINS: &str = "<|im_start|>";
const ENDS: &str = "<|im_end|>";

/// The chat that a prompt holds; a prompt without marks is what the user says.
pub(crate) fn as_chat(body: &Value) -> Result<Value, Invalid> {
    let Some(prompt) = body["prompt"].as_str() else {
        let message = "\"prompt\" must be a string";
        return Err(Invalid { param: "prompt", message });
    };
    let turns = prompt.split(BEGINS).filter_map(|turn| turn.split_once('\n'));
    let mut messages: Vec<Value> = turns
        .filter_map(|(role, said)| {
            let (said, _) = said.rsplit_once(ENDS)?;
            Some(json!({"role": role, "content": said}))
        })
        .collect();
    if messages.is_empty() {
        messages.push(json!({"role": "user", "content": prompt}));
    }
    let limit = body["n_predict"].as_u64();
    Ok(json!({"model": body["model"], "stream": body["stream"], "messages": messages,
        "max_tokens": limit}))
}

/// An event that says something.
pub(crate) fn text(text: &str) -> Value {
    json!({"index": 0, "content": text, "tokens": [], "stop": false, "id_slot": 0,
        "tokens_predicted": 0, "tokens_evaluated": 0})
}

/// The last event, or, with a content, the whole reply.
pub(crate) fn last(model: &str, content: &str, finish: Option<&str>, counted: Counted) -> Value {
    let stop_type = match finish {
        Some("stop") => "eos",
        Some("length") => "limit",
        Some(_) => "word",
        None => "none",
    };
    json!({"index": 0, "content": content, "tokens": [], "id_slot": 0, "stop": finish.is_some(), "model": model,
        "tokens_predicted": counted.completion, "tokens_evaluated": counted.prompt,
        "generation_settings": {}, "prompt": "", "has_new_line": false, "truncated": false,
        "stop_type": stop_type, "stopping_word": "", "tokens_cached": 0,
        "timings": {"prompt_n": counted.prompt, "predicted_n": counted.completion}})
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::as_chat;

    #[test]
    fn prompts_are_read_as_chats() {
        for (prompt, expected) in [
            ("Why?", json!([{"role": "user", "content": "Why?"}])),
            (
                "<|im_start|>system\nBe\nbrief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n",
                json!([{"role": "system", "content": "Be\nbrief."}, {"role": "user", "content": "Why?"}]),
            ),
        ] {
            let body = json!({"model": "m", "prompt": prompt, "stream": true, "n_predict": 3});
            let chat = as_chat(&body).unwrap();
            assert_eq!(chat["messages"], expected, "{prompt}");
            assert_eq!((&chat["model"], &chat["max_tokens"]), (&json!("m"), &json!(3)));
        }
        assert_eq!(as_chat(&json!({"prompt": [1]})).unwrap_err().param, "prompt");
        let unlimited = as_chat(&json!({"prompt": "", "n_predict": -1})).unwrap();
        assert!(unlimited["max_tokens"].is_null());
    }
}
