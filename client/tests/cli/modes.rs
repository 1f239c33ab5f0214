//! Output for programs, the request that is sent, and what else can be shown.

use serde_json::{Value, json};

use crate::gateway::{Gateway, answer, asked, failed, flawless, said, thought};
use crate::run::{ask, command, run};

#[test]
fn json_is_one_object_at_the_end() {
    let ran = ask(&Gateway::streaming(&flawless()), &["--json"]);
    let record: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(ran.code, Some(0));
    assert_eq!(
        record,
        json!({
            "request_id": "req-1",
            "summaries": {"prompt": {"text": "P", "source": "model"}, "reasoning": {"text": "R", "source": "model"}},
            "answer": "42", "finish_reason": "stop", "tool_calls": [],
            "usage": {"prompt_tokens": 5, "completion_tokens": 100, "total_tokens": 105},
            "timings": {"prompt_summary": 120, "first_reasoning": 100, "reasoning_summary": 900,
                "first_answer_upstream": 800, "first_answer_sent": 910, "stall": 110, "total": 2100},
            "attempts": {"a": 1, "b": 1, "c": 1}, "warnings": [], "errors": [],
        })
    );
}

#[test]
fn json_tells_of_failures_too() {
    let fatal =
        [asked("P"), failed("upstream_stream", true, "it broke"), crate::gateway::done("error")];
    let broken = [asked("P"), thought("R"), said("4")];
    for (case, gateway, code, answer, message) in [
        ("error event", Gateway::streaming(&fatal), 1, "", "it broke"),
        ("incomplete", Gateway::streaming(&broken), 6, "4", "the stream ended without output.done"),
        (
            "refused",
            Gateway::start(vec![answer("500 Oops", "text/plain", "")]),
            1,
            "",
            "500 Internal Server Error",
        ),
    ] {
        let ran = ask(&gateway, &["--json"]);
        let record: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.code, &record["answer"]), (Some(code), &json!(answer)), "{case}");
        assert!(
            record["errors"][0]["message"].as_str().unwrap().contains(message),
            "{case}: {record}"
        );
    }
}

#[test]
fn events_are_lines_of_json() {
    let hostile = "\x1b\u{9b}";
    let events = [asked(hostile), thought("R"), said("4"), crate::gateway::done("stop")];
    let ran = ask(&Gateway::streaming(&events), &["--events"]);
    let lines: Vec<Value> = ran.out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let names: Vec<&str> = lines.iter().map(|it| it["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["summary.prompt", "summary.reasoning", "output.delta", "output.done"]);
    let times: Vec<u64> = lines.iter().map(|it| it["t_ms"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(
        lines[0]["data"],
        json!({"text": hostile, "source": "model", "request_id": "req-1"})
    );
    assert!(ran.out.is_ascii() && !ran.out.contains('\x1b'), "{}", ran.out);
}

#[test]
fn timings_are_one_line_on_stderr() {
    let ran = ask(&Gateway::streaming(&flawless()), &["--timings"]);
    assert_eq!(
        ran.err,
        "prompt summary 0.12 s · reasoning summary 0.90 s · first answer 0.91 s · stall 0.11 s · \
         total 2.10 s · 100 tokens · 50.0 tokens/s\n"
    );
}

#[test]
fn the_request_is_what_the_arguments_say() {
    let gateway = Gateway::streaming(&flawless());
    let args =
        ["--model", "m", "--summary-model", "s", "--system", "be brief", "--api-key", "secret"];
    ask(&gateway, &args);
    let request = gateway.request();
    let messages =
        json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]);
    assert_eq!(
        request.body,
        json!({"model": "m", "messages": messages, "stream": true, "summary_model": "s"})
    );
    assert!(request.head.starts_with("post /v1/chat/completions http/1.1\r\n"));
    assert!(request.head.contains("authorization: bearer secret\r\n"), "{}", request.head);
    assert!(request.head.contains("accept: text/event-stream\r\n"), "{}", request.head);
}

#[test]
fn the_environment_stands_in_for_options() {
    let gateway = Gateway::streaming(&flawless());
    let mut command = command(&["hi"]);
    command
        .env("GATEWAY_URL", gateway.base())
        .env("GATEWAY_MODEL", "m")
        .env("GATEWAY_API_KEY", "k");
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("http_proxy", "http://127.0.0.1:1");
    assert_eq!(run(command).code, Some(0));
    let request = gateway.request();
    assert_eq!(request.body["model"], "m");
    assert!(request.head.starts_with("post /v1/chat/completions "), "{}", request.head);
    assert!(request.head.contains("authorization: bearer k\r\n"), "{}", request.head);
}

#[test]
fn debug_shows_the_request_and_hides_the_key() {
    let gateway = Gateway::streaming(&flawless());
    let ran = ask(&gateway, &["--debug", "--api-key", "secret", "--model", "m\u{9b}"]);
    let shown: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(shown["body"], gateway.request().body);
    assert_eq!(shown["headers"]["authorization"], "Bearer ***");
    assert!(!ran.err.contains("secret") && ran.err.is_ascii(), "{}", ran.err);
}

#[test]
fn help_shows_no_secret() {
    let mut command = command(&["--help"]);
    command.env("GATEWAY_API_KEY", "secret-1").env("UPSTREAM_API_KEY", "secret-2");
    let ran = run(command);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.contains("GATEWAY_API_KEY") && !ran.out.contains("secret-"), "{}", ran.out);
}

#[test]
fn nothing_is_coloured_where_no_terminal_is() {
    let gateway = Gateway::streaming(&flawless());
    let mut command = command(&["--url", &gateway.url(), "hi"]);
    command.env("TERM", "xterm-256color").env("CLICOLOR_FORCE", "1");
    let ran = run(command);
    assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "{ran:?}");
}
