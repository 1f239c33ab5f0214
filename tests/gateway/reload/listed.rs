//! Keys, limits and kept answers that the configuration file speaks of, and that change with it.

use std::path::Path;

use inference_gateway::store::digest::Digest;
use mock_upstream::Server;
use serde_json::{Value, json};

use super::{path, replace, was_reloaded};
use crate::keys::KeyFile;
use crate::process::wire::Reply;
use crate::process::{Gateway, Settings, mock, question, with};

/// A configuration that ends like this.
fn write(path: &Path, upstream: &Server, rest: &str) {
    let url = upstream.base_url();
    replace(
        path,
        &format!("upstreams: {{a: {{base_url: \"{url}\"}}}}\ndefault_upstream: a\n{rest}\n"),
    );
}

/// The line of a key whose secret is its name.
fn key(name: &str, more: &str) -> String {
    format!("    - {{name: {name}, digest: \"{}\"{more}}}\n", Digest::of(name.as_bytes()))
}

/// A gateway whose configuration ends like this, and which may be rewritten.
struct House {
    path: std::path::PathBuf,
    upstream: Server,
    gateway: Gateway,
    reloads: usize,
}

impl House {
    async fn new(name: &str, rest: &str, settings: Settings<'_>) -> Self {
        let (path, upstream) = (path(name), mock(json!({"answer": "fine"})).await);
        write(&path, &upstream, rest);
        let own = [("GATEWAY_CONFIG", path.to_str().expect("a path is text"))];
        let gateway = Gateway::at("http://127.0.0.1:1", &[&own, settings].concat()).await;
        Self { path, upstream, gateway, reloads: 0 }
    }

    async fn change(&mut self, rest: &str) {
        write(&self.path, &self.upstream, rest);
        self.reloads += 1;
        self.gateway.until_logged_times(self.reloads, was_reloaded).await;
    }

    async fn ask(&self, secret: &str, body: Value) -> Reply {
        let mut wire = self.gateway.connect().await;
        wire.chat_as(&[("X-API-Key", secret)], body).await;
        wire.reply().await
    }

    /// The statuses that these secrets get; an empty one is none.
    async fn statuses<const N: usize>(&self, secrets: [&str; N]) -> [u16; N] {
        let mut statuses = [0; N];
        for (status, secret) in statuses.iter_mut().zip(secrets) {
            *status = self.ask(secret, question("hi")).await.status;
        }
        statuses
    }
}

#[tokio::test]
async fn a_listed_key_holds_for_as_long_as_it_is_listed() {
    let both = format!("keys:\n  inline:\n{}{}", key("alice", ""), key("bob", ""));
    let mut house = House::new("listed-keys", &both, &[]).await;
    let all = ["alice", "bob", "eve", ""];
    assert_eq!(house.statuses(all).await, [200, 200, 401, 401]);
    house.change(&format!("keys:\n  inline:\n{}", key("bob", ""))).await;
    assert_eq!(house.statuses(all).await, [401, 200, 401, 401], "revoked");
    house.change("keys: {inline: []}").await;
    assert_eq!(house.statuses(all).await, [401; 4], "no key holds, and one is needed");
    house.change("").await;
    assert_eq!(house.statuses(all).await, [200; 4], "on this machine alone, nobody needs one");
    house.change(&both).await;
    assert_eq!(house.statuses(all).await, [200, 200, 401, 401]);
}

#[tokio::test]
async fn listed_keys_stand_beside_those_of_a_file() {
    let keys = KeyFile::new("listed-beside");
    let secret = keys.make(&["carol"]).await;
    let own = format!("keys:\n  file: \"{}\"\n  inline:\n{}", keys.path(), key("alice", ""));
    let mut house = House::new("listed-beside-file", &own, &[]).await;
    assert_eq!(house.statuses([&secret, "alice", "eve"]).await, [200, 200, 401]);
    house.change(&format!("keys:\n  file: \"{}\"", keys.path())).await;
    assert_eq!(house.statuses([&secret, "alice", "eve"]).await, [200, 401, 401]);
}

#[tokio::test]
async fn what_a_listed_key_may_do_is_what_a_key_of_a_file_may() {
    let lines = [
        key("few", ", requests_per_minute: 1"),
        key("others", ", models: [other]"),
        key("gone", ", expires: \"2020-01-01T00:00:00Z\""),
        key("spent", ", tokens_per_day: 1"),
    ];
    let listed = format!("keys:\n  inline:\n{}", lines.concat());
    let house = House::new("listed-limits", &listed, &[]).await;
    for (secret, status, code) in [
        ("few", 200, Value::Null),
        ("few", 429, "rate_limit_exceeded".into()),
        ("others", 403, "model_forbidden".into()),
        ("gone", 401, "expired_api_key".into()),
        ("spent", 200, Value::Null),
        ("spent", 429, "budget_exceeded".into()),
    ] {
        let reply = house.ask(secret, question("hi")).await;
        assert_eq!(reply.status, status, "{secret}: {}", reply.text());
        if status != 200 {
            assert_eq!(reply.json()["code"], code, "{secret}");
        }
    }
}

#[tokio::test]
async fn limits_change_with_the_file_unless_a_variable_says_otherwise() {
    let limits = |requests: u32, tokens: u32, longest: u32| {
        format!(
            "limits: {{requests_per_minute: {requests}, tokens_per_minute: {tokens}, max_prompt_tokens: {longest}}}"
        )
    };
    let settings = [("RATE_LIMIT_TOKENS", "7777777")];
    let mut house = House::new("listed-common", &limits(100, 5, 10), &settings).await;
    let told = async |house: &House, characters: usize| {
        let reply = house.ask("", question(&"x".repeat(characters))).await;
        let header = |name| reply.header(name).unwrap_or_default().to_owned();
        let names = ["x-ratelimit-limit-requests", "x-ratelimit-limit-tokens"];
        (reply.status, names.map(header).join(" "))
    };
    assert_eq!(told(&house, 40).await, (200, "100 7777777".to_owned()));
    assert_eq!(told(&house, 41).await.0, 422);
    house.change(&limits(200, 6, 20)).await;
    assert_eq!(told(&house, 41).await, (200, "200 7777777".to_owned()));
    assert_eq!(told(&house, 81).await.0, 422);
    house.change("").await;
    assert_eq!(
        told(&house, 81).await,
        (200, " 7777777".to_owned()),
        "a limit that is left out is none"
    );
}

#[tokio::test]
async fn what_holds_until_the_next_start_is_named() {
    let bytes = |most: u32| format!("limits: {{max_body_bytes: {most}, max_connections: 50}}");
    let mut house = House::new("listed-held", &bytes(1_000), &[]).await;
    let long = || question(&"x".repeat(1_500));
    assert_eq!(house.ask("", long()).await.status, 413);
    house.change(&bytes(2_000)).await;
    let held = house.gateway.until_logged(|line| line["level"] == "WARN").await;
    assert_eq!(held["held"], "MAX_BODY_BYTES", "{held}");
    assert_eq!(house.ask("", long()).await.status, 413, "it holds");
    house.change(&bytes(1_000)).await;
    let warnings = house.gateway.log().into_iter().filter(|line| line["level"] == "WARN");
    assert_eq!(warnings.count(), 1, "what is as it was is not named");
}

#[tokio::test]
async fn answers_are_kept_as_the_file_says() {
    let mut house = House::new("listed-cache", "cache: {ttl: 60}", &[]).await;
    let asked = async |house: &House| {
        let reply = house.ask("", with(question("hi"), json!({"temperature": 0}))).await;
        reply.header("x-cache").map(str::to_owned)
    };
    let (hit, miss) = (Some("HIT".to_owned()), Some("MISS".to_owned()));
    assert_eq!([asked(&house).await, asked(&house).await], [miss.clone(), hit.clone()]);
    house.change("cache: {ttl: 60.0}").await;
    assert_eq!(asked(&house).await, hit, "the same is not forgotten");
    house.change("").await;
    assert_eq!(asked(&house).await, None);
    house.change("cache: {ttl: 60, max_bytes: 100000}").await;
    assert_eq!([asked(&house).await, asked(&house).await], [miss, hit]);
}
