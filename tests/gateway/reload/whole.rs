//! A configuration is taken over as a whole: a request is let in and answered by one of them, also where
//! another one comes while its body is on its way.

use std::path::Path;

use inference_gateway::store::digest::Digest;
use mock_upstream::Server;
use serde_json::{Value, json};

use super::{gateway, path, replace, was_reloaded};
use crate::process::wire::{Wire, head};
use crate::process::{Gateway, mock, question, with};

/// A configuration with one model, and what else it says.
fn write(path: &Path, upstream: &Server, model: &str, rest: &str) {
    let url = upstream.base_url();
    let target = "{targets: [{upstream: a}]}";
    replace(
        path,
        &format!(
            "upstreams: {{a: {{base_url: \"{url}\"}}}}\nmodels: {{{model}: {target}}}\n{rest}\n"
        ),
    );
}

fn about(model: &str) -> Value {
    with(question("hi"), json!({"model": model}))
}

/// A request whose head has been heard, and of whose body ten bytes have been sent, with the rest.
async fn half(gateway: &Gateway, model: &str) -> (Wire, Vec<u8>) {
    let body = about(model).to_string().into_bytes();
    let length = body.len().to_string();
    let mut wire = gateway.connect().await;
    let headers = [("Content-Length", length.as_str()), ("Expect", "100-continue")];
    wire.send(head("POST", "/v1/chat/completions", &headers).as_bytes()).await;
    // Told by whoever reads the body: all that is decided before it has been.
    assert_eq!(wire.head().await.status, 100);
    wire.send(&body[..10]).await;
    (wire, body[10..].to_vec())
}

#[tokio::test]
async fn a_request_is_let_in_and_answered_by_one_configuration() {
    let (path, upstream) = (path("reload-whole"), mock(json!({"answer": "fine"})).await);
    write(&path, &upstream, "public", "");
    let gateway = gateway(&path).await;
    let mut halves = [half(&gateway, "secret").await, half(&gateway, "public").await];
    let digest = Digest::of(b"alice");
    let keys = format!("keys: {{inline: [{{name: alice, digest: \"{digest}\"}}]}}");
    write(&path, &upstream, "secret", &keys);
    gateway.until_logged(was_reloaded).await;
    let mut statuses = Vec::new();
    for (wire, rest) in &mut halves {
        wire.send(rest).await;
        statuses.push(wire.reply().await.status);
    }
    assert_eq!(statuses, [404, 200], "both are answered by what they were let in by");
    for (secret, model, status) in [
        ("", "secret", 401),
        ("", "public", 401),
        ("alice", "public", 404),
        ("alice", "secret", 200),
    ] {
        let mut wire = gateway.connect().await;
        wire.chat_as(&[("X-API-Key", secret)], about(model)).await;
        assert_eq!(wire.reply().await.status, status, "{secret:?} asks {model}");
    }
}
