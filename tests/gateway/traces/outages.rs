//! A collector that is away, refuses or hangs costs spans and nothing else.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, interval};

use super::collector::{Collector, Mood};
use crate::metrics::samples;
use crate::process::redis::free_port;
use crate::process::{Gateway, mock, question, soon};

/// Requests whose spans are more than may wait: four each.
const MANY: usize = 700;
/// How long the slowest of them may take on a busy machine: a tenth of what the collector takes.
const SWIFT: Duration = Duration::from_secs(1);

fn fine() -> serde_json::Value {
    json!({"reasoning": "hm", "answer": "fine"})
}

async fn lost(gateway: &Gateway) -> u64 {
    let text = gateway.get("/metrics").await.text();
    samples(&text, "gateway_spans_lost_total")[0].trim().parse().expect("a count")
}

/// Waits until so many spans are counted as lost.
async fn until_lost(gateway: &Gateway, count: u64) {
    let mut look = interval(Duration::from_millis(20));
    soon("losses", async {
        while lost(gateway).await < count {
            look.tick().await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_collector_requests_go_on_and_losses_are_counted() {
    let upstream = mock(fine()).await;
    let refusing = Collector::start(Mood::Refuses).await;
    for (case, url) in
        [("away", format!("http://127.0.0.1:{}", free_port())), ("refusing", refusing.url.clone())]
    {
        let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
        let gateway = Gateway::before(&upstream, &endpoint).await;
        for _ in 0..5 {
            assert_eq!(gateway.post(question("hi")).await.status, 200, "{case}");
        }
        until_lost(&gateway, 20).await;
        assert_eq!(lost(&gateway).await, 20, "{case}");
        let told = gateway.log();
        let told = told.iter().filter(|line| line["level"] != "INFO").collect::<Vec<_>>();
        assert_eq!(told.len(), 1, "{case}: one line, however many batches: {told:?}");
    }
}

#[tokio::test]
async fn a_collector_that_hangs_holds_nothing_up() {
    let upstream = mock(fine()).await;
    let collector = Collector::start(Mood::Hangs).await;
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())];
    let mut gateway = Gateway::before(&upstream, &endpoint).await;
    let mut wire = gateway.connect().await;
    let mut slowest = Duration::ZERO;
    for number in 0..MANY {
        let began = Instant::now();
        wire.chat(question("hi")).await;
        assert_eq!(wire.reply().await.status, 200, "request {number}");
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < SWIFT, "{slowest:?}");
    until_lost(&gateway, 1).await;
    collector.become_(Mood::Takes);
    collector.until(1_000).await;
    gateway.until_logged(|line| line["message"] == "traces can be sent again").await;
    collector.become_(Mood::Hangs);
    assert_eq!(gateway.post(question("hi")).await.status, 200);
    drop(wire);
    let began = Instant::now();
    gateway.signal("TERM").await;
    assert_eq!(gateway.exit_code().await, Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_waits_is_sent_before_the_gateway_ends() {
    let upstream = mock(fine()).await;
    let collector = Collector::start(Mood::Takes).await;
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())];
    let mut gateway = Gateway::before(&upstream, &endpoint).await;
    for _ in 0..3 {
        assert_eq!(gateway.post(question("hi")).await.status, 200);
    }
    gateway.signal("TERM").await;
    assert_eq!(gateway.exit_code().await, Some(0));
    assert_eq!(collector.got().spans.len(), 12);
}
