//! Several gateways with one Redis: what they share, and that none of them depends on it.

mod balanced;
mod distant;
mod limits;
mod outages;
mod tls;

use serde_json::Value;

use crate::process::wire::Reply;
use crate::process::{Gateway, command, output, question};

/// Asks a question with a key.
async fn ask(gateway: &Gateway, secret: &str) -> Reply {
    ask_for(gateway, secret, question("hi")).await
}

/// Asks with a key and a body.
async fn ask_for(gateway: &Gateway, secret: &str, body: Value) -> Reply {
    let mut wire = gateway.connect().await;
    wire.chat_as(&[("X-API-Key", secret)], body).await;
    wire.reply().await
}

/// The status of a reply, and its code if it is a problem.
fn outcome(reply: &Reply) -> (u16, String) {
    let problem = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    (reply.status, problem["code"].as_str().unwrap_or("ok").to_owned())
}

/// Runs `inference-gateway key` on the keys in Redis.
async fn key(url: &str, args: &[&str]) -> (Option<i32>, String) {
    let mut command = command(&[("REDIS_URL", url), ("KEYS_IN_REDIS", "true")]);
    let output = output(command.arg("key").args(args)).await;
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).expect("it prints text").trim().to_owned())
}
