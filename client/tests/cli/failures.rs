//! What goes wrong, what is said about it, and the exit code.

use std::net::TcpListener;

use serde_json::json;

use crate::gateway::{
    Act, Gateway, HEAD, answer, asked, done, event, failed, flawless, said, send, thought,
};
use crate::run::{Ran, ask, command, run};

fn check(case: &str, ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, Some(code), "{case}: {ran:?}");
    for said in said {
        assert!(ran.err.contains(said), "{case}: {said:?} is missing in {}", ran.err);
    }
}

#[test]
fn a_refusal_is_explained() {
    let problem = json!({
        "type": "about:blank", "title": "Invalid request", "status": 422, "detail": "1 member is wrong\u{1b}",
        "request_id": "req-1", "code": "invalid", "errors": [{"field": "model", "message": "is required"}],
    });
    for (status, kind, body, said) in [
        (
            "422 Unprocessable Entity",
            "application/problem+json",
            &*problem.to_string(),
            &[
                "error: 422 Invalid request: 1 member is wrong␛",
                "model: is required",
                "req-1",
                "--model",
            ][..],
        ),
        (
            "401 Unauthorized",
            "application/json",
            r#"{"error":{"message":"bad key"}}"#,
            &["401 Unauthorized: bad key", "GATEWAY_API_KEY"],
        ),
        ("404 Not Found", "text/plain", "no such page", &["404 Not Found: no such page", "--url"]),
        (
            "503 Service Unavailable",
            "application/json",
            "{}",
            &["503 Service Unavailable", "Retry-After: 7"],
        ),
        (
            "302 Found\r\nLocation: http://elsewhere/",
            "text/plain",
            "",
            &["http://elsewhere/, which is not followed"],
        ),
    ] {
        let ran = ask(&Gateway::start(vec![answer(status, kind, body)]), &[]);
        check(status, &ran, 1, said);
        assert_eq!(ran.out, "", "{status}");
    }
}

#[test]
fn nobody_answers() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = run(command(&["--url", &format!("http://{free}/v1"), "hi"]));
    check("refused", &ran, 3, &[&format!("cannot reach http://{free}/v1"), "refused", "make demo"]);
    let ran = run(command(&["--url", "http://nowhere.invalid/", "hi"]));
    check("no such host", &ran, 3, &["cannot reach http://nowhere.invalid/"]);
}

#[test]
fn a_url_that_is_none_is_wrong_usage() {
    for (url, said) in [
        ("localhost:8000", "Did you mean http://localhost:8000"),
        ("ftp://x/", "http:// or https://"),
    ] {
        check(url, &run(command(&["--url", url, "hi"])), 2, &[said]);
    }
    check("key", &run(command(&["--api-key", "a\nb", "hi"])), 2, &["header"]);
}

#[test]
fn a_stream_that_breaks_is_incomplete() {
    let begun = format!("{HEAD}{}{}{}", asked("P"), thought("R"), said("4"));
    let chunked = begun.replace("Connection", "Transfer-Encoding: chunked\r\nConnection");
    let (head, body) = chunked.split_once("\r\n\r\n").unwrap();
    let torn = format!("{head}\r\n\r\n{:x}\r\n{body}\r\n5\r\nab", body.len());
    for (case, script, out) in [
        ("ends", vec![send(&*begun)], "4\n"),
        ("breaks", vec![send(torn)], "4\n"),
        ("never begins", vec![send(HEAD)], ""),
        ("no answer at all", vec![], ""),
    ] {
        let ran = ask(&Gateway::start(vec![script]), &[]);
        check(case, &ran, 6, &["error: the answer is not complete"]);
        assert!(ran.out.ends_with(out) && !ran.out.contains("[done]"), "{case}: {}", ran.out);
    }
}

#[test]
fn a_fatal_error_ends_the_answer() {
    let fatal = failed("upstream_stream", true, "it broke");
    for (case, events) in [
        ("at once", vec![fatal.clone(), done("error")]),
        ("while thinking", vec![asked("P"), fatal.clone(), done("error")]),
        ("in the answer", vec![asked("P"), thought("R"), said("4"), fatal, done("error")]),
        ("without an error", vec![asked("P"), thought("R"), said("4"), done("error")]),
    ] {
        let ran = ask(&Gateway::streaming(&events), &[]);
        check(case, &ran, 1, &["the answer is not complete", "request id req-1"]);
        assert_eq!(ran.err.contains("upstream: it broke"), case != "without an error", "{case}");
        assert!(!ran.out.contains("[done]"), "{case}");
    }
}

#[test]
fn events_out_of_order_are_refused() {
    let [prompt, reasoning, delta, end] = [asked("P"), thought("R"), said("4"), done("stop")];
    for (case, events) in [
        ("answer first", vec![delta.clone()]),
        ("reasoning first", vec![reasoning.clone()]),
        ("twice", vec![prompt.clone(), prompt.clone()]),
        ("done too early", vec![prompt.clone(), end.clone()]),
        ("after the end", vec![prompt, reasoning, delta.clone(), end, delta]),
    ] {
        let ran = ask(&Gateway::streaming(&events), &[]);
        check(case, &ran, 7, &["error: events came out of order"]);
    }
}

#[test]
fn what_is_not_a_gateway_is_refused() {
    let page = answer("200 OK", "text/html", "<html>");
    let unreadable = vec![send(format!("{HEAD}{}", event("summary.prompt", &json!(7))))];
    let endless = vec![send(HEAD), Act::Send([b"data: ".to_vec(), vec![b'x'; 20 << 20]].concat())];
    let unfit = answer("200 OK", "application/json", "{}");
    for (case, script) in [
        ("a page", page),
        ("wrong data", unreadable),
        ("a line without end", endless),
        ("other JSON", unfit),
    ] {
        let ran = ask(&Gateway::start(vec![script]), &[]);
        check(case, &ran, 7, &["error: this is not how a gateway answers", "--url"]);
    }
}

#[test]
fn time_runs_out() {
    for (case, script) in [
        ("no answer", vec![Act::Hold]),
        ("no end", vec![send(format!("{HEAD}{}", asked("P"))), Act::Hold]),
    ] {
        let gateway = Gateway::start(vec![script]);
        let ran = ask(&gateway, &["--timeout", "0.3"]);
        check(case, &ran, 6, &["took longer than 0.3 s", "--timeout"]);
        gateway.wait_until_left();
    }
}

#[test]
fn a_connection_that_stays_open_after_the_end_is_left() {
    let script = vec![send(format!("{HEAD}{}", flawless().concat())), Act::Hold];
    let gateway = Gateway::start(vec![script]);
    assert_eq!(ask(&gateway, &[]).code, Some(0));
    gateway.wait_until_left();
}

#[test]
fn a_machine_without_certificates_can_call_https() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = command(&["--url", &format!("https://{free}/"), "hi"]);
    command.env("SSL_CERT_FILE", "/no/such/file").env("SSL_CERT_DIR", "/no/such/folder");
    check("no certificates", &run(command), 3, &["refused"]);
}
