//! `instructions` and `input` as messages.

use serde_json::{Value, json};

use crate::http::conversation::{Conversation, text};
use crate::http::fields::{Fields, describe};

/// The conversation; what can't be read of it is noted under its own path.
pub(super) fn messages(fields: &mut Fields<'_>) -> Vec<Value> {
    let mut conversation = Conversation::default();
    if let Some(instructions) = fields.take_text("instructions") {
        conversation.instruct(&instructions);
    }
    match fields.take("input") {
        None => fields.missing("input", "a text or an array of items"),
        Some(Value::String(said)) => conversation.say("user", vec![text(&said)]),
        Some(Value::Array(items)) if !items.is_empty() => {
            for (at, entry) in items.iter().enumerate() {
                item(fields, &mut conversation, &format!("input[{at}]"), entry);
            }
        }
        Some(other) => {
            let expected = "a text or an array of at least one item";
            let _: Option<()> = fields.wrong("input", expected, &other);
        }
    }
    let messages = conversation.into_messages();
    // Where nothing could be read the reason is noted already.
    if messages.is_empty() { vec![json!({"role": "user", "content": ""})] } else { messages }
}

fn item(fields: &mut Fields<'_>, conversation: &mut Conversation, path: &str, item: &Value) {
    let kind = item.get("type").filter(|kind| !kind.is_null());
    match kind.map(|kind| kind.as_str().unwrap_or_default()) {
        None | Some("message") => message(fields, conversation, path, item),
        Some("function_call") => {
            let id = required(fields, path, item, "call_id");
            let name = required(fields, path, item, "name");
            let is_silent = item["arguments"].is_null();
            let arguments =
                if is_silent { "{}" } else { required(fields, path, item, "arguments") };
            conversation.call(id, name, arguments);
        }
        Some("function_call_output") => {
            let id = required(fields, path, item, "call_id");
            let output = parts(fields, &format!("{path}.output"), &item["output"]);
            conversation.result(id, output);
        }
        // What models thought before is not told to them again; most chat templates drop it too.
        Some("reasoning") => {}
        Some(_) => {
            let expected = "expected message, function_call, function_call_output or reasoning";
            let came = describe(&item["type"]);
            fields.error(&format!("{path}.type"), format!("{expected}, got {came}"));
        }
    }
}

fn message(fields: &mut Fields<'_>, conversation: &mut Conversation, path: &str, item: &Value) {
    let content = parts(fields, &format!("{path}.content"), &item["content"]);
    match item["role"].as_str() {
        Some("system" | "developer") => {
            let texts: Vec<&str> =
                content.iter().filter_map(|part| part["text"].as_str()).collect();
            conversation.instruct(&texts.join("\n"));
        }
        Some(role @ ("user" | "assistant")) => conversation.say(role, content),
        _ => {
            let came = describe(&item["role"]);
            let expected = "expected user, assistant, system or developer";
            fields.error(&format!("{path}.role"), format!("{expected}, got {came}"));
        }
    }
}

fn required<'a>(fields: &mut Fields<'_>, path: &str, item: &'a Value, name: &str) -> &'a str {
    item[name].as_str().unwrap_or_else(|| {
        let came = describe(&item[name]);
        fields.error(&format!("{path}.{name}"), format!("expected a text, got {came}"));
        ""
    })
}

fn parts(fields: &mut Fields<'_>, path: &str, content: &Value) -> Vec<Value> {
    match content {
        Value::String(said) => vec![text(said)],
        Value::Array(listed) => {
            let read = listed.iter().enumerate();
            read.filter_map(|(at, given)| part(fields, &format!("{path}[{at}]"), given)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            let came = describe(content);
            fields.error(path, format!("expected a text or an array of parts, got {came}"));
            vec![]
        }
    }
}

fn part(fields: &mut Fields<'_>, path: &str, part: &Value) -> Option<Value> {
    match part["type"].as_str() {
        Some("input_text" | "output_text" | "text" | "summary_text") => {
            Some(text(required(fields, path, part, "text")))
        }
        Some("refusal") => Some(text(required(fields, path, part, "refusal"))),
        Some("input_image") => {
            let url = required(fields, path, part, "image_url");
            let mut image = json!({"url": url});
            if part["detail"].is_string() {
                image["detail"] = part["detail"].clone();
            }
            Some(json!({"type": "image_url", "image_url": image}))
        }
        Some("input_audio") => {
            Some(json!({"type": "input_audio", "input_audio": part["input_audio"]}))
        }
        _ => {
            let expected = "expected input_text, output_text, input_image or input_audio";
            let came = describe(&part["type"]);
            fields.error(&format!("{path}.type"), format!("{expected}, got {came}"));
            None
        }
    }
}
