//! How much of a model's reasoning is shown: what the operator allows, and no more than the client wants.

use serde_json::{Value, json};

use super::{blocks, messages, openai, post, responses};
use crate::process::wire::Reply;
use crate::process::{Gateway, empty_folder, mock, question, with};

const THOUGHT: &str = "Six sevens make it.";

async fn gateway_showing(visibility: &str) -> (mock_upstream::Server, Gateway) {
    let script = json!({"answer": "42", "reasoning": THOUGHT, "style": "field", "tps": 0});
    let summary = json!({"when": {"summary": true}, "do": {"answer": "Short.", "reasoning": ""}});
    let upstream = mock(json!([summary, {"when": {}, "do": script}])).await;
    let gateway = Gateway::before(&upstream, &[("REASONING_VISIBILITY", visibility)]).await;
    (upstream, gateway)
}

/// The joined texts of the events of one name.
fn blocks_of(reply: &Reply, name: &str) -> String {
    let blocks = blocks(reply);
    let named = blocks.iter().filter(|block| block.name.as_deref() == Some(name));
    named.filter_map(|block| block.data["text"].as_str()).collect()
}

/// The names of a stream's events, each once.
fn names(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    names.dedup();
    names
}

#[tokio::test]
async fn raw_reasoning_is_shown_when_operator_and_client_ask_for_it() {
    let summary = ["summary.prompt", "summary.reasoning", "output.delta", "output.done"];
    let raw =
        ["summary.prompt", "reasoning.delta", "summary.reasoning", "output.delta", "output.done"];
    let none = ["summary.prompt", "output.delta", "output.done"];
    for (allowed, rows) in [
        (
            "summary",
            [
                (json!({}), &summary[..]),
                (json!({"visibility": "raw"}), &summary),
                (json!({"visibility": "none"}), &none),
            ],
        ),
        (
            "raw",
            [
                (json!({}), &summary[..]),
                (json!({"visibility": "raw"}), &raw),
                (json!({"visibility": "none"}), &none),
            ],
        ),
        (
            "none",
            [
                (json!({}), &none[..]),
                (json!({"visibility": "raw"}), &none),
                (json!({"visibility": "summary"}), &none),
            ],
        ),
    ] {
        let (upstream, gateway) = gateway_showing(allowed).await;
        for (wanted, expected) in rows {
            let before = upstream.calls().len();
            let body = with(question("6 × 7?"), json!({"summaries": wanted}));
            let reply = post(&gateway, "/v1/chat/completions", &body).await;
            let text = reply.text();
            assert_eq!(names(&text), expected, "{allowed}, {wanted}: {text}");
            let shown = match expected.len() {
                3 => "none",
                4 => "summary",
                _ => "raw",
            };
            assert_eq!(reply.header("x-reasoning-visibility"), Some(shown), "{allowed}, {wanted}");
            let raw: String = blocks_of(&reply, "reasoning.delta");
            assert_eq!(raw == THOUGHT, expected.contains(&"reasoning.delta"), "{raw}");
            let calls = upstream.calls().len() - before;
            assert_eq!(calls, if expected.len() == none.len() { 2 } else { 3 }, "no call C");
        }
    }
    let (_upstream, gateway) = gateway_showing("summary").await;
    let body = with(question("hi"), json!({"summaries": {"visibility": "all"}}));
    let reply = post(&gateway, "/v1/chat/completions", &body).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["summaries.visibility".to_owned()]));
}

fn joined(blocks: &[super::Block], part: impl Fn(&Value) -> Option<&str>) -> String {
    blocks.iter().filter_map(|block| part(&block.data)).collect()
}

#[tokio::test]
async fn raw_reasoning_stands_in_each_dialects_own_place() {
    let (_upstream, gateway) = gateway_showing("raw").await;
    let stream = json!({"stream": true, "summaries": {"visibility": "raw"}});
    let reply = post(&gateway, openai::PATH, &openai::body(stream.clone())).await;
    let delta = |data: &Value| data["choices"][0]["delta"]["reasoning_content"].is_string();
    let chunks = blocks(&reply);
    let raw = chunks.iter().filter(|block| delta(&block.data));
    let raw: String =
        raw.filter_map(|it| it.data["choices"][0]["delta"]["reasoning_content"].as_str()).collect();
    assert_eq!(raw, THOUGHT, "the summary stands elsewhere: {}", reply.text());
    let reply = post(&gateway, responses::PATH, &responses::body(stream.clone())).await;
    responses::tell(&blocks(&reply));
    let told = joined(&blocks(&reply), |data| {
        data["delta"].as_str().filter(|_| data["type"] == "response.reasoning_text.delta")
    });
    assert_eq!(told, THOUGHT, "{}", reply.text());
    let reply = post(&gateway, messages::PATH, &messages::body(stream)).await;
    messages::tell(&blocks(&reply));
    let told = joined(&blocks(&reply), |data| data["delta"]["thinking"].as_str());
    assert!(told.ends_with(THOUGHT), "{told}");
}

/// Whoever says nothing of it, or asks for a summary in the dialect's own way, gets no more than that.
#[tokio::test]
async fn no_dialect_shows_raw_reasoning_unasked() {
    let (_upstream, gateway) = gateway_showing("raw").await;
    let raw = json!({"visibility": "raw"});
    let summarised = json!({"type": "adaptive", "display": "summarized"});
    for (path, body, shows_summary) in [
        ("/v1/chat/completions", question("6 × 7?"), true),
        (openai::PATH, openai::body(json!({})), true),
        (responses::PATH, responses::body(json!({})), true),
        (messages::PATH, messages::body(json!({})), true),
        (messages::PATH, messages::body(json!({"thinking": summarised, "summaries": raw})), true),
        (messages::PATH, messages::body(json!({"thinking": null, "summaries": raw})), false),
        (messages::PATH, messages::body(json!({"summaries": {"visibility": "none"}})), false),
    ] {
        for stream in [true, false] {
            let reply = post(&gateway, path, &with(body.clone(), json!({"stream": stream}))).await;
            let text = reply.text();
            assert_eq!(reply.status, 200, "{path}: {text}");
            assert!(!text.contains("sevens"), "{path}: {text}");
            // The prompt's summary says the same.
            let told = text.matches("Short.").count();
            assert_eq!(told > 1, shows_summary, "{path}, {body}, {stream}: {text}");
        }
    }
}

#[tokio::test]
async fn a_model_may_show_less_than_all_and_never_more() {
    let script = json!({"answer": "42", "reasoning": THOUGHT, "style": "field", "tps": 0});
    let upstream = mock(script).await;
    let models = ["open", "raw", "summary", "none"].map(|name| {
        let visibility =
            if name == "open" { String::new() } else { format!(", visibility: {name}") };
        format!("  {name}: {{targets: [{{upstream: a}}]{visibility}}}\n")
    });
    let url = upstream.base_url();
    let path = empty_folder("visibility-of-models").join("gateway.yaml");
    let text = format!("upstreams: {{a: {{base_url: \"{url}\"}}}}\nmodels:\n{}", models.concat());
    std::fs::write(&path, text).expect("a file can be written");
    let file = path.to_str().expect("a path is text");
    for (allowed, shown) in [
        ("raw", [("open", "raw"), ("raw", "raw"), ("summary", "summary"), ("none", "none")]),
        (
            "summary",
            [("open", "summary"), ("raw", "summary"), ("summary", "summary"), ("none", "none")],
        ),
        ("none", [("open", "none"), ("raw", "none"), ("summary", "none"), ("none", "none")]),
    ] {
        let settings = [("GATEWAY_CONFIG", file), ("REASONING_VISIBILITY", allowed)];
        let gateway = Gateway::at(&url, &settings).await;
        for (model, expected) in shown {
            let asked = json!({"model": model, "summaries": {"visibility": "raw"}});
            let reply = post(&gateway, "/v1/chat/completions", &with(question("hi"), asked)).await;
            let text = reply.text();
            let names = names(&text);
            let has = |name: &str| names.contains(&name);
            let got = match (has("reasoning.delta"), has("summary.reasoning")) {
                (true, _) => "raw",
                (false, true) => "summary",
                (false, false) => "none",
            };
            assert_eq!(got, expected, "{allowed}, {model}: {text}");
        }
    }
}
