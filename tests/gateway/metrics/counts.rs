//! What is counted of requests that go well, and of those that don't.

use std::time::Duration;

use inference_gateway::upstream::error::UpstreamError;

use super::samples;
use crate::live;
use crate::scenario::Scenario;
use crate::scenario::rig::{next, settle};
use crate::scenario::script::Script;

/// The samples after one request, and those that the case is about.
async fn counted(scenario: Scenario, names: &[&str]) -> Vec<String> {
    let rig = scenario.rig("Why?");
    let metrics = rig.relay.metrics().clone();
    rig.hear().await;
    let text = metrics.encode();
    let of = |name: &&str| {
        let found = samples(&text, name).into_iter().filter(|sample| !sample.ends_with(" 0"));
        found.map(|sample| format!("{name}{sample}")).collect::<Vec<_>>()
    };
    let mut found: Vec<String> = names.iter().flat_map(of).collect();
    found.sort();
    found
}

fn at_once(scenario: Scenario) -> Scenario {
    scenario.answering(|answer| answer.retry.backoff = Duration::ZERO)
}

fn refuses() -> Script {
    Script::call().fails(UpstreamError::Refused { status: 400, code: None })
}

fn breaks() -> Script {
    Script::stream().thinks("hm").wait(10).fails(UpstreamError::Reset)
}

fn says() -> Script {
    Script::thinks_and_says("hm", "42")
}

#[tokio::test(start_paused = true)]
async fn ends_are_told_apart() {
    let shown = || Script::stream().says("42").wait(500).fails(UpstreamError::Reset);
    let long = || Script::stream().says("4").finish("length").done();
    for (case, answer, outcome, code) in [
        ("in order", says(), "stop", None),
        ("too long", long(), "length", None),
        ("an HTTP error", refuses(), "refused", Some("upstream_refused")),
        ("broken in sight of the client", shown(), "broken", Some("upstream_reset")),
    ] {
        let names = ["gateway_requests_total", "gateway_failures_total"];
        let mut expected =
            vec![format!(r#"gateway_requests_total{{model="other",outcome="{outcome}"}} 1"#)];
        expected.extend(code.map(|code| format!(r#"gateway_failures_total{{code="{code}"}} 1"#)));
        expected.sort();
        let scenario = Scenario::new().prompt_summary(refuses()).answer(answer);
        assert_eq!(counted(scenario, &names).await, expected, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_come_again_are_counted_by_their_reason() {
    let unreachable = || Script::call().fails(UpstreamError::Unreachable);
    let fails_for_good = Script::call().fails(UpstreamError::Unauthorized);
    for (case, scenario, expected) in [
        ("none", Scenario::new().answer(says()), ""),
        ("a retry", Scenario::new().answer(unreachable()).answer(says()), "retry"),
        ("a restart", Scenario::new().answer(breaks()).answer(says()), "restart"),
        ("another", Scenario::new().answer(fails_for_good).fallback(&[says()]), "failover"),
    ] {
        let expected = match expected {
            "" => vec![],
            kind => vec![format!(r#"gateway_upstream_repeats_total{{kind="{kind}"}} 1"#)],
        };
        let got = counted(at_once(scenario), &["gateway_upstream_repeats_total"]).await;
        assert_eq!(got, expected, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn summaries_that_fail_say_why() {
    let scenario = Scenario::new().prompt_summary(refuses()).answer(says());
    let names = ["gateway_fallbacks_total", "gateway_summaries_total"];
    let got = counted(scenario, &names).await;
    let expected = [
        r#"gateway_fallbacks_total{call="prompt_summary",reason="upstream_refused"} 1"#,
        r#"gateway_summaries_total{call="prompt_summary",source="fallback"} 1"#,
        r#"gateway_summaries_total{call="reasoning_summary",source="model"} 1"#,
    ];
    assert_eq!(got, expected);
}

#[tokio::test(start_paused = true)]
async fn times_are_those_of_the_stream() {
    let scenario = Scenario::new()
        .prompt_summary(Script::call().wait(1_000).completion("What is asked."))
        .answer(Script::stream().wait(200).thinks("hm").wait(300).says("42").usage().stops());
    let names = [
        "gateway_first_event_seconds_sum",
        "gateway_first_answer_seconds_sum",
        "gateway_answer_stall_seconds_sum",
        "gateway_request_duration_seconds_sum",
        "gateway_summaries_duration_seconds_sum",
    ];
    let expected = [
        r#"gateway_answer_stall_seconds_sum{model="other"} 0.5"#,
        r#"gateway_first_answer_seconds_sum{model="other"} 1.0"#,
        r#"gateway_first_event_seconds_sum{model="other"} 1.0"#,
        r#"gateway_request_duration_seconds_sum{model="other"} 1.0"#,
        r#"gateway_summaries_duration_seconds_sum{call="prompt_summary"} 1.0"#,
        r#"gateway_summaries_duration_seconds_sum{call="reasoning_summary"} 0.5"#,
    ];
    assert_eq!(counted(scenario, &names).await, expected);
}

#[tokio::test(start_paused = true)]
async fn lines_of_live_summaries_are_counted_once_each() {
    let scenario = live::scenario().answer(live::thinks_for(4));
    let names = ["gateway_live_lines_total", "gateway_first_live_line_seconds_sum"];
    let expected =
        [r#"gateway_first_live_line_seconds_sum{model="other"} 1.1"#, "gateway_live_lines_total 2"];
    assert_eq!(counted(scenario, &names).await, expected);
    let quiet = Scenario::new().answer(says());
    assert_eq!(counted(quiet, &names).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn prompt_summaries_that_are_kept_are_found() {
    let scenario = Scenario::new().summarising(|summary| summary.cached_prompts = 10);
    let rig = scenario.answer(says()).rig("Why?");
    let metrics = rig.relay.metrics().clone();
    for expected in [["miss", "1"], ["hit", "1"], ["hit", "2"]] {
        let mut frames = rig.serve().await.expect("a stream");
        while next(&mut frames).await.is_some() {}
        let [result, times] = expected;
        let sample = format!(r#"{{cache="prompts",result="{result}"}} {times}"#);
        let text = metrics.encode();
        let found = samples(&text, "gateway_cache_lookups_total");
        assert!(found.contains(&&*sample), "{sample}: {found:?}");
    }
    let text = metrics.encode();
    assert_eq!(samples(&text, "gateway_cache_stores_total"), [r#"{cache="prompts"} 1"#]);
}

#[tokio::test(start_paused = true)]
async fn retries_without_a_budget_are_counted() {
    let scenario = Scenario::new().answer(Script::call().fails(UpstreamError::Unreachable));
    let rig = at_once(scenario).rig("Why?");
    let metrics = rig.relay.metrics().clone();
    let count = || samples(&metrics.encode(), "gateway_retry_refusals_total").join("");
    let never = r#"{upstream="server 0"} 0"#;
    assert_eq!(count(), never);
    for number in 0..100 {
        // Each asks for another model: no breaker refuses it.
        let mut request = rig.request.clone();
        request.model = format!("m{number}");
        assert!(rig.serve_this(request).await.is_err());
    }
    let counted = count();
    assert!(counted.starts_with(r#"{upstream="server 0"} "#) && counted != never, "{counted}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_is_counted_as_that() {
    let rig = Scenario::new().answer(Script::stream().thinks("hm").hangs()).rig("Why?");
    let metrics = rig.relay.metrics().clone();
    let mut frames = rig.serve().await.expect("a stream");
    next(&mut frames).await.expect("the prompt's summary");
    assert_eq!(metrics.open_streams(), 1);
    drop(frames);
    settle().await;
    assert_eq!(metrics.open_streams(), 0);
    let text = metrics.encode();
    let ended = samples(&text, "gateway_requests_total");
    assert_eq!(ended, [r#"{model="other",outcome="client_left"} 1"#]);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_tells_of_its_changes_and_refusals() {
    let scenario = Scenario::new().answer(Script::call().fails(UpstreamError::Unreachable));
    let rig = scenario.answering(|answer| answer.retry.max_retries = 0).rig("Why?");
    let metrics = rig.relay.metrics().clone();
    for _ in 0..7 {
        assert!(rig.serve().await.is_err());
    }
    let text = metrics.encode();
    for (name, expected) in [
        ("gateway_upstream_answers_total", r#"{upstream="server 0",outcome="failure"} 5"#),
        ("gateway_breaker_changes_total", r#"{upstream="server 0",to="refuse"} 1"#),
        ("gateway_breaker_refusals_total", r#"{upstream="server 0"} 2"#),
    ] {
        assert_eq!(samples(&text, name), [expected], "{name}");
    }
}
