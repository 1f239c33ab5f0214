//! What is counted of limits, of keys, of answers that were given before, and of a Redis that is away.

use serde_json::{Value, json};

use super::samples;
use crate::keys::{KeyFile, ask};
use crate::process::listener::Listener;
use crate::process::redis::free_port;
use crate::process::wire::Wire;
use crate::process::{Gateway, mock, question, soon, with};

const APART: (&str, &str) = ("ADMIN_ADDR", "127.0.0.1:0");

/// The samples of a metric, at the address of their own, where looking is no request of a key's.
async fn looked_at(gateway: &Gateway, name: &str) -> Vec<String> {
    let told = |line: &Value| line["message"].as_str().is_some_and(|it| it.ends_with("/metrics"));
    let line = gateway.until_logged(told).await;
    let addr = line["addr"].as_str().expect("an address").parse().expect("an address");
    let mut wire = Wire::connect(addr).await;
    wire.request("GET", "/metrics", &[], b"").await;
    let text = soon("metrics", wire.reply()).await.text();
    samples(&text, name).into_iter().map(str::to_owned).collect()
}

/// The kinds of refusals so far, each as often as it happened.
async fn refusals(gateway: &Gateway) -> Vec<String> {
    let found = looked_at(gateway, "gateway_refusals_total").await.into_iter();
    let mut found: Vec<String> = found.filter(|sample| !sample.ends_with(" 0")).collect();
    found.sort();
    found
}

#[tokio::test]
async fn who_is_not_let_in_is_counted_by_why() {
    let script = json!([
        {"when": {"model": "slow", "kind": "answer"}, "do": {"stall": {"token": 1}}},
        {"do": {"answer": "fine"}},
    ]);
    let upstream = mock(script).await;
    let file = KeyFile::new("metrics-refusals");
    let requests = file.make(&["requests", "--requests-per-minute=1"]).await;
    let tokens = file.make(&["tokens", "--tokens-per-minute=60"]).await;
    let budget = file.make(&["budget", "--tokens-per-day=1"]).await;
    let model = file.make(&["model", "--models=other"]).await;
    let concurrency = file.make(&["concurrency", "--max-concurrent=1"]).await;
    let settings = [APART, ("MAX_PROMPT_TOKENS", "1000")];
    let gateway = file.gateway(&upstream, &settings).await;
    for (secret, statuses) in [
        (&requests, &[200, 429][..]),
        (&tokens, &[200, 429]),
        (&budget, &[200, 429, 429]),
        (&model, &[403]),
        (&"guess".to_owned(), &[401, 401]),
    ] {
        for status in statuses {
            assert_eq!(ask(&gateway, secret).await.status, *status, "{secret}");
        }
    }
    assert_eq!(gateway.post(question("hi")).await.status, 401);
    let key = [("X-API-Key", concurrency.as_str())];
    let slow = with(question("hi"), json!({"model": "slow"}));
    let _open = Listener::ask_as(&gateway, &key, slow).await;
    assert_eq!(ask(&gateway, &concurrency).await.status, 429);
    let mut wire = gateway.connect().await;
    wire.chat_as(&[("X-API-Key", model.as_str())], long()).await;
    assert_eq!(wire.reply().await.status, 422);
    let expected = [
        r#"{kind="budget"} 2"#,
        r#"{kind="concurrency"} 1"#,
        r#"{kind="context_length_exceeded"} 1"#,
        r#"{kind="invalid_api_key"} 2"#,
        r#"{kind="missing_api_key"} 1"#,
        r#"{kind="model_forbidden"} 1"#,
        r#"{kind="requests"} 1"#,
        r#"{kind="tokens"} 1"#,
    ];
    assert_eq!(refusals(&gateway).await, expected);
}

/// Too long a question, for the one model that a key allows.
fn long() -> Value {
    with(question(&"word ".repeat(1_000)), json!({"model": "other"}))
}

#[tokio::test]
async fn keys_that_are_guessed_are_counted_apart() {
    let file = KeyFile::new("metrics-guesses");
    let upstream = mock(json!({"answer": "fine"})).await;
    file.make(&["alice"]).await;
    let gateway = file.gateway(&upstream, &[APART]).await;
    let mut wire = gateway.connect().await;
    let mut refused = 0;
    for _ in 0..70 {
        wire.request("GET", "/v1/models", &[("X-API-Key", "guess")], b"").await;
        refused += usize::from(wire.reply().await.status == 429);
    }
    assert!(refused > 0);
    let unknown = 70 - refused;
    let expected = [
        format!(r#"{{kind="guesses"}} {refused}"#),
        format!(r#"{{kind="invalid_api_key"}} {unknown}"#),
    ];
    assert_eq!(refusals(&gateway).await, expected);
}

#[tokio::test]
async fn answers_that_were_given_before_are_counted() {
    let upstream = mock(json!({"reasoning": "hm", "answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[APART, ("CACHE_TTL", "60")]).await;
    assert_eq!(looked_at(&gateway, "gateway_cache_bytes").await, [" 0"]);
    let certain = |text: &str| with(question(text), json!({"temperature": 0}));
    for text in ["one", "one", "two", "one"] {
        assert_eq!(gateway.post(certain(text)).await.status, 200);
    }
    let mut found = looked_at(&gateway, "gateway_cache_lookups_total").await;
    found.sort();
    let expected = [r#"{cache="answers",result="hit"} 2"#, r#"{cache="answers",result="miss"} 2"#];
    assert_eq!(found, expected);
    let kept = looked_at(&gateway, "gateway_cache_stores_total").await;
    assert_eq!(kept, [r#"{cache="answers"} 2"#]);
    let bytes = looked_at(&gateway, "gateway_cache_bytes").await.concat();
    let bytes: u64 = bytes.trim().parse().expect("a number");
    assert!((400..10_000).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn what_redis_does_not_do_is_counted() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let url = format!("redis://127.0.0.1:{}", free_port());
    let settings =
        [APART, ("REDIS_URL", url.as_str()), ("RATE_LIMIT_TOKENS", "100000"), ("CACHE_TTL", "60")];
    let gateway = Gateway::before(&upstream, &settings).await;
    let certain = with(question("hi"), json!({"temperature": 0}));
    for _ in 0..3 {
        assert_eq!(gateway.post(certain.clone()).await.status, 200);
    }
    let found = looked_at(&gateway, "gateway_store_failures_total").await;
    for expected in
        [r#"{operation="admit"} 3"#, r#"{operation="begin"} 3"#, r#"{operation="cache_get"} 3"#]
    {
        assert!(found.iter().any(|it| it == expected), "{expected}: {found:?}");
    }
}
