//! When a summary call is made again, and when its fallback is told at once.

use std::time::Duration;

use inference_gateway::upstream::error::UpstreamError;
use reasoning_stream::Event;

use super::{BOTH, QUESTION, fallback, summarise, told};
use crate::scenario::Scenario;
use crate::scenario::script::{CANARY, Script};
use crate::scenario::upstream::Kind;

fn failed(status: u16) -> UpstreamError {
    UpstreamError::Failed { status, retry_after: None }
}

fn busy(ms: Option<u64>) -> UpstreamError {
    UpstreamError::Busy { retry_after: ms.map(Duration::from_millis) }
}

fn refused(status: u16) -> UpstreamError {
    UpstreamError::Refused { status, code: None }
}

#[tokio::test(start_paused = true)]
async fn failures_fall_back_after_one_retry_or_none() {
    for (error, code, calls) in [
        (UpstreamError::Unreachable, "upstream_connect", 2),
        (UpstreamError::Unresolved, "upstream_dns", 2),
        (UpstreamError::Reset, "upstream_reset", 2),
        (UpstreamError::Empty, "upstream_empty", 2),
        (failed(408), "upstream_failed", 2),
        (failed(409), "upstream_failed", 2),
        (failed(500), "upstream_failed", 2),
        (failed(503), "upstream_failed", 2),
        (busy(None), "upstream_busy", 1),
        (busy(Some(500)), "upstream_busy", 2),
        (busy(Some(1_000)), "upstream_busy", 2),
        (busy(Some(1_001)), "upstream_busy", 1),
        (UpstreamError::Untrusted, "upstream_tls", 1),
        (refused(400), "upstream_refused", 1),
        (refused(413), "upstream_refused", 1),
        (refused(422), "upstream_refused", 1),
        (UpstreamError::Unauthorized, "upstream_auth", 1),
        (UpstreamError::QuotaSpent, "upstream_quota", 1),
        (UpstreamError::NotFound, "upstream_not_found", 1),
        (UpstreamError::Redirected, "upstream_redirect", 1),
        (UpstreamError::Compressed, "upstream_protocol", 1),
        (UpstreamError::Garbled("it is a web page"), "upstream_protocol", 1),
        (UpstreamError::TooLong { limit: 256 * 1024 }, "upstream_line_too_long", 1),
    ] {
        for kind in BOTH {
            let script = Script::call().wait(10).fails(error.clone());
            let (got, heard) = summarise(kind, &[script]).await;
            assert_eq!(got, told(code, &fallback(kind), calls), "{error:?}, {kind:?}");
            assert!(heard.ended <= 1_600, "{error:?}, {kind:?}: {}", heard.timed_story());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_not_noticed() {
    for (error, waits) in [
        (failed(500), 0..=500),
        (UpstreamError::Unreachable, 0..=500),
        (UpstreamError::Empty, 0..=500),
        (busy(Some(800)), 800..=800),
        (
            UpstreamError::Failed { status: 503, retry_after: Some(Duration::from_secs(1)) },
            1_000..=1_000,
        ),
    ] {
        for kind in BOTH {
            let scripts = [Script::call().fails(error.clone()), Script::summary("Short.")];
            let (got, heard) = summarise(kind, &scripts).await;
            assert_eq!(got, told("model", "Short.", 2), "{error:?}, {kind:?}");
            let calls = heard.calls_for(kind);
            let waited = calls[1].began - calls[0].began;
            assert!(waits.contains(&waited), "{error:?}, {kind:?}: {waited} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn slow_summaries_end_at_their_own_deadlines() {
    let slow = || Script::call().hangs();
    let answer = || Script::stream().wait(300).thinks("why").text("<final>").says("42").stops();
    let fails_then_hangs = || [Script::call().wait(100).fails(failed(500)), slow()];
    let new = || Scenario::new().answer(answer());
    for (case, scenario, story) in [
        (
            "A",
            new().prompt_summary(slow()),
            "10000 E upstream_timeout | 10000 P* | 10000 R | 10000 D 42 | 10000 F stop",
        ),
        (
            "C",
            new().reasoning_summary(slow()),
            "100 P | 10300 E upstream_timeout | 10300 R* | 10300 D 42 | 10300 F stop",
        ),
        (
            "both",
            new().prompt_summary(slow()).reasoning_summary(slow()),
            "10000 E upstream_timeout | 10000 P* | 10300 E upstream_timeout | 10300 R* | 10300 D 42 | 10300 F stop",
        ),
        (
            "A's retry",
            fails_then_hangs().into_iter().fold(new(), Scenario::prompt_summary),
            "10000 E upstream_timeout | 10000 P* | 10000 R | 10000 D 42 | 10000 F stop",
        ),
        (
            "C's retry",
            fails_then_hangs().into_iter().fold(new(), Scenario::reasoning_summary),
            "100 P | 10300 E upstream_timeout | 10300 R* | 10300 D 42 | 10300 F stop",
        ),
    ] {
        let heard = scenario.ask(QUESTION).await;
        assert_eq!(heard.timed_story(), story, "{case}");
        for (_, event) in &heard.events {
            if let Event::Error(error) = event {
                assert_eq!(
                    (error.detail.as_deref(), error.fatal),
                    (Some("timeout"), false),
                    "{case}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fallbacks_are_the_first_sentences() {
    let sentence = "This is one of many sentences. ";
    let fails = || Script::call().fails(refused(400));
    let heard = Scenario::new()
        .prompt_summary(fails())
        .reasoning_summary(fails())
        .answer(Script::thinks_and_says(&sentence.repeat(50), "42"))
        .ask(&sentence.repeat(50))
        .await;
    heard.expect("E upstream_refused | P* | E upstream_refused | R* | D 42 | F stop");
    let expected = sentence.repeat(12);
    for summary in [heard.prompt_summary(), heard.reasoning_summary()] {
        assert_eq!(summary.text, expected.trim_end());
        assert!(!summary.text.contains(CANARY));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_summary_has_no_effect_on_a_failed_answer() {
    let heard = Scenario::new()
        .prompt_summary(Script::call().fails(UpstreamError::Unauthorized))
        .answer(Script::call().wait(50).fails(refused(422)))
        .ask(QUESTION)
        .await;
    heard.expect_at("50 422 upstream_refused");
    assert_eq!(heard.calls_for(Kind::Reasoning).len(), 0);
}
