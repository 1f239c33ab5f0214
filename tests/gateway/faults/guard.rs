//! Rows 35 and 36: calls that are not made.

use std::time::Duration;

use inference_gateway::relay::failure::Failure;
use inference_gateway::upstream::error::UpstreamError;
use reasoning_stream::{Event, FinishReason, sse};
use tokio::time::{Instant, advance};

use crate::metrics::samples;
use crate::scenario::Scenario;
use crate::scenario::rig::{Rig, events, next, settle};
use crate::scenario::script::Script;

/// One relay that is asked again and again, without retries and without summaries.
fn rig(scenario: Scenario) -> Rig {
    let scenario = scenario.answering(|answer| answer.retry.max_retries = 0);
    let scenario = scenario.requesting(|request| {
        (request.summaries.prompt, request.summaries.reasoning) = (false, false);
    });
    scenario.rig("Why?")
}

fn fails(error: &UpstreamError) -> Script {
    Script::call().fails(error.clone())
}

/// Asks once; says why that failed, if it did.
async fn ask(rig: &mut Rig) -> Option<Failure> {
    rig.request.arrived = Instant::now();
    let frames = rig.serve().await;
    settle().await;
    frames.err()
}

fn code(failure: Option<&Failure>) -> &'static str {
    failure.map_or("ok", |failure| failure.code)
}

/// The state of the only upstream's breakers, as `/metrics` tells it.
fn state(rig: &Rig) -> Vec<String> {
    let text = rig.relay.metrics().encode();
    let of = |sample: &str| sample.rsplit_once(' ').expect("a number").1.to_owned();
    samples(&text, "gateway_breaker_state").into_iter().map(of).collect()
}

#[tokio::test(start_paused = true)]
async fn row_35_an_upstream_that_keeps_failing_is_not_called() {
    let failed = |status| UpstreamError::Failed { status, retry_after: None };
    for (case, error, refused) in [
        ("server errors", failed(503), true),
        ("resets", UpstreamError::Reset, true),
        ("nobody there", UpstreamError::Unreachable, true),
        ("empty answers", UpstreamError::Empty, true),
        ("conflicts", failed(409), false),
        ("bad requests", UpstreamError::Refused { status: 400, code: None }, false),
        ("our key", UpstreamError::Unauthorized, false),
        ("busy", UpstreamError::Busy { retry_after: None }, false),
        ("our limit", UpstreamError::TooLong { limit: 1 }, false),
    ] {
        let mut rig = rig(Scenario::new().answer(fails(&error)));
        for _ in 0..5 {
            let failure = ask(&mut rig).await;
            assert!(failure.is_some() && code(failure.as_ref()) != "circuit_open", "{case}");
        }
        let failure = ask(&mut rig).await.expect("it fails all the same");
        let calls = rig.log.calls().len();
        assert_eq!(
            (failure.code == "circuit_open", calls),
            (refused, if refused { 5 } else { 6 }),
            "{case}"
        );
        if refused {
            assert_eq!((failure.status, failure.retryable), (503, true), "{case}");
            let wait = failure.retry_after.expect("it says when to return");
            assert!((2.5..=7.5).contains(&wait.as_secs_f64()), "{case}: {wait:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn row_35_one_good_answer_closes_the_matter() {
    let good = Script::thinks_and_says("6 × 7", "42");
    let bad = fails(&UpstreamError::Reset);
    let scenario = (0..5).fold(Scenario::new(), |scenario, _| scenario.answer(bad.clone()));
    let mut rig = rig(scenario.answer(good));
    assert_eq!(state(&rig), ["0"]);
    for expected in ["upstream_reset"; 5] {
        assert_eq!(code(ask(&mut rig).await.as_ref()), expected);
    }
    assert_eq!(code(ask(&mut rig).await.as_ref()), "circuit_open");
    assert_eq!(state(&rig), ["2"]);
    advance(Duration::from_secs(8)).await;
    assert_eq!(state(&rig), ["1"], "one may try");
    rig.request.arrived = Instant::now();
    let probe = rig.serve().await.expect("one call may try");
    assert_eq!(code(ask(&mut rig).await.as_ref()), "circuit_open", "while that one is not over");
    drop(probe);
    settle().await;
    rig.request.arrived = Instant::now();
    let probe = rig.serve().await.expect("a client that left proved nothing: another may try");
    let mut decoder = sse::Decoder::new(sse::Limits::default());
    let mut last = None;
    let mut probe = probe;
    while let Some(frame) = next(&mut probe).await {
        last = events(&mut decoder, &frame).pop().or(last);
    }
    assert!(
        matches!(last, Some(Event::OutputDone(done)) if done.finish_reason == FinishReason::Stop)
    );
    assert_eq!(code(ask(&mut rig).await.as_ref()), "ok", "and all others follow");
    assert_eq!(state(&rig), ["0"]);
}

#[tokio::test(start_paused = true)]
async fn row_36_retries_have_a_budget() {
    let busy = UpstreamError::Busy { retry_after: None };
    let heard = Scenario::new()
        .prompt_summary(Script::call().hangs())
        .answering(|answer| {
            (answer.retry.max_retries, answer.retry.backoff) = (100, Duration::ZERO);
        })
        .answer(fails(&busy))
        .ask("Why?")
        .await;
    heard.expect("429 upstream_busy x11");
}

#[tokio::test(start_paused = true)]
async fn row_36_a_retry_that_would_be_refused_ends_with_the_error_at_hand() {
    let scenario = Scenario::new()
        .prompt_summary(Script::call().hangs())
        .answering(|answer| answer.retry.max_retries = 100)
        .answer(fails(&UpstreamError::Reset));
    scenario.ask("Why?").await.expect("502 upstream_reset x5");
}
