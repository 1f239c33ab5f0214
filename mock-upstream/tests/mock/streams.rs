//! What a well-behaved stream looks like.

use serde_json::{Value, json};

use mock_upstream::{Ending, Kind, Options, Server, Style};

use crate::wire::{Close, ask, idle, open, post, question, read_one, request, send, server};

#[tokio::test]
async fn styles_mark_reasoning_each_in_its_own_way() {
    let text = json!({"reasoning": "because of this", "answer": "it is so"});
    for (style, content, member, reasoning) in [
        ("tags", "<analysis>because of this</analysis><final>it is so</final>", "reasoning", ""),
        ("think", "<think>because of this</think>\n\nit is so", "reasoning", ""),
        ("prefilled", "because of this</think>\n\nit is so", "reasoning", ""),
        ("field", "it is so", "reasoning_content", "because of this"),
        ("reasoning", "it is so", "reasoning", "because of this"),
        ("plain", "it is so", "reasoning", ""),
    ] {
        let server = server(text.clone()).await;
        let mut body = question("?");
        body["mock"] = json!({"style": style});
        let got = ask(&server, &body).await;
        assert_eq!(got.said("content"), content, "{style}");
        assert_eq!(got.said(member), reasoning, "{style}");
        assert_eq!((got.status, got.complete, got.close), (200, true, Close::Fin), "{style}");
    }
}

#[tokio::test]
async fn chunks_have_openais_shape() {
    let server = server(json!({"style": "plain", "answer": "one two three"})).await;
    let mut body = question("?");
    body["stream_options"] = json!({"include_usage": true});
    let got = ask(&server, &body).await;
    assert_eq!(got.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let data = got.data();
    assert_eq!(data.last().map(String::as_str), Some("[DONE]"));

    let chunks = data[..data.len() - 1].iter().map(|data| serde_json::from_str(data).unwrap());
    let chunks = chunks.collect::<Vec<Value>>();
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    for chunk in &chunks {
        assert_eq!(chunk["id"], chunks[0]["id"]);
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["created"], chunks[0]["created"]);
        assert_eq!(chunk["model"], "m");
    }
    let [.., finish, usage] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!(finish["choices"][0]["finish_reason"], "stop");
    assert_eq!(finish["usage"], Value::Null);
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["completion_tokens"], 3);
    assert!(
        chunks[..chunks.len() - 1].iter().all(|chunk| chunk.get("usage") == Some(&Value::Null))
    );
}

#[tokio::test]
async fn tags_are_cut_across_deltas() {
    let server = server(json!({})).await;
    let got = ask(&server, &question("Why is the sky blue?")).await;
    let deltas = got.deltas("content");
    assert!(deltas.concat().starts_with("<analysis>"));
    assert!(
        deltas.iter().all(|delta| !delta.contains("<analysis>") && !delta.contains("</final>"))
    );
    let longest = deltas.iter().map(|delta| delta.trim().chars().count()).max();
    assert!(longest <= Some(5), "{longest:?} characters in one token");
    let average = deltas.concat().chars().count() as f64 / deltas.len() as f64;
    assert!((3.0..6.0).contains(&average), "{average} characters per token");
}

#[tokio::test]
async fn a_request_without_stream_gets_one_completion() {
    for (style, member) in [("field", "reasoning_content"), ("reasoning", "reasoning")] {
        let server = server(json!({"reasoning": "hm", "answer": "yes", "style": style})).await;
        let mut body = question("?");
        body["stream"] = json!(false);
        let got = ask(&server, &body).await.json();
        assert_eq!(got["object"], "chat.completion");
        assert_eq!(got["choices"][0]["message"]["content"], "yes");
        assert_eq!(got["choices"][0]["message"][member], "hm");
        assert_eq!(got["choices"][0]["finish_reason"], "stop");
    }
    let server = server(json!({"reasoning": "hm", "answer": "yes"})).await;
    let mut body = question("?");
    body["stream"] = json!(false);
    let got = ask(&server, &body).await.json();
    assert_eq!(
        got["choices"][0]["message"]["content"],
        "<analysis>hm</analysis><final>yes</final>"
    );
}

#[tokio::test]
async fn max_tokens_ends_with_length() {
    let server = server(json!({"style": "plain"})).await;
    for stream in [true, false] {
        let mut body = question("Tell me about tides");
        body["max_tokens"] = json!(7);
        body["stream"] = json!(stream);
        let got = ask(&server, &body).await;
        assert!(got.text().contains(r#""finish_reason":"length""#), "{}", got.text());
        assert_eq!(idle(&server).await.last().unwrap().tokens, 7);
    }
}

#[tokio::test]
async fn lengths_are_exact() {
    let options = Options { reasoning_tokens: 500, answer_tokens: 40, ..Options::instant() };
    let server = Server::start(options.with_style(Style::Field)).await.unwrap();
    let got = ask(&server, &question("How do I bake bread?")).await;
    assert_eq!(got.deltas("reasoning_content").len(), 500);
    assert_eq!(got.deltas("content").len(), 40);
}

#[tokio::test]
async fn every_prefix_leads_to_the_same_server() {
    let server = server(json!({"style": "plain", "answer": "yes"})).await;
    for prefix in ["", "/v1", "/serverless/v1", "/dedicated/v1"] {
        let chat = format!("{prefix}/chat/completions");
        assert_eq!(send(&server, &post(&chat, "", &question("?"))).await.said("content"), "yes");
        let models = request("GET", &format!("{prefix}/models?x=1"), "connection: close\r\n", "");
        assert_eq!(send(&server, &models).await.json()["object"], "list", "{prefix}");
    }
}

#[tokio::test]
async fn refusals_have_openais_shape() {
    let server = server(json!({})).await;
    let close = "connection: close\r\n";
    let big = format!("{{\"messages\":\"{}\"}}", "x".repeat(5 * 1024 * 1024));
    for (case, request, status) in [
        ("unknown path", request("GET", "/nowhere", close, ""), 404),
        ("wrong method", request("GET", "/v1/chat/completions", close, ""), 405),
        ("bad JSON", request("POST", "/v1/chat/completions", close, "{"), 400),
        ("no messages", request("POST", "/v1/chat/completions", close, "{}"), 400),
        ("too large", request("POST", "/v1/chat/completions", close, &big), 413),
        ("too many headers", request("GET", "/healthz", &"x: y\r\n".repeat(200), ""), 431),
        ("no HTTP", "hello\r\n\r\n".to_owned(), 400),
    ] {
        let got = send(&server, &request).await;
        assert_eq!(got.status, status, "{case}");
        let error = &got.json()["error"];
        assert!(error["message"].is_string() && error["type"].is_string(), "{case}: {error}");
    }
    let healthy = send(&server, &request("GET", "/healthz", close, "")).await;
    assert_eq!((healthy.status, healthy.json()), (200, json!({"status": "ok"})));
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = server(json!({"style": "plain", "answer": "yes"})).await;
    let body = question("?").to_string();
    let one = request("POST", "/v1/chat/completions", "", &body);
    let mut socket = open(&server, &one).await;
    for _ in 0..3 {
        assert_eq!(read_one(&mut socket).await.said("content"), "yes");
        tokio::io::AsyncWriteExt::write_all(&mut socket, one.as_bytes()).await.unwrap();
    }
    let calls = server.until(|calls| calls.len() == 4).await;
    assert!(calls.iter().all(|call| call.connection == calls[0].connection), "{calls:?}");
}

#[tokio::test]
async fn a_chunked_request_body_is_read() {
    let server = server(json!({"style": "plain", "answer": "yes"})).await;
    let body = question("in chunks").to_string();
    let (first, second) = body.split_at(10);
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    assert_eq!(send(&server, &request).await.said("content"), "yes");
    assert_eq!(server.calls()[0].body["messages"][0]["content"], "in chunks");
}

#[tokio::test]
async fn calls_are_recorded() {
    let server = server(json!({"style": "plain", "answer": "yes"})).await;
    send(&server, &post("/v1/chat/completions", "X-Team: blue\r\n", &question("?"))).await;
    let calls = idle(&server).await;
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!((call.kind, call.stream, call.model()), (Kind::Answer, true, "m"));
    assert_eq!(call.header("x-team"), Some("blue"));
    assert_eq!((call.ending(), call.status, call.tokens), (Some(Ending::Completed), Some(200), 1));
    assert!(call.began <= call.ended.unwrap().1);
}
