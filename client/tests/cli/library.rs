//! The library by itself: what a program that uses it relies on.

use std::time::Duration;

use futures::StreamExt;
use gateway_client::{Client, Error, Event, Request};
use serde_json::json;

use crate::gateway::{Act, Gateway, HEAD, asked, done, flawless, said, send};

async fn heard(gateway: &Gateway, request: &Request) -> Vec<Result<Event, Error>> {
    let client = Client::new(&gateway.url()).unwrap().silence(Duration::from_millis(300));
    client.ask(request).await.unwrap().collect().await
}

#[tokio::test]
async fn hands_out_events_and_the_request_id() {
    let gateway = Gateway::streaming(&flawless());
    let client = Client::new(&gateway.base()).unwrap();
    let mut conversation = client.ask(&Request::new("hi").model("m")).await.unwrap();
    assert_eq!(conversation.request_id(), Some("req-1"));
    let mut answer = String::new();
    while let Some(event) = conversation.next().await {
        if let Event::OutputDelta(text) = event.unwrap() {
            answer += &text;
        }
    }
    assert_eq!(answer, "42");
    assert!(conversation.next().await.is_none(), "the end stays the end");
}

#[tokio::test]
async fn summaries_that_were_not_asked_for_are_not_missed() {
    let gateway = Gateway::streaming(&[said("42"), done("stop")]);
    let request = Request::new("hi").set("summaries", json!({"prompt": false, "reasoning": false}));
    let events = heard(&gateway, &request).await;
    assert!(events.len() == 2 && events.iter().all(Result::is_ok), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_noticed_and_is_the_last_word() {
    let script = vec![send(format!("{HEAD}{}", asked("P"))), Act::Hold];
    let gateway = Gateway::start(vec![script]);
    let events = heard(&gateway, &Request::new("hi")).await;
    assert!(
        matches!(&events[..], [Ok(Event::PromptSummary(_)), Err(Error::Silent(_))]),
        "{events:?}"
    );
    gateway.wait_until_left();
}

#[tokio::test]
async fn a_request_that_is_not_streamed_may_stay_silent() {
    let gateway = Gateway::start(vec![vec![Act::Hold]]);
    let client = Client::new(&gateway.url()).unwrap().silence(Duration::from_millis(1));
    let client = client.timeout(Duration::from_millis(200));
    let error = client.ask(&Request::new("hi").stream(false)).await.unwrap_err();
    assert!(matches!(error, Error::Late(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_conversation_closes_its_connection() {
    let script = vec![send(format!("{HEAD}{}", asked("P"))), Act::Hold];
    let gateway = Gateway::start(vec![script]);
    let client = Client::new(&gateway.url()).unwrap();
    let conversation = client.ask(&Request::new("hi")).await.unwrap();
    drop(conversation);
    gateway.wait_until_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_waits_for_the_next_request() {
    let list = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"data\":[]}";
    let gateway = Gateway::start(vec![vec![send(list), Act::Hold]; 2]);
    let client = Client::new(&gateway.url()).unwrap();
    for _ in 0..2 {
        assert_eq!(client.models().await.unwrap(), []);
        gateway.wait_until_left();
    }
}

#[test]
fn debug_output_shows_no_secret() {
    let client = Client::new("http://me:password@localhost:1/").unwrap().api_key("key").unwrap();
    let shown = format!("{client:?}");
    assert!(!shown.contains("password") && !shown.contains("key"), "{shown}");
}
