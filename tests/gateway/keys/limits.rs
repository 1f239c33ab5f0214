//! Limits of keys and addresses, with the real program.

use serde_json::json;

use super::{KeyFile, ask, ask_as, outcome};
use crate::process::listener::Listener;
use crate::process::wire::Reply;
use crate::process::{Gateway, mock, question, with};

fn number(reply: &Reply, header: &str) -> u64 {
    let value = reply.header(header).unwrap_or_else(|| panic!("no {header}: {reply:?}"));
    value.parse().unwrap_or_else(|_| panic!("{header}: {value}"))
}

/// What a reply says of the requests that are left.
#[track_caller]
fn assert_requests(reply: &Reply, limit: u64, remaining: u64) {
    assert_eq!(number(reply, "x-ratelimit-limit-requests"), limit);
    assert_eq!(number(reply, "x-ratelimit-remaining-requests"), remaining);
    assert_eq!(reply.header("ratelimit-policy"), Some(&*format!("\"requests\";q={limit};w=60")));
    let left = reply.header("ratelimit").expect("a RateLimit");
    assert!(left.starts_with(&format!("\"requests\";r={remaining};t=")), "{left}");
    assert!(reply.header("x-ratelimit-reset-requests").is_some());
}

/// That a reply tells of a limit that is reached, in every way that clients read.
#[track_caller]
fn assert_limit(reply: &Reply, name: &str, policy: &str) {
    assert_eq!(reply.header("ratelimit-policy"), Some(&*format!("\"{name}\";{policy}")));
    let wait = number(reply, "retry-after");
    assert_eq!(reply.header("ratelimit"), Some(&*format!("\"{name}\";r=0;t={wait}")));
    let most = number(reply, &format!("x-ratelimit-limit-{name}"));
    assert!(policy.starts_with(&format!("q={most};")), "{policy}: {most}");
    assert_eq!(number(reply, &format!("x-ratelimit-remaining-{name}")), 0);
    assert!(reply.header(&format!("x-ratelimit-reset-{name}")).is_some());
}

#[tokio::test]
async fn each_key_has_requests_of_its_own() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("limits-requests");
    let three = file.make(&["three", "--requests-per-minute=3"]).await;
    let other = file.make(&["other"]).await;
    let gateway = file.gateway(&upstream, &[("RATE_LIMIT_REQUESTS", "5")]).await;
    for remaining in [2, 1, 0] {
        let reply = ask(&gateway, &three).await;
        assert_eq!(reply.status, 200);
        assert_requests(&reply, 3, remaining);
    }
    let refused = ask(&gateway, &three).await;
    assert_eq!(outcome(&refused), (429, "rate_limit_exceeded".to_owned()));
    assert_requests(&refused, 3, 0);
    let wait = number(&refused, "retry-after");
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(refused.json()["error"]["type"], "rate_limit_error");
    assert_requests(&ask(&gateway, &other).await, 5, 4);
}

#[tokio::test]
async fn without_keys_each_address_has_its_own() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let settings = [("RATE_LIMIT_REQUESTS", "2"), ("TRUSTED_PROXIES", "127.0.0.0/8")];
    let gateway = Gateway::before(&upstream, &settings).await;
    for (forwarded, statuses) in [
        ("1.2.3.4", [200, 200, 429]),
        ("1.2.3.5", [200, 200, 429]),
        ("9.9.9.9, 1.2.3.5", [429, 429, 429]),
        ("2001:db8::1", [200, 200, 429]),
        ("2001:db8::2", [429, 429, 429]),
    ] {
        for status in statuses {
            let reply = ask_as(&gateway, &[("X-Forwarded-For", forwarded)]).await;
            assert_eq!(reply.status, status, "{forwarded}");
        }
    }
    assert_eq!(gateway.get("/healthz").await.status, 200, "health has no limit");
    let distrusting = Gateway::before(&upstream, &settings[..1]).await;
    for (forwarded, status) in [("1.1.1.1", 200), ("2.2.2.2", 200), ("3.3.3.3", 429)] {
        let reply = ask_as(&distrusting, &[("X-Forwarded-For", forwarded)]).await;
        assert_eq!(reply.status, status, "{forwarded}: nobody is believed");
    }
}

#[tokio::test]
async fn keys_cannot_be_guessed_for_long() {
    let file = KeyFile::new("limits-guesses");
    let secret = file.make(&["alice"]).await;
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = file.gateway(&upstream, &[]).await;
    let mut wire = gateway.connect().await;
    let mut replies = Vec::new();
    for _ in 0..65 {
        wire.request("GET", "/v1/models", &[("X-API-Key", "guess")], b"").await;
        replies.push(wire.reply().await);
    }
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    assert!(statuses[..60].iter().all(|status| *status == 401), "{statuses:?}");
    let refused = replies.iter().find(|reply| reply.status == 429).expect("a limit");
    assert_requests(refused, 60, 0);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(ask(&gateway, &secret).await.status, 200, "whoever has a key is not kept out");
}

#[tokio::test]
async fn so_many_answers_at_once_and_no_more() {
    let script = json!([
        {"when": {"kind": "answer", "attempt": [1, 1]}, "do": {"stall": {"token": 1}}},
        {"do": {"answer": "fine"}},
    ]);
    let upstream = mock(script).await;
    let file = KeyFile::new("limits-concurrent");
    let secret = file.make(&["alice", "--max-concurrent=1"]).await;
    let gateway = file.gateway(&upstream, &[]).await;
    let open = Listener::ask_as(&gateway, &[("X-API-Key", &secret)], question("one")).await;
    let refused = ask(&gateway, &secret).await;
    assert_eq!(outcome(&refused), (429, "concurrency_limit_exceeded".to_owned()));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_limit(&refused, "concurrency", "q=1;qu=\"concurrent-requests\"");
    drop(open);
    gateway.until_logged(|line| line["status"] == 499).await;
    assert_eq!(ask(&gateway, &secret).await.status, 200);
}

/// A model that begins so many answers and ends none of them, and then is quick.
fn stalls(count: u32) -> serde_json::Value {
    json!([
        {"when": {"kind": "answer", "attempt": [1, count]}, "do": {"stall": {"token": 1}}},
        {"do": {"answer": "fine"}},
    ])
}

#[tokio::test]
async fn a_key_without_a_limit_of_its_own_has_the_common_one_of_answers_at_once() {
    let upstream = mock(stalls(3)).await;
    let file = KeyFile::new("limits-concurrent-common");
    let plain = file.make(&["plain"]).await;
    let own = file.make(&["own", "--max-concurrent=2"]).await;
    let gateway = file.gateway(&upstream, &[("RATE_LIMIT_CONCURRENCY", "1")]).await;
    for (key, most) in [(&plain, 1), (&own, 2)] {
        let mut open = Vec::new();
        for _ in 0..most {
            let headers = [("X-API-Key", key.as_str())];
            open.push(Listener::ask_as(&gateway, &headers, question("one")).await);
        }
        let refused = ask(&gateway, key).await;
        assert_eq!(outcome(&refused), (429, "concurrency_limit_exceeded".to_owned()));
        let told = refused.json()["detail"].to_string();
        assert!(told.contains(&format!("{most} answers are open")), "{told}");
    }
}

#[tokio::test]
async fn without_keys_each_address_has_so_many_answers_at_once() {
    let upstream = mock(stalls(1)).await;
    let settings = [("RATE_LIMIT_CONCURRENCY", "1"), ("TRUSTED_PROXIES", "127.0.0.0/8")];
    let gateway = Gateway::before(&upstream, &settings).await;
    let [one, other] = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "1.2.3.5")];
    let open = Listener::ask_as(&gateway, &[one], question("one")).await;
    let refused = ask_as(&gateway, &[one]).await;
    assert_eq!(outcome(&refused), (429, "concurrency_limit_exceeded".to_owned()));
    assert_eq!(ask_as(&gateway, &[other]).await.status, 200);
    drop(open);
    gateway.until_logged(|line| line["status"] == 499).await;
    assert_eq!(ask_as(&gateway, &[one]).await.status, 200);
}

#[tokio::test]
async fn tokens_are_counted_as_the_upstream_counts_them() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("limits-tokens");
    let rated = file.make(&["rated", "--tokens-per-minute=6000"]).await;
    let budgeted = file.make(&["budgeted", "--tokens-per-day=150"]).await;
    let gateway = file.gateway(&upstream, &[]).await;
    let first = ask_briefly(&gateway, &rated).await;
    assert_eq!((first.status, number(&first, "x-ratelimit-limit-tokens")), (200, 6000));
    assert_eq!(number(&first, "x-ratelimit-remaining-tokens"), 6000);
    let spent = reported(&first.text());
    assert!(spent > 0, "{}", first.text());
    let second = ask(&gateway, &rated).await;
    let left = number(&second, "x-ratelimit-remaining-tokens");
    let expected = 6000 - spent;
    assert!((expected..=expected + 300).contains(&left), "{left} of {expected}");
    let third = ask(&gateway, &rated).await;
    let summaries = left - number(&third, "x-ratelimit-remaining-tokens");
    assert!(summaries > spent, "summaries cost tokens too: {summaries}, and {spent} without");

    let mut spent = 0;
    while spent < 150 {
        let reply = ask_briefly(&gateway, &budgeted).await;
        assert_eq!(reply.status, 200, "{spent} of 150: {}", reply.text());
        spent += reported(&reply.text());
    }
    let refused = ask_briefly(&gateway, &budgeted).await;
    assert_eq!(outcome(&refused), (429, "budget_exceeded".to_owned()));
    assert!((1..=86_400).contains(&number(&refused, "retry-after")));
    assert_limit(&refused, "tokens-day", "q=150;w=86400");
}

/// Asks without summaries.
async fn ask_briefly(gateway: &Gateway, secret: &str) -> Reply {
    let summaries = json!({"summaries": {"prompt": false, "reasoning": false}});
    let mut wire = gateway.connect().await;
    wire.chat_as(&[("X-API-Key", secret)], with(question("hi"), summaries)).await;
    wire.reply().await
}

/// The tokens that a stream's end tells of.
fn reported(stream: &str) -> u64 {
    let (_, done) = stream.split_once("event: output.done\ndata: ").expect("an end");
    let done: serde_json::Value =
        serde_json::from_str(done.lines().next().expect("a line")).expect("JSON");
    done["usage"]["total_tokens"].as_u64().expect("usage")
}

#[tokio::test]
async fn whether_a_client_is_shown_the_count_changes_nothing_about_it() {
    let upstream = mock(json!({"answer": "a ".repeat(400), "style": "plain"})).await;
    let file = KeyFile::new("limits-shown");
    let mut keys = Vec::new();
    for name in ["shown", "hidden", "null"] {
        keys.push(file.make(&[name, "--tokens-per-minute=900"]).await);
    }
    let gateway = file.gateway(&upstream, &[]).await;
    let mut counted = None;
    let options = [json!({"include_usage": true}), json!({"include_usage": false}), json!(null)];
    for (secret, options) in keys.iter().zip(options) {
        let members = json!({
            "stream": true, "stream_options": options.clone(),
            "summaries": {"prompt": false, "reasoning": false},
        });
        let headers = [("X-API-Key", secret.as_str()), ("X-Event-Format", "openai")];
        let mut wire = gateway.connect().await;
        wire.chat_as(&headers, with(question("hi"), members)).await;
        let is_shown = wire.reply().await.text().contains("\"total_tokens\":");
        assert_eq!(is_shown, options["include_usage"] == true, "{options}");
        let left = number(&ask(&gateway, secret).await, "x-ratelimit-remaining-tokens");
        let expected = *counted.get_or_insert(left);
        assert!(left.abs_diff(expected) <= 130, "{options}: {left} are left, {expected} were");
    }
}

#[tokio::test]
async fn a_prompt_has_a_length() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let gateway = Gateway::before(&upstream, &[("MAX_PROMPT_TOKENS", "10")]).await;
    for (characters, status) in [(40, 200), (41, 422)] {
        let reply = gateway.post(question(&"x".repeat(characters))).await;
        assert_eq!(reply.status, status, "{characters}: {}", reply.text());
    }
    let calls = upstream.calls().len();
    let long = "word ".repeat(100);
    for members in [json!({}), json!({"stream": false})] {
        let reply = gateway.post(with(question(&long), members)).await;
        assert_eq!(outcome(&reply), (422, "context_length_exceeded".to_owned()));
        let detail = reply.json()["detail"].to_string();
        for part in ["125 tokens", "estimate", "at most 10"] {
            assert!(detail.contains(part), "{part}: {detail}");
        }
    }
    assert_eq!(upstream.calls().len(), calls, "nobody is called");
}
