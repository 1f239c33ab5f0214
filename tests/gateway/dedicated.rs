//! A dedicated endpoint that sleeps: the client wakes it, and then the gateway can ask it.

use std::time::Duration;

use futures::StreamExt;
use gateway_client::friendli::Dedicated;
use gateway_client::friendli::policy::Policy;
use gateway_client::{Client, Event, Request};
use mock_upstream::{Options, Server};

use crate::process::Gateway;

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
