//! A dedicated endpoint that sleeps: the client wakes it, or the gateway does by itself.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use gateway_client::friendli::Dedicated;
use gateway_client::friendli::policy::Policy;
use gateway_client::friendli::status::Status;
use gateway_client::{Client, Event, Request};
use inference_gateway::policy::waking::Readiness;
use mock_upstream::{Kind, Options, Server};
use reasoning_stream::Source;
use serde_json::{Value, json};

use crate::process::listener::hear;
use crate::process::{Gateway, empty_folder, question, with};

/// How long the endpoint takes to wake.
const WAKE: Duration = Duration::from_millis(300);

async fn sleeping() -> Server {
    let options = Options {
        sleeping: true,
        wake_ms: WAKE,
        require_key: Some("token".to_owned()),
        ..Options::instant()
    };
    Server::start(options).await.expect("the mock starts")
}

#[tokio::test]
async fn an_endpoint_that_was_woken_answers() {
    let upstream = sleeping().await;
    let endpoint = Dedicated::new(&upstream.base_url(), "ep-1").unwrap().token("token").unwrap();
    let mut waking = endpoint.waking(Policy::new(WAKE / 10, WAKE * 100));
    let mut seen = Vec::new();
    while let Some(status) = waking.next().await.unwrap() {
        seen.push(status.status);
    }
    seen.dedup();
    assert_eq!(seen, ["SLEEPING", "AWAKING", "RUNNING"]);

    let dedicated = format!("{}/dedicated/v1", upstream.base_url());
    let gateway = Gateway::at(&dedicated, &[("UPSTREAM_API_KEY", "token")]).await;
    let client = Client::new(&format!("http://{}", gateway.addr)).unwrap();
    let mut conversation = client.ask(&Request::new("Why?").model("ep-1")).await.unwrap();
    let mut last = None;
    while let Some(event) = conversation.next().await {
        last = Some(event.unwrap());
    }
    let Some(Event::OutputDone(done)) = last else { panic!("no end: {last:?}") };
    assert_eq!((done.finish_reason.as_str(), done.attempts.b), ("stop", 1));
}

/// What the gateway is told, so that it wakes what sleeps by itself.
async fn waking(upstream: &Server, more: &[(&str, &str)]) -> Gateway {
    let (base, api) = (format!("{}/dedicated/v1", upstream.base_url()), upstream.base_url());
    let mut settings = vec![
        ("UPSTREAM_API_KEY", "token"),
        ("UPSTREAM_AUTO_WAKE", "true"),
        ("UPSTREAM_MANAGEMENT_URL", api.as_str()),
        ("UPSTREAM_RETRY_BACKOFF", "0.01"),
    ];
    settings.extend(more);
    Gateway::at(&base, &settings).await
}

/// A request to an endpoint, for the answer alone.
fn asking(endpoint: &str) -> Value {
    let alone = json!({"model": endpoint, "stream": false,
        "summaries": {"prompt": false, "reasoning": false}});
    with(question("Why?"), alone)
}

/// How often an endpoint was asked to wake up.
fn wakes(upstream: &Server) -> usize {
    upstream.calls().iter().filter(|call| call.path.ends_with("/wake")).count()
}

#[tokio::test]
async fn the_gateway_wakes_an_endpoint_once_for_all_who_wait() {
    let upstream = sleeping().await;
    // A refusal of the script's own does not wake the endpoint, as a request would.
    let refuses = json!([{"when": {"kind": "answer", "attempt": [1, 20]}, "do": {"status": 503}},
        {"do": {"style": "plain", "answer": "Woken."}}]);
    upstream.set_script(refuses).unwrap();
    let gateway = waking(&upstream, &[]).await;
    let replies = join_all((0..20).map(|_| gateway.post(asking("ep-1:adapter")))).await;
    for reply in replies {
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.json()["choices"][0]["message"]["content"], "Woken.");
    }
    assert_eq!(wakes(&upstream), 1, "once for all of them");
    let managed: Vec<_> =
        upstream.calls().into_iter().filter(|it| it.kind == Kind::Other).collect();
    assert!(managed.iter().all(|call| call.path.contains("/endpoint/ep-1/")), "{managed:?}");
    gateway.until_logged(|line| line["endpoint"] == "ep-1" && line["level"] == "INFO").await;

    // An endpoint that serves and refuses is not woken: that is what retries are for.
    let busy = json!([{"when": {"kind": "answer", "attempt": 1}, "do": {"status": 503}},
        {"do": {"style": "plain", "answer": "Busy."}}]);
    upstream.set_script(busy).unwrap();
    assert_eq!(gateway.post(asking("ep-1")).await.status, 200);
    assert_eq!(wakes(&upstream), 1);
}

#[tokio::test]
async fn a_cold_start_is_waited_for_with_its_summaries() {
    let upstream = sleeping().await;
    let gateway = waking(&upstream, &[]).await;
    let heard = hear(&gateway, with(question("Why?"), json!({"model": "ep-1"}))).await;
    assert_eq!(heard.finish(), "stop");
    assert_eq!(heard.errors.len(), 0, "{:?}", heard.errors);
    assert_eq!(heard.prompt.map(|summary| summary.source), Some(Source::Model));
    assert_eq!(heard.done.unwrap().attempts.b, 2);
}

#[tokio::test]
async fn what_does_not_wake_in_time_is_a_503_that_tells_nothing() {
    let options = Options {
        sleeping: true,
        wake_ms: Duration::from_secs(3600),
        require_key: Some("token".to_owned()),
        ..Options::instant()
    };
    let upstream = Server::start(options).await.unwrap();
    let gateway = waking(&upstream, &[("FIRST_TOKEN_TIMEOUT", "0.3")]).await;
    let reply = gateway.post(asking("ep-1")).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("10")), "{}", reply.text());
    assert_eq!(reply.json()["code"], "upstream_asleep");
    for secret in ["token", "ep-1", "AWAKING", "127.0.0.1"] {
        let body = reply.text().replace("first token", "");
        assert!(!body.contains(secret), "{secret}: {body}");
    }
}

#[tokio::test]
async fn a_file_says_who_is_woken_and_with_which_token() {
    let upstream = sleeping().await;
    let folder = empty_folder("dedicated");
    let text = format!(
        "upstreams:\n  friendli:\n    {{kind: friendli, base_url: \"{0}/dedicated/v1\", api_key: \"${{KEY}}\", auto_wake: true,\n     \
         management_token: \"${{WAKER}}\", management_url: \"{0}\"}}\ndefault_upstream: friendli\n",
        upstream.base_url(),
    );
    let path = folder.join("gateway.yaml");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    for (token, refusals, status) in [("canary", 4, 503), ("token", 1, 200)] {
        let refuses = json!([{"when": {"kind": "answer", "attempt": [1, refusals]}, "do": {"status": 503}}, {"do": {}}]);
        upstream.set_script(refuses).unwrap();
        let settings = [
            ("GATEWAY_CONFIG", path.as_str()),
            ("KEY", "token"),
            ("WAKER", token),
            ("UPSTREAM_RETRY_BACKOFF", "0.01"),
        ];
        let gateway = Gateway::at("http://127.0.0.1:1", &settings).await;
        let reply = gateway.post(asking("ep-1")).await;
        assert_eq!(reply.status, status, "{token}: {}", reply.text());
        let sent = format!("Bearer {token}");
        let managed: Vec<_> =
            upstream.calls().into_iter().filter(|it| it.kind == Kind::Other).collect();
        let last = managed.last().expect("the endpoint was looked at");
        assert!(last.headers.iter().any(|(_, value)| *value == sent), "{last:?}");
        assert!(!reply.text().contains("canary"), "{}", reply.text());
        assert!(!gateway.stderr().iter().any(|line| line.contains("canary")), "{token}");
        if status == 503 {
            assert_eq!(wakes(&upstream), 0, "a refused token wakes nothing");
            gateway
                .until_logged(|line| line["level"] == "WARN" && line["endpoint"] == "ep-1")
                .await;
        }
    }
}

/// The client and the gateway wake endpoints each for themselves, and read them the same.
#[test]
fn client_and_gateway_know_the_same_of_each_status() {
    for status in
        "UNKNOWN INITIALIZING RUNNING UPDATING SLEEPING AWAKING FAILED STOPPING TERMINATING \
        TERMINATED READY DREAMING running"
            .split_whitespace()
    {
        let read: Status = serde_json::from_value(json!({"status": status})).unwrap();
        let ours = Readiness::of(status);
        assert_eq!(format!("{ours:?}"), format!("{:?}", read.readiness()), "{status}");
    }
}
