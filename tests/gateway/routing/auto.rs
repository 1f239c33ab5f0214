//! The name `auto`, with the real binary: who answers, who is told, and what keys have to do with it.

use mock_upstream::Server;
use serde_json::{Value, json};

use super::{asking, file, says};
use crate::keys::KeyFile;
use crate::process::listener::{answers, hear};
use crate::process::wire::Reply;
use crate::process::{Gateway, with};

/// Two models on a server each, and a name for both.
fn text(small: &Server, big: &Server) -> String {
    format!(
        "upstreams: {{s: {{base_url: \"{}\"}}, b: {{base_url: \"{}\"}}}}\n\
        models: {{small: {{targets: [{{upstream: s}}]}}, big: {{targets: [{{upstream: b, model: own}}]}}}}\n\
        aliases: {{gpt: big}}\n\
        routes: {{auto: {{simple: {{model: small}}, medium: {{model: small}}, complex: {{model: big}}}}}}\n",
        small.base_url(),
        big.base_url()
    )
}

async fn gateway(name: &str, text: &str, settings: &[(&str, &str)]) -> Gateway {
    let file = file(name, text);
    let settings = [&[("GATEWAY_CONFIG", file.as_str())], settings].concat();
    Gateway::at("http://127.0.0.1:1", &settings).await
}

fn long() -> Value {
    with(asking("auto"), json!({"messages": [{"role": "user", "content": "x".repeat(1_000)}]}))
}

async fn post(gateway: &Gateway, path: &str, key: &str, body: &Value) -> Reply {
    let mut wire = gateway.connect().await;
    let headers = [("X-API-Key", key), ("Content-Type", "application/json")];
    wire.request("POST", path, &headers, body.to_string().as_bytes()).await;
    wire.reply().await
}

#[tokio::test]
async fn auto_is_listed_chooses_and_tells_which() {
    let (small, big) = (says("small").await, says("big").await);
    let gateway = gateway("auto-sizes", &text(&small, &big), &[]).await;
    let models = gateway.get("/v1/models").await.json();
    let listed: Vec<_> = models["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(listed, ["small", "big", "gpt", "auto"]);

    assert_eq!(hear(&gateway, asking("auto")).await.answer, "small");
    assert_eq!(hear(&gateway, long()).await.answer, "big");
    assert_eq!(answers(&big)[0].body["model"], "own");
    assert_eq!(hear(&gateway, asking("gpt")).await.answer, "big", "a name is not chosen for");

    for (path, body) in [
        ("/v1/chat/completions", with(long(), json!({"stream": false}))),
        ("/v1/chat/completions", long()),
        ("/openai/v1/chat/completions", long()),
        ("/v1/responses", json!({"model": "auto", "input": "x".repeat(1_000)})),
        ("/v1/messages", with(long(), json!({"max_tokens": 9}))),
    ] {
        let reply = post(&gateway, path, "none", &body).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert_eq!(reply.header("x-gateway-model"), Some("big"), "{path}");
    }
    let reply = gateway.post(asking("big")).await;
    assert_eq!(reply.header("x-gateway-model"), None, "who names a model knows it");
    let metrics = gateway.get("/metrics").await.text();
    assert!(
        metrics.contains("model=\"small\"") && !metrics.contains("model=\"auto\""),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_key_is_served_by_what_it_may_ask() {
    let (small, big) = (says("small").await, says("big").await);
    let keys = KeyFile::new("auto-keys");
    let [any, only, neither] = [
        keys.make(&["any"]).await,
        keys.make(&["only", "--models=small"]).await,
        keys.make(&["neither", "--models=other"]).await,
    ];
    let settings = [("KEYS_FILE", keys.path())];
    let gateway = gateway("auto-keys-file", &text(&small, &big), &settings).await;
    let path = "/v1/chat/completions";
    for (key, expected) in [(&any, Some("big")), (&only, Some("small")), (&neither, None)] {
        let reply = post(&gateway, path, key, &long()).await;
        assert_eq!(reply.header("x-gateway-model"), expected, "{}", reply.text());
        if expected.is_none() {
            assert_eq!((reply.status, &reply.json()["code"]), (403, &json!("model_forbidden")));
        }
    }
}

/// The models that are listed for a key.
async fn listed(gateway: &Gateway, key: &str, path: &str) -> Vec<String> {
    let mut wire = gateway.connect().await;
    wire.request("GET", path, &[("X-API-Key", key)], b"").await;
    let models = wire.reply().await.json();
    let ids = models["data"].as_array().expect("a list").iter().map(|it| it["id"].as_str());
    ids.map(|id| id.expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_key_may_ask_by_every_name_of_what_it_lists() {
    let (small, big) = (says("small").await, says("big").await);
    let keys = KeyFile::new("names-keys");
    let text = text(&small, &big) + &keys_inline("inline", "auto");
    let settings = [("KEYS_FILE", keys.path())];
    let all = ["small", "big", "gpt", "auto"];
    let rows: [(&str, &[&str], &[&str]); 9] = [
        ("big", &["big", "gpt", "auto=big"], &["big", "gpt", "auto"]),
        ("gpt", &["gpt", "auto=big"], &["gpt", "auto"]),
        ("small", &["small", "auto=small"], &["small", "auto"]),
        ("auto", &["auto=big"], &["auto"]),
        ("auto,small", &["small", "auto=small"], &["small", "auto"]),
        ("gpt,auto", &["gpt", "auto=big"], &["gpt", "auto"]),
        ("big,lost", &["big", "gpt", "auto=big"], &["big", "gpt", "auto"]),
        ("other", &[], &[]),
        ("big,small", &["small", "big", "gpt", "auto=big"], &all),
    ];
    let mut secrets = Vec::new();
    for (at, (models, ..)) in rows.iter().enumerate() {
        secrets.push(keys.make(&[&format!("key-{at}"), &format!("--models={models}")]).await);
    }
    secrets.push("inline".to_owned());
    let gateway = gateway("names-file", &text, &settings).await;
    let rows = rows.into_iter().chain([("auto, listed", &["auto=big"][..], &["auto"][..])]);
    for (secret, (case, may, list)) in secrets.iter().zip(rows) {
        let mut answered = Vec::new();
        for name in ["small", "big", "gpt", "auto"] {
            let body = with(long(), json!({"model": name, "stream": false}));
            let reply = post(&gateway, "/v1/chat/completions", secret, &body).await;
            let chosen = reply.header("x-gateway-model").map(|it| format!("={it}"));
            match reply.status {
                200 => answered.push(format!("{name}{}", chosen.unwrap_or_default())),
                _ => assert_eq!(
                    (reply.status, &reply.json()["code"]),
                    (403, &json!("model_forbidden")),
                    "{case}: {name}"
                ),
            }
        }
        assert_eq!(answered, may, "{case}");
        if case.ends_with("lost") {
            let body = with(long(), json!({"model": "lost"}));
            let told = post(&gateway, "/v1/chat/completions", secret, &body).await.json();
            let expected = format!("unknown model; the models are {}", list.join(", "));
            assert_eq!((&told["status"], &told["detail"]), (&json!(404), &json!(expected)));
        }
        for path in ["/v1/models", "/openai/v1/models"] {
            assert_eq!(listed(&gateway, secret, path).await, list, "{case}: {path}");
        }
    }
    for (key, status) in [(&secrets[0], 200), (&secrets[2], 403)] {
        let own = if status == 200 { "big" } else { "small" };
        let body = with(long(), json!({"model": own, "summary_model": "gpt"}));
        let reply = post(&gateway, "/v1/chat/completions", key, &body).await;
        assert_eq!(reply.status, status, "summaries of {own} by gpt");
    }
}

/// A key whose secret is its name, in the configuration itself.
fn keys_inline(name: &str, model: &str) -> String {
    let digest = inference_gateway::store::digest::Digest::of(name.as_bytes());
    format!("keys: {{inline: [{{name: {name}, digest: \"{digest}\", models: [{model}]}}]}}\n")
}

#[tokio::test]
async fn what_is_not_configured_is_a_name_like_any_other() {
    let (small, big) = (says("small").await, says("big").await);
    let whole = text(&small, &big);
    let without = whole.split("routes:").next().unwrap();
    let refusing = gateway("auto-none", without, &[]).await;
    let reply = refusing.post(asking("auto")).await;
    assert_eq!((reply.status, &reply.json()["code"]), (404, &json!("model_not_found")));
    let taking = gateway("auto-default", &format!("{without}default_model: big\n"), &[]).await;
    assert_eq!(hear(&taking, asking("auto")).await.answer, "big");

    let listed = gateway("auto-allowed", &whole, &[("ALLOW_MODELS", "small")]).await;
    let reply = listed.post(asking("auto")).await;
    assert_eq!((reply.status, &reply.json()["code"]), (400, &json!("model_not_allowed")));
}
