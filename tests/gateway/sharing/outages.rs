//! Redis dies, stalls, or was never there: no request fails, and none waits for long. All that is
//! shared is in use meanwhile: limits, keys, answers that were given before, and budgets.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inference_gateway::relay::task::start;
use mock_upstream::Server;
use serde_json::json;
use tokio::time::Instant;

use super::{ask, ask_for, key, outcome};
use crate::keys::KeyFile;
use crate::process::redis::{RedisServer, free_port};
use crate::process::{Gateway, mock, question, soon, with};

/// Clients that ask all the time.
const CLIENTS: usize = 8;

/// A key whose limits and budget are counted, and never reached.
const LAVISH: [&str; 5] = [
    "alice",
    "--requests-per-minute=1000000",
    "--tokens-per-minute=1000000000",
    "--tokens-per-day=1000000000",
    // Twice as many as ever are open at once: a place that is taken for too long is noticed.
    "--max-concurrent=16",
];

/// What is told of a Redis that has lost the keys.
const KEYS_GONE: &str = "the keys stay as they are: Redis has lost them";

/// What clients have heard.
#[derive(Default)]
struct Load {
    done: AtomicBool,
    served: AtomicUsize,
    repeated: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

impl Load {
    /// Waits until so many more have been served.
    async fn until_served(&self, more: usize) {
        let goal = self.served.load(Ordering::SeqCst) + more;
        soon("answers", async {
            while self.served.load(Ordering::SeqCst) < goal {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Asks all the time with a key: every second question is one that was asked before.
    async fn client(self: Arc<Self>, gateway: Arc<Gateway>, secret: String) {
        for repeats in [true, false].into_iter().cycle() {
            if self.done.load(Ordering::SeqCst) {
                return;
            }
            let asked = with(question("hi"), json!({"cache": repeats}));
            let reply = ask_for(&gateway, &secret, asked).await;
            let is_limited = reply.header("x-ratelimit-limit-requests") == Some("1000000");
            let is_served = reply.status == 200 && is_limited;
            if is_served {
                self.served.fetch_add(1, Ordering::SeqCst);
            } else {
                self.failed.lock().expect("nobody panics").push(format!(
                    "{}: {}",
                    reply.status,
                    String::from_utf8_lossy(&reply.body)
                ));
            }
            let hit = usize::from(reply.header("x-cache") == Some("HIT"));
            self.repeated.fetch_add(hit, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_redis_dies_and_stalls() {
    let mut server = RedisServer::start().await;
    let upstream = mock(json!({"answer": "fine"})).await;
    let url = server.url();
    let keys = KeyFile::new("sharing-outages");
    let secret = keys.make(&LAVISH).await;
    let settings = [("REDIS_URL", url.as_str()), ("CACHE_TTL", "60")];
    let gateway = keys.gateway(&upstream, &settings).await;
    dies_and_stalls(&mut server, gateway, &secret).await;
}

/// This Redis forgets its keys when it dies: whoever knows them goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_redis_dies_with_the_keys_in_it() {
    let mut server = RedisServer::start().await;
    let upstream = mock(json!({"answer": "fine"})).await;
    let url = server.url();
    let (_, secret) = key(&url, &[&["new"], &LAVISH[..]].concat()).await;
    let settings = [("REDIS_URL", url.as_str()), ("KEYS_IN_REDIS", "true"), ("CACHE_TTL", "60")];
    let gateway = Gateway::before(&upstream, &settings).await;
    let gateway = dies_and_stalls(&mut server, gateway, &secret).await;
    gateway.until_lines(1, |line| line.contains(KEYS_GONE)).await;
    assert_eq!(ask(&gateway, &secret).await.status, 200);
}

/// Clients ask all the time while Redis stalls and dies, twice: all of them are served.
async fn dies_and_stalls(server: &mut RedisServer, gateway: Gateway, secret: &str) -> Arc<Gateway> {
    let gateway = Arc::new(gateway);
    let load = Arc::new(Load::default());
    let client = || start(Arc::clone(&load).client(Arc::clone(&gateway), secret.to_owned()));
    let clients: Vec<_> = (0..CLIENTS).map(|_| client()).collect();
    load.until_served(20).await;
    for round in 1..=2 {
        server.stall().await;
        load.until_served(20).await;
        server.resume().await;
        answers_again(&gateway, 2 * round - 1).await;
        load.until_served(20).await;
        server.kill().await;
        load.until_served(20).await;
        server.restart().await;
        answers_again(&gateway, 2 * round).await;
    }
    load.until_served(20).await;
    load.done.store(true, Ordering::SeqCst);
    for client in clients {
        soon("the last answers", client).await;
    }
    let served = load.served.load(Ordering::SeqCst);
    let failed = load.failed.lock().expect("nobody panics").clone();
    let repeated = load.repeated.load(Ordering::SeqCst);
    assert!(failed.is_empty(), "of {served}: {failed:#?}");
    assert!(repeated > 0 && repeated < served, "{repeated} of {served}");
    gateway
}

async fn answers_again(gateway: &Gateway, times: usize) {
    let told = "Redis answers again";
    gateway.until_lines(times, |line| line.contains(told)).await;
}

#[tokio::test]
async fn limits_hold_at_each_gateway_while_there_is_no_redis() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let url = format!("redis://127.0.0.1:{}", free_port());
    let settings = [("REDIS_URL", url.as_str()), ("RATE_LIMIT_REQUESTS", "2")];
    let gateway = Gateway::before(&upstream, &settings).await;
    for status in [200, 200, 429] {
        let began = Instant::now();
        assert_eq!(ask(&gateway, "any").await.status, status);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn without_redis_there_are_no_keys_and_with_it_they_are_there() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let mut server = RedisServer::start().await;
    let url = server.url();
    server.kill().await;
    let settings = [("REDIS_URL", url.as_str()), ("KEYS_IN_REDIS", "true")];
    let gateway = Gateway::before(&upstream, &settings).await;
    assert_eq!(ask(&gateway, "any").await.status, 401, "nobody is let in unseen");
    server.restart().await;
    let (code, secret) = super::key(&url, &["new", "alice"]).await;
    assert_eq!(code, Some(0), "{secret}");
    gateway.until_logged(|line| line["count"] == 1).await;
    assert_eq!(ask(&gateway, &secret).await.status, 200);
    server.kill().await;
    assert_eq!(ask(&gateway, &secret).await.status, 200, "keys that are known stay known");
}

/// A gateway that has its one key, alice's, from a Redis without a disk.
struct Kept {
    _upstream: Server,
    server: RedisServer,
    url: String,
    alice: String,
    gateway: Gateway,
}

impl Kept {
    async fn in_redis() -> Self {
        let upstream = mock(json!({"answer": "fine"})).await;
        let server = RedisServer::start().await;
        let url = server.url();
        let (_, alice) = key(&url, &["new", "alice"]).await;
        let settings = [("REDIS_URL", url.as_str()), ("KEYS_IN_REDIS", "true")];
        let gateway = Gateway::before(&upstream, &settings).await;
        Self { _upstream: upstream, server, url, alice, gateway }
    }
}

/// A Redis without a disk comes back empty, and nobody has asked for an end of the keys.
#[tokio::test]
async fn keys_outlast_a_redis_that_has_lost_them_until_another_is_made() {
    let Kept { _upstream, mut server, url, alice, gateway } = Kept::in_redis().await;
    assert_eq!(ask(&gateway, &alice).await.status, 200);
    server.kill().await;
    server.restart().await;
    gateway.until_lines(1, |line| line.contains(KEYS_GONE)).await;
    assert_eq!(ask(&gateway, &alice).await.status, 200, "a key that is known stays known");
    let (_, bob) = key(&url, &["new", "bob"]).await;
    gateway.until_logged(|line| line["count"] == 1).await;
    let statuses = [ask(&gateway, &alice).await.status, ask(&gateway, &bob).await.status];
    assert_eq!(statuses, [401, 200], "what somebody has written holds");
    gateway.until_logged_times(1, |line| line["level"] == "ERROR").await;
}

/// The count of changes begins anew with an empty Redis: it is no state that was seen before.
#[tokio::test]
async fn a_key_that_is_made_at_once_in_an_emptied_redis_holds() {
    let Kept { _upstream, mut server, url, alice, gateway } = Kept::in_redis().await;
    server.kill().await;
    server.restart().await;
    let (_, bob) = key(&url, &["new", "bob"]).await;
    gateway.until_logged(|line| line["count"] == 1).await;
    let statuses = [ask(&gateway, &alice).await.status, ask(&gateway, &bob).await.status];
    assert_eq!(statuses, [401, 200]);
}

/// Whoever is deployed next finds no place taken by answers that were cut off.
#[tokio::test]
async fn a_gateway_that_stops_leaves_no_place_taken() {
    let server = RedisServer::start().await;
    let url = server.url();
    let settings =
        [("REDIS_URL", url.as_str()), ("RATE_LIMIT_CONCURRENCY", "2"), ("SHUTDOWN_GRACE", "1")];
    let hangs = json!({"reasoning": "hm", "answer": "one two three", "stall": {"token": 1}});
    let upstream = mock(json!([{"when": {"kind": "answer"}, "do": hangs}])).await;
    let mut gateway = Gateway::before(&upstream, &settings).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut wire = gateway.connect().await;
        wire.chat(question("hi")).await;
        assert_eq!(wire.head().await.status, 200);
        open.push(wire);
    }
    assert_eq!(ask(&gateway, "any").await.status, 429, "both places are taken");
    gateway.signal("TERM").await;
    assert_eq!(gateway.exit_code().await, Some(0), "{:#?}", gateway.stderr());
    let upstream = mock(json!({"answer": "fine"})).await;
    let next = Gateway::before(&upstream, &settings).await;
    assert_eq!(outcome(&ask(&next, "any").await), (200, "ok".to_owned()));
}
