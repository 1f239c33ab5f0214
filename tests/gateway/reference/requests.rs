//! What requests may hold is what is read of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::source;
use super::shape::{Seen, Shapes};
use super::{document, fetch};
use crate::process::wire::Reply;
use crate::process::{Gateway, with};

/// Each format: its path, the schema of its requests, the files that read them, and a request.
const FORMATS: [(&str, &str, &[&str], &str); 3] = [
    (
        "/v1/chat/completions",
        "ChatRequest",
        &[],
        r#"{"model": "m", "messages": [{"role": "user", "content": "hi"}]}"#,
    ),
    (
        "/v1/responses",
        "ResponseRequest",
        &["http/responses/request.rs", "http/responses/input.rs"],
        r#"{"model": "m", "input": "hi"}"#,
    ),
    (
        "/v1/messages",
        "MessageRequest",
        &["http/anthropic/request.rs", "http/anthropic/input.rs"],
        r#"{"model": "m", "messages": [{"role": "user", "content": "hi"}]}"#,
    ),
];

/// The members that a file's functions ask for.
fn known(file: &str) -> BTreeSet<String> {
    let text = source(file);
    let mut found = BTreeSet::new();
    for ask in ["take", "take_text", "take_bool", "check", "check_number", "check_whole", "missing"]
    {
        let call = format!("fields.{ask}(\"");
        let calls = text.split(&call).skip(1);
        found.extend(calls.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    for list in ["const UNSUPPORTED", "const WITHOUT_MEANING"] {
        let list = text.split(list).nth(1).and_then(|rest| rest.split("];").next());
        let texts = list.into_iter().flat_map(|list| list.split('"').skip(1).step_by(2));
        let words = texts.filter(|text| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        found.extend(words.map(str::to_owned));
    }
    found
}

fn names(document: &Value, schema: &str) -> BTreeSet<String> {
    let members = &document["components"]["schemas"][schema]["properties"];
    members.as_object().expect("members").keys().cloned().collect()
}

#[tokio::test]
async fn members_are_those_that_are_known() {
    let document = document().await;
    let chat = known("http/validate.rs");
    assert!(chat.len() > 15, "{chat:?}");
    let options = names(&document, "SummaryOptions");
    // `stream_options` is read where the answer is written.
    let named: BTreeSet<_> = names(&document, "ChatRequest").union(&options).cloned().collect();
    assert_eq!(named, chat);
    for (path, schema, files, _) in FORMATS.iter().filter(|(.., files, _)| !files.is_empty()) {
        let own: BTreeSet<_> = files.iter().flat_map(|file| known(file)).collect();
        let named = names(&document, schema);
        let silent: Vec<_> = own.difference(&named).collect();
        assert!(silent.is_empty(), "{path} knows, and nothing is said of {silent:?}");
        let unknown: Vec<_> =
            named.iter().filter(|it| !own.contains(*it) && !chat.contains(*it)).collect();
        assert!(unknown.is_empty(), "{path} does not know {unknown:?}");
    }
}

#[tokio::test]
async fn summary_options_are_closed_where_the_gateway_is() {
    let document = document().await;
    assert_eq!(document["components"]["schemas"]["SummaryOptions"]["additionalProperties"], false);
    for (_, schema, ..) in FORMATS {
        let schema = &document["components"]["schemas"][schema];
        assert_eq!(schema.get("additionalProperties"), None);
    }
}

/// Every value that a schema does not allow, of some.
fn all_wrong(shapes: &Shapes<'_>, schema: &Value) -> Vec<Value> {
    let long = "x".repeat(41);
    let values = json!([true, "", " ", "?", long, -7.5, 3.5, 0, [], {}, [7], {"x": 7}, [[]], [{}], [{"role": "user"}], {"type": "x"}]);
    let values = values.as_array().expect("values").clone().into_iter();
    values.filter(|value| shapes.check(schema, value, &mut Seen::new()).is_err()).collect()
}

async fn post(gateway: &Gateway, path: &str, body: &Value) -> Reply {
    let mut wire = gateway.connect().await;
    let headers = [("Content-Type", "application/json")];
    wire.request("POST", path, &headers, body.to_string().as_bytes()).await;
    wire.reply().await
}

/// What a refusal says, in either shape.
fn message(reply: &Reply) -> String {
    reply.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_the_document_does_not_allow_is_refused_by_name() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let document = fetch(&gateway).await;
    let shapes = Shapes::open(&document);
    let mut checked = 0;
    for (path, schema, _, request) in FORMATS {
        let request: Value = serde_json::from_str(request).expect("a request is JSON");
        let schema = &document["components"]["schemas"][schema];
        assert_eq!(shapes.check(schema, &request, &mut Seen::new()), Ok(()));
        for (name, member) in schema["properties"].as_object().expect("members") {
            for value in all_wrong(&shapes, member) {
                let body = with(request.clone(), json!({name: value}));
                let reply = post(&gateway, path, &body).await;
                assert_eq!(reply.status, 422, "{path} {name} {value}: {}", reply.text());
                assert!(message(&reply).contains(name.as_str()), "{path} {name}: {}", reply.text());
                checked += 1;
            }
        }
    }
    println!("{checked} wrong members");
    assert!(checked > 300, "{checked}");
}

#[tokio::test]
async fn what_the_document_requires_is_missed_by_name() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let document = fetch(&gateway).await;
    for (path, schema, ..) in FORMATS {
        let required = &document["components"]["schemas"][schema]["required"];
        let reply = post(&gateway, path, &json!({})).await;
        assert_eq!(reply.status, 422, "{}", reply.text());
        for name in required.as_array().expect("names") {
            assert!(message(&reply).contains(name.as_str().expect("a name")), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_deeper_is_refused_by_its_path() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let document = fetch(&gateway).await;
    let shapes = Shapes::open(&document);
    let call = |arguments: Value| json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": arguments});
    for (at, members, place) in [
        (0, json!({"messages": [{"role": "user"}]}), "messages[0].content"),
        (0, json!({"messages": [{"role": "poet", "content": ""}]}), "messages[0].role"),
        (
            0,
            json!({"messages": [{"role": "user", "content": [{"type": "text"}]}]}),
            "messages[0].content[0].text",
        ),
        (0, json!({"summaries": {"style": "ode"}}), "summaries.style"),
        (0, json!({"summaries": {"length": 3}}), "summaries.length"),
        (1, json!({"input": [call(json!({}))]}), "input[0].arguments"),
        (1, json!({"input": [{"type": "function_call", "name": "f"}]}), "input[0].call_id"),
        (
            1,
            json!({"input": [{"role": "user", "content": [{"type": "poem"}]}]}),
            "input[0].content[0].type",
        ),
        (1, json!({"reasoning": {"summary": "long"}}), "reasoning.summary"),
        (1, json!({"text": {"format": {"type": "ode"}}}), "text.format.type"),
        (1, json!({"tools": [{"type": "web_search"}]}), "tools[0].type"),
        (
            2,
            json!({"messages": [{"role": "user", "content": [{"type": "poem"}]}]}),
            "messages[0].content[0].type",
        ),
        (2, json!({"thinking": {"type": "deep"}}), "thinking.type"),
        (2, json!({"tools": [{"name": "f", "type": 5}]}), "tools[0].type"),
    ] {
        let (path, schema, _, request) = FORMATS[at];
        let body = with(serde_json::from_str(request).expect("it is JSON"), members);
        let schema = &document["components"]["schemas"][schema];
        assert!(shapes.check(schema, &body, &mut Seen::new()).is_err(), "it is allowed: {body}");
        let reply = post(&gateway, path, &body).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text());
        assert!(message(&reply).contains(&format!("{place}: ")), "{place}: {}", reply.text());
    }
}
