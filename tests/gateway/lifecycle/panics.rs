//! A panic of the real program is counted, told without a word of what was said, and harms nobody else.

use serde_json::json;
use tokio::process::Command;

use crate::metrics::samples;
use crate::process::listener::Listener;
use crate::process::{Gateway, empty_folder, mock, question, with};

const PROMPT: &str = "prompt-canary";

/// Room for what a request needs, and none for the stack of a thread, which is 2 MiB.
const ROOM_KIB: u64 = 1024;

/// Limits the memory that a gateway may map; a library that can't start a thread then panics.
async fn limit(gateway: &Gateway, bytes: &str) {
    let pid = gateway.pid().to_string();
    let set = Command::new("prlimit").args(["--pid", &pid, &format!("--as={bytes}:")]).status();
    assert!(set.await.expect("prlimit is a part of util-linux").success());
}

fn mapped_kib(gateway: &Gateway) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid()));
    let status = status.expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).expect("a size");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
}

async fn ask(gateway: &Gateway, model: &str) -> u16 {
    let members = json!({"model": model, "summaries": {"prompt": false, "reasoning": false}});
    gateway.post(with(question(PROMPT), members)).await.status
}

#[tokio::test]
async fn a_panic_is_counted_and_others_go_on() {
    let script = json!([
        {"when": {"model": "stays", "kind": "answer"}, "do": {"answer": "one two three", "stall": {"token": 1}}},
        {"do": {"answer": "fine"}},
    ]);
    let upstream = mock(script).await;
    let near = upstream.base_url();
    // Only a name needs a thread that looks it up.
    let far = near.replace("127.0.0.1", "localhost");
    let file = empty_folder("panics").join("gateway.json");
    let of = |upstream: &str| json!({"targets": [{"upstream": upstream}]});
    let config = json!({
        "upstreams": {"near": {"base_url": near}, "far": {"base_url": far}},
        "models": {"stays": of("near"), "near": of("near"), "far": of("far")},
    });
    let file = file.with_extension("yaml");
    std::fs::write(&file, config.to_string()).expect("it can be written");
    let settings =
        [("GATEWAY_CONFIG", file.to_str().expect("text")), ("UPSTREAM_MAX_RETRIES", "0")];
    let gateway = Gateway::at(&near, &settings).await;
    let open = Listener::ask(&gateway, with(question("stay"), json!({"model": "stays"}))).await;
    assert_eq!(ask(&gateway, "near").await, 200);

    limit(&gateway, &((mapped_kib(&gateway) + ROOM_KIB) * 1024).to_string()).await;
    assert_eq!(ask(&gateway, "far").await, 500);
    limit(&gateway, "unlimited").await;

    let text = gateway.get("/metrics").await.text();
    assert_eq!(samples(&text, "gateway_panics_total"), [" 1"]);
    assert_eq!(samples(&text, "gateway_open_streams"), [" 1"], "another stream is still open");
    let line = gateway.until_logged(|line| line["place"].is_string()).await;
    assert_eq!(line["level"], "ERROR", "{line}");
    let lines = gateway.stderr();
    assert!(lines.iter().all(|line| !line.contains(PROMPT)), "{lines:#?}");
    for model in ["far", "near"] {
        assert_eq!(ask(&gateway, model).await, 200, "{model}");
    }
    drop(open);
}
