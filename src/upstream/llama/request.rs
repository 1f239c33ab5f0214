//! A chat request as one for a completion.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::template::Template;
use crate::upstream::Unsupported;

/// Members that mean something in a chat alone, and change nothing about its text.
const OF_CHATS: &[&str] = &[
    "stream_options",
    "n",
    "user",
    "metadata",
    "store",
    "service_tier",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "functions",
    "function_call",
    "logprobs",
    "top_logprobs",
    "modalities",
    "audio",
];

/// Members that are called otherwise there.
const RENAMED: &[(&str, &str)] = &[
    ("max_completion_tokens", "n_predict"),
    ("max_tokens", "n_predict"),
    ("repetition_penalty", "repeat_penalty"),
];

/// The body of a completion that says what a chat's says. What has no rule is handed on as it is:
/// the server has parameters of its own.
pub(super) fn body(chat: &[u8], template: &Template) -> Bytes {
    let mut body: Map<String, Value> = serde_json::from_slice(chat).unwrap_or_default();
    let messages = body.shift_remove("messages").unwrap_or_default();
    let prompt = template.prompt(messages.as_array().map_or(&[], Vec::as_slice));
    for name in OF_CHATS {
        body.shift_remove(*name);
    }
    for (name, own) in RENAMED {
        let value = body.shift_remove(*name).filter(|value| !value.is_null());
        if let Some(value) = value {
            body.entry(*own).or_insert(value);
        }
    }
    if let Some(schema) = body.shift_remove("response_format").as_ref().and_then(schema) {
        body.insert("json_schema".to_owned(), schema);
    }
    let stops = stops(body.shift_remove("stop").unwrap_or_default(), template);
    body.insert("stop".to_owned(), stops.into());
    body.insert("prompt".to_owned(), prompt.into());
    Value::from(body).to_string().into()
}

/// What the client stops at, and where the model's turn ends.
fn stops(given: Value, template: &Template) -> Vec<Value> {
    let mut stops = match given {
        Value::String(stop) => vec![stop.into()],
        Value::Array(stops) => stops,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![],
    };
    for own in template.stops {
        if !stops.iter().any(|stop| stop == own) {
            stops.push((*own).into());
        }
    }
    stops
}

/// What the answer's JSON must be like, if it must be JSON.
fn schema(format: &Value) -> Option<Value> {
    match format["type"].as_str() {
        Some("json_schema") => Some(format["json_schema"]["schema"].clone()),
        Some("json_object") => Some(json!({"type": "object"})),
        _ => None,
    }
}

/// The first part of a chat request that a prompt can't say.
pub(super) fn unsupported(messages: &[Value], members: &Map<String, Value>) -> Option<Unsupported> {
    let is_asked = |name: &str| members.get(name).is_some_and(is_something);
    let no = |field: String, what| Some(Unsupported { field, what });
    for (name, what) in [
        ("tools", "tools"),
        ("functions", "functions"),
        ("logprobs", "log probabilities"),
        ("top_logprobs", "log probabilities"),
        ("audio", "audio"),
    ] {
        if is_asked(name) {
            return no(name.to_owned(), what);
        }
    }
    if members.get("modalities").is_some_and(|asked| !is_text_alone(asked)) {
        return no("modalities".to_owned(), "anything but text");
    }
    let format = members.get("response_format").map(|format| format["type"].as_str());
    if !matches!(format, None | Some(None | Some("text" | "json_object" | "json_schema"))) {
        return no("response_format.type".to_owned(), "this format");
    }
    messages
        .iter()
        .enumerate()
        .find_map(|(at, message)| unsaid(&format!("messages[{at}]"), message))
}

fn unsaid(path: &str, message: &Value) -> Option<Unsupported> {
    if matches!(message["role"].as_str(), Some("tool" | "function")) {
        return Some(Unsupported { field: format!("{path}.role"), what: "results of tools" });
    }
    for name in ["tool_calls", "function_call"] {
        if message.get(name).is_some_and(is_something) {
            return Some(Unsupported { field: format!("{path}.{name}"), what: "calls of tools" });
        }
    }
    let parts = message["content"].as_array()?;
    let at = parts.iter().position(|part| part["type"] != "text")?;
    let what = match parts[at]["type"].as_str() {
        Some("image_url" | "image" | "input_image") => "images",
        _ => "anything but text",
    };
    Some(Unsupported { field: format!("{path}.content[{at}]"), what })
}

/// Whether a member asks for something: not nothing, and not an empty list of it.
fn is_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Number(number) => number.as_u64() != Some(0),
        Value::Bool(true) | Value::String(_) | Value::Object(_) => true,
    }
}

fn is_text_alone(modalities: &Value) -> bool {
    modalities.is_null()
        || modalities.as_array().is_some_and(|all| all.iter().all(|modality| modality == "text"))
}

/// A message's text, whether it came as one text or as parts.
pub(super) fn text_of(message: &Value) -> String {
    if let Some(text) = message["content"].as_str() {
        return text.to_owned();
    }
    let parts = message["content"].as_array().into_iter().flatten();
    parts.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::template::{CHATML, PHI};
    use super::{body, unsupported};

    const PROMPT: &str = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n";

    #[test]
    fn each_member_becomes_what_the_server_calls_it() {
        for (case, members, expected) in [
            ("nothing more", json!({}), json!({"stop": ["<|im_end|>"]})),
            (
                "the same names",
                json!({"temperature": 0.5, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "seed": 7,
                    "presence_penalty": 1, "frequency_penalty": -1, "stream": true, "model": "m"}),
                json!({"temperature": 0.5, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "seed": 7,
                    "presence_penalty": 1, "frequency_penalty": -1, "stream": true, "model": "m",
                    "stop": ["<|im_end|>"]}),
            ),
            ("limit", json!({"max_tokens": 9}), json!({"n_predict": 9, "stop": ["<|im_end|>"]})),
            (
                "two limits",
                json!({"max_tokens": 9, "max_completion_tokens": 8}),
                json!({"n_predict": 8, "stop": ["<|im_end|>"]}),
            ),
            (
                "no limit",
                json!({"max_tokens": null, "repetition_penalty": 1.1}),
                json!({"repeat_penalty": 1.1, "stop": ["<|im_end|>"]}),
            ),
            (
                "its own limit",
                json!({"n_predict": 7, "max_tokens": 9}),
                json!({"n_predict": 7, "stop": ["<|im_end|>"]}),
            ),
            ("a stop", json!({"stop": "END"}), json!({"stop": ["END", "<|im_end|>"]})),
            (
                "stops",
                json!({"stop": ["<|im_end|>", "END"]}),
                json!({"stop": ["<|im_end|>", "END"]}),
            ),
            (
                "its own parameters",
                json!({"mirostat": 2, "stream_options": {}, "n": 1, "user": "u", "tools": []}),
                json!({"mirostat": 2, "stop": ["<|im_end|>"]}),
            ),
            (
                "JSON",
                json!({"response_format": {"type": "json_object"}}),
                json!({"json_schema": {"type": "object"}, "stop": ["<|im_end|>"]}),
            ),
            (
                "a schema",
                json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array"}}}}),
                json!({"json_schema": {"type": "array"}, "stop": ["<|im_end|>"]}),
            ),
            ("text", json!({"response_format": {"type": "text"}}), json!({"stop": ["<|im_end|>"]})),
        ] {
            let mut chat = members;
            chat["messages"] = json!([{"role": "user", "content": "hi"}]);
            let mut got: Value =
                serde_json::from_slice(&body(chat.to_string().as_bytes(), &CHATML)).unwrap();
            let prompt = got.as_object_mut().unwrap().shift_remove("prompt");
            assert_eq!(prompt, Some(PROMPT.into()), "{case}");
            assert_eq!(got, expected, "{case}");
        }
        let got: Value = serde_json::from_slice(&body(b"{}", &PHI)).unwrap();
        assert_eq!(got, json!({"stop": ["<|end|>"], "prompt": "<|assistant|>\n"}));
    }

    fn refused(messages: &Value, members: &Value) -> Option<(String, &'static str)> {
        let refused = unsupported(messages.as_array().unwrap(), members.as_object().unwrap());
        refused.map(|refused| (refused.field, refused.what))
    }

    #[test]
    fn what_a_prompt_cannot_say_is_named() {
        for (members, expected) in [
            (json!({}), None),
            (
                json!({"tools": [], "tool_choice": "none", "logprobs": false, "top_logprobs": 0}),
                None,
            ),
            (json!({"tools": null, "modalities": ["text"], "audio": null}), None),
            (json!({"response_format": {"type": "json_object"}}), None),
            (json!({"response_format": null}), None),
            (json!({"tools": [1]}), Some(("tools", "tools"))),
            (json!({"functions": [1]}), Some(("functions", "functions"))),
            (json!({"logprobs": true}), Some(("logprobs", "log probabilities"))),
            (json!({"top_logprobs": 2}), Some(("top_logprobs", "log probabilities"))),
            (json!({"audio": {}}), Some(("audio", "audio"))),
            (json!({"modalities": ["text", "audio"]}), Some(("modalities", "anything but text"))),
            (
                json!({"response_format": {"type": "regex"}}),
                Some(("response_format.type", "this format")),
            ),
        ] {
            let expected = expected.map(|(field, what)| (field.to_owned(), what));
            assert_eq!(refused(&json!([]), &members), expected, "{members}");
        }
        for (message, expected) in [
            (json!({"role": "user", "content": "hi"}), None),
            (json!({"role": "user", "content": [{"type": "text", "text": "hi"}]}), None),
            (json!({"role": "assistant", "content": null, "tool_calls": []}), None),
            (
                json!({"role": "tool", "content": "4"}),
                Some(("messages[1].role", "results of tools")),
            ),
            (
                json!({"role": "assistant", "tool_calls": [1]}),
                Some(("messages[1].tool_calls", "calls of tools")),
            ),
            (
                json!({"role": "user", "content": [{"type": "text", "text": ""}, {"type": "image_url"}]}),
                Some(("messages[1].content[1]", "images")),
            ),
            (
                json!({"role": "user", "content": [{"type": "input_audio"}]}),
                Some(("messages[1].content[0]", "anything but text")),
            ),
        ] {
            let expected = expected.map(|(field, what)| (field.to_owned(), what));
            let messages = json!([{"role": "system", "content": "s"}, message]);
            assert_eq!(refused(&messages, &json!({})), expected, "{messages}");
        }
    }
}
