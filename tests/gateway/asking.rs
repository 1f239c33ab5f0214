//! The client's library against a real gateway: its models, its health, and raw reasoning in its place.

use futures::StreamExt;
use gateway_client::{Client, Event, Request};
use serde_json::json;

use crate::process::{Gateway, mock};

const THOUGHT: &str = "Six sevens make it.";

fn client(gateway: &Gateway) -> Client {
    Client::new(&format!("http://{}", gateway.addr)).expect("a URL")
}

#[tokio::test]
async fn models_are_those_of_the_upstream() {
    let upstream = mock(json!({"answer": "42"})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let models = client(&gateway).models().await.expect("a list");
    assert!(models.iter().any(|model| model.id == "mock-reasoner"), "{models:?}");
    assert!(models.iter().all(|model| model.capability.as_deref() == Some("auto")), "{models:?}");
}

#[tokio::test]
async fn health_is_that_of_gateway_and_upstream() {
    let upstream = mock(json!({"answer": "42"})).await;
    let gateway = Gateway::before(&upstream, &[]).await;
    let health = client(&gateway).health().await.expect("it answers");
    assert!(health.is_well() && health.upstreams.len() == 1, "{health:?}");
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let health = client(&gateway).health().await.expect("it answers");
    assert!(health.ready && !health.is_well(), "{health:?}");
}

#[tokio::test]
async fn raw_reasoning_comes_between_the_summaries_to_those_who_may_see_it() {
    let script = json!({"answer": "42", "reasoning": THOUGHT, "style": "field", "tps": 0});
    let summary = json!({"when": {"summary": true}, "do": {"answer": "Short.", "reasoning": ""}});
    let upstream = mock(json!([summary, {"when": {}, "do": script}])).await;
    let all =
        ["summary.prompt", "reasoning.delta", "summary.reasoning", "output.delta", "output.done"];
    let without: Vec<&str> = all.into_iter().filter(|name| *name != "reasoning.delta").collect();
    for (allowed, expected, thought) in [("raw", &all[..], THOUGHT), ("summary", &without, "")] {
        let gateway = Gateway::before(&upstream, &[("REASONING_VISIBILITY", allowed)]).await;
        for stream in [true, false] {
            let request = Request::new("6 × 7?").model("demo").stream(stream);
            let request = request.set("summaries", json!({"visibility": "raw"}));
            let conversation = client(&gateway).ask(&request).await.expect("an answer");
            let events: Vec<Event> =
                conversation.map(|event| event.expect("events in order")).collect().await;
            let mut names: Vec<&str> = events.iter().map(Event::name).collect();
            names.dedup();
            assert_eq!(names, expected, "{allowed}, stream {stream}");
            assert_eq!(thoughts(&events), thought, "{allowed}, stream {stream}");
        }
    }
}

fn thoughts(events: &[Event]) -> String {
    let texts = events.iter().filter_map(|event| {
        if let Event::RawReasoning(text) = event { Some(text.as_str()) } else { None }
    });
    texts.collect()
}
