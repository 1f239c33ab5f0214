//! What a body must hold: every fault is told at once, by its field, and nothing of it is echoed.

use mock_upstream::Kind;
use serde_json::{Value, json};

use crate::process::listener::{answers, hear, of_kind};
use crate::process::{Gateway, mock, question, with};

/// A valid body with other members.
fn hi(members: Value) -> Value {
    with(question("hi"), members)
}

/// A body with these messages.
fn saying(messages: Value) -> Value {
    let mut body = question("hi");
    body["messages"] = messages;
    body
}

/// Bodies that are wrong, and the fields that are told to be.
fn wrong_bodies() -> Vec<(Value, Vec<&'static str>)> {
    let user = json!({"role": "user", "content": "hi"});
    let part = |part: Value| saying(json!([{"role": "user", "content": [part]}]));
    vec![
        (json!({}), vec!["model", "messages"]),
        (json!([]), vec!["body"]),
        (json!("text"), vec!["body"]),
        (json!(null), vec!["body"]),
        (hi(json!({"model": null})), vec!["model"]),
        (hi(json!({"model": " "})), vec!["model"]),
        (hi(json!({"model": 5})), vec!["model"]),
        (saying(json!([])), vec!["messages"]),
        (saying(json!(null)), vec!["messages"]),
        (saying(json!({"role": "user"})), vec!["messages"]),
        (saying(json!([user, "hi"])), vec!["messages[1]"]),
        (saying(json!([user, {"role": "boss", "content": "x"}])), vec!["messages[1].role"]),
        (saying(json!([{"content": "x"}])), vec!["messages[0].role"]),
        (saying(json!([{"role": "user"}])), vec!["messages[0].content"]),
        (saying(json!([{"role": "user", "content": null}])), vec!["messages[0].content"]),
        (saying(json!([{"role": "user", "content": 7}])), vec!["messages[0].content"]),
        (
            saying(json!([{"role": 1, "content": 2}])),
            vec!["messages[0].role", "messages[0].content"],
        ),
        (part(json!("text")), vec!["messages[0].content[0]"]),
        (part(json!({"text": "no type"})), vec!["messages[0].content[0]"]),
        (part(json!({"type": "text"})), vec!["messages[0].content[0].text"]),
        (part(json!({"type": "text", "text": 3})), vec!["messages[0].content[0].text"]),
        (hi(json!({"stream": "yes"})), vec!["stream"]),
        (hi(json!({"summary_model": ""})), vec!["summary_model"]),
        (hi(json!({"temperature": -0.001})), vec!["temperature"]),
        (hi(json!({"temperature": 2.001})), vec!["temperature"]),
        (hi(json!({"temperature": "hot"})), vec!["temperature"]),
        (hi(json!({"top_p": 1.001})), vec!["top_p"]),
        (hi(json!({"top_p": -0.1})), vec!["top_p"]),
        (hi(json!({"presence_penalty": -2.1})), vec!["presence_penalty"]),
        (hi(json!({"frequency_penalty": 2.1})), vec!["frequency_penalty"]),
        (hi(json!({"max_tokens": 0})), vec!["max_tokens"]),
        (hi(json!({"max_tokens": 1.5})), vec!["max_tokens"]),
        (hi(json!({"max_completion_tokens": -1})), vec!["max_completion_tokens"]),
        (hi(json!({"n": 2})), vec!["n"]),
        (hi(json!({"n": 0})), vec!["n"]),
        (hi(json!({"stop": 5})), vec!["stop"]),
        (hi(json!({"stop": ["a", 5]})), vec!["stop"]),
        (hi(json!({"tools": {}})), vec!["tools"]),
        (hi(json!({"stream_options": []})), vec!["stream_options"]),
        (hi(json!({"summaries": true})), vec!["summaries"]),
        (hi(json!({"summaries": {"prompt": 1}})), vec!["summaries.prompt"]),
        (hi(json!({"summaries": {"reasoning": "no"}})), vec!["summaries.reasoning"]),
        (hi(json!({"summaries": {"live": 0}})), vec!["summaries.live"]),
        (hi(json!({"summaries": {"style": "poem"}})), vec!["summaries.style"]),
        (hi(json!({"summaries": {"language": "x".repeat(41)}})), vec!["summaries.language"]),
        (hi(json!({"summaries": {"promt": true}})), vec!["summaries.promt"]),
        (
            json!({"messages": [{"role": "x", "content": "y"}], "n": 3, "summaries": {"style": 1}}),
            vec!["model", "messages[0].role", "summaries.style", "n"],
        ),
    ]
}

/// Bodies at the edge of what is wrong.
fn right_bodies() -> Vec<Value> {
    let parts = json!([{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {}}]);
    let call = json!({"role": "assistant", "content": null, "tool_calls": []});
    vec![
        hi(json!({"temperature": 0, "top_p": 0, "presence_penalty": -2, "frequency_penalty": -2})),
        hi(json!({"temperature": 2, "top_p": 1.0, "presence_penalty": 2, "frequency_penalty": 2})),
        hi(json!({"max_tokens": 1, "max_completion_tokens": 1, "n": 1, "stop": "a", "tools": []})),
        hi(json!({"stop": ["a", "b"], "stream": true, "stream_options": {}})),
        hi(
            json!({"temperature": null, "top_p": null, "max_tokens": null, "n": null, "stop": null}),
        ),
        hi(json!({"stream": null, "summary_model": null, "summaries": null, "tools": null})),
        hi(json!({"summaries": {}})),
        hi(json!({"summaries": {"prompt": null, "reasoning": null, "live": null, "style": null}})),
        hi(json!({"summaries": {"language": "auto", "live": false, "style": "bullets"}})),
        hi(json!({"summaries": {"language": "x".repeat(40), "live": true, "style": "status"}})),
        saying(json!([{"role": "user", "content": ""}])),
        saying(json!([{"role": "user", "content": parts}, call])),
        saying(json!([{"role": "developer", "content": "a"}, {"role": "tool", "content": "b"},
            {"role": "function", "content": "c"}, {"role": "system", "content": "d"}])),
    ]
}

#[tokio::test]
async fn every_wrong_member_is_named() {
    let upstream = mock(json!({})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    for (body, expected) in wrong_bodies() {
        let reply = gateway.post(&body).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text());
        let mut fields = reply.fields();
        let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(reply.json()["error"]["param"], fields[0], "{body}");
        fields.sort_unstable();
        expected.sort_unstable();
        assert_eq!(fields, expected, "{body}");
    }
    assert_eq!(upstream.counts().calls, 0, "a wrong request reached the upstream");
}

#[tokio::test]
async fn what_is_just_right_is_answered() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    for body in right_bodies() {
        let reply = gateway.post(&body).await;
        assert_eq!(reply.status, 200, "{body}: {}", reply.text());
        assert!(reply.text().contains("event: output.done"), "{body}: {}", reply.text());
    }
}

#[tokio::test]
async fn broken_json_is_refused_without_an_echo() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deepest = format!(r#"{{"model":"m","messages":[],"x":{}}}"#, deep(126));
    let too_deep = format!(r#"{{"model":"m","messages":[],"x":{}}}"#, deep(128));
    for (body, status) in [
        ("", 400),
        ("canary", 400),
        (r#"{"model":"canary""#, 400),
        (r#"{"model":canary}"#, 400),
        (r#"{"canary":1,}"#, 400),
        (r#"{"canary":"a\q"}"#, 400),
        ("{} canary", 400),
        (r#"{"model":"canary\ud800"}"#, 400),
        (deepest.as_str(), 422),
        (too_deep.as_str(), 400),
        (&deep(100_000), 400),
    ] {
        let reply = gateway.post(body).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(reply.status, status, "{shown}: {}", reply.text());
        assert!(!reply.text().contains("canary"), "{shown}: {}", reply.text());
        let code = if status == 400 { "invalid_json" } else { "invalid_request" };
        assert_eq!(reply.json()["code"], code, "{shown}");
    }
    let mut wire = gateway.connect().await;
    wire.request("POST", "/v1/chat/completions", &[], b"{\"model\":\"\xff\"}").await;
    assert_eq!(wire.reply().await.json()["code"], "invalid_json");
}

#[tokio::test]
async fn models_that_are_not_listed_are_refused() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let settings = [("ALLOW_MODELS", "big,small"), ("SUMMARY_MODEL_DEFAULT", "house")];
    let gateway = Gateway::before(&upstream, &settings).await;
    for (model, summary_model, refused) in [
        ("big", None, None),
        ("small", Some("big"), None),
        ("big", Some("house"), None),
        ("huge", None, Some("model")),
        ("house", None, Some("model")),
        ("Big", None, Some("model")),
        ("big", Some("huge"), Some("summary_model")),
    ] {
        let reply = gateway.post(hi(json!({"model": model, "summary_model": summary_model}))).await;
        let case = format!("{model} {summary_model:?}: {}", reply.text());
        let Some(param) = refused else {
            assert_eq!(reply.status, 200, "{case}");
            continue;
        };
        assert_eq!(reply.status, 400, "{case}");
        let problem = reply.json();
        assert_eq!(problem["detail"], "Model not allowed", "{case}");
        assert_eq!(problem["error"]["param"], param, "{case}");
    }
    assert_eq!(answers(&upstream).len(), 3);
}

#[tokio::test]
async fn the_upstream_gets_what_is_its_own_and_no_more() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[("UPSTREAM_API_KEY", "our-key")]).await;
    let messages = json!([
        {"role": "system", "content": "Be kind.", "name": "boss"},
        {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]},
        {"role": "user", "content": "And how?"},
    ]);
    let members = json!({"top_k": 7, "x_unknown": {"deep": [1, null, "ä"]}, "temperature": 0.5,
        "seed": 18_446_744_073_709_551_615_u64, "max_tokens": 500, "stop": ["END"]});
    let mut body = hi(members.clone());
    body["messages"] = messages.clone();
    body["summary_model"] = json!("small");
    body["summaries"] = json!({"style": "bullets", "language": "Norwegian"});
    assert_eq!(hear(&gateway, &body).await.finish(), "stop");

    let call = answers(&upstream).pop().unwrap();
    for (name, expected) in members.as_object().unwrap() {
        assert_eq!(&call.body[name], expected, "{name}");
    }
    for ours in ["summary_model", "summaries"] {
        assert!(call.body.get(ours).is_none(), "{ours}: {}", call.body);
    }
    let said = call.body["messages"].as_array().unwrap();
    let system = said[0]["content"].as_str().unwrap();
    assert!(system.starts_with("Be kind.\n\n") && system.contains("<analysis>"), "{system}");
    assert_eq!(said[0]["name"], "boss");
    assert_eq!(said[1..], messages.as_array().unwrap()[1..]);
    assert_eq!((call.model(), &call.body["stream"]), ("m", &json!(true)));
    assert_eq!(call.header("authorization"), Some("Bearer our-key"));
    let summary = of_kind(&upstream, Kind::PromptSummary).pop().unwrap();
    assert_eq!(summary.model(), "small");
    assert!(summary.body.to_string().contains("Norwegian"), "{}", summary.body);
}

/// What would reach the model server with other digits is refused by name, and the rest is handed on
/// as it came.
#[tokio::test]
async fn numbers_are_handed_on_as_they_came_or_refused() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let asked = r#""model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]"#;
    let asked_of_responses = r#""model":"m","input":"hi""#;
    for (path, asked) in [
        ("/v1/chat/completions", asked),
        ("/openai/v1/chat/completions", asked),
        ("/v1/responses", asked_of_responses),
        ("/v1/messages", asked),
    ] {
        for (members, field) in [
            (r#""seed":18446744073709551616"#, "seed"),
            (r#""seed":-9223372036854775809"#, "seed"),
            (r#""seed":1e400"#, "seed"),
            (r#""x":{"y":[1,{"z":123456789012345678901234567890}]}"#, "x.y[1].z"),
        ] {
            let mut wire = gateway.connect().await;
            let body = format!("{{{asked},{members}}}");
            wire.request("POST", path, &[], body.as_bytes()).await;
            let reply = wire.reply().await;
            assert_eq!(reply.status, 422, "{path} {members}: {}", reply.text());
            assert!(
                reply.text().contains(&format!("{field}: expected a number of at most 64 bits")),
                "{path}: {}",
                reply.text()
            );
            assert!(upstream.calls().is_empty(), "{path} {members}: somebody was called");
        }
    }
    let members = r#""seed":18446744073709551615,"least":-9223372036854775808,"digits":"123456789012345678901234567890","float":1e30"#;
    let reply = gateway.post(format!("{{{asked},{members}}}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let call = upstream.calls().into_iter().find(|call| call.kind == mock_upstream::Kind::Answer);
    let body = call.expect("a call").body;
    assert_eq!((&body["seed"], &body["least"]), (&json!(u64::MAX), &json!(i64::MIN)));
    assert_eq!(
        (&body["digits"], &body["float"]),
        (&json!("123456789012345678901234567890"), &json!(1e30))
    );
}
