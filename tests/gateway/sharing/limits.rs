//! Limits and keys that hold for all gateways together.

use std::sync::Arc;
use std::time::Duration;

use super::{ask, key, outcome};
use crate::process::listener::Listener;
use crate::process::redis::RedisServer;
use crate::process::{Gateway, mock, question, soon};
use inference_gateway::policy::account::{Exceeded, Quota};
use inference_gateway::policy::bucket::Rate;
use inference_gateway::relay::task::{Started, start};
use inference_gateway::store::digest::Digest;
use inference_gateway::store::limits::{Limits, Opened, address};
use inference_gateway::store::redis::Redis;
use inference_gateway::store::table::Subject;
use serde_json::json;

const HOUR: Duration = Duration::from_secs(3600);

/// Limits as two gateways see them, and the work that tells what was used.
struct Pair {
    limits: [Arc<Limits>; 2],
    _settling: Vec<Started<()>>,
}

/// Two gateways with one memory, and two with one Redis.
fn kinds(server: &RedisServer) -> [Pair; 2] {
    let here = Arc::new(Limits::default());
    let redis =
        [(); 2].map(|()| Arc::new(Redis::new(&server.url().into(), None, HOUR).expect("a URL")));
    let settle = |redis: &Arc<Redis>| {
        let redis = Arc::clone(redis);
        start(async move { redis.settle().await })
    };
    let settling = redis.iter().map(settle).collect();
    let shared = redis.map(|redis| Arc::new(Limits::new(Some(redis))));
    [
        Pair { limits: [Arc::clone(&here), here], _settling: vec![] },
        Pair { limits: shared, _settling: settling },
    ]
}

fn whose(name: &str) -> Subject {
    Subject::Key(Digest::of(name.as_bytes()))
}

async fn open(limits: &Limits, name: &str, quota: Quota, tokens: u64) -> Result<Opened, Exceeded> {
    let mut opened = Opened::new(whose(name), quota, tokens);
    limits.begin(&mut opened).await.map(|()| opened)
}

fn is_about(wait: Duration, seconds: u64) -> bool {
    (seconds.saturating_sub(2)..=seconds).contains(&wait.as_secs())
}

#[tokio::test]
async fn requests_are_counted_together() {
    let server = RedisServer::start().await;
    let quota = Quota { requests: Some(Rate::per_minute(4)), ..Quota::default() };
    for Pair { limits: pair, _settling } in kinds(&server) {
        for (at, remaining) in [(0, 3), (1, 2), (0, 1), (1, 0)] {
            let (standings, admitted) = pair[at].admit(whose("requests"), &quota).await;
            assert_eq!(admitted, Ok(()));
            assert_eq!(standings.requests.unwrap().remaining, remaining);
        }
        for limits in &pair {
            let (standings, refused) = limits.admit(whose("requests"), &quota).await;
            assert_eq!(standings.requests.unwrap().remaining, 0);
            let Err(Exceeded::Requests(wait)) = refused else { panic!("{refused:?}") };
            assert!(is_about(wait, 15), "{wait:?}");
        }
        assert_eq!(pair[0].admit(whose("another"), &quota).await.1, Ok(()));
    }
}

#[tokio::test]
async fn guesses_are_counted_together() {
    let server = RedisServer::start().await;
    let (guesser, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
    let pairs = kinds(&server);
    for Pair { limits: pair, _settling } in &pairs {
        for at in 0..60 {
            let (standings, failed) = pair[at % 2].fail(guesser).await;
            assert_eq!(failed, Ok(()), "{at}");
            assert!(standings.requests.unwrap().remaining >= 59 - at as u64, "{at}");
        }
        for limits in pair {
            let (standings, refused) = limits.fail(guesser).await;
            let Err(Exceeded::Requests(wait)) = refused else { panic!("{refused:?}") };
            assert!(is_about(wait, 1), "{wait:?}");
            assert_eq!(standings.requests.unwrap().remaining, 0);
        }
        assert_eq!(pair[1].fail(other).await.1, Ok(()));
        let quota = Quota { requests: Some(Rate::per_minute(2)), ..Quota::default() };
        assert_eq!(
            pair[0].admit(address(guesser), &quota).await.1,
            Ok(()),
            "who has a key may ask"
        );
    }
    drop(server);
    let failed = pairs[1].limits[0].fail(guesser).await.1;
    assert_eq!(failed, Ok(()), "without Redis each counts by itself");
}

#[tokio::test]
async fn answers_tokens_and_budgets_are_counted_together() {
    let server = RedisServer::start().await;
    let at_once = Quota { concurrent: Some(2), ..Quota::default() };
    let tokens = Quota { tokens: Some(Rate::per_minute(600)), ..Quota::default() };
    let budget = Quota { tokens_per_day: Some(100), ..Quota::default() };
    for Pair { limits: [one, other], _settling } in kinds(&server) {
        let first = open(&one, "at once", at_once, 1).await.unwrap();
        open(&other, "at once", at_once, 1).await.unwrap();
        for limits in [&one, &other] {
            let refused = open(limits, "at once", at_once, 1).await.unwrap_err();
            assert_eq!(refused, Exceeded::Concurrent(2));
        }
        one.end(first, 1);
        soon("a free place", until(|| open(&other, "at once", at_once, 1))).await;

        let opened = open(&one, "tokens", tokens, 100).await.unwrap();
        one.end(opened, 900);
        let left = async || {
            let standings = other.admit(whose("tokens"), &tokens).await.0;
            standings.tokens.unwrap().remaining
        };
        soon("the charge", async { while left().await > 0 {} }).await;
        let refused = open(&other, "tokens", tokens, 100).await.unwrap_err();
        let Exceeded::Tokens(wait) = refused else { panic!("{refused:?}") };
        assert!(is_about(wait, 40), "{wait:?}");

        let opened = open(&one, "budget", budget, 10).await.unwrap();
        open(&other, "budget", budget, 10).await.unwrap();
        one.end(opened, 90);
        let spent = async || open(&other, "budget", budget, 0).await;
        let refused = soon("the charge", async {
            loop {
                if let Err(refused) = spent().await {
                    return refused;
                }
            }
        });
        assert!(matches!(refused.await, Exceeded::Budget(100, _)));
    }
}

/// Tries until it can be opened.
async fn until<F: Future<Output = Result<Opened, Exceeded>>>(open: impl Fn() -> F) -> Opened {
    loop {
        if let Ok(opened) = open().await {
            return opened;
        }
    }
}

#[tokio::test]
async fn keys_and_their_limits_hold_at_every_gateway() {
    let (server, upstream) = (RedisServer::start().await, mock(json!({"answer": "fine"})).await);
    let url = server.url();
    let settings = [("REDIS_URL", url.as_str()), ("KEYS_IN_REDIS", "true")];
    let (code, secret) = key(&url, &["new", "alice", "--requests-per-minute=3"]).await;
    assert_eq!(code, Some(0), "{secret}");
    let one = Gateway::before(&upstream, &settings).await;
    let other = Gateway::before(&upstream, &settings).await;
    for (gateway, status) in [(&one, 200), (&other, 200), (&one, 200), (&other, 429), (&one, 429)] {
        assert_eq!(ask(gateway, &secret).await.status, status);
    }
    assert_eq!(outcome(&ask(&one, "wrong").await), (401, "invalid_api_key".to_owned()));

    assert_eq!(key(&url, &["new", "alice"]).await.0, Some(1), "the name is taken");
    assert!(key(&url, &["list"]).await.1.contains("3 requests a minute"));
    let (_, more) = key(&url, &["new", "bob", "--max-concurrent=1"]).await;
    for gateway in [&one, &other] {
        gateway.until_logged(|line| line["count"] == 2).await;
    }
    let stalled = json!([{"do": {"stall": {"token": 1}}}]);
    let slow = mock(stalled).await;
    let third = Gateway::before(&slow, &settings).await;
    let open = Listener::ask_as(&third, &[("X-API-Key", &more)], question("one")).await;
    let refused = ask(&one, &more).await;
    assert_eq!(outcome(&refused), (429, "concurrency_limit_exceeded".to_owned()));
    drop(open);
    let free = async { while ask(&one, &more).await.status != 200 {} };
    soon("a place that is free", free).await;

    assert_eq!(key(&url, &["revoke", "bob"]).await, (Some(0), "revoked bob".to_owned()));
    for gateway in [&one, &other] {
        gateway.until_logged(|line| line["count"] == 1).await;
        assert_eq!(ask(gateway, &more).await.status, 401);
    }
}
