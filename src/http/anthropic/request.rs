//! A Messages request as a chat request.

use serde_json::{Map, Value, json};

use super::input;
use crate::http::fields::{Fields, describe};

/// What this gateway has not got.
const UNSUPPORTED: &[&str] = &["mcp_servers", "container", "context_management"];

/// Members that mean something to Anthropic's own service alone.
const WITHOUT_MEANING: &[&str] = &["service_tier", "cache_control", "inference_geo", "betas"];

/// What becomes of the thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Nobody asked for it.
    None,
    /// Its summaries are shown, and no more.
    Summarised,
    /// Its summaries are shown, or what `summaries.visibility` asks for.
    Shown,
    /// It is mentioned, without content.
    Omitted,
}

/// The chat request. Whatever no rule names is handed on as it is.
pub(super) fn chat(fields: &mut Fields<'_>) -> (Map<String, Value>, Thinking) {
    for name in UNSUPPORTED {
        if fields.take(name).is_some() {
            fields.error(name, "not supported by this gateway".to_owned());
        }
    }
    for name in WITHOUT_MEANING {
        fields.take(name);
    }
    let messages = input::messages(fields);
    let mut chat = Map::new();
    let thinking = thinking(fields);
    summaries(fields, thinking, &mut chat);
    tools(fields, &mut chat);
    tool_choice(fields, &mut chat);
    output_config(fields, &mut chat);
    stop(fields, &mut chat);
    if let Some(Value::Object(metadata)) = fields.take("metadata") {
        chat.extend(metadata.get("user_id").map(|user| ("user".to_owned(), user.clone())));
    }
    fields.check_whole("top_k", 0);
    chat.extend(fields.take_rest());
    chat.insert("messages".to_owned(), messages.into());
    (chat, thinking)
}

/// Without `thinking` there is none, as with Anthropic.
fn thinking(fields: &mut Fields<'_>) -> Thinking {
    let Some(thinking) = fields.take("thinking") else { return Thinking::None };
    if !matches!(thinking["type"].as_str(), Some("enabled" | "adaptive" | "disabled")) {
        let came = describe(&thinking["type"]);
        let expected = "expected \"enabled\", \"adaptive\" or \"disabled\"";
        fields.error("thinking.type", format!("{expected}, got {came}"));
    }
    match thinking["display"].as_str() {
        _ if thinking["type"] == "disabled" => Thinking::None,
        Some("omitted") => Thinking::Omitted,
        Some("summarized") => Thinking::Summarised,
        None if thinking["display"].is_null() => Thinking::Shown,
        _ => {
            let came = describe(&thinking["display"]);
            let expected = "expected \"summarized\" or \"omitted\"";
            fields.error("thinking.display", format!("{expected}, got {came}"));
            Thinking::None
        }
    }
}

/// Nobody writes summaries that nobody reads.
fn summaries(fields: &mut Fields<'_>, thinking: Thinking, chat: &mut Map<String, Value>) {
    let mut summaries = match fields.take("summaries") {
        None => Map::new(),
        Some(Value::Object(summaries)) => summaries,
        Some(other) => return fields.wrong("summaries", "an object", &other).unwrap_or_default(),
    };
    let asks_for_more = summaries.get("visibility").is_some_and(|asked| asked == "raw");
    if asks_for_more && thinking != Thinking::Shown {
        summaries.insert("visibility".to_owned(), "summary".into());
    }
    if !matches!(thinking, Thinking::Summarised | Thinking::Shown) {
        summaries.insert("prompt".to_owned(), false.into());
        summaries.insert("reasoning".to_owned(), false.into());
    }
    chat.insert("summaries".to_owned(), summaries.into());
}

fn tools(fields: &mut Fields<'_>, chat: &mut Map<String, Value>) {
    let Some(given) = fields.take("tools") else { return };
    let Some(listed) = given.as_array() else {
        return fields.wrong("tools", "an array", &given).unwrap_or_default();
    };
    let tools = listed.iter().enumerate().filter_map(|(at, tool)| function(fields, at, tool));
    let tools: Vec<Value> = tools.collect();
    if !tools.is_empty() {
        chat.insert("tools".to_owned(), tools.into());
    }
}

fn function(fields: &mut Fields<'_>, at: usize, tool: &Value) -> Option<Value> {
    if !tool["type"].is_null() && tool["type"] != "custom" {
        let came = describe(&tool["type"]);
        let expected = "expected \"custom\" (this gateway has no tools of its own)";
        fields.error(&format!("tools[{at}].type"), format!("{expected}, got {came}"));
        return None;
    }
    let Some(name) = tool["name"].as_str() else {
        let came = describe(&tool["name"]);
        fields.error(&format!("tools[{at}].name"), format!("expected a text, got {came}"));
        return None;
    };
    let mut function = json!({"name": name, "parameters": tool["input_schema"]});
    if tool["description"].is_string() {
        function["description"] = tool["description"].clone();
    }
    if tool["strict"].is_boolean() {
        function["strict"] = tool["strict"].clone();
    }
    Some(json!({"type": "function", "function": function}))
}

fn tool_choice(fields: &mut Fields<'_>, chat: &mut Map<String, Value>) {
    let Some(choice) = fields.take("tool_choice") else { return };
    let chosen = match (choice["type"].as_str(), choice["name"].as_str()) {
        (Some("auto"), _) => "auto".into(),
        (Some("any"), _) => "required".into(),
        (Some("none"), _) => "none".into(),
        (Some("tool"), Some(name)) => json!({"type": "function", "function": {"name": name}}),
        _ => {
            let expected = "an object whose type is auto, any, none, or tool with a name";
            return fields.wrong("tool_choice", expected, &choice).unwrap_or_default();
        }
    };
    chat.insert("tool_choice".to_owned(), chosen);
    if choice["disable_parallel_tool_use"] == true {
        chat.insert("parallel_tool_calls".to_owned(), false.into());
    }
}

/// `output_config` holds the effort, and the form of the answer.
fn output_config(fields: &mut Fields<'_>, chat: &mut Map<String, Value>) {
    let Some(config) = fields.take("output_config") else { return };
    if config["effort"].is_string() {
        chat.insert("reasoning_effort".to_owned(), config["effort"].clone());
    }
    if config["format"]["type"] == "json_schema" {
        let schema =
            json!({"name": "answer", "schema": config["format"]["schema"], "strict": true});
        let format = json!({"type": "json_schema", "json_schema": schema});
        chat.insert("response_format".to_owned(), format);
    }
}

fn stop(fields: &mut Fields<'_>, chat: &mut Map<String, Value>) {
    let Some(stop) = fields.take("stop_sequences") else { return };
    if stop.as_array().is_some_and(|texts| texts.iter().all(Value::is_string)) {
        if stop.as_array().is_some_and(|texts| !texts.is_empty()) {
            chat.insert("stop".to_owned(), stop);
        }
    } else {
        let _: Option<()> = fields.wrong("stop_sequences", "an array of texts", &stop);
    }
}
