//! One table: each case as each dialect tells it.

use mock_upstream::{Kind, Server};
use serde_json::{Value, json};

use super::{Block, blocks, messages, openai, post, post_until, responses, summary};
use crate::process::wire::Reply;
use crate::process::{Gateway, empty_folder, mock, question, with};

/// A case: what the model server does, and what clients hear of it, streamed and whole.
struct Case {
    name: &'static str,
    /// A script of the mock's.
    script: &'static str,
    summary: [&'static str; 2],
    openai: [&'static str; 2],
    responses: [&'static str; 2],
    messages: [&'static str; 2],
}

const CASES: &[Case] = &[
    Case {
        name: "text",
        script: r#"{"style": "plain", "reasoning": "", "answer": "42"}"#,
        summary: ["P | R- | D 42 | stop", "P | R- | D 42 | stop"],
        openai: ["P | D 42 | stop | usage | [DONE]", "P | D 42 | stop | usage"],
        responses: ["S 1 | d 42 | D 42 | completed | usage", "S 1 | D 42 | completed | usage"],
        messages: ["S 1.s | D 42 | end_turn", "S 1 | D 42 | end_turn"],
    },
    Case {
        name: "reasoning",
        script: r#"{"style": "field", "reasoning": "Six sevens.", "answer": "42"}"#,
        summary: ["P | R | D 42 | stop", "P | R | D 42 | stop"],
        openai: ["P | R | D 42 | stop | usage | [DONE]", "P | R | D 42 | stop | usage"],
        responses: ["S 2 | d 42 | D 42 | completed | usage", "S 2 | D 42 | completed | usage"],
        messages: ["S 1.2.1.s | D 42 | end_turn", "S 2 | D 42 | end_turn"],
    },
    Case {
        name: "tools",
        script: r#"{"style": "field", "reasoning": "Ask.", "answer": "Wait.", "tool_calls": [
            {"name": "weather", "arguments": {"city": "Paris"}}, {"name": "now", "arguments": {}}]}"#,
        summary: [
            r#"P | R | D Wait. | T weather {"city":"Paris"} | T now {} | tool_calls"#,
            r#"P | R | D Wait. | T weather {"city":"Paris"} | T now {} | tool_calls"#,
        ],
        openai: [
            r#"P | R | D Wait. | T0 weather {"city":"Paris"} | T1 now {} | tool_calls | usage | [DONE]"#,
            r#"P | R | D Wait. | T0 weather {"city":"Paris"} | T1 now {} | tool_calls | usage"#,
        ],
        responses: [
            "S 2 | d Wait. | D Wait. | T weather {city:Paris} | T now {} | completed | usage",
            "S 2 | D Wait. | T weather {city:Paris} | T now {} | completed | usage",
        ],
        messages: [
            r#"S 1.2.1.s | D Wait. | T weather {"city":"Paris"}now {} | tool_use"#,
            r#"S 2 | D Wait. | T weather {"city":"Paris"} | T now {} | tool_use"#,
        ],
    },
    Case {
        name: "a tool alone",
        script: r#"{"style": "plain", "reasoning": "", "tool_calls": [{"name": "now", "arguments": {}}]}"#,
        summary: ["P | R- | T now {} | tool_calls", "P | R- | T now {} | tool_calls"],
        openai: [
            "P | T0 now {} | tool_calls | usage | [DONE]",
            "P | T0 now {} | tool_calls | usage",
        ],
        responses: ["S 1 | T now {} | completed | usage", "S 1 | T now {} | completed | usage"],
        messages: ["S 1.s | T now {} | tool_use", "S 1 | T now {} | tool_use"],
    },
    Case {
        name: "length",
        script: r#"{"style": "field", "reasoning": "Six.", "answer": "4", "finish_reason": "length"}"#,
        summary: ["P | R | D 4 | length", "P | R | D 4 | length"],
        openai: ["P | R | D 4 | length | usage | [DONE]", "P | R | D 4 | length | usage"],
        responses: [
            "S 2 | d 4 | D 4 | incomplete max_output_tokens | usage",
            "S 2 | D 4 | incomplete max_output_tokens | usage",
        ],
        messages: ["S 1.2.1.s | D 4 | max_tokens", "S 2 | D 4 | max_tokens"],
    },
    Case {
        name: "filtered",
        script: r#"{"style": "plain", "reasoning": "", "answer": "4", "finish_reason": "content_filter"}"#,
        summary: ["P | R- | D 4 | content_filter", "P | R- | D 4 | content_filter"],
        openai: ["P | D 4 | content_filter | usage | [DONE]", "P | D 4 | content_filter | usage"],
        responses: [
            "S 1 | d 4 | D 4 | incomplete content_filter | usage",
            "S 1 | D 4 | incomplete content_filter | usage",
        ],
        messages: ["S 1.s | D 4 | refusal", "S 1 | D 4 | refusal"],
    },
    Case {
        name: "a reason of its own",
        script: r#"{"style": "plain", "reasoning": "", "answer": "4", "finish_reason": "bored"}"#,
        summary: ["P | R- | D 4 | stop", "P | R- | D 4 | stop"],
        openai: ["P | D 4 | stop | usage | [DONE]", "P | D 4 | stop | usage"],
        responses: ["S 1 | d 4 | D 4 | completed | usage", "S 1 | D 4 | completed | usage"],
        messages: ["S 1.s | D 4 | end_turn", "S 1 | D 4 | end_turn"],
    },
    Case {
        name: "an error before",
        script: r#"{"status": 429, "headers": {"Retry-After": "99"}}"#,
        summary: ["429 rate_limit_error upstream_busy", "429 rate_limit_error upstream_busy"],
        openai: ["429 rate_limit_error upstream_busy", "429 rate_limit_error upstream_busy"],
        responses: ["429 rate_limit_error upstream_busy", "429 rate_limit_error upstream_busy"],
        messages: ["429 rate_limit_error upstream_busy", "429 rate_limit_error upstream_busy"],
    },
    Case {
        name: "an error in the stream",
        script: r#"{"style": "tags", "reasoning": "Hm.", "answer": "4 2 and so on for ever", "chars": 4,
            "stall": {"token": 12}, "cut": {"token": 13}}"#,
        summary: [
            "P | R | D 4 2 and so on fo | E! server_error upstream_reset | error",
            "502 server_error upstream_reset",
        ],
        openai: [
            "P | R | D 4 2 and so on fo | E! server_error upstream_reset",
            "502 server_error upstream_reset",
        ],
        responses: [
            "S 2 | d 4 2 and so on fo | failed upstream_reset",
            "502 server_error upstream_reset",
        ],
        messages: [
            "S 1.2.1.s | D 4 2 and so on fo | E! api_error upstream_reset",
            "502 api_error upstream_reset",
        ],
    },
];

/// The first text of each answer, in the words of each dialect.
const ANSWER_BEGINS: &str = ":\"4";

/// What a refusal says, whatever its shape.
fn refusal(reply: &Reply) -> String {
    let error = &reply.json()["error"];
    let code = error["code"].as_str().unwrap_or_default();
    format!("{} {} {code}", reply.status, error["type"].as_str().expect("a type"))
}

/// One way to ask, and how what comes is told.
struct Way {
    path: &'static str,
    body: fn(Value) -> Value,
    tell: fn(&[Block]) -> String,
    tell_whole: fn(&Value) -> String,
    expected: fn(&Case) -> [&'static str; 2],
}

const WAYS: &[Way] = &[
    Way {
        path: summary::PATH,
        body: summary::body,
        tell: summary::tell,
        tell_whole: summary::tell_whole,
        expected: |case| case.summary,
    },
    Way {
        path: openai::PATH,
        body: openai::body,
        tell: openai::tell,
        tell_whole: openai::tell_whole,
        expected: |case| case.openai,
    },
    Way {
        path: responses::PATH,
        body: responses::body,
        tell: responses::tell,
        tell_whole: responses::tell_whole,
        expected: |case| case.responses,
    },
    Way {
        path: messages::PATH,
        body: messages::body,
        tell: messages::tell,
        tell_whole: messages::tell_whole,
        expected: |case| case.messages,
    },
];

fn told(way: &Way, reply: &Reply, stream: bool) -> String {
    match (reply.status, stream) {
        (200, true) => (way.tell)(&blocks(reply)),
        (200, false) => (way.tell_whole)(&reply.json()),
        _ => refusal(reply),
    }
}

/// Each dialect has a gateway of its own: the breaker counts the failures of all.
#[tokio::test]
async fn each_dialect_tells_each_case() {
    let upstream = mock(json!({})).await;
    for way in WAYS {
        let gateway = Gateway::before(&upstream, &[("UPSTREAM_MAX_RETRIES", "0")]).await;
        for case in CASES {
            let [streamed, whole] = (way.expected)(case);
            assert_told((&gateway, &upstream), way, case, (true, streamed)).await;
            assert_told((&gateway, &upstream), way, case, (false, whole)).await;
        }
    }
}

/// What stalls goes on once the client has heard something of the answer: the order is certain then.
async fn assert_told(
    (gateway, upstream): (&Gateway, &Server),
    way: &Way,
    case: &Case,
    (stream, expected): (bool, &'static str),
) {
    let mut script: Value = serde_json::from_str(case.script).expect("a script is JSON");
    if !stream && script.get("stall").is_some() {
        script["stall"]["ms"] = json!(0);
    }
    let body = (way.body)(json!({"mock": script, "stream": stream}));
    // A summary that is ready first decides the status: then the error is told in the stream.
    let alone = json!({"summaries": {"prompt": false}});
    let body = if script.get("status").is_some() { with(body, alone) } else { body };
    let reply = post_until(gateway, (way.path, &body), ANSWER_BEGINS, || upstream.resume()).await;
    let told = told(way, &reply, stream);
    assert_eq!(told, expected, "{}, {}, {stream}: {}", case.name, way.path, reply.text());
}

/// A case that ends well: a broken stream has no place in a whole answer.
fn sound_cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().filter(|case| case.name != "an error in the stream")
}

/// A model that can't stream is asked for whole answers and whole summaries; clients hear the same.
#[tokio::test]
async fn each_dialect_tells_a_model_that_cannot_stream_alike() {
    let upstream = mock(json!({})).await;
    let path = empty_folder("dialects-whole").join("gateway.yaml");
    let text = format!(
        "upstreams: {{a: {{base_url: \"{}\"}}}}\nmodels: {{m: {{targets: [{{upstream: a, stream: false}}], limits: {{max_retries: 0}}}}}}\n",
        upstream.base_url()
    );
    std::fs::write(&path, text).expect("a file can be written");
    let path = path.display().to_string();
    for way in WAYS {
        // Live summaries are streamed from models that can stream.
        let settings = [("GATEWAY_CONFIG", path.as_str()), ("SUMMARY_STREAM", "true")];
        let gateway = Gateway::at("http://127.0.0.1:1", &settings).await;
        for case in sound_cases() {
            let [streamed, whole] = (way.expected)(case);
            assert_told((&gateway, &upstream), way, case, (true, streamed)).await;
            assert_told((&gateway, &upstream), way, case, (false, whole)).await;
        }
        let live = json!({"stream": true, "summaries": {"live": true}, "mock": {"style": "field"}});
        let reply = post(&gateway, way.path, &(way.body)(live)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let calls = upstream.calls();
    for call in &calls {
        assert_eq!(call.body["stream"], false, "{:?}", call.kind);
        assert!(call.body.get("stream_options").is_none(), "{:?}", call.kind);
    }
    for kind in [Kind::Answer, Kind::PromptSummary, Kind::ReasoningSummary] {
        let asked = calls.iter().filter(|call| call.kind == kind).count();
        assert!(asked >= WAYS.len(), "{kind:?}: {asked}");
    }
}

/// What was said before is told again in each dialect, streamed and whole, as it was at first.
#[tokio::test]
async fn each_dialect_tells_again_what_was_said_before() {
    let upstream = mock(json!({})).await;
    let kept = ["text", "reasoning", "tools", "a tool alone"];
    for way in WAYS {
        let gateway = Gateway::before(&upstream, &[("CACHE_TTL", "60")]).await;
        for case in CASES.iter().filter(|case| kept.contains(&case.name)) {
            let script: Value = serde_json::from_str(case.script).expect("a script is JSON");
            let [streamed, whole] = (way.expected)(case);
            let mut calls = None;
            for (stream, expected, cache) in [
                (true, streamed, "MISS"),
                (true, streamed, "HIT"),
                (false, whole, "HIT"),
                (true, streamed, "HIT"),
            ] {
                let asked = json!({"mock": script, "stream": stream, "cache": true});
                let reply = post(&gateway, way.path, &(way.body)(asked)).await;
                let place = format!("{}, {}, {stream}: {}", case.name, way.path, reply.text());
                assert_eq!(reply.header("x-cache"), Some(cache), "{place}");
                assert_eq!(told(way, &reply, stream), expected, "{place}");
                let made = upstream.calls().len();
                assert_eq!(*calls.get_or_insert(made), made, "nobody is called again: {place}");
            }
        }
        let asked = json!({"cache": "yes", "stream": false});
        let refused = post(&gateway, way.path, &(way.body)(asked)).await;
        assert_eq!(refused.status, 422, "{}: {}", way.path, refused.text());
        assert!(refused.text().contains("cache"), "{}: {}", way.path, refused.text());
    }
    assert!(upstream.calls().iter().all(|call| call.body.get("cache").is_none()));
}

/// The same question by other doors is the same: what one dialect was told, the others tell.
#[tokio::test]
async fn what_one_dialect_was_told_another_tells() {
    let upstream =
        mock(json!({"style": "field", "reasoning": "Six sevens.", "answer": "42"})).await;
    let gateway = Gateway::before(&upstream, &[("CACHE_TTL", "60")]).await;
    let asked = json!({"cache": true, "max_tokens": 4096, "stream": true});
    let first = post(&gateway, summary::PATH, &summary::body(asked.clone())).await;
    assert_eq!(first.header("x-cache"), Some("MISS"), "{}", first.text());
    let calls = upstream.calls().len();
    let responses = json!({"cache": true, "max_output_tokens": 4096});
    let openai = with(question("What is 6 × 7?"), asked.clone());
    for (path, body, words) in [
        (messages::PATH, messages::body(asked), "message_stop"),
        (
            responses::PATH,
            responses::body(with(responses.clone(), json!({"stream": true}))),
            "response.completed",
        ),
        (responses::PATH, responses::body(responses), "\"status\":\"completed\""),
        (openai::PATH, openai, "[DONE]"),
    ] {
        let reply = post(&gateway, path, &body).await;
        assert_eq!(reply.header("x-cache"), Some("HIT"), "{path}: {}", reply.text());
        assert!(reply.text().contains(words) && reply.text().contains("42"), "{}", reply.text());
    }
    assert_eq!(upstream.calls().len(), calls, "nobody was called again");
}
