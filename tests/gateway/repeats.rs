//! Answers that were given before: told again whole, in any form, to whom they belong, and no others.

use mock_upstream::Server;
use serde_json::{Value, json};

use crate::process::redis::RedisServer;
use crate::process::wire::Reply;
use crate::process::{Gateway, mock, question, with};

const ON: (&str, &str) = ("CACHE_TTL", "60");

/// A request that may be answered with what was said before.
fn certain(text: &str) -> Value {
    with(question(text), json!({"temperature": 0}))
}

async fn ask(gateway: &Gateway, headers: &[(&str, &str)], body: &Value) -> Reply {
    let mut wire = gateway.connect().await;
    wire.chat_as(headers, body).await;
    let reply = wire.reply().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply
}

/// What a reply says about having been given before, and how many calls it cost.
async fn asked(gateway: &Gateway, upstream: &Server, body: &Value) -> (Option<String>, bool) {
    let before = upstream.calls().len();
    let reply = ask(gateway, &[], body).await;
    (reply.header("x-cache").map(str::to_owned), upstream.calls().len() > before)
}

fn hit() -> (Option<String>, bool) {
    (Some("HIT".to_owned()), false)
}

fn miss() -> (Option<String>, bool) {
    (Some("MISS".to_owned()), true)
}

/// The events of a stream, without ids and times.
fn events(reply: &Reply) -> Vec<(String, Value)> {
    let text = reply.text();
    let blocks = text.split("\n\n").filter_map(|block| block.split_once("\ndata: "));
    let events = blocks.map(|(name, data)| {
        let mut data: Value = serde_json::from_str(data).expect("JSON");
        for member in ["request_id", "timings", "attempts"] {
            data.as_object_mut().expect("an object").shift_remove(member);
        }
        (name.trim_start_matches("event: ").to_owned(), data)
    });
    joined(events.collect())
}

/// Texts of the answer that follow each other are one.
fn joined(events: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let mut joined: Vec<(String, Value)> = Vec::new();
    for (name, data) in events {
        match joined.last_mut() {
            Some((last, text)) if *last == name && name == "output.delta" => {
                let more = [&text["text"], &data["text"]].map(|it| it.as_str().unwrap_or_default());
                text["text"] = more.concat().into();
            }
            _ => joined.push((name, data)),
        }
    }
    joined
}

#[tokio::test]
async fn an_answer_is_told_again_in_any_form() {
    let upstream =
        mock(json!({"reasoning": "hm, let me see", "answer": "It is blue. Very blue."})).await;
    let gateway = Gateway::before(&upstream, &[ON]).await;
    let body = certain("Why?");
    let first = ask(&gateway, &[], &body).await;
    assert_eq!(first.header("x-cache"), Some("MISS"));
    let calls = upstream.calls().len();
    let again = ask(&gateway, &[], &body).await;
    assert_eq!(again.header("x-cache"), Some("HIT"));
    assert_eq!(events(&again), events(&first));
    assert!(events(&again).iter().any(|(name, _)| name == "summary.reasoning"));
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    assert!(again.text().contains("\"attempts\":{\"a\":0,\"b\":0,\"c\":0}"), "{}", again.text());

    let whole = ask(&gateway, &[], &with(body.clone(), json!({"stream": false}))).await;
    assert_eq!(whole.header("x-cache"), Some("HIT"));
    let whole = whole.json();
    assert_eq!(whole["choices"][0]["message"]["content"], "It is blue. Very blue.");
    assert!(whole["summaries"]["reasoning"]["text"].is_string(), "{whole}");

    let streamed = with(body, json!({"stream": true}));
    let openai = ask(&gateway, &[("X-Event-Format", "openai")], &streamed).await;
    assert_eq!(openai.header("x-cache"), Some("HIT"));
    assert!(openai.text().contains("chat.completion.chunk"), "{}", openai.text());
    assert_eq!(upstream.calls().len(), calls, "nobody was called again");
}

#[tokio::test]
async fn what_cannot_change_an_answer_asks_for_no_other() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[ON]).await;
    let mut calls = 0;
    for (members, expected, shows_usage) in [
        (json!({"stream": true, "stream_options": {"include_usage": true}}), "MISS", true),
        (json!({"stream": false}), "HIT", true),
        (json!({"stream": true}), "HIT", false),
        (json!({"stream": true, "stream_options": {"include_usage": true}}), "HIT", true),
        (json!({"stream": true, "temperature": 0.0}), "HIT", false),
        (json!({"stream": false, "temperature": -0.0}), "HIT", true),
    ] {
        let mut wire = gateway.connect().await;
        let body = with(certain("Why?"), members.clone()).to_string();
        let json = [("Content-Type", "application/json")];
        wire.request("POST", "/openai/v1/chat/completions", &json, body.as_bytes()).await;
        let reply = wire.reply().await;
        assert_eq!(reply.header("x-cache"), Some(expected), "{members}: {}", reply.text());
        let is_shown = reply.text().contains("\"total_tokens\":");
        assert_eq!(is_shown, shows_usage, "{members}: {}", reply.text());
        assert!(calls == 0 || upstream.calls().len() == calls, "{members}");
        calls = upstream.calls().len();
    }
}

#[tokio::test]
async fn only_what_is_certain_or_asked_for_is_repeated() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[ON]).await;
    for (case, members, second) in [
        ("temperature 0", json!({"temperature": 0}), hit()),
        ("asked for", json!({"temperature": 1, "cache": true}), hit()),
        ("asked not to", json!({"temperature": 0, "cache": false}), (None, true)),
        ("by chance", json!({"temperature": 1}), (None, true)),
        ("nothing said", json!({}), (None, true)),
    ] {
        let body = with(question(case), members);
        asked(&gateway, &upstream, &body).await;
        assert_eq!(asked(&gateway, &upstream, &body).await, second, "{case}");
    }
    let sent = upstream.calls();
    assert!(sent.iter().all(|call| call.body.get("cache").is_none()), "the upstream heard of it");
    let refused = gateway.post(with(question("hi"), json!({"cache": "yes"}))).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["cache".to_owned()]));
    let off = Gateway::before(&upstream, &[]).await;
    for _ in 0..2 {
        assert_eq!(asked(&off, &upstream, &certain("off")).await, (None, true));
    }
}

#[tokio::test]
async fn what_did_not_end_well_is_not_kept() {
    for (case, script) in [
        ("cut by length", json!({"answer": "fine", "finish_reason": "length"})),
        ("filtered", json!({"answer": "fine", "finish_reason": "content_filter"})),
        (
            "a summary failed",
            json!([{"when": {"kind": "reasoning_summary"}, "do": {"status": 500}}, {"do": {"reasoning": "hm", "answer": "fine"}}]),
        ),
    ] {
        let upstream = mock(script).await;
        let gateway = Gateway::before(&upstream, &[ON]).await;
        for _ in 0..2 {
            assert_eq!(asked(&gateway, &upstream, &certain("hi")).await, miss(), "{case}");
        }
    }
}

#[tokio::test]
async fn who_asks_the_same_meanwhile_waits_for_the_one() {
    let upstream = mock(json!({"answer": "fine", "header_delay_ms": 300})).await;
    let gateway = Gateway::before(&upstream, &[ON]).await;
    let body = certain("hi");
    let asking = (0..20).map(|_| ask(&gateway, &[], &body));
    let replies = futures::future::join_all(asking).await;
    let hits = replies.iter().filter(|reply| reply.header("x-cache") == Some("HIT")).count();
    assert_eq!(hits, 19);
    let answers = crate::process::listener::answers(&upstream).len();
    assert_eq!(answers, 1, "one call for all");
    let first = events(&replies[0]);
    assert!(replies.iter().all(|reply| events(reply) == first));
}

#[tokio::test]
async fn gateways_share_what_was_said_through_redis() {
    let (server, upstream) = (RedisServer::start().await, mock(json!({"answer": "fine"})).await);
    let url = server.url();
    let settings = [ON, ("REDIS_URL", url.as_str())];
    let one = Gateway::before(&upstream, &settings).await;
    let other = Gateway::before(&upstream, &settings).await;
    let body = certain("hi");
    assert_eq!(asked(&one, &upstream, &body).await, miss());
    crate::process::soon("a shared answer", async {
        while asked(&other, &upstream, &body).await != hit() {}
    })
    .await;
    assert_eq!(asked(&one, &upstream, &body).await, hit());
    drop(server);
    assert_eq!(asked(&one, &upstream, &body).await, miss(), "without Redis it is asked again");
}
