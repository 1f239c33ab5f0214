//! Which model is chosen, on a paused clock, of servers that are quick, slow or broken.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use inference_gateway::policy::price::Price;
use inference_gateway::policy::size::Bounds;
use inference_gateway::relay::caller::Caller;
use inference_gateway::relay::catalog::{Catalog, Route, Server, Target};
use inference_gateway::relay::choice::Choice;
use inference_gateway::relay::need::{Feature, Offer};
use inference_gateway::relay::outbox::Encoder;
use inference_gateway::relay::request::ChatRequest;
use inference_gateway::relay::serve::Relay;
use inference_gateway::upstream::error::UpstreamError;
use reasoning_stream::Event;
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use crate::scenario::rig::next;
use crate::scenario::script::Script;
use crate::scenario::upstream::{Kind, Log, Scripted, Scripts};
use crate::scenario::{answer_config, plain_request, summary_config};

/// A model: its name, what it offers, and what its server does at each call.
type Model = (&'static str, Offer, Vec<Script>);

/// A relay with a name for several models.
struct House {
    relay: Relay,
    log: Arc<Log>,
    names: Vec<&'static str>,
}

/// Whoever listens hears that something happens.
pub(super) struct Mute;

impl Encoder for Mute {
    fn encode(&mut self, _: &Event, _: &str, out: &mut Vec<u8>) {
        out.push(b'.');
    }
}

impl House {
    fn new(choice: Choice, models: Vec<Model>) -> Self {
        let log = Arc::new(Log::new(Instant::now()));
        let names = models.iter().map(|(name, ..)| *name).collect();
        let mut catalog = Catalog::default().with_choice("auto", choice);
        for (server, (name, offer, answer)) in models.into_iter().enumerate() {
            let scripts = Scripts { answer, ..Scripts::default() };
            let upstream = Scripted { server, scripts, log: Arc::clone(&log) };
            let mut answer = answer_config();
            answer.retry.max_retries = 0;
            let target = Target::new(Server::new(name, Arc::new(upstream)), answer);
            let mut route = Route::new(target, vec![]);
            route.offer = offer;
            catalog = catalog.with(name, route);
        }
        Self { relay: Relay::new(catalog, summary_config()), log, names }
    }

    /// Asks `auto`, and says which model's server was asked, or why none was.
    async fn ask(&self, change: impl FnOnce(&mut ChatRequest)) -> String {
        let before = self.log.calls_for(Kind::Answer).len();
        let told = self.chosen(change).await;
        for call in self.log.calls_for(Kind::Answer).split_off(before) {
            let called = self.names[call.server];
            assert!(
                told == called || told.starts_with("upstream"),
                "{told}, and {called} was asked"
            );
            assert_eq!(call.body["model"], called, "the server is asked for its own model");
        }
        told
    }

    /// Asks `auto`, without summaries; says which model was chosen, or why none was.
    async fn chosen(&self, change: impl FnOnce(&mut ChatRequest)) -> String {
        let mut request = plain_request();
        request.model = "auto".to_owned();
        request.messages = vec![json!({"role": "user", "content": "hi"})];
        (request.summaries.prompt, request.summaries.reasoning) = (false, false);
        request.arrived = Instant::now();
        change(&mut request);
        let served = self.relay.serve(request, &Caller::default(), Box::new(Mute)).await;
        match served {
            Ok(mut frames) => {
                while next(&mut frames).await.is_some() {}
                frames.chosen().expect("it is told which").to_owned()
            }
            Err(failure) => failure.code.to_owned(),
        }
    }

    /// Asks so many times, one after the other.
    async fn times(&self, count: usize) -> String {
        let mut told = Vec::new();
        for _ in 0..count {
            told.push(self.ask(|_| {}).await);
        }
        told.join(" ")
    }
}

/// A model whose first token takes so many milliseconds, call by call.
fn after(name: &'static str, ms: &[u64]) -> Model {
    let script = |ms: &u64| Script::stream().wait(*ms).says("42").wait(5_000).stops();
    (name, Offer::default(), ms.iter().map(script).collect())
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn by_size_messages_and_characters_decide() {
    let models = ["s", "m", "c"].map(|name| after(name, &[1]));
    let [simple, medium, complex] = models.each_ref().map(|(name, ..)| (*name).to_owned());
    let choice = Choice::Size { bounds: Bounds::default(), models: [simple, medium, complex] };
    let house = House::new(choice, models.into());
    for (messages, characters, expected) in
        [(1, 1, "s"), (2, 99, "s"), (2, 100, "m"), (5, 199, "m"), (5, 200, "c"), (6, 1, "c")]
    {
        let message = json!({"role": "user", "content": "x".repeat(characters)});
        let told = house.ask(|request| request.messages = vec![message; messages]).await;
        assert_eq!(told, expected, "{messages} messages of {characters} characters");
    }
}

#[tokio::test(start_paused = true)]
async fn by_latency_all_are_tried_and_the_quickest_is_kept() {
    let choice = Choice::Latency(named(&["slow", "quick", "slower"]));
    let models = vec![after("slow", &[300]), after("quick", &[100]), after("slower", &[900])];
    let house = House::new(choice, models);
    assert_eq!(house.times(6).await, "slow quick slower quick quick quick");
}

#[tokio::test(start_paused = true)]
async fn by_latency_whoever_becomes_slow_is_left_and_tried_again_later() {
    let choice = Choice::Latency(named(&["a", "b"]));
    let models = vec![after("a", &[100, 2_000, 50]), after("b", &[300])];
    let house = House::new(choice, models);
    // 0.7 · 100 + 0.3 · 2000 is more than 300.
    assert_eq!(house.times(5).await, "a b a b b");
    let told = house.times(11).await;
    assert!(told.contains('a'), "after a minute it is tried again: {told}");
    assert_eq!(house.times(2).await, "a a", "and found to be quick");
}

#[tokio::test(start_paused = true)]
async fn by_latency_requests_that_come_at_once_do_not_all_try_the_same() {
    let choice = Choice::Latency(named(&["known", "stuck"]));
    let stuck = ("stuck", Offer::default(), vec![Script::call().hangs()]);
    let house = House::new(choice, vec![after("known", &[100]), stuck]);
    assert_eq!(house.ask(|_| {}).await, "known");
    let (waiting, others) = tokio::join!(house.chosen(|_| {}), async {
        advance(Duration::from_millis(1)).await;
        [house.chosen(|_| {}).await, house.chosen(|_| {}).await]
    });
    assert_eq!(waiting, "stuck", "one finds out");
    assert_eq!(others, ["known", "known"], "and the others do not wait for it");
}

#[tokio::test(start_paused = true)]
async fn whoever_keeps_failing_is_passed_over() {
    let broken = vec![Script::call().fails(UpstreamError::Unreachable)];
    for choice in [
        Choice::Latency(named(&["broken", "fine"])),
        Choice::Cost(named(&["broken", "fine"])),
        Choice::Size {
            bounds: Bounds::default(),
            models: ["broken", "fine", "fine"].map(str::to_owned),
        },
    ] {
        let priced = Offer { price: Some(Price { input: 0.0, output: 0.0 }), ..Offer::default() };
        let models = vec![("broken", priced, broken.clone()), after("fine", &[10])];
        let house = House::new(choice.clone(), models);
        let mut told = HashMap::<String, usize>::new();
        for _ in 0..40 {
            *told.entry(house.ask(|_| {}).await).or_default() += 1;
        }
        let failed: usize = 40 - told["fine"];
        assert!((1..=12).contains(&failed), "{choice:?}: {failed} of 40 failed: {told:?}");
    }
}

/// What a model offers: prices of a million tokens in and out, the longest answer, what it can do.
fn offer(input: f64, output: f64, max_tokens: u64, features: &[Feature]) -> Offer {
    Offer {
        max_tokens: Some(max_tokens),
        features: Some(features.to_vec()),
        price: Some(Price { input, output }),
    }
}

#[tokio::test(start_paused = true)]
async fn by_cost_the_cheapest_that_can_do_it_is_chosen() {
    let models = [
        ("tiny", offer(0.1, 0.1, 500, &[])),
        ("reader", offer(0.2, 9.0, 4_000, &[Feature::Tools])),
        ("writer", offer(2.0, 1.0, 8_000, &[Feature::Tools, Feature::Reasoning])),
        ("all", offer(9.0, 9.0, 100_000, &[Feature::Tools, Feature::Reasoning, Feature::Images])),
    ];
    let script = || vec![Script::stream().says("42").stops()];
    let choice = Choice::Cost(models.iter().map(|(name, _)| (*name).to_owned()).collect());
    let house = House::new(choice, models.map(|(name, offer)| (name, offer, script())).into());
    let image = json!([{"type": "image_url", "image_url": {"url": "data:,"}}]);
    let long: Value = "x".repeat(80_000).into();
    for (case, content, members, expected) in [
        ("nothing needed", "hi".into(), json!({}), "tiny"),
        ("a longer answer", "hi".into(), json!({"max_tokens": 4_000}), "writer"),
        ("a longer one yet", "hi".into(), json!({"max_completion_tokens": 9_000}), "all"),
        ("tools and a short answer", long, json!({"tools": [1], "max_tokens": 10}), "reader"),
        ("tools and a usual answer", "hi".into(), json!({"tools": [1]}), "writer"),
        ("reasoning", "hi".into(), json!({"reasoning_effort": "low"}), "writer"),
        ("an image", image, json!({}), "all"),
        ("more than any", "hi".into(), json!({"max_tokens": 100_001}), "no_model_fits"),
    ] {
        let told = house.ask(|request| {
            request.messages = vec![json!({"role": "user", "content": content})];
            request.members = serde_json::from_value(members).expect("an object");
        });
        assert_eq!(told.await, expected, "{case}");
    }
}
