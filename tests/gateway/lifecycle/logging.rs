//! The log is written beside the work: nobody waits for whoever reads it, or doesn't.

use std::net::SocketAddr;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

use crate::metrics::samples;
use crate::process::wire::Wire;
use crate::process::{command, mock, question, soon};

/// More lines than a pipe and the gateway hold.
const LINES: usize = 6_000;

/// A gateway whose log is read up to the line that says where it is, and no further.
async fn unheard(upstream: &str) -> (Child, SocketAddr, Lines<BufReader<ChildStderr>>) {
    let mut child = command(&[("UPSTREAM_BASE_URL", upstream)]).spawn().expect("it can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let first = soon("the first line", lines.next_line()).await.expect("it is read");
    let addr = first.and_then(|line| line.rsplit_once("http://")?.1.parse().ok());
    (child, addr.expect("an address"), lines)
}

#[tokio::test]
async fn a_log_that_nobody_reads_holds_nothing_up() {
    let upstream = mock(json!([{"when": {"kind": "answer"}, "do": {"answer": "fine"}}])).await;
    let (mut child, addr, mut lines) = unheard(&upstream.base_url()).await;
    let mut wire = Wire::connect(addr).await;
    for number in 0..LINES {
        wire.chat("{").await;
        assert_eq!(wire.reply().await.status, 400, "request {number}");
    }
    wire.chat(question("Why?")).await;
    let answer = wire.reply().await.text();
    assert!(answer.contains("event: output.done"), "{answer}");

    // What was lost is counted.
    wire.request("GET", "/metrics", &[], b"").await;
    let text = wire.reply().await.text();
    let dropped = samples(&text, "gateway_log_lines_dropped_total")[0].trim();
    let dropped: usize = dropped.parse().expect("a count");
    assert!((100..LINES).contains(&dropped), "{dropped} of {LINES}");

    // Once somebody reads, there is a log again, of whole lines.
    let id = "heard-again";
    let mut heard = 0;
    loop {
        wire.chat_as(&[("X-Request-Id", id)], "{").await;
        assert_eq!(wire.reply().await.status, 400);
        let line = soon("a log line", lines.next_line()).await.expect("text").expect("a line");
        let line: serde_json::Value = serde_json::from_str(&line).expect("a whole line");
        heard += 1;
        if line["request_id"] == id {
            break;
        }
    }
    assert!((100..LINES).contains(&heard), "{heard} lines");
    child.kill().await.expect("it runs");
}
