//! Event streams: which events each has, and examples of them.
//!
//! OpenAPI 3.1 knows no streams: the schema of `text/event-stream` here is that of one event, in the form
//! that OpenAPI 3.2 gives to its `itemSchema`: a name, and a text whose content is JSON.

use reasoning_stream::sse::{Decoder, Limits};
use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::{Object, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr};

use super::words;

/// The media type of a stream.
pub(super) const MEDIA_TYPE: &str = "text/event-stream";

/// The gateway's own events, and the schema of the data of each.
const SUMMARY_EVENTS: &[(&str, &str)] = &[
    ("summary.prompt", "PromptSummary"),
    ("summary.reasoning.delta", "ReasoningSummaryDelta"),
    ("summary.reasoning", "ReasoningSummary"),
    ("reasoning.delta", "ReasoningDelta"),
    ("output.delta", "OutputDelta"),
    ("error", "ErrorEvent"),
    ("output.done", "OutputDone"),
];

/// A schema for one event of each kind of stream.
pub(super) fn schemas() -> [(&'static str, Schema); 4] {
    let own = SUMMARY_EVENTS.iter().map(|(name, data)| {
        let text = format!("A `{name}` event.");
        named(&text, words::word(name), schema(data))
    });
    let own = own.fold(OneOfBuilder::new(), OneOfBuilder::item);
    let own = own.description(Some("One of the gateway's own events."));
    let any_name = || Object::with_type(Type::String);
    [
        ("SummaryStream", own.build().into()),
        ("ChunkStream", unnamed()),
        (
            "ResponseStream",
            named("One of the events of OpenAI's Responses.", any_name(), schema("ResponseEvent")),
        ),
        (
            "MessageStream",
            named("One of the events of Anthropic's Messages.", any_name(), schema("MessageEvent")),
        ),
    ]
}

/// An event with a name.
fn named(text: &str, name: Object, data: Ref) -> Schema {
    let event = ObjectBuilder::new().property("event", name).property("data", json_text(data));
    event.required("event").required("data").description(Some(text)).build().into()
}

/// One of OpenAI's events, which have no names.
fn unnamed() -> Schema {
    let chunk = OneOfBuilder::new().item(schema("Chunk")).item(schema("ChunkError"));
    let data = OneOfBuilder::new().item(json_text(chunk)).item(words::word("[DONE]"));
    let text = "One of OpenAI's chunks, an error, or the mark of the end.";
    let event = ObjectBuilder::new().description(Some(text)).property("data", data);
    event.required("data").build().into()
}

/// A text that holds JSON.
fn json_text(schema: impl Into<RefOr<Schema>>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .content_media_type("application/json")
        .content_schema(Some(schema))
        .build()
}

/// One of the document's own schemas.
pub(super) fn schema(name: &str) -> Ref {
    Ref::from_schema_name(name)
}

/// A stream as a response holds it, with the first event of each kind as an example.
pub(super) fn content(schema: RefOr<Schema>, example: &str) -> Content {
    let examples = events(example).into_iter().map(|(name, event)| {
        let example = ExampleBuilder::new().summary(name.clone()).value(Some(event)).build();
        (name, example)
    });
    ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build()
}

/// The first event of each kind that a stream holds, by a name.
fn events(stream: &str) -> Vec<(String, Value)> {
    let mut decoder = Decoder::new(Limits::default());
    decoder.push(stream.as_bytes());
    let mut found: Vec<(String, Value)> = Vec::new();
    while let Some(Ok(block)) = decoder.pop() {
        let data = serde_json::from_str(block.data).unwrap_or_else(|_| block.data.into());
        let (name, event) = match block.name {
            "message" => (kind(&data), json!({"data": block.data})),
            name => (name.to_owned(), json!({"event": name, "data": block.data})),
        };
        if found.iter().all(|(known, _)| *known != name) {
            found.push((name, event));
        }
    }
    found
}

/// What tells chunks apart, which have no names: what is new in them.
fn kind(chunk: &Value) -> String {
    let delta = chunk["choices"][0]["delta"].as_object();
    match delta.and_then(|delta| delta.keys().find(|name| *name != "content" || delta.len() == 1)) {
        Some(member) => member.clone(),
        None if chunk.is_string() => "end".to_owned(),
        None if chunk["choices"].as_array().is_some_and(Vec::is_empty) => "usage".to_owned(),
        None => "finish_reason".to_owned(),
    }
}
