//! Checks the conversation that a client sends.

use serde_json::{Map, Value};

use super::fields::{Fields, describe};

/// Every role that OpenAI's reference has.
const ROLES: [&str; 6] = ["system", "developer", "user", "assistant", "tool", "function"];

/// The messages, if they are some. Each wrong member is noted under its own path.
pub(super) fn check(fields: &mut Fields<'_>, messages: &Value) -> Option<Vec<Value>> {
    let Some(listed) = messages.as_array().filter(|messages| !messages.is_empty()) else {
        return fields.wrong("messages", "an array of at least one message", messages);
    };
    for (at, message) in listed.iter().enumerate() {
        check_message(fields, &format!("messages[{at}]"), message);
    }
    Some(listed.clone())
}

fn check_message(fields: &mut Fields<'_>, path: &str, message: &Value) {
    let Some(message) = message.as_object() else {
        fields.error(path, format!("expected an object, got {}", describe(message)));
        return;
    };
    let role = message.get("role").unwrap_or(&Value::Null);
    if !role.as_str().is_some_and(|role| ROLES.contains(&role)) {
        let expected = format!("expected one of {}; got {}", ROLES.join(", "), describe(role));
        fields.error(&format!("{path}.role"), expected);
    }
    let path = format!("{path}.content");
    match message.get("content").unwrap_or(&Value::Null) {
        Value::String(_) => {}
        Value::Array(parts) => check_parts(fields, &path, parts),
        Value::Null if may_be_silent(message) => {}
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
            let came = describe(other);
            fields.error(&path, format!("expected a text or an array of parts, got {came}"));
        }
    }
}

/// An assistant that calls tools need not say anything.
fn may_be_silent(message: &Map<String, Value>) -> bool {
    message.get("role").is_some_and(|role| role == "assistant")
}

fn check_parts(fields: &mut Fields<'_>, path: &str, parts: &[Value]) {
    for (at, part) in parts.iter().enumerate() {
        let kind = part.get("type").and_then(Value::as_str);
        let path = format!("{path}[{at}]");
        match kind {
            None => fields.error(&path, "expected an object with a \"type\"".to_owned()),
            Some("text") if !part["text"].is_string() => {
                let came = describe(&part["text"]);
                fields.error(&format!("{path}.text"), format!("expected a text, got {came}"));
            }
            Some(_) => {}
        }
    }
}
