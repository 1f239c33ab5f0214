//! Many leave at once, and those who stay notice nothing.

use std::time::Duration;

use futures::future::join_all;
use mock_upstream::Call;
use serde_json::{Value, json};
use tokio::time::{Instant, interval, timeout};

use crate::process::cores::Cores;
use crate::process::listener::Listener;
use crate::process::{Gateway, mock, question, soon};

const LEAVERS: usize = 500;
const STAYERS: usize = 5;
const ANSWER: &str = "one two three four five six seven eight nine ten";

fn asked_by(model: &str) -> Value {
    let mut body = question("Why?");
    body["model"] = json!(model);
    body
}

/// Connections to the gateway that are open on its side, as Linux lists them.
fn connections(gateway: &Gateway) -> usize {
    let port = format!(":{:04X}", gateway.addr.port());
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the system lists connections");
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    // Established, or closed by the client alone.
    rows.filter(|row| row[1].ends_with(&port) && ["01", "08"].contains(&row[3])).count()
}

#[tokio::test]
async fn five_hundred_leave_within_a_second() {
    let stayer = json!({"reasoning": "hm", "answer": ANSWER, "token_delay_ms": 100});
    let upstream = mock(json!([
        {"when": {"model": "stayer", "kind": "answer"}, "do": stayer},
        {"when": {"kind": "answer"}, "do": {"stall": {"token": 3}}},
        {"do": {"answer": "Fine."}},
    ]))
    .await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let leavers = (0..LEAVERS).map(|_| Listener::ask(&gateway, asked_by("leaver")));
    let leavers = join_all(leavers).await;
    let stayers = (0..STAYERS).map(|_| Listener::ask(&gateway, asked_by("stayer")));
    let stayers = join_all(stayers).await;
    assert!(connections(&gateway) >= LEAVERS + STAYERS);
    let (left, cores) = (Instant::now(), Cores::now(&gateway));
    drop(leavers);
    // Counted first: to look at every call whenever one ends would take longer than their ends do.
    let goes_on = |call: &Call| call.model() == "leaver" && call.ended.is_none();
    let mut look = interval(Duration::from_millis(5));
    let ended = async {
        while upstream.counts().open > 3 * STAYERS as u64 || upstream.calls().iter().any(goes_on) {
            look.tick().await;
        }
    };
    soon("the end of all calls", ended).await;
    let took = left.elapsed();
    let lent = cores.lent(&gateway);
    println!(
        "{LEAVERS} clients left; their upstream calls ended after {took:?}; others had {lent:?}"
    );
    assert!(took.saturating_sub(lent) < Duration::from_secs(2), "{took:?}, others had {lent:?}");

    for heard in join_all(stayers.into_iter().map(Listener::rest)).await {
        assert_eq!((heard.answer.as_str(), heard.finish()), (ANSWER, "stop"));
    }
    gateway.until_logged_times(LEAVERS, |line| line["code"] == "client_left").await;
    gateway.until_logged_times(STAYERS, |line| line["code"] == "stop").await;
    let mut look = interval(Duration::from_millis(10));
    let closed = async {
        while connections(&gateway) > 0 {
            look.tick().await;
        }
    };
    timeout(Duration::from_secs(5), closed).await.expect("no connection is left");
}

/// Some of them are read together with their end, before anything has had its turn.
#[tokio::test]
async fn who_is_gone_at_once_has_a_line_of_the_log() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    for at in 0..LEAVERS {
        let mut wire = gateway.connect().await;
        wire.chat_as(&[("X-Request-Id", &format!("gone-{at}"))], question("Why?")).await;
    }
    let lines = |line: &str| line.contains("\"took_ms\":") && line.contains("gone-");
    gateway.until_lines(LEAVERS, lines).await;
}
