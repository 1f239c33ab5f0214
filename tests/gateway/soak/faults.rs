//! What goes wrong upstream: one call in ten, drawn anew each second.

use std::convert::Infallible;
use std::time::Duration;

use fastrand::Rng;
use mock_upstream::Server;
use serde_json::{Value, json};
use tokio::time::interval;

/// Calls of a kind that are drawn for at a time; more go well.
const CALLS: usize = 400;
/// Tokens within which something happens.
const TOKENS: u64 = 150;

/// Everything goes well.
pub(super) fn none() -> Value {
    json!([summary()])
}

/// Draws faults, each second others, for as long as it is awaited.
pub(super) async fn redraw(upstream: &Server, seed: u64) -> Infallible {
    let mut chance = Rng::with_seed(seed);
    let mut each_second = interval(Duration::from_secs(1));
    loop {
        each_second.tick().await;
        upstream.set_script(draw(&mut chance)).expect("the script is valid");
    }
}

fn draw(chance: &mut Rng) -> Value {
    let mut rules = Vec::new();
    for attempt in 1..=CALLS {
        for (is_summary, fault) in [(false, answer as fn(&mut Rng) -> Value), (true, summary_fault)]
        {
            if chance.u32(0..10) == 0 {
                let when = json!({"summary": is_summary, "attempt": attempt});
                rules.push(json!({"when": when, "do": fault(chance)}));
            }
        }
    }
    rules.push(summary());
    rules.into()
}

/// A summary says nothing of what it is about: no canary may come from here.
fn summary() -> Value {
    json!({"when": {"summary": true}, "do": {"answer": "A short summary of it."}})
}

/// One fault of an answer.
fn answer(chance: &mut Rng) -> Value {
    let token = chance.u64(0..TOKENS);
    let noise = chance.choice(["none", "comments", "pings", "empty_deltas"]).unwrap_or("none");
    let code = chance.choice([400, 429, 500]).unwrap_or(500);
    let data = json!({"error": {"message": "scripted", "type": "scripted", "code": code}});
    let faults = [
        json!({"cut": {"token": token}}),
        json!({"cut": "head"}),
        json!({"reset": {"token": token}}),
        json!({"reset": "head"}),
        json!({"end": {"token": token}}),
        json!({"stall": {"token": token, "noise": noise}}),
        json!({"stall": {"token": token, "noise": noise, "ms": 700}}),
        json!({"error": {"token": token, "data": data}}),
        json!({"error": {"token": token, "data": data, "event": "error", "done": true}}),
        json!({"broken_json": token}),
        json!({"status": 429, "headers": {"Retry-After": "1"}}),
        json!({"status": 503}),
        json!({"status": 500}),
        json!({"status": 400}),
        json!({"no_finish": true}),
        json!({"no_finish": true, "no_done": true}),
        json!({"no_done": true}),
        json!({"empty": "nothing"}),
        json!({"empty": "done"}),
        json!({"raw": {"text": "<html></html>"}, "headers": {"Content-Type": "text/html"}}),
        json!({"header_delay_ms": 2500}),
        json!({"ttft_ms": 2500}),
        json!({"long_line": 1_100_000}),
        json!({"split": 5, "crlf": true, "bom": true, "comment_every": 3}),
        json!({"after_done": {"choices": []}, "close_delimited": true}),
    ];
    faults[chance.usize(0..faults.len())].clone()
}

/// One fault of a summary.
fn summary_fault(chance: &mut Rng) -> Value {
    let faults = [
        json!({"status": 503}),
        json!({"status": 429, "headers": {"Retry-After": "30"}}),
        json!({"status": 401}),
        json!({"stall": {}}),
        json!({"cut": "head"}),
        json!({"reset": {"token": 1}}),
        json!({"broken_json": 0}),
        json!({"answer": "<final>A summary.</final>\u{7}", "ttft_ms": 300}),
        json!({"body": {}}),
        json!({"answer": ""}),
    ];
    faults[chance.usize(0..faults.len())].clone()
}
