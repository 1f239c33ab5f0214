//! Targets that share the calls: as a configuration file weighs them, with real servers behind, and
//! chance from a seed.

use std::collections::HashMap;
use std::sync::Arc;

use clap::Parser;
use inference_gateway::app;
use inference_gateway::app::access::Doors;
use inference_gateway::config::load::read;
use inference_gateway::config::settings::Settings;
use inference_gateway::relay::caller::Caller;
use inference_gateway::relay::serve::Relay;
use mock_upstream::Server;
use serde_json::json;

use super::choices::Mute;
use super::says;
use crate::process::listener::answers;
use crate::process::mock;
use crate::scenario::plain_request;
use crate::scenario::rig::next;

/// Requests that are made.
const REQUESTS: usize = 300;
const SEED: u64 = 20_261_121;

/// A relay to a model with these targets, on servers that are named by letters.
fn relay(servers: &[&Server], targets: &str) -> Arc<Relay> {
    let upstream = |(name, server): (char, &&Server)| {
        format!("{name}: {{base_url: \"{}\"}}", server.base_url())
    };
    let upstreams: Vec<_> = ('a'..).zip(servers).map(upstream).collect();
    let text = format!(
        "upstreams: {{{}}}\nmodels: {{m: {{targets: [{targets}]}}}}\n",
        upstreams.join(", ")
    );
    let file = read("a.yaml", &text, &HashMap::new()).unwrap_or_else(|told| panic!("{told}"));
    let settings = ["gateway", "--upstream-retry-backoff=0.001", "--upstream-max-retries=0"];
    let settings = Settings::try_parse_from(settings).expect("settings");
    app::relay(&settings, Some(&file), &Doors::default()).expect("a relay")
}

/// Asks so many times, and says how often each server was asked.
async fn shares<const N: usize>(
    servers: [&Server; N],
    targets: &str,
    requests: usize,
) -> [usize; N] {
    fastrand::seed(SEED);
    let relay = relay(&servers, targets);
    let before = servers.map(|server| answers(server).len());
    for _ in 0..requests {
        let mut request = plain_request();
        request.model = "m".to_owned();
        request.messages = vec![json!({"role": "user", "content": "hi"})];
        (request.summaries.prompt, request.summaries.reasoning) = (false, false);
        request.arrived = tokio::time::Instant::now();
        let served = relay.serve(request, &Caller::default(), Box::new(Mute)).await;
        let mut frames = served.unwrap_or_else(|failure| panic!("{failure:?}"));
        while next(&mut frames).await.is_some() {}
    }
    let mut asked = servers.map(|server| answers(server).len());
    asked.iter_mut().zip(before).for_each(|(asked, before)| *asked -= before);
    asked
}

#[tokio::test]
async fn each_target_gets_its_share() {
    let (a, b, c) = (says("a").await, says("b").await, says("c").await);
    let ranked = "{upstream: a, rank: 0, weight: 3}, {upstream: b, rank: 0, weight: 1}, {upstream: c, rank: 1}";
    let [most, least, none] = shares([&a, &b, &c], ranked, REQUESTS).await;
    assert_eq!(
        (most + least, none),
        (REQUESTS, 0),
        "the second rank is asked when the first fails"
    );
    // Three quarters, within four times the standard deviation.
    assert!((195..=255).contains(&most), "{most} of {REQUESTS}, seed {SEED}");
    assert_eq!(
        shares([&a, &b, &c], ranked, REQUESTS).await,
        [most, least, none],
        "the same chance"
    );

    let even = "{upstream: a, rank: 0}, {upstream: b, rank: 0}, {upstream: c, rank: 0}";
    let equal = shares([&a, &b, &c], even, REQUESTS).await;
    assert!(equal.iter().all(|count| (67..=133).contains(count)), "{equal:?}, seed {SEED}");
    let ordered = "{upstream: b}, {upstream: a}, {upstream: c}";
    assert_eq!(shares([&a, &b, &c], ordered, 20).await, [0, 20, 0], "without ranks, the first");
}

#[tokio::test]
async fn who_fails_leaves_its_share_to_its_rank_and_then_to_the_next() {
    let broken = mock(json!([{"when": {"kind": "answer"}, "do": {"status": 503}}])).await;
    let (b, c) = (says("b").await, says("c").await);
    let ranked = "{upstream: a, rank: 0, weight: 9}, {upstream: b, rank: 0, weight: 1}, {upstream: c, rank: 1}";
    let [tried, instead, none] = shares([&broken, &b, &c], ranked, 40).await;
    assert!(tried > 0, "it was asked first, until nobody was let through to it");
    assert_eq!((instead, none), (40, 0));
    let pair = "{upstream: a, rank: 0}, {upstream: b, rank: 1}";
    assert_eq!(shares([&broken, &c], pair, 10).await[1], 10, "the next rank");
}
