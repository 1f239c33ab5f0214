//! `docs/metrics.md` and `/metrics` name the same, and every label is a word that is known.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use reasoning_stream::{
    Attempts, Done, ErrorEvent, Event, FinishReason, OpenAiError, Source, Stage, Summary,
    SummaryDelta, Timings, Usage,
};
use serde_json::json;

use super::Metrics;
use super::meter::{Again, Calls, Ending};
use super::stores::Lookup;

const TABLE: &str = include_str!("../../docs/metrics.md");

/// Type, labels and help of each family.
type Described = BTreeMap<String, (String, String, String)>;

/// What a table of the documents says.
fn documented() -> Described {
    let rows = TABLE.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, help, _] = cells[..] else { return None };
        let name = name.strip_prefix('`')?.strip_suffix('`')?;
        let labels = labels.replace(['`', ' '], "").replace('–', "");
        Some((name.to_owned(), (kind.to_owned(), labels, help.to_owned())))
    });
    rows.collect()
}

/// What the text of `/metrics` says, where every family has a sample.
fn described(text: &str) -> Described {
    let mut found = Described::new();
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => {
                found.insert(name.to_owned(), (String::new(), String::new(), help.to_owned()));
            }
            ["#", "TYPE", name, kind] => found.get_mut(name).unwrap().0 = kind.to_owned(),
            ["#", ..] => {}
            _ => {
                let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
                let family = found.iter_mut().rfind(|(family, _)| belongs(name, family));
                let (_, labels, _) = family.unwrap_or_else(|| panic!("{line}")).1;
                *labels = keys(rest);
            }
        }
    }
    found
}

fn belongs(sample: &str, family: &str) -> bool {
    let suffix = sample.strip_prefix(family);
    suffix.is_some_and(|it| ["", "_bucket", "_sum", "_count"].contains(&it))
}

/// The names of the labels of a sample.
fn keys(rest: &str) -> String {
    let labels = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let labels = labels.map_or("", |(labels, _)| labels);
    let keys = labels.split(',').filter_map(|label| Some(label.split_once('=')?.0));
    keys.filter(|&key| key != "le").collect::<Vec<_>>().join(",")
}

fn summary(source: Source) -> Summary {
    Summary { text: "secret".to_owned(), source }
}

fn remark(stage: Stage) -> Event {
    let error = OpenAiError {
        message: "secret".to_owned(),
        kind: "server_error".to_owned(),
        param: None,
        code: None,
    };
    Event::Error(ErrorEvent {
        message: "secret".to_owned(),
        stage,
        detail: Some("secret".to_owned()),
        code: "upstream_timeout".to_owned(),
        status: 504,
        retryable: true,
        fatal: false,
        error,
    })
}

fn done() -> Event {
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 2}});
    Event::OutputDone(Done {
        finish_reason: FinishReason::Stop,
        usage: Some(serde_json::from_value::<Usage>(usage).unwrap()),
        timings: Timings {
            prompt_summary: Some(100),
            reasoning_end: Some(1_000),
            reasoning_summary: Some(1_300),
            stall: Some(200),
            ..Timings::default()
        },
        warnings: vec![],
        attempts: Attempts { a: 1, b: 2, c: 1 },
        tool_calls: vec![],
    })
}

/// Metrics of which each has a value.
fn busy() -> String {
    let metrics = Metrics::new();
    metrics.know_models(&["known".to_owned()]);
    let meter = metrics.meter("known", true);
    meter.received(100);
    meter.sent(50);
    meter.first_event(Duration::from_millis(30));
    meter.first_answer(Duration::from_millis(1_500));
    for again in [Again::Retry, Again::Restart, Again::Failover] {
        meter.repeated(again);
    }
    for event in [
        Event::PromptSummary(summary(Source::Model)),
        remark(Stage::ReasoningSummary),
        Event::ReasoningSummary(summary(Source::Fallback)),
        Event::OutputDelta("secret".to_owned()),
        done(),
    ] {
        meter.event(&event);
    }
    meter.first_live_line(Duration::from_millis(800));
    for index in [0, 0, 1, 3, 3] {
        let text = "secret".to_owned();
        meter.event(&Event::ReasoningDelta(SummaryDelta { text, index, restarted: index == 3 }));
    }
    meter.leaked(4);
    meter.used(Calls::Reasoning, "input", 11);
    meter.ended(Ending::Finished("stop"), Attempts { a: 1, b: 2, c: 1 }, Duration::from_secs(2));
    metrics.meter("secret", true).ended(
        Ending::Broken("upstream_reset"),
        Attempts { a: 0, b: 1, c: 0 },
        Duration::from_secs(1),
    );
    let upstream = metrics.upstream_meter("default");
    upstream.answered("success");
    upstream.breaker_changed("refuse");
    upstream.breaker_refused();
    upstream.retry_refused();
    metrics.watch_breakers("default", || Some(2));
    metrics.refused("budget");
    metrics.refused("expired_api_key");
    metrics.store_meter().failed("admit");
    let cache = metrics.cache_meter("answers");
    for found in [Lookup::Hit, Lookup::Shared, Lookup::Miss, Lookup::Miss] {
        cache.looked_up(found);
    }
    cache.stored();
    metrics.watch_kept_bytes(|| 900);
    metrics.responded(200);
    metrics.panicked();
    metrics.watch_dropped_lines(|| 7);
    metrics.spans_lost(8);
    metrics.encode()
}

#[test]
fn the_table_of_the_documents_is_what_there_is() {
    assert_eq!(documented(), described(&busy()));
}

#[test]
fn what_happened_is_what_is_counted() {
    let text = busy();
    for line in [
        "gateway_open_streams 1",
        r#"gateway_requests_total{model="known",outcome="stop"} 1"#,
        r#"gateway_requests_total{model="other",outcome="broken"} 1"#,
        r#"gateway_failures_total{code="upstream_reset"} 1"#,
        r#"gateway_summaries_total{call="prompt_summary",source="model"} 1"#,
        r#"gateway_summaries_total{call="reasoning_summary",source="fallback"} 1"#,
        r#"gateway_fallbacks_total{call="reasoning_summary",reason="upstream_timeout"} 1"#,
        r#"gateway_summaries_duration_seconds_sum{call="reasoning_summary"} 0.3"#,
        r#"gateway_answer_stall_seconds_bucket{le="0.16",model="known"} 0"#,
        r#"gateway_answer_stall_seconds_bucket{le="0.32",model="known"} 1"#,
        r#"gateway_first_event_seconds_sum{model="known"} 0.03"#,
        r#"gateway_first_answer_seconds_sum{model="known"} 1.5"#,
        r#"gateway_upstream_calls_total{call="answer"} 3"#,
        r#"gateway_upstream_repeats_total{kind="failover"} 1"#,
        r#"gateway_tokens_total{call="answer",model="known",kind="reasoning"} 2"#,
        r#"gateway_tokens_total{call="reasoning_summary",model="known",kind="input"} 11"#,
        "gateway_leaked_summaries_total 4",
        "gateway_live_lines_total 3",
        r#"gateway_first_live_line_seconds_sum{model="known"} 0.8"#,
        r#"gateway_refusals_total{kind="budget"} 1"#,
        r#"gateway_refusals_total{kind="tokens"} 0"#,
        r#"gateway_refusals_total{kind="expired_api_key"} 1"#,
        r#"gateway_retry_refusals_total{upstream="default"} 1"#,
        r#"gateway_breaker_state{upstream="default"} 2"#,
        r#"gateway_store_failures_total{operation="admit"} 1"#,
        r#"gateway_cache_lookups_total{cache="answers",result="hit"} 1"#,
        r#"gateway_cache_lookups_total{cache="answers",result="shared"} 1"#,
        r#"gateway_cache_lookups_total{cache="answers",result="miss"} 2"#,
        r#"gateway_cache_stores_total{cache="answers"} 1"#,
        "gateway_cache_bytes 900",
        "gateway_received_bytes_total 100",
        "gateway_sent_bytes_total 50",
        "gateway_log_lines_dropped_total 7",
        "gateway_spans_lost_total 8",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
}

#[test]
fn nothing_of_a_request_is_in_a_metric() {
    assert!(!busy().contains("secret"));
}

#[test]
fn streams_are_open_while_they_are_measured() {
    let metrics = Metrics::new();
    let meters = [metrics.meter("a", true), metrics.meter("b", false)];
    assert_eq!(metrics.open_streams(), 2);
    drop(meters);
    assert_eq!(metrics.open_streams(), 0);
}

#[test]
fn a_reply_in_one_piece_has_no_first_event() {
    let metrics = Metrics::new();
    let meter = metrics.meter("a", false);
    meter.first_event(Duration::from_secs(1));
    meter.first_answer(Duration::from_secs(1));
    meter.event(&done());
    let text = metrics.encode();
    for name in ["first_event", "first_answer", "answer_stall"] {
        assert!(!text.contains(&format!("gateway_{name}_seconds_count")), "{name}: {text}");
    }
}

#[test]
fn refusals_count_from_zero() {
    let metrics = Metrics::new();
    metrics.upstream_meter("one");
    for name in ["gateway_breaker_refusals_total", "gateway_retry_refusals_total"] {
        let line = format!("{name}{{upstream=\"one\"}} 0\n");
        assert!(metrics.encode().contains(&line), "{}", metrics.encode());
    }
}

#[test]
fn breakers_are_told_as_they_are_and_no_longer_than_their_upstream() {
    let metrics = Metrics::new();
    let states = |metrics: &Metrics| {
        let text = metrics.encode();
        let lines = text.lines().filter(|line| line.starts_with("gateway_breaker_state{"));
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let state = Arc::new(AtomicU8::new(0));
    let weak = Arc::downgrade(&state);
    metrics.watch_breakers("one", || Some(1));
    metrics
        .watch_breakers("one", move || weak.upgrade().map(|state| state.load(Ordering::Relaxed)));
    for now in [0, 2, 1, 0] {
        state.store(now, Ordering::Relaxed);
        assert_eq!(states(&metrics), [format!(r#"gateway_breaker_state{{upstream="one"}} {now}"#)]);
    }
    drop(state);
    assert!(states(&metrics).is_empty());
}
