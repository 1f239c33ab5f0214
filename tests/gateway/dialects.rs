//! Every client's wire format, from the same events: each dialect tells each case in its own words.

mod clocked;
mod live;
mod messages;
mod openai;
mod responses;
mod summary;
mod table;
mod visibility;

use serde_json::{Value, json};

use crate::process::wire::Reply;
use crate::process::{Gateway, soon};

/// One block of an event stream: its name, and its data.
#[derive(Debug, Clone, PartialEq)]
struct Block {
    name: Option<String>,
    data: Value,
}

/// The blocks of a stream, keep-alive comments left out. Anything but `event:` and one `data:` line
/// is refused, because some SDK would stumble over it.
fn blocks(reply: &Reply) -> Vec<Block> {
    let text = reply.text();
    let text = text.strip_suffix("\n\n").unwrap_or_else(|| panic!("half a block: {text}"));
    text.split("\n\n").filter(|block| !block.starts_with(':')).map(block).collect()
}

fn block(text: &str) -> Block {
    let (name, data) = match text.split_once('\n') {
        Some((name, data)) => (Some(name.strip_prefix("event: ").expect("a name")), data),
        None => (None, text),
    };
    let data = data.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: {text}"));
    let data = serde_json::from_str(data).unwrap_or_else(|_| json!(data));
    Block { name: name.map(str::to_owned), data }
}

/// One request, and its whole reply.
async fn post(gateway: &Gateway, path: &str, body: &Value) -> Reply {
    post_as(gateway, path, &[], body).await
}

async fn post_as(gateway: &Gateway, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
    let headers = [&[("Content-Type", "application/json")], headers].concat();
    let mut wire = gateway.connect().await;
    wire.request("POST", path, &headers, body.to_string().as_bytes()).await;
    soon("a reply", wire.reply()).await
}

/// One request, and its whole reply; once that has these words, this is done.
async fn post_until(
    gateway: &Gateway,
    (path, body): (&str, &Value),
    words: &str,
    then: impl FnOnce(),
) -> Reply {
    let mut wire = gateway.connect().await;
    let headers = [("Content-Type", "application/json")];
    wire.request("POST", path, &headers, body.to_string().as_bytes()).await;
    soon("a reply", wire.reply_until(words, then)).await
}

/// What an answer is made of, in the order of a story.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// A story whose neighbouring parts of one kind are told as one: `D 4`, `D 2` is `D 42`.
fn joined(parts: Vec<(&'static str, String)>) -> String {
    let mut told: Vec<(&str, String)> = Vec::new();
    for (kind, text) in parts {
        match told.last_mut() {
            Some((last, all)) if *last == kind && !kind.is_empty() => all.push_str(&text),
            _ => told.push((kind, text)),
        }
    }
    let words = told.iter().map(|(kind, text)| format!("{kind} {text}").trim().to_owned());
    words.collect::<Vec<_>>().join(" | ")
}
