//! Each misbehaviour, seen on the wire.

use base64::Engine;
use serde_json::{Value, json};

use mock_upstream::Ending;

use crate::wire::{
    Close, Got, ask, idle, open, post, question, read_all, read_one, read_until, server,
};

/// Plain text of so many tokens, and what is to go wrong.
fn ten_tokens(fault: &Value) -> Value {
    let mut script = json!({"style": "plain", "answer": "aa bb cc dd ee ff gg hh ii jj"});
    script.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
    script
}

async fn got(fault: Value) -> Got {
    let server = server(ten_tokens(&fault)).await;
    ask(&server, &question("?")).await
}

/// The text that came, whether the body was complete, and how the connection ended.
fn shape(got: &Got) -> (String, bool, Close) {
    let close = if got.close == Close::Fin { Close::Fin } else { Close::Reset };
    (got.said("content"), got.complete, close)
}

#[tokio::test]
async fn streams_break_where_the_script_says() {
    for (case, fault, text, complete, close) in [
        ("ends cleanly at token 2", json!({"end": {"token": 2}}), "aa bb", true, Close::Fin),
        ("closed at token 2", json!({"cut": {"token": 2}}), "aa bb", false, Close::Fin),
        ("closed before any token", json!({"cut": {"token": 0}}), "", false, Close::Fin),
        (
            "closed after all",
            json!({"cut": {"token": 99}}),
            "aa bb cc dd ee ff gg hh ii jj",
            false,
            Close::Fin,
        ),
        ("reset before any token", json!({"reset": "head"}), "", false, Close::Reset),
        ("closed before the head", json!({"cut": "head"}), "", false, Close::Fin),
        ("error ends it", json!({"error": {"token": 1}}), "aa", true, Close::Fin),
        ("cut at a byte", json!({"cut": {"byte": 3}}), "", false, Close::Fin),
        (
            "cut at a byte, coalesced",
            json!({"cut": {"token": 2}, "coalesce": 50}),
            "aa bb",
            false,
            Close::Fin,
        ),
    ] {
        assert_eq!(shape(&got(fault).await), (text.to_owned(), complete, close), "{case}");
    }
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let server = server(ten_tokens(&json!({"reset": {"token": 3}, "tps": 200}))).await;
    let got = ask(&server, &question("?")).await;
    assert_eq!(got.close, Close::Reset);
    assert_eq!(idle(&server).await[0].ending(), Some(Ending::Scripted));
}

#[tokio::test]
async fn a_cut_can_fall_anywhere() {
    let whole = got(json!({"answer": "<final>ü</final>"})).await.body;
    let within_umlaut = whole.windows(2).position(|two| two == "ü".as_bytes()).unwrap() + 1;
    for at in [0, 1, 40, within_umlaut, whole.len() - 1] {
        let server = server(json!({"style": "plain", "answer": "<final>ü</final>"})).await;
        let mut body = question("?");
        body["mock"] = json!({"cut": {"byte": at}});
        let cut = ask(&server, &body).await;
        assert_eq!(cut.body.len(), at);
        assert!(!cut.complete);
    }
}

#[tokio::test]
async fn odd_events_stand_where_the_script_says() {
    for (case, fault, wanted) in [
        (
            "error object",
            json!({"error": {"token": 1, "data": {"error": {"code": 429}}}}),
            "data: {\"error\":{\"code\":429}}\n\n",
        ),
        (
            "named error, then done",
            json!({"error": {"event": "error", "data": "x", "done": true}}),
            "event: error\ndata: x\n\ndata: [DONE]\n\n",
        ),
        ("default error", json!({"error": {}}), "\"type\":\"server_error\""),
        (
            "insert",
            json!({"insert": [{"token": 1, "data": {"choices": []}}]}),
            "data: {\"choices\":[]}\n\n",
        ),
        ("after done", json!({"after_done": "late"}), "data: [DONE]\n\ndata: late\n\n"),
        ("comments", json!({"comment_every": 3}), "\n\n: keep-alive\n\ndata: "),
        ("lines", json!({"crlf": true}), "data: [DONE]\r\n\r\n"),
        ("byte order mark", json!({"bom": true}), "\u{feff}data: {"),
        ("broken JSON", json!({"broken_json": 2}), "\"delta\":{\"content\":\n\n"),
        (
            "finish reason",
            json!({"finish_reason": "content_filter"}),
            "\"finish_reason\":\"content_filter\"",
        ),
        ("usage unasked", json!({"usage": true}), "\"choices\":[],\"usage\":{"),
    ] {
        let text = got(fault).await.text();
        assert!(text.contains(wanted), "{case}: {text}");
    }
}

#[tokio::test]
async fn what_is_left_out_is_not_there() {
    for (case, fault, missing) in [
        ("no finish", json!({"no_finish": true}), "\"finish_reason\":\"stop\""),
        ("no done", json!({"no_done": true}), "[DONE]"),
        ("no usage", json!({"usage": false}), "\"usage\""),
    ] {
        let whole = got(fault).await;
        assert!(whole.complete && whole.said("content").ends_with(" jj"), "{case}");
        assert!(!whole.text().contains(missing), "{case}");
    }
    let comments = got(json!({"comment_every": 3})).await.text().matches(": keep-alive").count();
    assert_eq!(comments, 3, "before tokens 3, 6 and 9");
}

#[tokio::test]
async fn bodies_that_are_no_stream() {
    let html = json!({"headers": {"Content-Type": "text/html"}, "body": "<html>"});
    for (case, fault, content_type, body) in [
        ("html", html, "text/html", "<html>"),
        ("nothing", json!({"empty": "nothing"}), "text/event-stream; charset=utf-8", ""),
        (
            "only done",
            json!({"empty": "done"}),
            "text/event-stream; charset=utf-8",
            "data: [DONE]\n\n",
        ),
        (
            "raw text",
            json!({"raw": {"text": "data: x"}}),
            "text/event-stream; charset=utf-8",
            "data: x",
        ),
    ] {
        let got = got(fault).await;
        assert_eq!(got.status, 200, "{case}");
        assert_eq!(got.header("content-type"), Some(content_type), "{case}");
        assert_eq!(got.text(), body, "{case}");
        assert!(got.complete, "{case}");
    }
    let bytes = [b'd', 0xff, 0xfe, b'\n'];
    let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
    assert_eq!(got(json!({"raw": {"base64": base64}})).await.body, bytes);

    let whole = got(json!({"whole": true})).await;
    assert_eq!(whole.header("content-type"), Some("application/json"));
    assert_eq!(whole.json()["object"], "chat.completion");
}

#[tokio::test]
async fn statuses_and_headers_are_as_scripted() {
    let busy =
        json!({"status": 429, "headers": {"Retry-After": "1"}, "body": {"detail": "slow down"}});
    let got_busy = got(busy).await;
    assert_eq!((got_busy.status, got_busy.header("retry-after")), (429, Some("1")));
    assert_eq!(got_busy.json(), json!({"detail": "slow down"}));

    let plain = got(json!({"status": 500})).await;
    assert_eq!((plain.status, plain.json()["error"]["type"].as_str()), (500, Some("server_error")));

    let moved = got(json!({"status": 307, "headers": {"Location": "http://127.0.0.1:9/"}})).await;
    assert_eq!((moved.status, moved.header("location")), (307, Some("http://127.0.0.1:9/")));

    let coded = got(json!({"headers": {"Content-Encoding": "gzip"}})).await;
    assert_eq!((coded.status, coded.header("content-encoding")), (200, Some("gzip")));
    assert!(coded.said("content").starts_with("aa"));
}

#[tokio::test]
async fn one_line_can_be_very_long() {
    let bytes = 3_000_000;
    let got = got(json!({"long_line": bytes})).await;
    let longest = got.text().lines().map(str::len).max();
    assert_eq!(longest, Some(bytes));
    assert!(
        got.data()
            .iter()
            .all(|data| data == "[DONE]" || serde_json::from_str::<Value>(data).is_ok())
    );
    assert!(got.complete);
}

#[tokio::test]
async fn writes_are_split_and_joined() {
    let chunk_sizes = |raw: String| {
        let sizes = raw.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned();
        usize::from_str_radix(sizes.lines().next().unwrap_or_default(), 16).unwrap()
    };
    for (case, fault, bytes) in
        [("split", json!({"split": 3}), 3..=3), ("joined", json!({"coalesce": 5}), 500..=2_000)]
    {
        let server = server(ten_tokens(&fault)).await;
        let mut socket = open(&server, &post("/v1/chat/completions", "", &question("?"))).await;
        let first = chunk_sizes(read_until(&mut socket, "dat").await);
        assert!(bytes.contains(&first), "{case}: first write has {first} bytes");
        assert_eq!(got(fault).await.said("content"), "aa bb cc dd ee ff gg hh ii jj", "{case}");
    }
}

#[tokio::test]
async fn tokens_can_have_any_size() {
    for (chars, first) in [(1, "<"), (3, "<an"), (100, "<analysis>")] {
        let server = server(json!({"chars": chars, "reasoning": "hm", "answer": "größer"})).await;
        let got = ask(&server, &question("?")).await;
        assert_eq!(got.deltas("content")[0], first);
        assert_eq!(got.said("content"), "<analysis>hm</analysis><final>größer</final>");
    }
}

#[tokio::test]
async fn tool_calls_come_in_parts() {
    let call = json!({"name": "weather", "arguments": {"city": "Paris"}});
    let got = got(json!({"tool_calls": [call], "answer": ""})).await;
    let chunks =
        got.data().into_iter().filter_map(|data| serde_json::from_str::<Value>(&data).ok());
    let parts =
        chunks.filter_map(|chunk| chunk.pointer("/choices/0/delta/tool_calls/0/function").cloned());
    let parts = parts.collect::<Vec<_>>();
    assert!(parts.len() > 2 && parts[0]["name"] == "weather", "{parts:?}");
    let arguments =
        parts.iter().map(|part| part["arguments"].as_str().unwrap()).collect::<String>();
    assert_eq!(arguments, r#"{"city":"Paris"}"#);
    assert!(got.text().contains(r#""finish_reason":"tool_calls""#));
}

#[tokio::test]
async fn stalls_last_until_the_client_leaves() {
    for (noise, sound) in [
        ("none", ""),
        ("comments", ": keep-alive"),
        ("pings", "event: ping"),
        ("empty_deltas", "\"delta\":{}"),
    ] {
        let stall = json!({"stall": {"token": 2, "noise": noise, "every_ms": 1}});
        let server = server(ten_tokens(&stall)).await;
        let mut socket = open(&server, &post("/v1/chat/completions", "", &question("?"))).await;
        let text = read_until(&mut socket, " bb").await;
        if !sound.is_empty() && !text.contains(sound) {
            read_until(&mut socket, sound).await;
        }
        assert_eq!(server.open_streams(), 1, "{noise}");
        drop(socket);
        let calls = idle(&server).await;
        assert_eq!((calls[0].ending(), calls[0].tokens), (Some(Ending::ClientLeft), 2), "{noise}");
        assert_eq!((server.open_streams(), server.counts().client_left), (0, 1), "{noise}");
    }
}

#[tokio::test]
async fn a_stall_without_a_time_ends_when_it_is_resumed() {
    let server = server(ten_tokens(&json!({"stall": {"token": 2}, "cut": {"token": 4}}))).await;
    for _ in 0..2 {
        let mut socket = open(&server, &post("/v1/chat/completions", "", &question("?"))).await;
        read_until(&mut socket, " bb").await;
        assert_eq!(server.open_streams(), 1);
        server.resume();
        let calls = idle(&server).await;
        assert_eq!(calls.last().map(|call| call.tokens), Some(4));
    }
}

#[tokio::test]
async fn what_never_ends_stops_with_its_client() {
    for part in ["reasoning", "answer"] {
        let server = server(json!({"endless": part})).await;
        let mut socket = open(&server, &post("/v1/chat/completions", "", &question("?"))).await;
        let mut read = 0;
        while read < 1_000_000 {
            read += tokio::io::AsyncReadExt::read(&mut socket, &mut [0; 65_536]).await.unwrap();
        }
        drop(socket);
        let calls = idle(&server).await;
        assert_eq!(calls[0].ending(), Some(Ending::ClientLeft), "{part}");
        assert!(calls[0].tokens > 2_000, "{part}: {}", calls[0].tokens);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_although_it_was_promised() {
    let server = server(ten_tokens(&json!({"idle_close_ms": 1}))).await;
    let body = question("?").to_string();
    let mut socket =
        open(&server, &crate::wire::request("POST", "/v1/chat/completions", "", &body)).await;
    let first = read_one(&mut socket).await;
    assert_eq!(first.header("connection"), Some("keep-alive"));
    assert_eq!(read_all(socket).await.close, Close::Fin);
}

#[tokio::test]
async fn a_body_can_end_with_its_connection() {
    let got = got(json!({"close_delimited": true})).await;
    assert_eq!((got.header("transfer-encoding"), got.header("content-length")), (None, None));
    assert_eq!(got.header("connection"), Some("close"));
    assert!(got.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn documents_break_too() {
    for (case, fault, complete) in [
        ("cut", json!({"cut": {"token": 1}}), false),
        ("broken", json!({"broken_json": 0}), true),
        ("cut at a byte", json!({"cut": {"byte": 10}}), false),
    ] {
        let server = server(ten_tokens(&fault)).await;
        let mut body = question("?");
        body["stream"] = json!(false);
        let got = ask(&server, &body).await;
        assert_eq!(got.complete, complete, "{case}");
        assert!(serde_json::from_slice::<Value>(&got.body).is_err(), "{case}");
    }
}
