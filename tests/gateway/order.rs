//! Order and end hold for any mix of timings, faults, cuts and clients.
//!
//! Each case is drawn from its own seed, and checked by what holds for every request. A failure
//! names the seed: `ORDER_SEED=… ORDER_CASES=1` runs that case alone.

mod chance;
mod draw;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reasoning_stream::Event;
use tokio::join;
use tokio::time::{sleep, timeout};

use self::chance::Chance;
use self::draw::{Client, draw};
use crate::scenario::heard::Heard;
use crate::scenario::rig::{Rig, settle};

/// The first seed, unless the environment names another.
const SEED: u64 = 20_261_121;
/// How many cases are drawn, unless the environment says otherwise.
const CASES: u64 = 2_000;

#[tokio::test(start_paused = true)]
async fn order_and_end_hold_for_any_timings_faults_and_cuts() {
    let (seed, cases) = (setting("ORDER_SEED", SEED), setting("ORDER_CASES", CASES));
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in seed..seed + cases {
        println!("ORDER_SEED={seed}");
        fastrand::seed(seed);
        let (scenario, client) = draw(&mut Chance::new(seed));
        let rig = scenario.rig("What is 6 × 7?");
        for kind in run(rig, client).await {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    println!("{kinds:?}");
    if cases >= CASES {
        let endings = ["refused", "whole", "whole after a restart", "broken", "left"];
        for kind in endings.into_iter().chain(["live", "raw"]) {
            assert!(kinds.get(kind).is_some_and(|count| *count > 20), "too few {kind}: {kinds:?}");
        }
    }
}

/// Runs one case, and says what came of it.
async fn run(rig: Rig, client: Client) -> Vec<&'static str> {
    match client {
        Client::Listens(pause) => kinds(&rig.hear_slowly(pause).await),
        Client::Leaves(after) => leave(rig, after).await,
        Client::IsStopped(after) => {
            let relay = Arc::clone(&rig.relay);
            let stop = async {
                sleep(after).await;
                relay.stop_streams();
            };
            kinds(&join!(rig.hear(), stop).0)
        }
    }
}

async fn leave(rig: Rig, after: Duration) -> Vec<&'static str> {
    let log = Arc::clone(&rig.log);
    if let Ok(heard) = timeout(after, rig.hear()).await {
        return kinds(&heard);
    }
    settle().await;
    let calls = log.calls();
    assert!(calls.iter().all(|call| call.ended.is_some()), "a call is open for nobody");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(log.calls().len(), calls.len(), "a call for nobody");
    vec!["left"]
}

/// How it ended, and what was shown while the model thought.
fn kinds(heard: &Heard) -> Vec<&'static str> {
    let has = |is_shown: fn(&Event) -> bool| heard.events.iter().any(|(_, it)| is_shown(it));
    let live = has(|it| matches!(it, Event::ReasoningDelta(_))).then_some("live");
    let raw = has(|it| matches!(it, Event::RawReasoning(_))).then_some("raw");
    [Some(ending(heard)), live, raw].into_iter().flatten().collect()
}

fn ending(heard: &Heard) -> &'static str {
    let story = heard.story();
    match (&heard.refusal, story.contains("E!"), heard.done().map(|done| done.attempts.b)) {
        (Some(_), ..) => "refused",
        (None, true, _) => "broken",
        (None, false, Some(2..)) => "whole after a restart",
        (None, false, _) => "whole",
    }
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own seed")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a whole number"))
}
