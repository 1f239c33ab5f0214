//! OpenRouter, as it answers: comments while it waits, its two forms of the same reasoning, and errors
//! in the middle of a stream.

use mock_upstream::{Kind, Server};
use serde_json::{Value, json};

use super::{asking, gateway};
use crate::process::listener::{answers, hear, of_kind};
use crate::process::{Gateway, mock, with};

const WAITING: &str = ": OPENROUTER PROCESSING\n\n";

/// One chunk: the role stands in each.
fn chunk(delta: Value, finish: Option<&str>) -> String {
    let delta = with(json!({"role": "assistant", "content": ""}), delta);
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": finish});
    let chunk = json!({"id": "gen-1", "provider": "X", "model": "x/y", "object": "chat.completion.chunk", "choices": [choice]});
    format!("data: {chunk}\n\n")
}

/// A piece of reasoning, in both of its forms.
fn thought(text: &str) -> String {
    let detail = json!({"type": "reasoning.text", "text": text, "format": "unknown", "index": 0});
    chunk(json!({"reasoning": text, "reasoning_details": [detail]}), None)
}

/// The same where the model keeps its words to itself.
fn sealed(data: &str) -> String {
    let detail = json!({"type": "reasoning.encrypted", "data": data, "id": "rs_1", "index": 1});
    chunk(json!({"reasoning": null, "reasoning_details": [detail]}), None)
}

/// What a model broke off with: a number for a code, and a choice that has ended.
fn broken(code: u32) -> String {
    let choice = json!({"index": 0, "delta": {"content": ""}, "finish_reason": "error"});
    let error = json!({"code": code, "message": "Provider disconnected", "metadata": {"provider_name": "X"}});
    let chunk = json!({"id": "gen-1", "object": "chat.completion.chunk", "error": error, "choices": [choice]});
    format!("data: {chunk}\n\n")
}

/// A server whose first answers are these, and whose summaries are the mock's own.
async fn says(streams: &[String]) -> Server {
    let rows = (1..).zip(streams).map(|(at, raw)| {
        let headers = json!({"content-type": "text/event-stream"});
        json!({"when": {"kind": "answer", "attempt": [at, at]}, "do": {"headers": headers, "raw": {"text": raw}}})
    });
    mock(rows.chain([json!({"do": {}})]).collect()).await
}

async fn before(name: &str, upstream: &Server) -> Gateway {
    let text = format!(
        "upstreams: {{o: {{kind: openrouter, base_url: \"{}\"}}}}\ndefault_upstream: o\n",
        upstream.base_url()
    );
    gateway(name, &text).await
}

#[tokio::test]
async fn an_answer_has_its_reasoning_once_and_nothing_of_the_rest() {
    let usage = json!({"id": "gen-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8, "cost": 0.01}});
    let whole = [
        &WAITING.repeat(3),
        &thought("It is light. "),
        &thought("Short waves scatter."),
        &sealed("gAAAA"),
        WAITING,
        &chunk(json!({"content": "Blue"}), None),
        &chunk(json!({"content": "."}), Some("stop")),
        &format!("data: {usage}\n\ndata: [DONE]\n\n"),
    ];
    let upstream = says(&[whole.concat()]).await;
    let gateway = before("openrouter-whole", &upstream).await;
    let heard = hear(&gateway, asking("x/y")).await;
    assert_eq!((heard.answer.as_str(), heard.finish()), ("Blue.", "stop"));
    let done = heard.done.as_ref().expect("an end");
    assert_eq!(done.usage.as_ref().expect("counts").total_tokens, Some(8));
    let read = &of_kind(&upstream, Kind::ReasoningSummary)[0].body["messages"][1]["content"];
    assert_eq!(read, "<text>\nIt is light. Short waves scatter.\n</text>", "once, and no seal");
}

#[tokio::test]
async fn a_model_that_breaks_off_is_asked_again_until_something_was_shown() {
    let good =
        [&thought("Hm."), &chunk(json!({"content": "fine"}), Some("stop")), "data: [DONE]\n\n"];
    let early = [&*thought("Hm."), &broken(502)].concat();
    let upstream = says(&[early, good.concat()]).await;
    let gateway = before("openrouter-early", &upstream).await;
    let heard = hear(&gateway, asking("x/y")).await;
    assert_eq!((heard.answer.as_str(), heard.finish()), ("fine", "stop"));
    assert_eq!(answers(&upstream).len(), 2);

    let error: Value =
        serde_json::from_str(broken(502).trim_start_matches("data: ")).expect("JSON");
    let upstream = mock(json!([
        {"when": {"kind": "answer"}, "do": {"reasoning": "", "answer": "word ".repeat(400), "tps": 100, "error": {"token": 200, "data": error}}},
        {"do": {"answer": "a summary", "ttft_ms": 0, "tps": 1000}},
    ]))
    .await;
    let gateway = before("openrouter-late", &upstream).await;
    let heard = hear(&gateway, asking("x/y")).await;
    assert!(
        heard.answer.starts_with("word word"),
        "it was shown: {:?} {:?} {:?}",
        heard.answer,
        heard.errors,
        heard.done
    );
    assert_eq!(heard.finish(), "error", "it never looks like a success");
    assert_eq!(answers(&upstream).len(), 1);
    let refused = says(&[[WAITING, &broken(400)].concat()]).await;
    let gateway = before("openrouter-refused", &refused).await;
    let reply = gateway.post(asking("x/y")).await;
    assert!(!reply.text().contains("Provider disconnected"), "{}", reply.text());
    assert_eq!(answers(&refused).len(), 1, "asking again would not help");
}

#[tokio::test]
async fn how_much_to_think_is_said_in_its_own_way() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = before("openrouter-effort", &upstream).await;
    for (members, expected) in [
        (json!({"reasoning_effort": "low"}), json!([{"effort": "low"}, null])),
        (json!({"reasoning": {"max_tokens": 9}}), json!([{"max_tokens": 9}, null])),
        (
            json!({"reasoning": {"max_tokens": 9}, "reasoning_effort": "low"}),
            json!([{"max_tokens": 9}, "low"]),
        ),
        (json!({}), json!([null, null])),
    ] {
        hear(&gateway, with(asking("x/y"), members.clone())).await;
        let body = &answers(&upstream).pop().expect("a call").body;
        assert_eq!(json!([body["reasoning"], body["reasoning_effort"]]), expected, "{members}");
    }
    let input = json!({"model": "x/y", "input": "Why?", "reasoning": {"effort": "high"}});
    let mut wire = gateway.connect().await;
    let headers = [("Content-Type", "application/json")];
    wire.request("POST", "/v1/responses", &headers, input.to_string().as_bytes()).await;
    assert_eq!(wire.reply().await.status, 200);
    let body = &answers(&upstream).pop().expect("a call").body;
    assert_eq!(body["reasoning"], json!({"effort": "high"}), "in every dialect");
}
