//! Calls A and C: their table, a row each. What is slow, and what is retried after which wait, stands
//! in `crate::summaries`.

use inference_gateway::upstream::error::UpstreamError;
use serde_json::json;

use crate::scenario::Scenario;
use crate::scenario::script::Script;

fn fails(error: UpstreamError) -> Script {
    Script::call().wait(10).fails(error)
}

fn says(message: &serde_json::Value, finish: &str) -> Script {
    Script::call().json_head().message(message, finish)
}

/// What the summary call does, what a client hears before the summary, and what the summary is.
fn rows() -> Vec<(&'static str, Script, &'static str, &'static str)> {
    let failed = UpstreamError::Failed { status: 503, retry_after: None };
    let busy = UpstreamError::Busy { retry_after: None };
    let text = |text: &str| json!({"content": text});
    vec![
        ("refused", fails(UpstreamError::Unreachable), "E upstream_connect", "*"),
        ("DNS", fails(UpstreamError::Unresolved), "E upstream_dns", "*"),
        ("5xx", fails(failed), "E upstream_failed", "*"),
        ("reset", fails(UpstreamError::Reset), "E upstream_reset", "*"),
        ("empty body", fails(UpstreamError::Empty), "E upstream_empty", "*"),
        ("certificate", fails(UpstreamError::Untrusted), "E upstream_tls", "*"),
        ("401", fails(UpstreamError::Unauthorized), "E upstream_auth", "*"),
        ("404", fails(UpstreamError::NotFound), "E upstream_not_found", "*"),
        ("429", fails(busy), "E upstream_busy", "*"),
        ("3xx", fails(UpstreamError::Redirected), "E upstream_redirect", "*"),
        ("content filter", says(&text("half"), "content_filter"), "E summary_filtered", "*"),
        ("malformed JSON", Script::call().json_head().bytes("{"), "E upstream_protocol", "*"),
        ("slow or stalled", Script::call().hangs(), "E upstream_timeout", "*"),
        ("length", says(&text("One two thr"), "length"), "", ""),
        ("empty text", says(&text(""), "stop"), "E summary_empty", "*"),
        (
            "only reasoning",
            says(&json!({"content": null, "reasoning": "hm"}), "stop"),
            "E summary_empty",
            "*",
        ),
        ("our tags", says(&text("<final>Short.</final>"), "stop"), "", ""),
        ("a panic", Script::call().panics(), "E internal", "*"),
    ]
}

#[tokio::test(start_paused = true)]
async fn no_summary_harms_the_answer() {
    let good = || Script::thinks_and_says("6 × 7", "42");
    for (case, script, remark, mark) in rows() {
        let before = if remark.is_empty() { String::new() } else { format!("{remark} | ") };
        let heard = Scenario::new().prompt_summary(script.clone()).answer(good()).ask("Why?").await;
        assert_eq!(heard.story(), format!("{before}P{mark} | R | D 42 | F stop"), "A: {case}");
        let heard = Scenario::new().reasoning_summary(script).answer(good()).ask("Why?").await;
        assert_eq!(heard.story(), format!("P | {before}R{mark} | D 42 | F stop"), "C: {case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_prompt_summary_holds_256_kib_and_no_more() {
    let much = "x".repeat(16 * 1024);
    let answer =
        (0..64).fold(Script::stream().thinks("why").text("<final>"), |it, _| it.says(&much));
    let slow = Script::call().hangs();
    let heard = Scenario::new().prompt_summary(slow).answer(answer.stops()).ask("Why?").await;
    heard.expect("E upstream_timeout | P* | R | D 1048576 bytes | F stop");
    let done = heard.done().expect("it ended");
    assert_eq!(done.timings.prompt_summary, Some(10_000), "held for the summary's own deadline");
}
