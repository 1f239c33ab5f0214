//! A server that completes prompts and knows no chats, with the real binary and real sockets.

use mock_upstream::{Kind, Server};
use reasoning_stream::Source;
use serde_json::{Value, json};

use crate::process::listener::{answers, hear, of_kind};
use crate::process::wire::Reply;
use crate::process::{Gateway, empty_folder, mock, question, with};

async fn gateway(name: &str, text: &str) -> Gateway {
    let path = empty_folder(name).join("gateway.yaml");
    std::fs::write(&path, text).expect("a file can be written");
    let path = path.display().to_string();
    let settings = [("GATEWAY_CONFIG", path.as_str()), ("UPSTREAM_RETRY_BACKOFF", "0.01")];
    Gateway::at("http://127.0.0.1:1", &settings).await
}

/// A gateway whose one model, `m`, is behind `/completion`; `more` stands beside.
async fn before(upstream: &Server, name: &str, target: &str) -> Gateway {
    let url = upstream.base_url();
    let text = format!(
        "upstreams: {{llama: {{kind: llama_completion, base_url: \"{url}\"}}}}\n\
         models: {{m: {{targets: [{{upstream: llama{target}}}]}}}}\n"
    );
    gateway(&format!("completions-{name}"), &text).await
}

async fn post(gateway: &Gateway, path: &str, body: &Value) -> Reply {
    let mut wire = gateway.connect().await;
    let headers = [("Content-Type", "application/json")];
    wire.request("POST", path, &headers, body.to_string().as_bytes()).await;
    wire.reply().await
}

#[tokio::test]
async fn a_prompt_is_completed_and_summarised_all_by_one_path() {
    let script = json!([{"when": {"kind": "answer"}, "do":
        {"style": "tags", "reasoning": "Six sevens are forty-two.", "answer": "It is 42."}}]);
    let upstream = mock(script).await;
    let gateway = before(&upstream, "story", "").await;
    let members =
        json!({"max_tokens": 500, "temperature": 0.5, "top_k": 5, "seed": 7, "stop": "END"});
    let heard = hear(&gateway, with(question("What is 6 x 7?"), members)).await;
    assert_eq!((heard.answer.as_str(), heard.finish()), ("It is 42.", "stop"));
    for summary in [&heard.prompt, &heard.reasoning] {
        let summary = summary.as_ref().expect("a summary");
        assert_eq!(summary.source, Source::Model, "{summary:?}");
    }
    let usage = heard.done.expect("an end").usage.expect("token counts");
    assert!(usage.prompt_tokens > Some(0) && usage.completion_tokens > Some(5), "{usage:?}");

    let calls = upstream.calls();
    assert!(calls.iter().all(|call| call.path == "/completion"), "{calls:?}");
    let call = &answers(&upstream)[0].body;
    for (member, expected) in [
        ("n_predict", json!(500)),
        ("temperature", json!(0.5)),
        ("top_k", json!(5)),
        ("seed", json!(7)),
        ("stop", json!(["END", "<|im_end|>"])),
        ("stream", json!(true)),
    ] {
        assert_eq!(call[member], expected, "{member}");
    }
    let prompt = call["prompt"].as_str().expect("a prompt");
    assert!(prompt.starts_with("<|im_start|>system\nWrite your whole reply"), "{prompt}");
    let end = "<|im_start|>user\nWhat is 6 x 7?<|im_end|>\n<|im_start|>assistant\n";
    assert!(prompt.ends_with(end), "{prompt}");
    for kind in [Kind::PromptSummary, Kind::ReasoningSummary] {
        let [summary] = &of_kind(&upstream, kind)[..] else { panic!("one call") };
        assert_eq!(
            (&summary.body["n_predict"], &summary.body["stream"]),
            (&json!(1024), &json!(false))
        );
    }
}

#[tokio::test]
async fn formats_hold_for_completed_text_and_each_end_has_its_reason() {
    for (case, script, target, answer, finish) in [
        ("think", json!({"style": "think", "reasoning": "hm", "answer": "42"}), "", "42", "stop"),
        (
            "cut",
            json!({"style": "plain", "answer": "4", "finish_reason": "length"}),
            "",
            "4",
            "length",
        ),
        (
            "whole",
            json!({"style": "think", "reasoning": "hm", "answer": "42"}),
            ", stream: false",
            "42",
            "stop",
        ),
        (
            "unasked",
            json!({"style": "think", "reasoning": "hm", "answer": "42", "whole": true}),
            "",
            "42",
            "stop",
        ),
        (
            "in bytes",
            json!({"style": "think", "reasoning": "hm", "answer": "42 ü", "split": 1}),
            "",
            "42 ü",
            "stop",
        ),
    ] {
        let upstream = mock(json!([{"when": {"kind": "answer"}, "do": script}])).await;
        let gateway = before(&upstream, case, target).await;
        let heard = hear(&gateway, question("Why?")).await;
        assert_eq!((heard.answer.as_str(), heard.finish()), (answer, finish), "{case}");
        assert_eq!(heard.errors.len(), 0, "{case}: {:?}", heard.errors);
        let thought = heard.reasoning.map(|summary| summary.source);
        let expected = if case == "cut" { Source::None } else { Source::Model };
        assert_eq!(thought, Some(expected), "{case}");
        let asked = with(question("Why?"), json!({"stream": false}));
        let whole = post(&gateway, "/v1/chat/completions", &asked).await.json();
        assert_eq!(whole["choices"][0]["message"]["content"], answer, "{case}: {whole}");
        assert_eq!(whole["choices"][0]["finish_reason"], finish, "{case}: {whole}");
    }
}

#[tokio::test]
async fn what_fails_there_is_what_fails_anywhere() {
    let error = json!({"error": {"code": 500, "message": "canary", "type": "server_error"}});
    for (case, script, status, code, calls) in [
        (
            "busy at first",
            json!([{"when": {"attempt": 1, "kind": "answer"}, "do": {"status": 503}}, {"do": {"answer": "fine"}}]),
            200,
            "",
            2,
        ),
        ("refused", json!({"status": 400}), 400, "upstream_refused", 1),
        ("no such path", json!({"status": 404}), 404, "upstream_not_found", 1),
        (
            "an error in the stream",
            json!({"error": {"token": 0, "data": error}}),
            502,
            "upstream_failed",
            4,
        ),
        (
            "no end",
            json!({"answer": "", "no_finish": true, "style": "plain"}),
            502,
            "upstream_empty",
            4,
        ),
        ("broken", json!({"broken_json": 0, "answer": "x"}), 502, "upstream_protocol", 4),
    ] {
        let upstream = mock(script).await;
        let gateway = before(&upstream, "errors", "").await;
        let asked =
            with(question("Why?"), json!({"summaries": {"prompt": false, "reasoning": false}}));
        let reply = gateway.post(asked).await;
        assert_eq!(reply.status, status, "{case}: {}", reply.text());
        if status != 200 {
            assert_eq!(reply.json()["code"], code, "{case}");
        }
        assert!(!reply.text().contains("canary"), "{case}: {}", reply.text());
        assert_eq!(answers(&upstream).len(), calls, "{case}");
    }
}

#[tokio::test]
async fn what_a_prompt_cannot_say_is_refused_by_name() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = before(&upstream, "refused", "").await;
    let image = json!([{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]);
    let tool = json!([{"type": "function", "function": {"name": "now"}}]);
    for (path, members, field) in [
        ("/v1/chat/completions", json!({"tools": tool}), "tools"),
        ("/openai/v1/chat/completions", json!({"tools": tool}), "tools"),
        (
            "/v1/chat/completions",
            json!({"messages": [{"role": "user", "content": image}]}),
            "messages[0].content[1]",
        ),
        ("/v1/chat/completions", json!({"logprobs": true, "stream": false}), "logprobs"),
        (
            "/v1/chat/completions",
            json!({"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}]}),
            "messages[1].role",
        ),
        (
            "/v1/responses",
            json!({"input": "Why?", "messages": null, "tools": [{"type": "function", "name": "now"}]}),
            "tools",
        ),
    ] {
        let reply = post(&gateway, path, &with(question("Why?"), members)).await;
        assert_eq!(reply.status, 422, "{path} {field}: {}", reply.text());
        assert_eq!(reply.fields(), [field], "{path}");
        assert_eq!(reply.json()["error"]["param"], field, "{path}");
        assert!(reply.text().contains("does not take"), "{}", reply.text());
    }
    let body = json!({"max_tokens": 9, "tools": [{"name": "now", "input_schema": {}}]});
    let reply = post(&gateway, "/v1/messages", &with(question("Why?"), body)).await;
    assert_eq!(reply.status, 422);
    let error = &reply.json()["error"];
    assert_eq!(error["type"], "invalid_request_error", "{error}");
    assert!(error["message"].as_str().is_some_and(|text| text.starts_with("tools: ")), "{error}");
    assert!(answers(&upstream).is_empty(), "nobody was asked");
}

#[tokio::test]
async fn who_can_be_told_is_asked_in_its_place() {
    let (llama, chats) =
        (mock(json!({"answer": "no"})).await, mock(json!({"answer": "fine"})).await);
    let text = format!(
        "upstreams:\n  llama: {{kind: llama_completion, template: gemma, base_url: \"{}\"}}\n  chats: {{base_url: \"{}\"}}\n\
         models: {{m: {{targets: [{{upstream: llama}}, {{upstream: chats}}]}}, n: {{targets: [{{upstream: llama}}]}}}}\n",
        llama.base_url(),
        chats.base_url(),
    );
    let gateway = gateway("completions-fallback", &text).await;
    let asked = json!({"stream": false, "summaries": {"prompt": false, "reasoning": false}});
    let plain = with(question("Why?"), asked);
    let tools = json!({"tools": [{"type": "function", "function": {"name": "now"}}]});
    let content = async |body: &Value| {
        let reply = post(&gateway, "/v1/chat/completions", body).await.json();
        reply["choices"][0]["message"]["content"].clone()
    };
    assert_eq!(content(&with(plain.clone(), tools)).await, "fine");
    assert!(answers(&llama).is_empty());
    assert_eq!(content(&plain).await, "no");
    let prompt = answers(&llama)[0].body["prompt"].to_string();
    assert!(prompt.starts_with("\"<start_of_turn>user\\n"), "{prompt}");
    let models = gateway.get("/v1/models").await.json();
    let listed: Vec<&Value> =
        models["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(listed, ["m", "n"], "from the file: nobody there has a list");
}
