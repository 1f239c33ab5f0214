//! Many streams at once, while everything goes wrong now and then: each keeps its promises, and
//! nothing of them stays behind.
//!
//! ```text
//!  200 listeners ──▶ Gateway (a process) ──▶ mock upstream, whose faults are drawn anew each second
//!       │                 └── log, /proc ──▶ remains
//!       └── plan ──▶ verdict ──▶ tally
//! ```
//!
//! `SOAK_SECONDS` and `SOAK_SEED` say how long, and from which seed all is drawn.

mod faults;
mod listening;
mod plan;
mod remains;
mod tally;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use inference_gateway::relay::task::start;
use mock_upstream::{Counts, Options, Server};
use tokio::time::{Instant, interval};

use self::plan::Plan;
use self::remains::Remains;
use self::tally::Tally;
use crate::process::Gateway;

/// Streams that are open at once.
const LISTENERS: usize = 200;
/// Streams for each second at most.
const MAX_RATE: u64 = 1_000;
/// What a gateway is told; the waits are short, so that many of them end in time.
const SETTINGS: [(&str, &str); 4] = [
    ("REQUEST_TIMEOUT", "2"),
    ("SUMMARY_TIMEOUT", "1.5"),
    ("UPSTREAM_RETRY_BACKOFF", "0.05"),
    ("REQUEST_DEADLINE", "20"),
];

#[tokio::test]
async fn streams_keep_their_promises_under_faults() {
    let (seconds, seed) = (setting("SOAK_SECONDS", 20), setting("SOAK_SEED", 20_261_121));
    println!("SOAK_SEED={seed} SOAK_SECONDS={seconds}");
    let upstream = Server::start(Options { kept_calls: 64, ..Options::instant() });
    let upstream = upstream.await.expect("a port is free");
    let gateway = Gateway::before(&upstream, &SETTINGS).await;
    let cold = Remains::of(&gateway);

    upstream.set_script(faults::none()).expect("the script is valid");
    let warm_up = listen(&gateway, Plan::steady, LISTENERS as u64, Duration::from_secs(10)).await;
    let warm = Remains::of(&gateway);
    let tally = tokio::select! {
        tally = listen(&gateway, move |id| Plan::draw(seed, id), MAX_RATE * seconds, Duration::from_secs(seconds)) => tally,
        never = faults::redraw(&upstream, seed) => match never {},
    };
    let calls = upstream.counts();
    until_idle(&upstream).await;
    drop(upstream);
    let before = Remains { memory: warm.memory, ..cold };
    let after = Remains::back_at(&gateway, &before).await;
    println!("{}", figures(&tally, calls, (&before, &after), seed));
    tally.check_log(&gateway, &warm_up).await;
    assert_eq!(warm_up.violations, [""; 0], "before any fault");
    assert_eq!(tally.violations, [""; 0], "SOAK_SEED={seed}");
    after.check(&before);
    tally.check_variety(seconds);
}

/// Lets listeners hear one stream after the other until the time or the number is over.
async fn listen(
    gateway: &Gateway,
    plan: impl Fn(u64) -> Plan + Clone + Send + 'static,
    streams: u64,
    time: Duration,
) -> Tally {
    let (next, addr) = (Arc::new(AtomicU64::new(0)), gateway.addr);
    let until = Instant::now() + time;
    let listeners = (0..LISTENERS).map(|_| {
        let (next, plan) = (Arc::clone(&next), plan.clone());
        start(async move {
            let mut tally = Tally::default();
            while Instant::now() < until {
                let id = next.fetch_add(1, Ordering::Relaxed);
                if id >= streams {
                    break;
                }
                let plan = plan(id);
                // A task of its own, so that a failed expectation ends this stream alone.
                let stream = plan.clone();
                let heard = start(async move { listening::hear(addr, &stream).await }).await;
                tally.add(&plan, heard.as_ref());
            }
            tally
        })
    });
    let tallies = join_all(listeners.collect::<Vec<_>>()).await;
    tallies.into_iter().map(|tally| tally.expect("a listener does not fail")).sum()
}

/// Waits until the upstream has no call any more.
async fn until_idle(upstream: &Server) {
    let mut look = interval(Duration::from_millis(5));
    let began = Instant::now();
    while upstream.counts().open > 0 {
        look.tick().await;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", upstream.counts());
    }
}

fn figures(tally: &Tally, calls: Counts, remains: (&Remains, &Remains), seed: u64) -> String {
    let (before, after) = remains;
    format!(
        "soak: {tally} calls={} broken_off={} fds={}/{} threads={}/{} rss_kib={}/{}/{} seed={seed}",
        calls.calls,
        calls.scripted,
        before.files,
        after.files,
        before.threads,
        after.threads,
        before.memory,
        after.peak,
        after.memory,
    )
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own length and seed")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a whole number"))
}
