//! Rows that only a real connection shows, against the real binary.
//!
//! Row 10 (a `Retry-After` that makes no sense) stands in `whole::retries`, 2 in `edge::tls`, 33 and 34
//! in `edge::upstreams`, the client's rows D in `disconnects` and W in `readers`.

use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::process::listener::{answers, hear};
use crate::process::{Gateway, mock, question, with};

const ANSWER: &str = "Größe: 42 — 🤔 <b>";

fn script(members: Value) -> Value {
    with(json!({"reasoning": "Zwölf — 🤔", "answer": ANSWER, "style": "tags"}), members)
}

/// What a client hears of one request, as a line.
async fn story(gateway: &Gateway) -> String {
    let heard = hear(gateway, question("Wie groß?")).await;
    let codes: Vec<_> = heard.errors.iter().map(|error| error.code.as_str()).collect();
    format!("{} {} {}", heard.answer, codes.join(" "), heard.finish()).trim().replace("  ", " ")
}

#[tokio::test]
async fn row_20_how_bytes_are_cut_makes_no_difference() {
    let expected = format!("{ANSWER} stop");
    for (case, members) in [
        ("as they are", json!({})),
        ("one by one", json!({"split": 1})),
        ("seven by seven", json!({"split": 7, "crlf": true})),
        ("many events in one write", json!({"coalesce": 16})),
        ("a byte order mark", json!({"bom": true})),
        ("comments", json!({"comment_every": 1})),
        ("tags cut into characters", json!({"chars": 1})),
        (
            "all of it",
            json!({"split": 3, "crlf": true, "bom": true, "comment_every": 2, "chars": 2}),
        ),
    ] {
        let upstream = mock(script(members)).await;
        let gateway = Gateway::before(&upstream, &[]).await;
        assert_eq!(story(&gateway).await, expected, "{case}");
    }
}

#[tokio::test]
async fn rows_13_and_14_a_broken_stream_is_no_success() {
    let quick: &[(&str, &str)] = &[("UPSTREAM_RETRY_BACKOFF", "0.01")];
    let late = json!({"token": 1_000_000});
    for (members, code) in [
        (json!({"reset": late}), "upstream_reset"),
        (json!({"cut": late}), "upstream_reset"),
        (json!({"end": late}), "upstream_truncated"),
    ] {
        // Past the last token, and before the finish reason: all of the answer was shown.
        let broken = script(with(members.clone(), json!({"tps": 50})));
        let upstream = mock(json!([{"when": {"kind": "answer"}, "do": broken}])).await;
        let gateway = Gateway::before(&upstream, quick).await;
        let expected = format!("{ANSWER} {code} error");
        assert_eq!(story(&gateway).await, expected, "{members}");
        assert_eq!(answers(&upstream).len(), 1, "{members}: nothing is asked again");
    }
}

#[tokio::test]
async fn row_1_a_host_whose_name_says_nothing_is_told_apart() {
    // The system refuses this name by itself: nobody is asked for it.
    let few = [("UPSTREAM_MAX_RETRIES", "0")];
    let gateway = Gateway::at("http://two..dots/v1", &few).await;
    let reply = gateway.post(question("Wie groß?")).await;
    assert_eq!((reply.status, &reply.json()["code"]), (502, &json!("upstream_dns")));
}

#[tokio::test]
async fn row_37_a_kept_connection_that_was_closed_is_not_noticed() {
    let upstream = mock(script(json!({"idle_close_ms": 30}))).await;
    let gateway = Gateway::before(&upstream, &[("UPSTREAM_MAX_RETRIES", "0")]).await;
    for _ in 0..5 {
        assert_eq!(story(&gateway).await, format!("{ANSWER} stop"));
        // The time after which the upstream closes; how the gateway finds out is its own affair.
        sleep(Duration::from_millis(60)).await;
    }
}
