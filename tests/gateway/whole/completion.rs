//! `stream: false`: one `chat.completion` with the summaries beside it.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{answer_call, prompt_call, says, streams, tagged, upstream, whole};
use crate::process::Gateway;

#[tokio::test]
async fn it_is_a_chat_completion_with_summaries() {
    let upstream = upstream().await;
    answer_call().respond_with(tagged()).expect(1).mount(&upstream).await;
    let gateway = Gateway::at(&upstream.uri(), &[]).await;
    let reply = gateway.post(whole("What is 6 × 7?")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let id = reply.header("x-request-id").unwrap();
    let mut completion = reply.json();
    assert!(completion["created"].as_u64().is_some_and(|at| at > 1_700_000_000), "{completion}");
    let timings = completion["timings"].take();
    for name in ["prompt_summary", "first_reasoning", "reasoning_summary", "total"] {
        assert!(timings[name].is_u64(), "{name}: {timings}");
    }
    completion["created"] = json!(0);
    let message = json!({"role": "assistant", "content": "42"});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop", "logprobs": null});
    assert_eq!(
        completion,
        json!({
            "id": format!("chatcmpl-{id}"), "object": "chat.completion", "created": 0, "model": "m",
            "choices": [choice],
            "summaries": {
                "prompt": {"text": "A product.", "source": "model"},
                "reasoning": {"text": "It multiplied.", "source": "model"},
            },
            "timings": null, "warnings": [], "attempts": {"a": 1, "b": 1, "c": 1}, "request_id": id,
            "usage": {"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33},
        })
    );
}

#[tokio::test]
async fn summaries_that_are_not_wanted_are_left_out() {
    for (wanted, expected) in [
        (json!({"prompt": false}), vec!["reasoning"]),
        (json!({"reasoning": false}), vec!["prompt"]),
        (json!({"prompt": false, "reasoning": false}), vec![]),
    ] {
        let upstream = upstream().await;
        answer_call().respond_with(tagged()).expect(1).mount(&upstream).await;
        let gateway = Gateway::at(&upstream.uri(), &[]).await;
        let mut body = whole("What is 6 × 7?");
        body["summaries"] = wanted.clone();
        let completion = gateway.post(body).await.json();
        let names: Vec<_> = completion["summaries"].as_object().unwrap().keys().collect();
        assert_eq!(names, expected, "{wanted}: {completion}");
        assert_eq!(completion["choices"][0]["message"]["content"], "42", "{wanted}");
        assert_eq!(upstream.received_requests().await.unwrap().len(), 1 + expected.len());
    }
}

#[tokio::test]
async fn a_summary_that_fails_falls_back_and_is_told() {
    let upstream = wiremock::MockServer::start().await;
    prompt_call().respond_with(ResponseTemplate::new(401)).expect(1).mount(&upstream).await;
    answer_call().respond_with(streams(&[json!({"content": "42"})], "stop")).mount(&upstream).await;
    let gateway = Gateway::at(&upstream.uri(), &[]).await;
    let completion = gateway.post(whole("What is 6 × 7? And why?")).await.json();
    let prompt = &completion["summaries"]["prompt"];
    assert_eq!(prompt["source"], "fallback", "{completion}");
    assert!(prompt["text"].as_str().unwrap().starts_with("What is 6 × 7?"), "{prompt}");
    let none = json!({"text": "", "source": "none"});
    assert_eq!(completion["summaries"]["reasoning"], none);
    let errors = completion["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{completion}");
    assert_eq!(
        (&errors[0]["stage"], &errors[0]["code"], &errors[0]["fatal"]),
        (&json!("prompt_summary"), &json!("upstream_auth"), &json!(false))
    );
}

#[tokio::test]
async fn tool_calls_are_part_of_the_message() {
    let part = |index: u64, id: Value, name: Value, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})
    };
    let deltas = [
        part(0, json!("call-1"), json!("add"), "{\"a\":"),
        part(1, json!("call-2"), json!("now"), "{}"),
        part(0, Value::Null, Value::Null, "1}"),
    ];
    let upstream = upstream().await;
    answer_call().respond_with(streams(&deltas, "tool_calls")).mount(&upstream).await;
    let gateway = Gateway::at(&upstream.uri(), &[]).await;
    let completion = gateway.post(whole("Add.")).await.json();
    let choice = &completion["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{completion}");
    let calls = choice["message"]["tool_calls"].as_array().unwrap();
    for (call, id, name, arguments) in
        [(&calls[0], "call-1", "add", "{\"a\":1}"), (&calls[1], "call-2", "now", "{}")]
    {
        assert_eq!((&call["id"], &call["type"]), (&json!(id), &json!("function")), "{call}");
        assert_eq!(call["function"], json!({"name": name, "arguments": arguments}), "{call}");
    }
}

/// Nothing was sent before the end, so that every failure has its own status.
#[tokio::test]
async fn failures_have_a_status_however_late_they_come() {
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"<final>4\"}}]}\n\n";
    let broken = format!("{half}data: {{\"choices\n\n");
    let told = format!("{half}data: {{\"error\":{{\"message\":\"no\",\"code\":429}}}}\n\n");
    let stream = |body: &str| ResponseTemplate::new(200).set_body_raw(body, "text/event-stream");
    for (case, response, status, code) in [
        ("refused", ResponseTemplate::new(400), 400, "upstream_refused"),
        ("our key", ResponseTemplate::new(401), 502, "upstream_auth"),
        ("no model", ResponseTemplate::new(404), 404, "upstream_not_found"),
        ("down", ResponseTemplate::new(503), 503, "upstream_failed"),
        ("truncated", stream(half), 502, "upstream_truncated"),
        ("garbled", stream(&broken), 502, "upstream_protocol"),
        ("error in the stream", stream(&told), 429, "upstream_busy"),
    ] {
        let upstream = upstream().await;
        answer_call().respond_with(response).mount(&upstream).await;
        let settings = [("UPSTREAM_MAX_RETRIES", "1"), ("UPSTREAM_RETRY_BACKOFF", "0.01")];
        let gateway = Gateway::at(&upstream.uri(), &settings).await;
        let reply = gateway.post(whole("Why?")).await;
        let problem = reply.json();
        assert_eq!((reply.status, &problem["code"]), (status, &json!(code)), "{case}: {problem}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{case}");
        assert_eq!(problem["error"]["code"], code, "{case}");
    }
}

/// An upstream that was asked for a stream may answer whole.
#[tokio::test]
async fn a_whole_answer_is_as_good_as_a_stream() {
    let message =
        json!({"role": "assistant", "content": "<final>42</final>", "reasoning_content": "6·7"});
    for (case, response) in [
        ("field", super::completion(&message)),
        ("tags", says("<analysis>Six times seven.</analysis><final>42</final>")),
    ] {
        let upstream = upstream().await;
        answer_call().respond_with(response).expect(2).mount(&upstream).await;
        let gateway = Gateway::at(&upstream.uri(), &[]).await;
        let heard =
            crate::process::listener::hear(&gateway, crate::process::question("6 × 7?")).await;
        assert_eq!((heard.answer.as_str(), heard.finish()), ("42", "stop"), "{case}: {heard:?}");
        assert_eq!(heard.reasoning.unwrap().text, "It multiplied.", "{case}");
        let usage = heard.done.unwrap().usage.unwrap();
        assert_eq!(json!(usage)["total_tokens"], 12, "{case}");
        let completion = gateway.post(whole("6 × 7?")).await.json();
        assert_eq!(completion["choices"][0]["message"]["content"], "42", "{case}");
    }
}
